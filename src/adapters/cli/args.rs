use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// A commerce backend in one process.
#[derive(Debug, Parser)]
#[command(name = "ecicomm", version, about)]
pub struct Args {
    /// What to do; `serve` where nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the command can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the shop.
    Serve(Serve),
    /// Imports a catalogue file (NDJSON or CSV, gzip or plain) into a running server.
    Import(Import),
    /// Writes the catalogue of a running server as NDJSON.
    Export(Export),
    /// Fills a running server with the demo catalogue.
    Seed(Target),
    /// Builds the search index of a running server anew, beside the one that serves.
    Reindex(Target),
    /// Recomputes every counter of the configured store; exits 1 where anything disagrees.
    Doctor,
    /// Prints the OpenAPI document.
    Openapi,
    /// Runs the sandbox payment gateway as a process of its own.
    Sandbox(Sandbox),
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(Serve::default())
    }
}

/// How to run the shop.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Serve {
    /// A catalogue file to load before serving.
    #[arg(long, value_name = "FILE")]
    pub import: Option<PathBuf>,
    /// The address to listen on, instead of ECICOMM__HTTP__BIND.
    #[arg(long, value_name = "ADDR")]
    pub bind: Option<SocketAddr>,
}

/// A running server to work on.
#[derive(Clone, Debug, clap::Args)]
pub struct Target {
    /// The server, such as http://127.0.0.1:8080.
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// The access token of a member of staff.
    #[arg(long, env = "ECICOMM_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<String>,
}

/// What to import.
#[derive(Clone, Debug, clap::Args)]
pub struct Import {
    /// The catalogue file.
    pub file: PathBuf,
    /// Adjust the stock of SKUs that are there already to what the file says.
    #[arg(long)]
    pub set_stock: bool,
    /// Where to.
    #[command(flatten)]
    pub target: Target,
}

/// Where to write the catalogue.
#[derive(Clone, Debug, clap::Args)]
pub struct Export {
    /// The file to write; standard output where absent.
    pub file: Option<PathBuf>,
    /// Where from.
    #[command(flatten)]
    pub target: Target,
}

/// How to run the sandbox gateway.
#[derive(Clone, Debug, clap::Args)]
pub struct Sandbox {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDR")]
    pub bind: SocketAddr,
    /// The file that its ledger is kept in.
    #[arg(long, value_name = "FILE")]
    pub ledger: PathBuf,
    /// How many milliseconds its answers take, as in 5-50.
    #[arg(long, default_value = "0-0", value_parser = delay, value_name = "FROM-TO")]
    pub delay: (u64, u64),
}

/// Reads a span of milliseconds such as `5-50`, or one number for a fixed delay.
pub(super) fn delay(text: &str) -> Result<(u64, u64), String> {
    let wrong = || format!("'{text}' is no delay; use milliseconds such as 5-50");
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to) = (from.parse().map_err(|_| wrong())?, to.parse::<u64>().map_err(|_| wrong())?);
    if from > to || to > 60_000 {
        return Err(wrong());
    }
    Ok((from, to))
}
