//! The command: reads arguments, asks the composition root for what they need, and tells people how
//! it went.
//!
//! Decides nothing that the shop does. Never prints a token or a password, but for the one password
//! that a demo shop makes up for its first administrator.

mod args;
mod demo;
mod doctor;
mod file;
mod progress;
#[cfg(feature = "remote")]
mod remote;
mod sandbox;
mod serve;

use std::process::ExitCode;

pub use args::{Args, Command};

use crate::settings::Settings;

/// What ends a command.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs a command to its end.
pub async fn run(args: Args, settings: Settings) -> ExitCode {
    let done = match args.command.unwrap_or_default() {
        Command::Serve(serve) => serve::run(serve, settings).await,
        Command::Import(import) => file::import(import).await,
        Command::Export(export) => file::export(export).await,
        Command::Seed(target) => file::seed(target).await,
        Command::Reindex(target) => file::reindex(target).await,
        Command::Doctor => doctor::run(settings).await,
        Command::Openapi => openapi(),
        Command::Sandbox(sandbox) => sandbox::run(sandbox).await,
    };
    done.unwrap_or_else(|failure| {
        eprintln!("ecicomm: {failure}");
        ExitCode::FAILURE
    })
}

fn openapi() -> Result<ExitCode, Failure> {
    println!("{}", crate::bootstrap::openapi()?);
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests;
