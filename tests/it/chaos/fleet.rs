//! The shop as processes: servers over one backend, the payment provider, and the proxy between.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ecicomm::adapters::sandbox_client::SandboxClient;
use ecicomm::ports::payment::{LedgerRow, SandboxLedger as _};
use tokio::sync::watch;
use tokio::time;

use super::backend::{Backend, Place};
use super::client::Caller;
use super::goods::Goods;
use super::process::{Call, LOOK, Process, Temporary};
use super::proxy::Proxy;
use super::verdict::Verdict;
use crate::harness::servers::{Redis, Server};

/// Who may do everything.
pub const ADMINISTRATOR: (&str, &str) = ("admin@chaos.example", "Ch4os-is-tested!");
/// How long a shop waits for an answer of the provider where payments are to come into doubt: far
/// longer than the provider takes, shorter than most lives of a server.
pub const SHORT_TIMEOUT: Duration = Duration::from_millis(500);
/// The same where they are not, as the shop is set by itself.
pub const LONG_TIMEOUT: Duration = Duration::from_secs(8);
/// After how long without an answer it calls a payment off.
const GIVE_UP_SECONDS: u64 = 3;
/// How long an order holds its stock. It is the least that can be set.
pub const HOLD: Duration = Duration::from_mins(1);
/// How Postgres refuses what is asked in a transaction that failed, by code and in words.
const ABORTED: [&str; 2] = ["25P02", "current transaction is aborted"];
/// How long a server may take to be ready.
const READY_PATIENCE: Duration = Duration::from_mins(1);

/// Where servers are, each in its place; none where one is down.
pub type Addresses = Vec<Option<SocketAddr>>;

/// The shop of a run.
pub struct Opening<'a> {
    /// What its folder is called.
    pub name: String,
    pub goods: &'a Goods,
    /// Where it is kept.
    pub place: Place,
    /// How many servers there are, where the backend can have so many.
    pub servers: usize,
    /// How long the shop waits for an answer of the provider.
    pub payment_timeout: Duration,
    /// Whether carts are in a Redis of the run's own.
    pub redis: bool,
    /// How long a server that was told to stop still serves those who did not hear of it.
    pub drain_seconds: u64,
    /// By which its folder stays where the run went wrong.
    pub verdict: &'a Verdict,
}

/// What may be in trouble while the shop goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Troubled {
    /// The payment provider.
    Payment,
    /// What keeps the carts.
    Redis,
}

/// All processes of a shop.
pub struct Fleet {
    servers: Vec<Option<Process>>,
    sandbox: Process,
    proxy: Proxy,
    /// What carts are in, behind a proxy too.
    redis: Option<(Redis, Proxy)>,
    addresses: watch::Sender<Addresses>,
    caller: Caller,
    payment_timeout: Duration,
    drain_seconds: u64,
    lives: u64,
    /// How long each start took until the server was ready.
    pub starts: Vec<Duration>,
    // Goes after the servers that work on it.
    backend: Backend,
    // The last to go: it holds what the processes write.
    folder: Temporary,
}

impl Fleet {
    /// A shop in a folder of its own, with all its servers up.
    pub async fn open(opening: Opening<'_>) -> Self {
        let folder = Temporary::new(&opening.name, opening.verdict);
        let sandbox = Call {
            args: vec![
                "sandbox".into(),
                "--bind=127.0.0.1:0".into(),
                "--delay=5-50".into(),
                "--ledger".into(),
                folder.at("ledger.ndjson").into(),
            ],
            variables: Vec::new(),
            log: folder.at("sandbox.log"),
        };
        let sandbox = Process::start(&sandbox).await;
        let proxy = Proxy::before(sandbox.address).await;
        let redis = if opening.redis {
            let redis = Redis::start_lasting();
            let proxy = Proxy::before(SocketAddr::from(([127, 0, 0, 1], redis.port()))).await;
            Some((redis, proxy))
        } else {
            None
        };
        let backend = Backend::new(opening.place, folder.at("shop")).await;
        let servers = backend.most_servers().min(opening.servers);
        let addresses = watch::Sender::new(vec![None; servers]);
        let mut fleet = Self {
            servers: (0..servers).map(|_| None).collect(),
            sandbox,
            proxy,
            redis,
            caller: Caller::to(addresses.subscribe()),
            addresses,
            payment_timeout: opening.payment_timeout,
            drain_seconds: opening.drain_seconds,
            lives: 0,
            starts: Vec::new(),
            backend,
            folder,
        };
        let file = fleet.folder.at("catalogue.ndjson");
        std::fs::write(&file, opening.goods.catalogue()).unwrap();
        for slot in 0..servers {
            let import = (slot == 0).then(|| file.clone());
            fleet.start_with(slot, import).await;
        }
        // The first start made the shop; only later ones tell how long it takes to come back.
        fleet.starts.clear();
        fleet
    }

    /// A way to its servers.
    pub fn caller(&self) -> Caller {
        self.caller.clone()
    }

    /// Where each server is that is up.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.servers.iter().flatten().map(|server| server.address).collect()
    }

    /// A way to each server that is up.
    pub fn callers(&self) -> Vec<Caller> {
        self.addresses().into_iter().map(|address| self.caller.to_one(address)).collect()
    }

    /// The server of a place.
    pub fn server(&self, slot: usize) -> &Process {
        self.servers[slot].as_ref().expect("a server that is up")
    }

    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// The proxy before something that may be in trouble.
    pub fn proxy(&self, before: Troubled) -> &Proxy {
        match before {
            Troubled::Payment => &self.proxy,
            Troubled::Redis => &self.redis.as_ref().expect("a run with Redis").1,
        }
    }

    /// What carts are in, to be hurt.
    pub fn redis(&self) -> &Server {
        self.redis.as_ref().expect("a run with Redis").0.server()
    }

    /// The places of all servers, also of those that are down.
    pub fn slots(&self) -> std::ops::Range<usize> {
        0..self.servers.len()
    }

    /// Starts the server of a place and waits until it is ready.
    pub async fn start(&mut self, slot: usize) {
        self.start_with(slot, None).await;
    }

    async fn start_with(&mut self, slot: usize, import: Option<PathBuf>) {
        assert!(self.servers[slot].is_none(), "server {slot} is up");
        self.lives += 1;
        let mut args = vec!["serve".into(), "--bind=127.0.0.1:0".into()];
        args.extend(self.backend.arguments());
        args.extend(import.into_iter().flat_map(|file| ["--import".into(), file.into_os_string()]));
        let log = self.log_of(self.lives);
        let call = Call { args, variables: self.variables(), log };
        let began = Instant::now();
        let server = Process::start(&call).await;
        let address = server.address;
        while !self.caller.is_ready(address).await {
            assert!(began.elapsed() < READY_PATIENCE, "never ready: {}", server.said());
            time::sleep(LOOK).await;
        }
        self.starts.push(began.elapsed());
        self.servers[slot] = Some(server);
        self.addresses.send_modify(|addresses| addresses[slot] = Some(address));
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("ECICOMM__ADMIN__EMAIL", ADMINISTRATOR.0.to_owned()),
            ("ECICOMM__ADMIN__PASSWORD", ADMINISTRATOR.1.to_owned()),
            ("ECICOMM__PAYMENT__SANDBOX_URL", format!("http://{}", self.proxy.address)),
            ("ECICOMM__PAYMENT__TIMEOUT_MS", self.payment_timeout.as_millis().to_string()),
            ("ECICOMM__PAYMENT__GIVE_UP_SECONDS", GIVE_UP_SECONDS.to_string()),
            ("ECICOMM__ORDERS__HOLD_MINUTES", (HOLD.as_secs() / 60).to_string()),
            ("ECICOMM__ORDERS__SWEEP_SECONDS", "1".to_owned()),
            ("ECICOMM__HTTP__DRAIN_SECONDS", self.drain_seconds.to_string()),
        ];
        variables.extend(self.backend.variables());
        if let Some((_, proxy)) = &self.redis {
            variables.push(("REDIS_URL", format!("redis://{}", proxy.address)));
        }
        variables
    }

    /// Kills the server of a place, at whatever it is. Only then does anyone learn of it.
    pub fn kill(&mut self, slot: usize) {
        self.take(slot).kill();
        self.leave_out(slot);
    }

    /// Stops the server of a place as the platform does. It must end well. It is sent requests
    /// until it says itself that it is to be sent none.
    pub async fn stop(&mut self, slot: usize) {
        let server = self.take(slot);
        server.terminate();
        let began = Instant::now();
        while self.caller.is_ready(server.address).await {
            assert!(
                began.elapsed() < READY_PATIENCE,
                "it says that it is ready: {}",
                server.said()
            );
            time::sleep(LOOK).await;
        }
        self.leave_out(slot);
        let (status, said) = server.ended().await;
        assert!(status.success(), "it ended with {status}: {said}");
    }

    fn take(&mut self, slot: usize) -> Process {
        self.servers[slot].take().expect("a server that is up")
    }

    /// Nobody is sent to the server of a place from now on.
    fn leave_out(&self, slot: usize) {
        self.addresses.send_modify(|addresses| addresses[slot] = None);
    }

    /// No session of the shop does nothing in the middle of a transaction, which it would keep from
    /// whoever is given it next.
    pub async fn no_session_is_poisoned(&self, verdict: &Verdict) {
        if let Some(database) = self.backend.database() {
            let idle = database.idle_in_transaction().await;
            verdict.check("T-C11", idle == 0, || format!("{idle} sessions left transactions open"));
        }
    }

    /// Nothing that any server wrote tells of work on such a session.
    pub fn no_session_was_poisoned(&self, verdict: &Verdict) {
        if self.backend.database().is_none() {
            return;
        }
        for life in 1..=self.lives {
            let said = std::fs::read_to_string(self.log_of(life)).unwrap();
            let spoilt = said.lines().find(|line| ABORTED.iter().any(|words| line.contains(words)));
            verdict.check("T-C11", spoilt.is_none(), || spoilt.unwrap_or_default().to_owned());
        }
    }

    fn log_of(&self, life: u64) -> PathBuf {
        self.folder.at(&format!("server-{life}.log"))
    }

    /// All that the provider wrote down, asked of itself.
    pub async fn ledger(&self) -> Vec<LedgerRow> {
        let sandbox = SandboxClient::try_new(&format!("http://{}", self.sandbox.address)).unwrap();
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let page = sandbox.rows(None, after, 1_000).await.unwrap();
            rows.extend(page.items);
            after = page.next;
            if after.is_none() {
                return rows;
            }
        }
    }

    /// What `ecicomm doctor` finds, once all servers are stopped: whether all agrees, and its words.
    pub fn doctor(&self) -> (bool, String) {
        assert!(self.servers.iter().all(Option::is_none), "a server is up");
        let mut args = vec!["doctor".into()];
        args.extend(self.backend.arguments());
        let log = self.folder.at("doctor.log");
        let (status, said) = Call { args, variables: self.backend.variables(), log }.run();
        (status.success(), said)
    }
}
