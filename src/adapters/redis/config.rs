use std::time::Duration;

/// Where Redis is, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// `redis://user:password@host:port/database`, or `rediss://` for TLS. It is a secret. The nodes
    /// of a cluster have commas between; the client finds the others by those named, as long as one
    /// of them answers.
    pub url: String,
    /// Whether one address names a cluster, as managed ones are often named.
    pub cluster: bool,
    /// The most connections of this process; in a cluster, to each node.
    pub max_connections: usize,
    /// How long a command may take, and before it a connection.
    pub timeout: Duration,
    /// What every key begins with, so that several shops can share a server.
    pub prefix: String,
}

impl RedisConfig {
    /// What a shop has unless told otherwise.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            cluster: false,
            max_connections: 16,
            timeout: Duration::from_millis(500),
            prefix: "ecicomm:".to_owned(),
        }
    }

    /// The addresses that the URL names.
    pub(super) fn addresses(&self) -> Vec<&str> {
        self.url.split(',').map(str::trim).filter(|address| !address.is_empty()).collect()
    }
}
