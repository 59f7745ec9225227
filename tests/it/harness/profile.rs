//! What keeps the shop of a test of the API: memory, or what `ECICOMM_TEST_PROFILE` names.
//!
//! Such a test's runtime moves its clock to the next timer whenever it finds nothing to do, and what
//! other threads and servers do for it, it cannot see. So every call of an adapter holds the clock
//! until it is answered: time passes where the shop waits for nothing but time.

use std::any::Any;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use async_trait::async_trait;
use ecicomm::app::Ports;
use ecicomm::ports::PortError;
use ecicomm::ports::store::{CommitError, Store, UnitOfWork};
use ecicomm::settings::Settings;
use tokio::task::spawn_blocking;

use super::behind::{Behind, Named, Passage};

/// Where the environment names one; memory where it does not.
pub const VARIABLE: &str = "ECICOMM_TEST_PROFILE";

/// What keeps a shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The process.
    Memory,
    /// A folder.
    Folder,
    /// Postgres, and its carts Redis.
    Postgres,
}

impl Profile {
    /// The one that the environment names.
    pub fn of_environment() -> Self {
        match std::env::var(VARIABLE).as_deref() {
            Err(_) | Ok("memory") => Self::Memory,
            Ok("folder") => Self::Folder,
            Ok("postgres") => Self::Postgres,
            Ok(other) => panic!("{VARIABLE} is {other}: use memory, folder or postgres"),
        }
    }

    /// What the process tells of what becomes of the data.
    pub fn durability(self) -> &'static str {
        match self {
            Self::Memory => "memory: forgets at exit",
            Self::Folder => "folder: every answer is on disk",
            Self::Postgres => "postgres: every answer is committed",
        }
    }

    /// The dependencies that can be away, in the order in which they are told.
    pub fn dependencies(self) -> &'static [&'static str] {
        match self {
            Self::Memory | Self::Folder => &["payment"],
            Self::Postgres => &["redis", "payment"],
        }
    }

    /// Puts a new and empty one under a shop that is in memory: its settings, and what must not go
    /// before it does.
    pub async fn put_under(self, ports: &mut Ports) -> (Settings, Option<Arc<dyn Any>>) {
        match self {
            Self::Memory => (Settings::in_memory().unwrap(), None),
            #[cfg(feature = "redb")]
            Self::Folder => folder::put_under(ports),
            #[cfg(all(feature = "postgres", feature = "redis"))]
            Self::Postgres => postgres::put_under(ports).await,
            #[cfg(not(all(feature = "redb", feature = "postgres", feature = "redis")))]
            lacking => {
                let _ = ports;
                panic!("this build has no adapter for {lacking:?}")
            }
        }
    }
}

/// Has the clock of a test stand still while a call is under way.
pub struct Still;

impl Passage for Still {
    async fn call<T: Send, E: Named>(
        &self,
        _: &'static str,
        _: &'static str,
        work: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        let held = Held::begin();
        let answer = work.await;
        drop(held);
        answer
    }
}

#[async_trait]
impl Store for Behind<Still, dyn Store> {
    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        self.passage.call("store", "commit", self.inner.commit(unit)).await
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.passage.call("store", "secret", self.inner.secret(name)).await
    }
}

/// Holds the clock until it is dropped: a runtime that has blocking work of its own knows that it is
/// not idle.
struct Held(#[expect(dead_code, reason = "its end ends the work")] Sender<()>);

impl Held {
    fn begin() -> Self {
        let (held, over) = channel::<()>();
        spawn_blocking(move || over.recv());
        Self(held)
    }
}

/// Ports of a store, each of which holds the clock.
#[cfg(any(feature = "redb", feature = "postgres"))]
macro_rules! held {
    ($ports:ident, $store:expr) => {{
        use ecicomm::ports::catalog::CatalogQueries;
        use ecicomm::ports::customer::StaffQueries;
        use ecicomm::ports::events::EventLog;
        use ecicomm::ports::idempotency::IdempotencyKeys;
        use ecicomm::ports::imports::ImportQueries;
        use ecicomm::ports::inventory::StockQueries;
        use ecicomm::ports::order::{OrderQueries, Sagas};
        use ecicomm::ports::pricing::PricingQueries;

        let (still, store) = (Arc::new(Still), $store);
        $ports.store = Behind::<_, dyn Store>::new(&still, store.clone());
        $ports.catalog = Behind::<_, dyn CatalogQueries>::new(&still, store.clone());
        $ports.storefront = $ports.catalog.clone();
        $ports.pricing = Behind::<_, dyn PricingQueries>::new(&still, store.clone());
        $ports.storefront_rules = Behind::<_, dyn PricingQueries>::new(&still, store.clone());
        $ports.stock = Behind::<_, dyn StockQueries>::new(&still, store.clone());
        $ports.orders = Behind::<_, dyn OrderQueries>::new(&still, store.clone());
        $ports.sagas = Behind::<_, dyn Sagas>::new(&still, store.clone());
        $ports.keys = Behind::<_, dyn IdempotencyKeys>::new(&still, store.clone());
        $ports.events = Behind::<_, dyn EventLog>::new(&still, store.clone());
        $ports.imports = Behind::<_, dyn ImportQueries>::new(&still, store.clone());
        $ports.staff = Behind::<_, dyn StaffQueries>::new(&still, store);
    }};
}

#[cfg(any(feature = "redb", feature = "postgres"))]
fn settings<const N: usize>(variables: [(&str, &str); N]) -> Settings {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Settings::from_variables(&variables.map(owned).into()).unwrap()
}

#[cfg(feature = "redb")]
mod folder {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};

    use ecicomm::adapters::memory::{MemoryConfig, MemoryStore};
    use ecicomm::adapters::redb::RedbJournal;
    use ecicomm::domain::shared::Currency;
    use ecicomm::ports::cart::Carts;

    use super::*;
    use crate::harness::build::at;

    /// A folder that goes when it is dropped.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("ecicomm-it-{}-api-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            // One that is there is of a process of long ago.
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    pub fn put_under(ports: &mut Ports) -> (Settings, Option<Arc<dyn Any>>) {
        let folder = Folder::new();
        let journal = Arc::new(RedbJournal::open(&folder.0.join("shop.redb")).unwrap());
        let config = MemoryConfig::new(Currency::USD);
        let store = Arc::new(MemoryStore::journalled(config, journal, at(0)).unwrap());
        held!(ports, store.clone());
        ports.carts = Behind::<_, dyn Carts>::new(&Arc::new(Still), store);
        let settings = settings([("ECICOMM__DATA", folder.0.to_str().unwrap())]);
        (settings, Some(Arc::new(folder)))
    }
}

#[cfg(all(feature = "postgres", feature = "redis"))]
mod postgres {
    use std::sync::OnceLock;
    use std::time::Duration;

    use ecicomm::adapters::postgres::{
        PostgresConfig, PostgresStore, PostgresStorefront, TimeSource,
    };
    use ecicomm::adapters::redis::{RedisCarts, RedisConfig, RedisLink};
    use ecicomm::adapters::resilience::{Breaker, BreakerSettings, Guard, GuardedCarts};
    use ecicomm::domain::shared::Currency;
    use ecicomm::ports::cart::Carts;
    use ecicomm::ports::catalog::CatalogQueries;
    use ecicomm::ports::pricing::ShownRules;
    use tokio::runtime::{Builder, Runtime};

    use super::*;
    use crate::harness::servers::{Lent, Redis};

    /// How long the shop waits for Redis, by the clock of the test.
    const REDIS_TIMEOUT: Duration = Duration::from_millis(500);

    /// Where connections live, in the time of the world: a paused clock would have their limits run
    /// out while the servers work.
    fn outside() -> &'static Runtime {
        static OUTSIDE: OnceLock<Runtime> = OnceLock::new();
        OUTSIDE.get_or_init(|| {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(2).thread_name("outside").enable_all().build().unwrap()
        })
    }

    async fn connect() -> (Lent, PostgresStore, RedisLink) {
        let database = Lent::new().await;
        let config = PostgresConfig {
            min_connections: 0,
            max_connections: 8,
            time: TimeSource::Caller,
            ..PostgresConfig::new(database.url(), Currency::USD)
        };
        let store = PostgresStore::connect(config).await.unwrap();
        let namespace = Redis::shared().namespace();
        let config = RedisConfig { prefix: namespace.prefix, ..RedisConfig::new(namespace.url) };
        (database, store, RedisLink::new(&config).unwrap())
    }

    pub async fn put_under(ports: &mut Ports) -> (Settings, Option<Arc<dyn Any>>) {
        let (database, store, link) = outside().spawn(connect()).await.unwrap();
        let (store, still) = (Arc::new(store), Arc::new(Still));
        held!(ports, store.clone());
        let storefront = Arc::new(PostgresStorefront::new(store));
        ports.storefront = Behind::<_, dyn CatalogQueries>::new(&still, storefront.clone());
        ports.storefront_rules = Behind::<_, dyn ShownRules>::new(&still, storefront);
        let carts = Behind::<_, dyn Carts>::new(&still, Arc::new(RedisCarts::new(link)));
        let breaker = Arc::new(Breaker::new("redis", BreakerSettings::default()));
        let guard = Guard::new(breaker, REDIS_TIMEOUT);
        ports.dependencies = vec![guard.dependency()];
        ports.carts = Arc::new(GuardedCarts::new(carts, guard));
        let redis = Redis::shared().url();
        let settings = settings([("DATABASE_URL", database.url()), ("REDIS_URL", redis)]);
        (settings, Some(Arc::new(database)))
    }
}
