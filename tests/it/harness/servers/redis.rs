use std::net::TcpStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::container::Container;
use super::local::{Local, Plan, new_folder};
use super::{Server, free_port, programs};

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
        if Container::engine() {
            let start = ["redis-server", "--save", "", "--appendonly", "no"];
            let container = Container::run(IMAGE, 6379, &start, &["redis-cli", "ping"]);
            let url = format!("redis://127.0.0.1:{}", container.port);
            return Self { server: Some(Server::Container(container)), url };
        }
        let started = (0..5).find_map(|_| start_local());
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

    /// A part of it for one test, empty whatever ran before.
    pub fn namespace(&self) -> Namespace {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
        let prefix = format!("ecicomm-it-{now}-{}-{number}:", std::process::id());
        Namespace { url: self.url.clone(), prefix }
    }
}

fn start_local() -> Option<(Local, u16)> {
    let find = || programs::on_path("redis-server");
    let program = programs::installed("redis-server", find);
    let (folder, port) = (new_folder("redis"), free_port());
    let port_text = port.to_string();
    let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let mut command = vec![text(&program), "--dir".to_owned(), text(&folder)];
    let settings =
        ["--bind", "127.0.0.1", "--port", &port_text, "--save", "", "--appendonly", "no"];
    command.extend(settings.map(str::to_owned));
    let ready = Box::new(move |_| TcpStream::connect(("127.0.0.1", port)).is_ok());
    Some((Local::try_start(Plan { command, user: None, ending: "TERM", folder, ready })?, port))
}
