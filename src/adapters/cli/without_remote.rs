//! What stands in for a server in a build that cannot reach one.

use std::convert::Infallible;
use std::io::Write;

use super::Failure;
use super::source::Source;
use super::summary::Imported;

/// A server, of which there is none in this build.
pub(super) struct Server(Infallible);

impl Server {
    /// Refuses: this build has no client.
    pub fn try_new(url: &str, _token: Option<&str>) -> Result<Self, Failure> {
        Err(Failure::usage(format!("{url} needs a build with the feature `remote`")))
    }

    pub async fn import(&self, _source: Source, _set_stock: bool) -> Result<Imported, Failure> {
        match self.0 {}
    }

    pub async fn seed(&self, _force: bool) -> Result<Imported, Failure> {
        match self.0 {}
    }

    pub async fn export(&self, _out: &mut impl Write) -> Result<u64, Failure> {
        match self.0 {}
    }

    pub async fn reindex(&self) -> Result<u64, Failure> {
        match self.0 {}
    }
}
