//! The one binary: arguments, settings, telemetry, and then the command.

use std::process::ExitCode;

use clap::Parser;
use ecicomm::adapters::cli::{self, Args};
use ecicomm::settings::Settings;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let settings = match Settings::load() {
        Ok(settings) => settings,
        Err(error) => return complain(&error),
    };
    if let Err(error) = telemetry(&settings) {
        return complain(&error);
    }
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(cli::run(args, settings)),
        Err(error) => complain(&error),
    }
}

fn complain(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("ecicomm: {error}");
    ExitCode::from(2)
}

fn telemetry(settings: &Settings) -> Result<(), String> {
    let filter = EnvFilter::try_new(&settings.log_filter)
        .map_err(|error| format!("ECICOMM__LOG__FILTER: {error}"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let done = if settings.log_json { log.json().try_init() } else { log.try_init() };
    done.map_err(|error| error.to_string())
}
