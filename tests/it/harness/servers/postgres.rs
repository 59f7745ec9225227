use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use ecicomm::adapters::postgres::migrate;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use tokio::sync::OnceCell;

use super::container::Container;
use super::local::{Local, Plan, give_to, new_folder};
use super::{Server, free_port, programs};

/// Where the environment may name a running server; its user must be allowed to create databases.
const VARIABLE: &str = "ECICOMM_TEST_DATABASE_URL";
const IMAGE: &str = "postgres:16";

/// Whether the server waits for its disk. Only tests of crashes need that.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fsync {
    On,
    Off,
}

/// A Postgres server.
pub struct Postgres {
    /// None where it is the environment's, which nobody may hurt.
    server: Option<Server>,
    /// The URL of its databases, without a name at the end.
    base: String,
    copies: Box<Copies>,
}

/// Databases that tests of this process made on a server.
#[derive(Default)]
struct Copies {
    /// The one that is migrated; all others are copies of it.
    template: OnceCell<String>,
    /// Those that no test needs any more.
    finished: Mutex<Vec<String>>,
}

impl Postgres {
    /// A server of the test's own, to be killed and paused.
    pub fn start(fsync: Fsync) -> Self {
        if Container::engine() {
            let fsync = if fsync == Fsync::On { "fsync=on" } else { "fsync=off" };
            let start = ["docker-entrypoint.sh", "postgres", "-c", "max_connections=300"];
            let start = [start.as_slice(), &["-c", fsync]].concat();
            let ready = ["pg_isready", "-h", "127.0.0.1"];
            let container = Container::run(IMAGE, 5432, &start, &ready);
            let base = format!("postgres://postgres@127.0.0.1:{}", container.port);
            return Self::of(Some(Server::Container(container)), base);
        }
        let settings: &[&str] = match fsync {
            Fsync::On => &[],
            Fsync::Off => &["fsync=off", "synchronous_commit=off", "full_page_writes=off"],
        };
        Self::local(settings, init)
    }

    /// A server that runs as a process of this machine, with these settings beside those that all
    /// have, on the data that `make` puts into a folder.
    pub(super) fn local(settings: &[&str], make: impl Fn(&Path, Option<&str>)) -> Self {
        let started = (0..5).find_map(|_| start_local(settings, &make));
        let (local, port) = started.expect("a port should stay free for a moment");
        Self::of(Some(Server::Local(local)), format!("postgres://postgres@127.0.0.1:{port}"))
    }

    fn of(server: Option<Server>, base: String) -> Self {
        Self { server, base, copies: Box::default() }
    }

    /// The server that all tests of this process share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| match std::env::var(VARIABLE) {
            Ok(url) => Self::of(None, base_of(&url)),
            Err(_) => Self::start(Fsync::Off),
        })
    }

    /// The server, to be hurt.
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("a server of the environment is not to be hurt")
    }

    /// The URL of a database of this server.
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.base)
    }

    /// Creates a database; as a copy where `template` names one that nobody is connected to.
    pub async fn create(&self, name: &str, template: Option<&str>) {
        let copy = template.map(|template| format!(" TEMPLATE {template}")).unwrap_or_default();
        self.order(&format!("CREATE DATABASE {name}{copy}")).await;
    }

    async fn order(&self, statement: &str) {
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        // Statements about databases take no parameters; all names are made here.
        connection.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// A database of a test's own on the shared server, with all migrations done. It goes some time
/// after it is dropped.
pub struct Database {
    server: &'static Postgres,
    name: String,
    url: String,
}

impl Database {
    /// A fresh one.
    pub async fn new() -> Self {
        Self::on(Postgres::shared()).await
    }

    /// A fresh one on another server that tests share.
    pub async fn on(server: &'static Postgres) -> Self {
        drop_finished(server).await;
        let template = template(server).await;
        let name = new_name();
        server.create(&name, Some(template)).await;
        Self { url: server.url(&name), server, name }
    }

    /// A fresh one without any table.
    pub async fn empty() -> Self {
        let server = Postgres::shared();
        let name = new_name();
        server.create(&name, None).await;
        Self { url: server.url(&name), server, name }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let finished = &self.server.copies.finished;
        let mut finished = finished.lock().unwrap_or_else(PoisonError::into_inner);
        finished.push(self.name.clone());
    }
}

async fn drop_finished(server: &Postgres) {
    let finished: Vec<String> =
        std::mem::take(&mut *server.copies.finished.lock().unwrap_or_else(PoisonError::into_inner));
    for name in finished {
        server.order(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    }
}

async fn template(server: &Postgres) -> &str {
    let make = || async {
        if server.server.is_none() {
            drop_forgotten(server).await;
        }
        let name = new_name();
        server.create(&name, None).await;
        migrate(&server.url(&name)).await.expect("the migrations should pass");
        name
    };
    server.copies.template.get_or_init(make).await
}

/// Drops what test processes of long ago left on a server that outlives them.
async fn drop_forgotten(server: &Postgres) {
    let mut connection = PgConnection::connect(&server.url("postgres")).await.unwrap();
    let names = connection
        .fetch_all("SELECT datname FROM pg_database WHERE datname LIKE 'ecicomm\\_it\\_%'")
        .await
        .unwrap();
    let hour_ago = now_seconds().saturating_sub(3_600);
    for row in names {
        let name: String = row.get(0);
        let made = name.split('_').nth(2).and_then(|made| made.parse::<u64>().ok());
        if made.is_some_and(|made| made < hour_ago) {
            server.order(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

fn new_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("ecicomm_it_{}_{}_{number}", now_seconds(), std::process::id())
}

fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The URL without the database that it names.
fn base_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a database URL has a scheme");
    let server = rest.split('/').next().unwrap_or(rest);
    format!("{scheme}://{server}")
}

fn start_local(settings: &[&str], make: impl Fn(&Path, Option<&str>)) -> Option<(Local, u16)> {
    let programs = programs();
    let (folder, port) = (new_folder("postgres"), free_port());
    // It refuses to run as root.
    let user = programs::is_root().then_some("postgres");
    if let Some(user) = user {
        give_to(user, &folder);
    }
    let data = folder.join("data");
    make(&data, user);
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let mut command = vec![text(&programs.join("postgres")), "-D".to_owned(), text(&data)];
    let mut set = |setting: &str| command.extend(["-c".to_owned(), setting.to_owned()]);
    set("listen_addresses=127.0.0.1");
    set(&format!("port={port}"));
    set(&format!("unix_socket_directories={}", text(&folder)));
    set("max_connections=300");
    for setting in settings {
        set(setting);
    }
    let lock_file = data.join("postmaster.pid");
    let ready = Box::new(move |id| is_ready(&lock_file, id));
    Some((Local::try_start(Plan { command, user, ending: "QUIT", folder, ready })?, port))
}

/// Whether the file that a postmaster keeps tells that this one takes connections.
fn is_ready(lock_file: &Path, id: u32) -> bool {
    let told = std::fs::read_to_string(lock_file).unwrap_or_default();
    let mut lines = told.lines();
    lines.next() == Some(&id.to_string()) && lines.any(|line| line.trim() == "ready")
}

/// Makes the data of an empty server.
pub(super) fn init(data: &Path, user: Option<&str>) {
    let more = ["-N", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"];
    make("initdb", data, user, &more);
}

/// Has a program of Postgres make a folder of data.
pub(super) fn make(program: &str, data: &Path, user: Option<&str>, args: &[&str]) {
    let path = programs().join(program);
    let mut command = match user {
        Some(user) => {
            let mut command = Command::new("runuser");
            command.args(["-u", user, "--"]).arg(path);
            command
        }
        None => Command::new(path),
    };
    let done = command.current_dir("/").arg("-D").arg(data).args(args).output();
    let done = done.unwrap_or_else(|error| panic!("{program} should run: {error}"));
    assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
}

/// The folder of Postgres's programs, of the latest version where there are several.
fn programs() -> PathBuf {
    let find = || {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
        let latest = versions.map(|entry| entry.path()).max_by_key(|path| number(path));
        let debian = latest.map(|path| path.join("bin")).filter(|bin| bin.join("initdb").is_file());
        debian.or_else(|| Some(programs::on_path("initdb")?.parent()?.to_owned()))
    };
    programs::installed("postgresql", find)
}
