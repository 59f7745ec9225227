use std::time::Duration;

/// How the API is served. Every limit is here, so that none hides in a handler.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The address to listen on; port 0 takes a free one.
    pub bind: String,
    /// Threads that serve requests; 0 for as many as there are cores.
    pub workers: usize,
    /// The most bytes of a JSON body.
    pub json_limit: usize,
    /// The most bytes of a catalogue file.
    pub import_limit: u64,
    /// The most bytes of a request's path and query.
    pub uri_limit: usize,
    /// The most bytes of a request's header names and values.
    pub header_limit: usize,
    /// How long a client may take to send the head of a request.
    pub head_timeout: Duration,
    /// How long a client may take to send a JSON body.
    pub body_timeout: Duration,
    /// How long a request may take as a whole, its body included.
    pub request_deadline: Duration,
    /// The same for requests that send files.
    pub upload_deadline: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// The most open connections of one thread.
    pub max_connections: usize,
    /// The most checkouts at once, those included whose clients went away.
    pub max_detached: usize,
    /// How many connections may wait to be accepted.
    pub backlog: u32,
    /// How long the server goes on serving after it was told to stop, so that load balancers notice
    /// that it is no longer ready.
    pub drain_delay: Duration,
    /// How long requests under way may then take to finish.
    pub shutdown_timeout: Duration,
    /// For how many seconds others may keep a page of the shop.
    pub page_max_age_seconds: u32,
    /// The most bytes of rendered products that are kept.
    pub rendered_bytes: u64,
    /// How many proxies before the server are believed about who asked them, by
    /// `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// Whether clients reach the server by TLS, so that they may be told to insist on it.
    pub behind_tls: bool,
    /// The address that metrics are read at; none where absent.
    pub management: Option<String>,
    /// Whether each request gets a line in the log; failures always do.
    pub access_log: bool,
    /// What becomes of the shop's data when the process ends, as `/health` tells it.
    pub durability: String,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            bind: "127.0.0.1:8080".to_owned(),
            workers: 0,
            json_limit: 256 * 1024,
            import_limit: 512 * 1024 * 1024,
            uri_limit: 8 * 1024,
            header_limit: 32 * 1024,
            head_timeout: Duration::from_secs(5),
            body_timeout: Duration::from_secs(10),
            request_deadline: Duration::from_secs(15),
            upload_deadline: Duration::from_mins(10),
            keep_alive: Duration::from_secs(75),
            max_connections: 25_000,
            max_detached: 2_000,
            backlog: 2_048,
            drain_delay: Duration::ZERO,
            shutdown_timeout: Duration::from_secs(19),
            page_max_age_seconds: 2,
            rendered_bytes: 64 * 1024 * 1024,
            trusted_proxies: 0,
            behind_tls: false,
            management: None,
            access_log: true,
            durability: "memory: forgets at exit".to_owned(),
        }
    }
}
