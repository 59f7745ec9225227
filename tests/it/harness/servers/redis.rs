use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::container::Container;
use super::local::{Local, Plan, new_folder};
use super::{Server, free_port, look, programs};

/// Where the environment may name a running server.
const VARIABLE: &str = "ECICOMM_TEST_REDIS_URL";
const IMAGE: &str = "redis:7";

/// A Redis server.
pub struct Redis {
    /// None where it is the environment's, which nobody may hurt.
    server: Option<Server>,
    url: String,
}

/// A part of the shared server that is a test's own: what it keeps there begins with the prefix.
pub struct Namespace {
    pub url: String,
    pub prefix: String,
}

impl Redis {
    /// A server of the test's own, to be killed and paused. It keeps nothing over its end.
    pub fn start() -> Self {
        Self::start_with(&["--appendonly", "no"])
    }

    /// The same, whose every answer is on its disk, and there again after its end.
    pub fn start_lasting() -> Self {
        Self::start_with(&["--appendonly", "yes", "--appendfsync", "always"])
    }

    fn start_with(keeping: &[&str]) -> Self {
        if Container::engine() {
            let start = [&["redis-server", "--save", ""], keeping].concat();
            let container = Container::run(IMAGE, 6379, &start, &["redis-cli", "ping"]);
            let url = format!("redis://127.0.0.1:{}", container.port);
            return Self { server: Some(Server::Container(container)), url };
        }
        let started = (0..5).find_map(|_| start_local(free_port(), keeping));
        let (local, port) = started.expect("a port should stay free for a moment");
        let url = format!("redis://127.0.0.1:{port}");
        Self { server: Some(Server::Local(local)), url }
    }

    /// The server that all tests of this process share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Redis> = OnceLock::new();
        SHARED.get_or_init(|| match std::env::var(VARIABLE) {
            Ok(url) => Self { server: None, url },
            Err(_) => Self::start(),
        })
    }

    /// The server, to be hurt.
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("a server of the environment is not to be hurt")
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        let port = self.url.rsplit(':').next().and_then(|port| port.parse().ok());
        port.expect("the address should end with its port")
    }

    /// A part of it for one test, empty whatever ran before.
    pub fn namespace(&self) -> Namespace {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
        let prefix = format!("ecicomm-it-{now}-{}-{number}:", std::process::id());
        Namespace { url: self.url.clone(), prefix }
    }
}

/// A cluster of three servers, each with a third of the keys, which it has whether or not the others
/// answer. Always of this machine's programs: the nodes tell clients their addresses, which those of
/// containers would not reach.
pub struct RedisCluster {
    nodes: Vec<(Local, u16)>,
}

impl RedisCluster {
    /// A cluster of the test's own.
    pub fn start() -> Self {
        let nodes: Vec<(Local, u16)> = (0..3).map(|_| start_node()).collect();
        for (n, (_, port)) in nodes.iter().enumerate() {
            let (first, last) = slots(n);
            assert_eq!(tell(*port, &format!("CLUSTER ADDSLOTSRANGE {first} {last}")), "+OK");
            assert_eq!(tell(*port, &format!("CLUSTER MEET 127.0.0.1 {}", nodes[0].1)), "+OK");
        }
        let cluster = Self { nodes };
        cluster.come_together();
        cluster
    }

    /// Where one of its nodes is; a client finds the others.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.nodes[0].1)
    }

    /// Where all of its nodes are.
    pub fn urls(&self) -> String {
        let url = |(_, port): &(Local, u16)| format!("redis://127.0.0.1:{port}");
        self.nodes.iter().map(url).collect::<Vec<_>>().join(",")
    }

    /// How many keys each node has.
    pub fn keys(&self) -> Vec<u32> {
        let count = |port| tell(port, "DBSIZE").trim_start_matches(':').parse().unwrap();
        self.nodes.iter().map(|(_, port)| count(*port)).collect()
    }

    /// Which of its nodes has this key.
    pub fn node_of(&self, key: &str) -> usize {
        let told = tell(self.nodes[0].1, &format!("CLUSTER KEYSLOT {key}"));
        let slot: usize = told.trim_start_matches(':').parse().unwrap();
        (0..3).find(|n| slot <= slots(*n).1).unwrap()
    }

    /// What this node answers to a command.
    pub fn tell(&self, node: usize, command: &str) -> String {
        tell(self.nodes[node].1, command)
    }

    /// Stops a node in its tracks: connections stay open and nothing answers.
    pub fn pause(&self, node: usize) {
        self.nodes[node].0.signal("STOP");
    }

    /// Lets it go on, and returns when the others count on it again.
    pub fn resume(&self, node: usize) {
        self.nodes[node].0.signal("CONT");
        self.come_together();
    }

    /// Returns when every node knows all others, and takes none for failed.
    fn come_together(&self) {
        let whole = |port| tell(port, "CLUSTER INFO").contains("cluster_slots_ok:16384");
        let agreed = look(|| self.nodes.iter().all(|(_, port)| whole(*port)).then_some(()));
        assert!(agreed.is_some(), "the nodes do not come together");
    }
}

/// The first and the last slot that a node has.
fn slots(node: usize) -> (usize, usize) {
    (node * 16_384 / 3, (node + 1) * 16_384 / 3 - 1)
}

/// The answer to a command that fits in one packet.
pub fn tell(port: u16, command: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
    let mut answer = vec![0; 64 * 1_024];
    let length = stream.read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..length]).trim().to_owned()
}

/// How a node starts. Unless told otherwise all nodes refuse all keys while those of one are away.
const IN_CLUSTER: [&str; 8] = [
    "--appendonly",
    "no",
    "--cluster-enabled",
    "yes",
    "--cluster-node-timeout",
    "2000",
    "--cluster-require-full-coverage",
    "no",
];

/// A node also listens 10,000 ports further on, so both must be free.
fn start_node() -> (Local, u16) {
    let started = (0..100).find_map(|_| {
        let port = free_port();
        let bus = port.checked_add(10_000)?;
        TcpListener::bind(("127.0.0.1", bus)).ok()?;
        start_local(port, &IN_CLUSTER)
    });
    started.expect("two ports should stay free for a moment")
}

fn start_local(port: u16, more: &[&str]) -> Option<(Local, u16)> {
    let find = || programs::on_path("redis-server");
    let program = programs::installed("redis-server", find);
    let folder = new_folder("redis");
    let port_text = port.to_string();
    let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let mut command = vec![text(&program), "--dir".to_owned(), text(&folder)];
    let settings = ["--bind", "127.0.0.1", "--port", &port_text, "--save", ""];
    command.extend(settings.into_iter().chain(more.iter().copied()).map(str::to_owned));
    let ready = Box::new(move |_| TcpStream::connect(("127.0.0.1", port)).is_ok());
    Some((Local::try_start(Plan { command, user: None, ending: "TERM", folder, ready })?, port))
}
