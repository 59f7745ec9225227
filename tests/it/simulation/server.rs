//! Servers that live and die, over what outlives them.

use std::future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ecicomm::adapters::jobs::Jobs;
use ecicomm::adapters::memory::{MemoryCarts, MemorySearch, MemoryStore};
use ecicomm::adapters::resilience::{Breaker, BreakerSettings, Guard, GuardedGateway};
use ecicomm::adapters::sandbox::{SandboxGateway, SandboxLedgerPlace, SandboxSettings};
use ecicomm::adapters::system::{HmacSigner, JwtTokens, SystemPause};
use ecicomm::app::{AppError, Ports, Shop, ShopConfig};
use ecicomm::bootstrap::assemble;
use ecicomm::domain::order::{CheckoutState, RefundJobState, Saga, SagaPlan};
use ecicomm::domain::shared::Location;
use ecicomm::ports::PortError;
use ecicomm::ports::cart::Carts;
use ecicomm::ports::catalog::CatalogQueries;
use ecicomm::ports::events::EventLog;
use ecicomm::ports::idempotency::IdempotencyKeys;
use ecicomm::ports::inventory::StockQueries;
use ecicomm::ports::order::{OrderQueries, Sagas};
use ecicomm::ports::pricing::PricingQueries;
use ecicomm::ports::search::SearchIndex;
use ecicomm::ports::store::Store;
use ecicomm::ports::system::{Clock, Ids, PasswordHasher};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time;

use super::faulty::{Faulty, FaultyGateway};
use super::gate::Gate;
use super::plan::night_after;
use super::storage::Storage;
use super::witness::{SimConsumer, Witness};
use super::world::{SimClock, SimIds, SimSecrets, World};

/// The timeout of payment calls.
const PAYMENT_TIMEOUT: Duration = Duration::from_secs(8);
const SIGNING_KEY: &[u8] = b"the signing key of the simulation";

/// Passwords play no part here.
struct NoPasswords;

#[async_trait]
impl PasswordHasher for NoPasswords {
    async fn hash(&self, _: &str) -> Result<String, PortError> {
        Err(PortError::unavailable("no passwords here"))
    }

    async fn verify(&self, _: &str, _: Option<&str>) -> Result<bool, PortError> {
        Ok(false)
    }
}

/// What a crash leaves as it is: what was committed, the carts, the provider, what a consumer did.
pub struct Backend {
    pub storage: Arc<Storage>,
    /// Carts in memory; none where they are kept with everything else.
    carts: Option<Arc<MemoryCarts>>,
    pub sandbox: Arc<SandboxGateway>,
    pub witness: Arc<Witness>,
    /// The search engine of all servers; none where each has its own, which dies with it.
    shared_index: Option<Arc<MemorySearch>>,
}

impl Backend {
    pub fn new(world: &Arc<World>) -> Self {
        let clock = Arc::new(SimClock(world.clone()));
        let settings = SandboxSettings::new(SandboxLedgerPlace::Memory);
        let storage = world.storage.clone();
        Self {
            witness: Arc::new(Witness::new(world.clone(), storage.clone())),
            storage,
            carts: (!world.plan.on_disk).then(Arc::default),
            sandbox: Arc::new(SandboxGateway::try_new(clock, settings).unwrap()),
            shared_index: world.plan.shared_index.then(|| Arc::new(MemorySearch::new())),
        }
    }

    /// The store as it is now.
    pub fn store(&self) -> Arc<MemoryStore> {
        self.storage.store()
    }

    /// The ports of one life of a server, each behind its gate.
    fn ports(&self, gate: &Arc<Gate>, index: Arc<dyn SearchIndex>) -> Ports {
        let world = &gate.world;
        let store = self.store();
        let carts: Arc<dyn Carts> = match &self.carts {
            Some(carts) => carts.clone(),
            None => store.clone(),
        };
        let clock: Arc<dyn Clock> = Arc::new(SimClock(world.clone()));
        let gateway = FaultyGateway { gate: gate.clone(), inner: self.sandbox.clone() };
        let breaker = Arc::new(Breaker::new("payment", BreakerSettings::default()));
        let guard = Guard::new(breaker, PAYMENT_TIMEOUT);
        let ids: Arc<dyn Ids> = Arc::new(SimIds(world.clone()));
        Ports {
            store: Faulty::<dyn Store>::new(gate, store.clone()),
            catalog: Faulty::<dyn CatalogQueries>::new(gate, store.clone()),
            storefront_rules: Faulty::<dyn PricingQueries>::new(gate, store.clone()),
            storefront: Faulty::<dyn CatalogQueries>::new(gate, store.clone()),
            pricing: Faulty::<dyn PricingQueries>::new(gate, store.clone()),
            lists: None,
            stock: Faulty::<dyn StockQueries>::new(gate, store.clone()),
            orders: Faulty::<dyn OrderQueries>::new(gate, store.clone()),
            sagas: Faulty::<dyn Sagas>::new(gate, store.clone()),
            keys: Faulty::<dyn IdempotencyKeys>::new(gate, store.clone()),
            events: Faulty::<dyn EventLog>::new(gate, store.clone()),
            carts: Faulty::<dyn Carts>::new(gate, carts),
            imports: store.clone(),
            upkeep: store.clone(),
            staff: store,
            search: Faulty::new(gate, index),
            gateway: Arc::new(GuardedGateway::new(Arc::new(gateway), guard)),
            dependencies: Vec::new(),
            limits: None,
            pools: Vec::new(),
            ledger: None,
            signer: Arc::new(HmacSigner::new(SIGNING_KEY)),
            tokens: Arc::new(JwtTokens::new(SIGNING_KEY, clock.clone())),
            hasher: Arc::new(NoPasswords),
            clock,
            pause: Arc::new(SystemPause),
            ids,
            secrets: Arc::new(SimSecrets(world.clone())),
        }
    }

    /// A shop of its own behind a gate of its own, for set-up and checks.
    pub fn shop(&self, world: &Arc<World>) -> (Arc<Shop>, Arc<dyn SearchIndex>) {
        let index = self.index();
        (self.start(&Gate::new(world.clone(), 0), index.clone()), index)
    }

    fn index(&self) -> Arc<dyn SearchIndex> {
        match &self.shared_index {
            Some(index) => index.clone(),
            None => Arc::new(MemorySearch::new()),
        }
    }

    fn start(&self, gate: &Arc<Gate>, index: Arc<dyn SearchIndex>) -> Arc<Shop> {
        let ports = self.ports(gate, index);
        let mut config = ShopConfig::new(ports.ids.next().to_string());
        config.other_locations = vec![Location::try_new("east").unwrap()];
        config.sweep_every = gate.world.plan.sweep_every;
        let mut shop = assemble(ports, config);
        let witness = self.witness.clone();
        shop.consumers.push(Arc::new(SimConsumer { gate: gate.clone(), witness }));
        Arc::new(shop)
    }

    /// The positions of all events that the witness gave up.
    pub async fn dead_letters(&self) -> Vec<u64> {
        let letters = self.store().dead_letters(Witness::NAME, None, 1_000).await.unwrap().items;
        letters.iter().map(|letter| letter.event.position).collect()
    }

    /// Where every saga stands that is not over.
    pub async fn open_sagas(&self) -> Vec<Saga> {
        self.store().open(None, 100_000).await.unwrap().items
    }
}

/// The step that a saga stands at.
pub fn step_of(saga: &Saga) -> &'static str {
    match &saga.plan {
        SagaPlan::Checkout(state) => match state {
            CheckoutState::Paying => "paying",
            CheckoutState::Resolving { .. } => "resolving",
            CheckoutState::AwaitingBuyer { .. } => "awaiting_buyer",
            CheckoutState::PayingBack { .. } => "paying_back",
            CheckoutState::Confirmed => "confirmed",
            CheckoutState::Compensated => "compensated",
            CheckoutState::NeedsAttention => "needs_attention",
        },
        SagaPlan::Refund(RefundJobState::Paying) => "refunding",
        SagaPlan::Refund(RefundJobState::Paid) => "refunded",
        SagaPlan::Refund(RefundJobState::NeedsAttention) => "needs_attention",
    }
}

/// One life of a server.
struct Server {
    gate: Arc<Gate>,
    shop: Arc<Shop>,
    requests: Mutex<JoinSet<()>>,
    index: Arc<dyn SearchIndex>,
}

/// Why a client got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Nobody listens.
    NoServer,
    /// The connection broke.
    Crashed,
    /// The client waited no longer.
    GaveUp,
}

/// All servers of the shop.
pub struct Cluster {
    pub world: Arc<World>,
    pub backend: Backend,
    slots: Mutex<Vec<Option<Arc<Server>>>>,
}

impl Cluster {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        let backend = Backend::new(&world);
        let slots = Mutex::new((0..world.plan.processes).map(|_| None).collect());
        Arc::new(Self { world, backend, slots })
    }

    /// Keeps one server up by day: starts it, waits for its death, buries it, starts another. By
    /// night it is stopped as an operator stops it.
    pub async fn keep_alive(self: Arc<Self>, slot: usize) {
        loop {
            let night = night_after(self.world.elapsed() / 1_000_000);
            if let Some((from, to)) = night
                && self.world.elapsed() >= from * 1_000_000
            {
                self.world.until(to).await;
                continue;
            }
            let (server, jobs) = self.start(slot);
            let night_falls = async {
                match night {
                    Some((from, _)) => self.world.until(from).await,
                    None => future::pending().await,
                }
            };
            let died = tokio::select! {
                biased;
                () = server.gate.death() => true,
                () = night_falls => false,
            };
            self.slots.lock().unwrap()[slot] = None;
            self.world.lives(server.gate.process, false);
            self.world.check(jobs.restarts() == 0, || "background work panicked".to_owned());
            if died {
                drop(jobs);
                if self.backend.storage.power_cut(|| self.world.percent(50)) {
                    self.world.count(|tally| tally.power_cuts += 1);
                }
                self.count_crash(server.gate.died_at()).await;
            } else {
                jobs.stop().await;
            }
            let requests = std::mem::take(&mut *server.requests.lock().unwrap());
            drop((requests, server));
            if died {
                time::sleep(self.down_time()).await;
            }
        }
    }

    fn start(&self, slot: usize) -> (Arc<Server>, Jobs) {
        let process = u16::try_from(slot).unwrap() + 1;
        let gate = Gate::new(self.world.clone(), process);
        let index = self.backend.index();
        let shop = self.backend.start(&gate, index.clone());
        let requests = Mutex::new(JoinSet::new());
        if self.backend.shared_index.is_none() {
            requests.lock().unwrap().spawn(fill_index(shop.clone()));
        }
        let jobs = Jobs::start(&shop);
        let server = Arc::new(Server { gate, shop, requests, index });
        self.slots.lock().unwrap()[slot] = Some(server.clone());
        self.world.lives(process, true);
        self.world.note(process, "server", "started", 0);
        (server, jobs)
    }

    async fn count_crash(&self, died_at: &'static str) {
        let steps: Vec<_> = self.backend.open_sagas().await.iter().map(step_of).collect();
        self.world.count(|tally| {
            tally.crashes += 1;
            for step in steps {
                *tally.crashes_in.entry(step).or_default() += 1;
            }
            let committing = match died_at {
                "commit PlaceOrder" => "reserving",
                "commit ConfirmOrder" => "confirming",
                "commit CompensateOrder" => "compensating",
                _ => return,
            };
            *tally.crashes_in.entry(committing).or_default() += 1;
        });
    }

    /// How long a dead server stays dead: seconds, or now and then longer than stock is held.
    fn down_time(&self) -> Duration {
        match () {
            () if self.world.percent(80) => self.world.seconds(0, 5),
            () if self.world.percent(70) => self.world.seconds(10, 60),
            () => self.world.seconds(1_750, 2_400),
        }
    }

    /// Sends a request to a server and waits for its answer, for `patience` at most. A client that
    /// gives up hangs up, and its request ends wherever it is.
    pub async fn request<T, F, W>(
        &self,
        slot: usize,
        patience: Duration,
        handle: F,
    ) -> Result<Result<T, AppError>, Lost>
    where
        T: Send + 'static,
        F: FnOnce(Arc<Shop>) -> W,
        W: Future<Output = Result<T, AppError>> + Send + 'static,
    {
        let server = self.slots.lock().unwrap()[slot].clone().ok_or(Lost::NoServer)?;
        if server.gate.is_dead() {
            return Err(Lost::NoServer);
        }
        let (answer, heard) = oneshot::channel();
        let work = handle(server.shop.clone());
        let request = server.requests.lock().unwrap().spawn(async move {
            // Whoever asked may be gone.
            let _ = answer.send(work.await);
        });
        drop(server);
        match time::timeout(patience, heard).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => {
                self.reap(slot).await;
                Err(Lost::Crashed)
            }
            Err(_) => {
                request.abort();
                self.world.count(|tally| tally.disconnects += 1);
                Err(Lost::GaveUp)
            }
        }
    }

    /// A request that ended without an answer while its server lives ended in a panic.
    async fn reap(&self, slot: usize) {
        let Some(server) = self.slots.lock().unwrap()[slot].clone() else { return };
        let mut requests = server.requests.lock().unwrap();
        while let Some(ended) = requests.try_join_next() {
            if let Err(error) = ended
                && error.is_panic()
            {
                self.world.violation(format!("a request panicked: {error}"));
            }
        }
    }

    /// The search index of a living server.
    pub fn living_index(&self) -> Option<Arc<dyn SearchIndex>> {
        let slots = self.slots.lock().unwrap();
        slots.iter().flatten().map(|server| server.index.clone()).next()
    }

    /// Whether every server lives.
    pub fn all_alive(&self) -> bool {
        self.slots.lock().unwrap().iter().all(Option::is_some)
    }
}

/// Fills a search index that began empty with its server, as a start over a lost index does.
async fn fill_index(shop: Arc<Shop>) {
    while shop.search.reindex(&mut |_| {}).await.is_err() {
        time::sleep(Duration::from_millis(500)).await;
    }
}
