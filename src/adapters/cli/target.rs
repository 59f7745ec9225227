use std::io::Write;
use std::path::Path;

use super::Failure;
use super::args::ServerArgs;
use super::local::Local;
use super::remote::Server;
use super::source::Source;
use super::summary::Imported;
use crate::settings::{Settings, SettingsError};

/// The shop that a command works on.
pub(super) enum Target {
    /// A running server.
    Server(Server),
    /// A folder that no server has open, or a database.
    Local(Box<Local>),
}

impl Target {
    /// The server that is named, else the configured folder. `command` is what is to be done, and
    /// `instead` what can be done where neither is.
    pub(super) async fn open(
        args: &ServerArgs,
        settings: Result<Settings, SettingsError>,
        command: &str,
        instead: Option<&str>,
    ) -> Result<Self, Failure> {
        if let Some(url) = &args.server {
            return Ok(Self::Server(Server::try_new(url, args.token.as_deref())?));
        }
        let settings = settings?;
        if settings.data.is_some() || settings.database.is_some() {
            return Ok(Self::Local(Box::new(Local::open(&settings).await?)));
        }
        let or =
            instead.map_or_else(String::new, |instead| format!(", or run `ecicomm {instead}`"));
        Err(Failure::usage(format!(
            "the configured store is memory, which is empty at start and forgotten at exit, so \
             `{command}` has nothing to work on; name a running server with --server URL, or a \
             folder with --data DIR{or}"
        )))
    }

    /// Imports a catalogue file.
    pub(super) async fn import(&self, path: &Path, set_stock: bool) -> Result<Imported, Failure> {
        match self {
            Self::Server(server) => server.import(Source::open(path)?, set_stock).await,
            Self::Local(local) => local.import(path, set_stock).await,
        }
    }

    /// Fills the shop with the demo catalogue; `force` where it has products already.
    pub(super) async fn seed(&self, force: bool) -> Result<Imported, Failure> {
        match self {
            Self::Server(server) => server.seed(force).await,
            Self::Local(local) => local.seed(force).await,
        }
    }

    /// Writes the catalogue, a variant a line; how many bytes that were.
    pub(super) async fn export(&self, to: &mut impl Write) -> Result<u64, Failure> {
        match self {
            Self::Server(server) => server.export(to).await,
            Self::Local(local) => local.export(to).await,
        }
    }

    /// Builds the search index anew; how many products are in it.
    pub(super) async fn reindex(&self) -> Result<u64, Failure> {
        match self {
            Self::Server(server) => server.reindex().await,
            Self::Local(local) => local.reindex().await,
        }
    }
}
