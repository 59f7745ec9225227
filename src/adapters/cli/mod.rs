//! The command.
//!
//! Reads arguments, builds what they ask for and tells its user how that went: what was asked for
//! on standard output, everything else on standard error. Decides nothing that the shop does, and
//! never prints a token or a password, except the one that it made up itself, once.

mod args;
mod demo;
mod doctor;
mod failure;
mod password;
mod progress;
#[cfg_attr(not(feature = "remote"), path = "without_remote.rs")]
mod remote;
mod sandbox;
mod serve;
mod source;
mod stop;
mod summary;

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

pub use args::Args;
pub use failure::Failure;

use crate::settings::{Settings, SettingsError};
use args::{Command, ExportArgs, ImportArgs, SeedArgs, ServerArgs};
use remote::Server;
use source::Source;
use summary::Imported;

/// Does what `args` ask for. Only what runs on this machine's own shop needs its settings.
pub async fn run(args: Args, settings: Result<Settings, SettingsError>) -> ExitCode {
    let done = match args.into_command() {
        Command::Serve(args) => match settings {
            Ok(settings) => serve::run(&args, settings).await,
            Err(error) => Err(error.into()),
        },
        Command::Doctor(_) => match settings {
            Ok(settings) => doctor::run(&settings).await,
            Err(error) => Err(error.into()),
        },
        Command::Import(args) => import(&args).await,
        Command::Export(args) => export(&args).await,
        Command::Seed(args) => seed(&args).await,
        Command::Reindex(target) => reindex(&target).await,
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

async fn import(args: &ImportArgs) -> Result<ExitCode, Failure> {
    let instead = format!("serve --import {}", args.file.display());
    let server = server(&args.target, "import", Some(&instead))?;
    let imported = server.import(Source::open(&args.file)?, args.set_stock).await?;
    Ok(tell(&imported))
}

async fn seed(args: &SeedArgs) -> Result<ExitCode, Failure> {
    let server = server(&args.target, "seed", Some("serve"))?;
    Ok(tell(&server.seed(args.force).await?))
}

fn tell(imported: &Imported) -> ExitCode {
    say(imported.counts());
    for line in imported.bad_lines() {
        say(line);
    }
    imported.exit_code().into()
}

async fn export(args: &ExportArgs) -> Result<ExitCode, Failure> {
    let server = server(&args.target, "export", None)?;
    let Some(path) = &args.file else {
        server.export(&mut io::stdout().lock()).await?;
        return Ok(ExitCode::SUCCESS);
    };
    let told = |error: io::Error| Failure::new(format!("{}: {error}", path.display()));
    let mut file = std::fs::File::create(path).map_err(told)?;
    let bytes = server.export(&mut file).await?;
    file.sync_all().map_err(told)?;
    say(format!("{}: {bytes} bytes", path.display()));
    Ok(ExitCode::SUCCESS)
}

async fn reindex(target: &ServerArgs) -> Result<ExitCode, Failure> {
    let products = server(target, "reindex", None)?.reindex().await?;
    say(format!("{products} products indexed"));
    Ok(ExitCode::SUCCESS)
}

fn openapi() -> Result<ExitCode, Failure> {
    let document = crate::bootstrap::openapi().map_err(Failure::new)?;
    writeln!(io::stdout(), "{document}")?;
    Ok(ExitCode::SUCCESS)
}

/// The server to work on. Without one the configured store would be meant, and that is memory.
fn server(target: &ServerArgs, command: &str, instead: Option<&str>) -> Result<Server, Failure> {
    let Some(url) = &target.server else {
        let or =
            instead.map_or_else(String::new, |instead| format!(", or run `ecicomm {instead}`"));
        return Err(Failure::usage(format!(
            "the configured store is memory, which is empty at start and forgotten at exit, so \
             `{command}` has nothing to work on; name a running server with --server URL{or}"
        )));
    };
    Server::try_new(url, target.token.as_deref())
}

#[cfg(test)]
mod tests;
