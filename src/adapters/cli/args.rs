use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

/// A commerce backend in one process.
#[derive(Debug, Parser)]
#[command(name = "ecicomm", version, about, args_conflicts_with_subcommands = true)]
pub struct Args {
    /// What to do; `serve` where nothing is named.
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

impl Args {
    /// The folder that the command names.
    pub fn data(&self) -> Option<&Path> {
        let place = match &self.command {
            None => &self.serve.place,
            Some(Command::Serve(args)) => &args.place,
            Some(Command::Doctor(args)) => &args.place,
            Some(
                Command::Import(ImportArgs { target, .. })
                | Command::Export(ExportArgs { target, .. })
                | Command::Seed(SeedArgs { target, .. })
                | Command::Reindex(target),
            ) => &target.place,
            Some(
                Command::Migrate
                | Command::Worker
                | Command::Health
                | Command::Openapi
                | Command::Sandbox(_),
            ) => {
                return None;
            }
        };
        place.data.as_deref()
    }

    /// What is to be done.
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

/// What the command can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the shop (the default).
    Serve(ServeArgs),
    /// Import a catalogue file: NDJSON or CSV, plain or gzip.
    Import(ImportArgs),
    /// Write the catalogue as NDJSON, a variant a line.
    Export(ExportArgs),
    /// Fill an empty shop with the demo catalogue and its promotions.
    Seed(SeedArgs),
    /// Rebuild the search index while the old one serves.
    Reindex(ServerArgs),
    /// Recompute every counter of the configured store; exits 1 where anything disagrees.
    Doctor(DoctorArgs),
    /// Bring the Postgres database of `DATABASE_URL` to the schema of this version. `serve` does so
    /// by itself.
    Migrate,
    /// Do the background work of a shop in Postgres without serving its API.
    Worker,
    /// Ask the server of this machine whether it lives; exits 1 where it does not.
    Health,
    /// Print the document of the API.
    Openapi,
    /// Run the sandbox payment gateway as a process of its own, for several servers to share.
    Sandbox(SandboxArgs),
}

/// The shop to work on, where it is not in memory.
#[derive(Debug, Default, clap::Args)]
pub struct DataArgs {
    /// The folder that keeps everything, whatever `ECICOMM__DATA` says.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// What to examine, and whether to mend it.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    pub place: DataArgs,
    /// Mend what events prove, tell of it, and look again; exits 1 where something is left that a
    /// person must do. Without it nothing is changed.
    #[arg(long)]
    pub repair: bool,
}

/// How to run the shop.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    #[command(flatten)]
    pub place: DataArgs,
    /// Load this catalogue file before serving.
    #[arg(long, value_name = "FILE")]
    pub import: Option<PathBuf>,
    /// Listen here, whatever `ECICOMM__HTTP__BIND` says.
    #[arg(long, value_name = "ADDR")]
    pub bind: Option<SocketAddr>,
}

/// A running server to work on, or the folder of a shop that is not running.
#[derive(Debug, Default, clap::Args)]
pub struct ServerArgs {
    #[command(flatten)]
    pub place: DataArgs,
    /// The running server, such as `http://127.0.0.1:8080`.
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    pub server: Option<String>,
    /// The access token of a member of staff.
    #[arg(long, value_name = "TOKEN", env = "ECICOMM_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

/// What to import, and where.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The catalogue file.
    pub file: PathBuf,
    /// Set the stock of known SKUs too; else only new ones take theirs from the file.
    #[arg(long)]
    pub set_stock: bool,
    #[command(flatten)]
    pub target: ServerArgs,
}

/// What to export, and where to.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The file to write; standard output where absent.
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub target: ServerArgs,
}

/// What to fill.
#[derive(Debug, clap::Args)]
pub struct SeedArgs {
    /// Fill a shop that has products already.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub target: ServerArgs,
}

/// How to run the sandbox.
#[derive(Debug, clap::Args)]
pub struct SandboxArgs {
    /// Listen here.
    #[arg(long, value_name = "ADDR")]
    pub bind: SocketAddr,
    /// Keep the ledger in this NDJSON file.
    #[arg(long, value_name = "FILE")]
    pub ledger: PathBuf,
    /// Answer after so many milliseconds, such as `20` or `5-50`.
    #[arg(long, value_name = "MS", default_value = "0", value_parser = delay)]
    pub delay: Delay,
}

/// Between how many milliseconds an answer takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delay {
    /// The least.
    pub least: u64,
    /// The most.
    pub most: u64,
}

/// The longest delay: beyond, every client has given up.
const LONGEST_DELAY_MS: u64 = 600_000;

/// Reads `20` or `5-50`.
pub(super) fn delay(text: &str) -> Result<Delay, String> {
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    let parsed = least.trim().parse().ok().zip(most.trim().parse().ok());
    let fits = |(least, most): &(u64, u64)| least <= most && *most <= LONGEST_DELAY_MS;
    let (least, most) = parsed.filter(fits).ok_or_else(|| {
        format!("use milliseconds such as 20, or 5-50, at most {LONGEST_DELAY_MS}")
    })?;
    Ok(Delay { least, most })
}
