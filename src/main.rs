//! The command: arguments, settings, the log, and then what was asked for.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use ecicomm::adapters::cli::{self, Args};
use ecicomm::settings::Settings;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let settings = Settings::load_with_data(args.data());
    let (filter, json) =
        settings.as_ref().map_or(("info", false), |set| (set.log_filter.as_str(), set.log_json));
    if let Err(error) = log(filter, json) {
        return refuse(&error, 2);
    }
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(cli::run(args, settings)),
        Err(error) => refuse(&error.to_string(), 1),
    }
}

/// Starts the log, on standard error.
fn log(filter: &str, json: bool) -> Result<(), String> {
    let filter =
        EnvFilter::try_new(filter).map_err(|error| format!("ECICOMM__LOG__FILTER: {error}"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let log = log.with_ansi(io::stderr().is_terminal());
    let begun = if json { log.json().try_init() } else { log.try_init() };
    begun.map_err(|error| error.to_string())
}

fn refuse(error: &str, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "ecicomm: {error}");
    code.into()
}
