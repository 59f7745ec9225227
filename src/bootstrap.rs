//! The composition root: the only place that names adapters.
//!
//! Chooses one adapter for each port by the settings, puts decorators around them, and assembles
//! the shop. It decides nothing that the shop does.

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::adapters::http::{self, HttpSettings};
use crate::adapters::jobs::Jobs;
use crate::adapters::limits::Limiter;
use crate::adapters::memory::{MemoryCarts, MemoryConfig, MemoryStore};
use crate::adapters::record::Journal;
use crate::adapters::resilience::{
    Breaker, BreakerSettings, Guard, GuardedCarts, GuardedCounters, GuardedGateway, Retry,
    RetrySettings,
};
use crate::adapters::sandbox::http::{self as sandbox_http, Delay};
use crate::adapters::sandbox::{SandboxGateway, SandboxLedgerPlace, SandboxSettings};
use crate::adapters::system::{
    Argon2Hasher, HmacSigner, JwtTokens, OsSecrets, SystemClock, SystemIds, SystemPause,
};
use crate::app::{Lists, Ports, Shop, ShopConfig};
use crate::domain::shared::{Currency, Span, Timestamp};
use crate::ports::PortError;
use crate::ports::cart::Carts;
use crate::ports::catalog::CatalogQueries;
use crate::ports::customer::StaffQueries;
use crate::ports::dependency::{ConnectionPool, Dependency};
use crate::ports::events::EventLog;
use crate::ports::idempotency::IdempotencyKeys;
use crate::ports::imports::ImportQueries;
use crate::ports::inventory::StockQueries;
use crate::ports::limits::{Counters, RateLimits};
use crate::ports::order::{OrderQueries, Sagas};
use crate::ports::payment::{PaymentGateway, SandboxLedger};
use crate::ports::pricing::{PricingQueries, ShownRules};
use crate::ports::search::SearchIndex;
use crate::ports::store::{CommitError, Store, UnitOfWork, Write};
use crate::ports::system::{Clock, Ids, Secrets};
use crate::ports::upkeep::Upkeep;
use crate::settings::{Database, Redis, Settings};

/// The name of the shop's own signing key in the store.
const SIGNING_KEY: &str = "signing-key";

/// How long a request of a client who asks often waits for the counts of the other processes.
const WAIT_FOR_COUNTS: Duration = Duration::from_millis(50);

/// The shop over these ports.
pub fn assemble(ports: Ports, config: ShopConfig) -> Shop {
    Shop::new(ports, config)
}

/// The shop that the settings ask for.
pub async fn build(settings: &Settings) -> Result<Shop, PortError> {
    build_for(settings, false).await
}

/// The same for a process that only looks at the shop: it settles nothing of one that is new.
pub async fn build_to_look(settings: &Settings) -> Result<Shop, PortError> {
    build_for(settings, true).await
}

async fn build_for(settings: &Settings, only_looks: bool) -> Result<Shop, PortError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let secrets: Arc<dyn Secrets> = Arc::new(OsSecrets::try_new()?);
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let folder = settings.data.as_deref().map(Folder::open).transpose()?;
    let begin = Begin { at: clock.now(), only_looks };
    let stores = stores(settings, folder.as_ref(), begin, secrets.clone()).await?;
    let key = match &settings.signing_key {
        Some(key) => key.reveal().as_bytes().to_vec(),
        None => own_key(stores.store.as_ref(), secrets.as_ref(), clock.as_ref()).await?,
    };
    let (gateway, ledger) = gateway(settings, folder.as_ref(), clock.clone())?;
    let guard = Guard::new(breaker("payment"), duration(settings.payment.timeout));
    let limits = limits(settings, stores.counters)?;
    let dependencies = stores.dependencies.into_iter().chain([guard.dependency()]).collect();
    let mut config = shop_config(settings, stores.currency);
    config.process = ids.next().to_string();
    let ports = Ports {
        catalog: stores.catalog,
        storefront: stores.storefront,
        storefront_rules: stores.storefront_rules,
        pricing: stores.pricing,
        stock: stores.stock,
        orders: stores.orders,
        lists: stores.lists,
        sagas: stores.sagas,
        keys: stores.keys,
        events: stores.events,
        upkeep: stores.upkeep,
        imports: stores.imports,
        staff: stores.staff,
        store: stores.store,
        carts: stores.carts,
        search: search(folder.as_ref())?,
        gateway: Arc::new(GuardedGateway::new(gateway, guard)),
        dependencies,
        pools: stores.pools,
        limits,
        ledger: Some(ledger),
        signer: Arc::new(HmacSigner::new(&key)),
        tokens: Arc::new(JwtTokens::new(&key, clock.clone())),
        hasher: Arc::new(Argon2Hasher::try_new()?),
        clock,
        pause: Arc::new(SystemPause),
        ids,
        secrets,
    };
    Ok(assemble(ports, config))
}

/// What leaves a dependency alone that is away.
fn breaker(name: &'static str) -> Arc<Breaker> {
    Arc::new(Breaker::new(name, BreakerSettings::default()))
}

/// In a cluster a third of the keys or more may be on a node that is away, so that a few failures in a
/// row say nothing of the others.
fn redis_breaker(server: &Redis) -> Arc<Breaker> {
    if !(server.cluster || server.url.reveal().contains(',')) {
        return breaker("redis");
    }
    let settings = BreakerSettings { failures: 20, ..BreakerSettings::default() };
    Arc::new(Breaker::new("redis", settings))
}

/// How often clients may ask, counted with all processes where there is something to count in.
fn limits(
    settings: &Settings,
    counters: Option<Arc<dyn Counters>>,
) -> Result<Option<Arc<dyn RateLimits>>, PortError> {
    let Some(policy) = settings.limits else { return Ok(None) };
    let limiter = match counters {
        Some(counters) => Limiter::shared(policy, counters, WAIT_FOR_COUNTS)?,
        None => Limiter::alone(policy),
    };
    Ok(Some(Arc::new(limiter)))
}

/// The folder of a shop that keeps everything in one.
struct Folder(PathBuf);

impl Folder {
    fn open(path: &Path) -> Result<Self, PortError> {
        std::fs::create_dir_all(path).map_err(|error| {
            PortError::unavailable(format!("{} cannot be made: {error}", path.display()))
        })?;
        Ok(Self(path.to_owned()))
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// How a process begins.
#[derive(Clone, Copy)]
struct Begin {
    at: Timestamp,
    only_looks: bool,
}

/// One store under all its ports.
struct Stores {
    /// The currency that the shop is in.
    currency: Currency,
    store: Arc<dyn Store>,
    catalog: Arc<dyn CatalogQueries>,
    storefront: Arc<dyn CatalogQueries>,
    storefront_rules: Arc<dyn ShownRules>,
    pricing: Arc<dyn PricingQueries>,
    stock: Arc<dyn StockQueries>,
    orders: Arc<dyn OrderQueries>,
    lists: Option<Lists>,
    sagas: Arc<dyn Sagas>,
    keys: Arc<dyn IdempotencyKeys>,
    events: Arc<dyn EventLog>,
    upkeep: Arc<dyn Upkeep>,
    imports: Arc<dyn ImportQueries>,
    staff: Arc<dyn StaffQueries>,
    carts: Arc<dyn Carts>,
    /// How often clients asked, where processes share that.
    counters: Option<Arc<dyn Counters>>,
    /// Its connections.
    pools: Vec<Arc<dyn ConnectionPool>>,
    /// What of it can be away by itself.
    dependencies: Vec<Arc<dyn Dependency>>,
}

impl Stores {
    fn of<A>(store: Arc<A>, carts: Arc<dyn Carts>, currency: Currency) -> Self
    where
        A: Store
            + CatalogQueries
            + PricingQueries
            + StockQueries
            + OrderQueries
            + Sagas
            + IdempotencyKeys
            + EventLog
            + ImportQueries
            + StaffQueries
            + Upkeep
            + 'static,
    {
        Self {
            currency,
            catalog: store.clone(),
            storefront: store.clone(),
            storefront_rules: store.clone(),
            pricing: store.clone(),
            stock: store.clone(),
            orders: store.clone(),
            lists: None,
            sagas: store.clone(),
            keys: store.clone(),
            events: store.clone(),
            upkeep: store.clone(),
            imports: store.clone(),
            staff: store.clone(),
            store,
            carts,
            counters: None,
            pools: Vec::new(),
            dependencies: Vec::new(),
        }
    }

    /// The same with carts and counts in Redis, which has bounds of its own.
    fn with_redis(mut self, server: &Redis, chance: Arc<dyn Secrets>) -> Result<Self, PortError> {
        let (carts, counters) = redis(server)?;
        let (breaker, limit) = (redis_breaker(server), duration(server.timeout));
        self.dependencies.push(breaker.clone());
        self.counters =
            Some(Arc::new(GuardedCounters::new(counters, Guard::new(breaker.clone(), limit))));
        let retry = Retry::new(RetrySettings::default(), chance);
        let guard = Guard::new(breaker, limit).with_retry(retry);
        self.carts = Arc::new(GuardedCarts::new(carts, guard));
        Ok(self)
    }
}

async fn stores(
    settings: &Settings,
    folder: Option<&Folder>,
    begin: Begin,
    chance: Arc<dyn Secrets>,
) -> Result<Stores, PortError> {
    if let Some(database) = &settings.database {
        let stores = postgres(settings, database, begin).await?;
        return match &settings.redis {
            None => Ok(stores),
            Some(server) => stores.with_redis(server, chance),
        };
    }
    let mut config = memory_config(settings);
    config.only_looks = begin.only_looks;
    let Some(folder) = folder else {
        let carts = Arc::new(MemoryCarts::new(settings.max_carts));
        let store = Arc::new(MemoryStore::new(config));
        let currency = store.currency();
        return Ok(Stores::of(store, carts, currency));
    };
    let journal = journal(&folder.at("shop.redb"))?;
    let store = Arc::new(MemoryStore::journalled(config, journal, begin.at)?);
    let currency = as_set(settings, store.currency())?;
    Ok(Stores::of(store.clone(), store, currency))
}

/// The currency of a shop that is there. Refuses settings that name another: its prices would be in
/// no list, and nothing converts them.
fn as_set(settings: &Settings, own: Currency) -> Result<Currency, PortError> {
    match settings.shop.currency {
        Some(asked) if asked != own => Err(PortError::unavailable(format!(
            "ECICOMM__SHOP__CURRENCY is {asked}, but this shop is in {own}, which it keeps; unset it, \
             set it to {own}, or begin another shop"
        ))),
        _ => Ok(own),
    }
}

#[cfg(feature = "postgres")]
async fn postgres(
    settings: &Settings,
    database: &Database,
    begin: Begin,
) -> Result<Stores, PortError> {
    use crate::adapters::postgres::{
        PostgresCarts, PostgresConfig, PostgresReplica, PostgresStore, PostgresStorefront,
    };
    use crate::settings::Replica;
    let mut config = PostgresConfig::new(database.url.reveal(), settings.shop.currency);
    config.max_connections = database.max_connections;
    config.min_connections = database.min_connections;
    config.idle_timeout = duration(database.idle_timeout);
    config.acquire_timeout = duration(database.acquire_timeout);
    config.statement_timeout = duration(database.statement_timeout);
    config.lock_timeout = duration(database.lock_timeout);
    config.shown_products = database.shown_products;
    config.prices_include_tax = settings.shop.prices_include_tax;
    config.location = settings.locations.first.clone();
    config.only_looks = begin.only_looks;
    let store = Arc::new(PostgresStore::connect(config).await?);
    let currency = as_set(settings, store.currency())?;
    let mut stores = Stores::of(store.clone(), Arc::new(PostgresCarts::new(&store)), currency);
    stores.pools.push(store.clone());
    let mut lists = store.clone();
    if let Some(Replica { url, lag }) = &database.replica {
        let replica = PostgresReplica::connect(url.reveal(), duration(*lag), &store).await?;
        let replica = Arc::new(replica);
        stores.pools.push(replica.clone());
        stores.dependencies.push(replica.clone());
        lists = Arc::new(store.listing_from(replica));
        let (catalog, pricing) = (lists.clone(), lists.clone());
        let (stock, orders) = (lists.clone(), lists.clone());
        stores.lists = Some(Lists { catalog, pricing, stock, orders });
    }
    let storefront = Arc::new(PostgresStorefront::new(lists));
    Ok(Stores { storefront: storefront.clone(), storefront_rules: storefront, ..stores })
}

type InRedis = (Arc<dyn Carts>, Arc<dyn Counters>);

#[cfg(feature = "redis")]
fn redis(server: &Redis) -> Result<InRedis, PortError> {
    use crate::adapters::redis::{RedisCarts, RedisConfig, RedisCounters, RedisLink};
    let mut config = RedisConfig::new(server.url.reveal());
    config.cluster = server.cluster;
    config.max_connections = server.max_connections;
    config.timeout = duration(server.timeout);
    config.prefix.clone_from(&server.prefix);
    let link = RedisLink::new(&config)?;
    Ok((Arc::new(RedisCarts::new(link.clone())), Arc::new(RedisCounters::new(link))))
}

#[cfg(not(feature = "redis"))]
fn redis(_: &Redis) -> Result<InRedis, PortError> {
    Err(PortError::unavailable("REDIS_URL needs a build with the feature `redis`"))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_: &Settings, _: &Database, _: Begin) -> Result<Stores, PortError> {
    Err(PortError::unavailable("DATABASE_URL needs a build with the feature `postgres`"))
}

/// The schema that a database has after [`migrate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrated {
    /// That of this build.
    Current,
    /// That of a later version, which was left as it is. This build runs on it while the later one
    /// rolls out.
    Later {
        /// Which.
        applied: i64,
        /// The last that this build knows.
        known: i64,
    },
}

/// Brings the database to the schema of this build.
#[cfg(feature = "postgres")]
pub async fn migrate(settings: &Settings) -> Result<Migrated, PortError> {
    let Some(database) = &settings.database else {
        let problem = "DATABASE_URL names no database; nothing else migrates";
        return Err(PortError::unavailable(problem));
    };
    let schema = crate::adapters::postgres::migrate(database.url.reveal()).await?;
    let (applied, known) = (schema.applied, schema.known);
    Ok(if applied > known { Migrated::Later { applied, known } } else { Migrated::Current })
}

/// Brings the database to the schema of this build, which knows none.
#[cfg(not(feature = "postgres"))]
pub async fn migrate(_: &Settings) -> Result<Migrated, PortError> {
    Err(PortError::unavailable("migrations need a build with the feature `postgres`"))
}

#[cfg(feature = "redb")]
fn journal(path: &Path) -> Result<Arc<dyn Journal>, PortError> {
    Ok(Arc::new(crate::adapters::redb::RedbJournal::open(path)?))
}

#[cfg(not(feature = "redb"))]
fn journal(path: &Path) -> Result<Arc<dyn Journal>, PortError> {
    let path = path.display();
    Err(PortError::unavailable(format!("{path} needs a build with the feature `redb`")))
}

/// The OpenAPI document, for people to read.
pub fn openapi() -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&http::document())
}

/// The shop's background work, started.
pub fn jobs(shop: &Arc<Shop>) -> Jobs {
    Jobs::start(shop)
}

/// What a server has to do for itself where workers do the rest.
pub fn own_jobs(shop: &Arc<Shop>) -> Jobs {
    Jobs::start_own(shop)
}

/// The shop's API: the address it listens on, and the server, which serves until `stop` is over.
pub fn http(
    shop: Arc<Shop>,
    settings: &Settings,
    stop: impl Future<Output = ()>,
) -> std::io::Result<(SocketAddr, impl Future<Output = std::io::Result<()>>)> {
    let server = http::Server::bind(shop, http_settings(settings))?;
    Ok((server.address(), server.run(stop)))
}

/// The metrics of a process that serves no shop, served until `stop` is over; none where the settings
/// name no address for them.
pub fn metrics(
    shop: Arc<Shop>,
    settings: &Settings,
    stop: impl Future<Output = ()>,
) -> std::io::Result<Option<impl Future<Output = ()>>> {
    let server = http::MetricsServer::bind(shop, http_settings(settings))?;
    Ok(server.map(|server| server.run(stop)))
}

/// The sandbox gateway as a process of its own: the address it listens on, and the server.
pub fn sandbox(
    bind: SocketAddr,
    ledger: &Path,
    (least, most): (u64, u64),
) -> Result<(SocketAddr, impl Future<Output = std::io::Result<()>>), PortError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let place = SandboxLedgerPlace::File(ledger.to_owned());
    let gateway = Arc::new(SandboxGateway::try_new(clock, SandboxSettings::new(place))?);
    let listener = TcpListener::bind(bind).map_err(PortError::unavailable)?;
    let address = listener.local_addr().map_err(PortError::internal)?;
    let server = sandbox_http::serve(listener, gateway, Delay::millis(least..=most));
    Ok((address, server.map_err(PortError::internal)?))
}

/// How the API is served.
pub fn http_settings(settings: &Settings) -> HttpSettings {
    let http = &settings.http;
    HttpSettings {
        bind: http.bind.to_string(),
        workers: http.workers,
        json_limit: http.max_json_bytes,
        import_limit: http.max_import_bytes,
        request_deadline: duration(http.request_timeout),
        upload_deadline: duration(http.upload_timeout),
        max_connections: http.max_connections.div_ceil(http.workers.max(1)),
        drain_delay: duration(http.drain),
        trusted_proxies: http.trusted_proxies,
        behind_tls: http.behind_tls,
        management: settings.management.map(|address| address.to_string()),
        durability: durability(settings),
        ..HttpSettings::default()
    }
}

/// What becomes of the shop's data when the process ends.
fn durability(settings: &Settings) -> String {
    let told = match (&settings.database, &settings.data) {
        (Some(_), _) => "postgres: every answer is committed",
        (None, Some(_)) => "folder: every answer is on disk",
        (None, None) => "memory: forgets at exit",
    };
    told.to_owned()
}

fn duration(span: Span) -> Duration {
    Duration::from_micros(u64::try_from(span.as_micros()).unwrap_or(0))
}

fn memory_config(settings: &Settings) -> MemoryConfig {
    let mut config = MemoryConfig::new(settings.shop.currency);
    config.prices_include_tax = settings.shop.prices_include_tax;
    config.location = settings.locations.first.clone();
    config.keep_events = settings.keep_events;
    config.max_events = config.max_events.max(settings.keep_events.saturating_mul(2));
    config.max_carts = settings.max_carts;
    config
}

fn shop_config(settings: &Settings, currency: Currency) -> ShopConfig {
    let mut config = ShopConfig::new("");
    config.currency = currency;
    config.country = settings.shop.country;
    config.location = settings.locations.first.clone();
    config.other_locations.clone_from(&settings.locations.others);
    config.hold = settings.hold;
    config.sweep_every = settings.sweep_every;
    config.give_up_payment_after = settings.payment.give_up;
    config.own_index = settings.database.is_some();
    config
}

/// The signing key that the shop made up for itself, kept in the store so that all replicas share
/// it. Of several that start at once one wins, and the others take its key.
async fn own_key(
    store: &dyn Store,
    secrets: &dyn Secrets,
    clock: &dyn Clock,
) -> Result<Vec<u8>, PortError> {
    if let Some(key) = store.secret(SIGNING_KEY).await? {
        return Ok(key);
    }
    let mut key = vec![0_u8; 48];
    secrets.fill(&mut key);
    let write = Write::PutSecret { name: SIGNING_KEY.to_owned(), value: key };
    match store.commit(UnitOfWork::of(clock.now(), write)).await {
        Ok(()) | Err(CommitError::Refused(_)) => {}
        Err(CommitError::Port(error)) => return Err(error),
    }
    let kept = store.secret(SIGNING_KEY).await?;
    kept.ok_or_else(|| PortError::corrupt("the signing key that was just kept is gone"))
}

type Gateway = (Arc<dyn PaymentGateway>, Arc<dyn SandboxLedger>);

fn gateway(
    settings: &Settings,
    folder: Option<&Folder>,
    clock: Arc<dyn Clock>,
) -> Result<Gateway, PortError> {
    if let Some(url) = &settings.payment.sandbox_url {
        return remote_sandbox(url);
    }
    let place = folder.map_or(SandboxLedgerPlace::Memory, |folder| {
        SandboxLedgerPlace::File(folder.at("sandbox-ledger.ndjson"))
    });
    let sandbox = SandboxSettings::new(place);
    let sandbox = Arc::new(SandboxGateway::try_new(clock, sandbox)?);
    Ok((sandbox.clone(), sandbox))
}

#[cfg(feature = "remote")]
fn remote_sandbox(url: &str) -> Result<Gateway, PortError> {
    let client = Arc::new(crate::adapters::sandbox_client::SandboxClient::try_new(url)?);
    Ok((client.clone(), client))
}

#[cfg(not(feature = "remote"))]
fn remote_sandbox(url: &str) -> Result<Gateway, PortError> {
    Err(PortError::unavailable(format!("{url} needs a build with the feature `remote`")))
}

#[cfg(feature = "tantivy")]
fn search(folder: Option<&Folder>) -> Result<Arc<dyn SearchIndex>, PortError> {
    use crate::adapters::tantivy::TantivyIndex;
    let index = match folder {
        Some(folder) => TantivyIndex::in_folder(&folder.at("search"))?,
        None => TantivyIndex::in_memory()?,
    };
    Ok(Arc::new(index))
}

#[cfg(not(feature = "tantivy"))]
#[expect(clippy::unnecessary_wraps, reason = "the other engine can fail to open")]
fn search(_: Option<&Folder>) -> Result<Arc<dyn SearchIndex>, PortError> {
    Ok(Arc::new(crate::adapters::memory::MemorySearch::new()))
}
