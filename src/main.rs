//! The command: arguments, settings, the log, and then what was asked for.

use std::fmt::Debug;
use std::io::{self, IsTerminal as _, Stderr, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use ecicomm::adapters::cli::{self, Args, BatchedLog};
use ecicomm::settings::Settings;
use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let settings = Settings::load_with_data(args.data());
    let (filter, json) =
        settings.as_ref().map_or(("info", false), |set| (set.log_filter.as_str(), set.log_json));
    // Held to the end, which writes the last lines.
    let _log = match log(filter, json) {
        Ok(log) => log,
        Err(error) => return refuse(&error, 2),
    };
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(cli::run(args, settings)),
        Err(error) => refuse(&error.to_string(), 1),
    }
}

/// Starts the log, on standard error.
fn log(filter: &str, json: bool) -> Result<BatchedLog<Stderr>, String> {
    let filter =
        EnvFilter::try_new(filter).map_err(|error| format!("ECICOMM__LOG__FILTER: {error}"))?;
    let lines = BatchedLog::over(io::stderr()).map_err(|error| error.to_string())?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines.clone());
    let log = log.with_ansi(io::stderr().is_terminal());
    let begun = if json { log.json().try_init() } else { log.fmt_fields(plain()).try_init() };
    begun.map_err(|error| error.to_string())?;
    Ok(lines)
}

/// Fields without a style of their own, which costs time for every line, also where none is shown.
fn plain() -> impl for<'w> FormatFields<'w> + Send + Sync + 'static {
    let field = |writer: &mut Writer<'_>, field: &Field, value: &dyn Debug| match field.name() {
        "message" => write!(writer, "{value:?}"),
        name => write!(writer, "{name}={value:?}"),
    };
    debug_fn(field).delimited(" ")
}

fn refuse(error: &str, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "ecicomm: {error}");
    code.into()
}
