//! The command.
//!
//! Reads arguments, builds what they ask for and tells its user how that went: what was asked for
//! on standard output, everything else on standard error. Decides nothing that the shop does, and
//! never prints a token or a password, except the one that it made up itself, once.

mod args;
mod demo;
mod doctor;
mod failure;
mod health;
mod local;
mod log;
mod password;
mod progress;
#[cfg_attr(not(feature = "remote"), path = "without_remote.rs")]
mod remote;
mod sandbox;
mod serve;
mod source;
mod stop;
mod summary;
mod target;
mod worker;

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

pub use args::Args;
pub use failure::Failure;
pub use log::BatchedLog;

use crate::bootstrap::Migrated;
use crate::settings::{Settings, SettingsError};
use args::{Command, ExportArgs, ImportArgs, SeedArgs, ServerArgs};
use summary::Imported;
use target::Target;

/// Does what `args` ask for. Only what runs on this machine's own shop needs its settings.
pub async fn run(args: Args, settings: Result<Settings, SettingsError>) -> ExitCode {
    let done = match args.into_command() {
        Command::Serve(args) => match settings {
            Ok(settings) => serve::run(&args, settings).await,
            Err(error) => Err(error.into()),
        },
        Command::Doctor(args) => match settings {
            Ok(settings) => doctor::run(&settings, args.repair).await,
            Err(error) => Err(error.into()),
        },
        Command::Import(args) => import(&args, settings).await,
        Command::Export(args) => export(&args, settings).await,
        Command::Seed(args) => seed(&args, settings).await,
        Command::Reindex(args) => reindex(&args, settings).await,
        Command::Migrate => migrate(settings).await,
        Command::Worker => worker::run(settings).await,
        Command::Health => settings.map_err(Failure::from).and_then(|set| health::run(&set)),
        Command::Openapi => openapi(),
        Command::Sandbox(args) => sandbox::run(&args).await,
    };
    done.unwrap_or_else(|failure| {
        let _ = writeln!(io::stderr(), "ecicomm: {}", failure.message());
        failure.exit_code()
    })
}

/// Tells the user a line. Nobody reading it is no failure.
fn say(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

type Configured = Result<Settings, SettingsError>;

async fn import(args: &ImportArgs, settings: Configured) -> Result<ExitCode, Failure> {
    let instead = format!("serve --import {}", args.file.display());
    let target = Target::open(&args.target, settings, "import", Some(&instead)).await?;
    let imported = target.import(&args.file, args.set_stock).await?;
    Ok(tell(&imported))
}

async fn seed(args: &SeedArgs, settings: Configured) -> Result<ExitCode, Failure> {
    let target = Target::open(&args.target, settings, "seed", Some("serve")).await?;
    Ok(tell(&target.seed(args.force).await?))
}

fn tell(imported: &Imported) -> ExitCode {
    say(imported.counts());
    for line in imported.bad_lines() {
        say(line);
    }
    imported.exit_code().into()
}

async fn export(args: &ExportArgs, settings: Configured) -> Result<ExitCode, Failure> {
    let target = Target::open(&args.target, settings, "export", None).await?;
    let Some(path) = &args.file else {
        target.export(&mut io::stdout().lock()).await?;
        return Ok(ExitCode::SUCCESS);
    };
    let told = |error: io::Error| Failure::new(format!("{}: {error}", path.display()));
    let mut file = std::fs::File::create(path).map_err(told)?;
    let bytes = target.export(&mut file).await?;
    file.sync_all().map_err(told)?;
    say(format!("{}: {bytes} bytes", path.display()));
    Ok(ExitCode::SUCCESS)
}

async fn reindex(args: &ServerArgs, settings: Configured) -> Result<ExitCode, Failure> {
    let target = Target::open(args, settings, "reindex", None).await?;
    let products = target.reindex().await?;
    say(format!("{products} products indexed"));
    Ok(ExitCode::SUCCESS)
}

async fn migrate(settings: Configured) -> Result<ExitCode, Failure> {
    match crate::bootstrap::migrate(&settings?).await? {
        Migrated::Current => say("the database has the schema of this version"),
        Migrated::Later { applied, known } => {
            return Err(Failure::new(format!(
                "a later version brought the database to schema {applied}, and this one knows none \
                 after {known}; nothing was changed"
            )));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn openapi() -> Result<ExitCode, Failure> {
    let document = crate::bootstrap::openapi().map_err(Failure::new)?;
    writeln!(io::stdout(), "{document}")?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests;
