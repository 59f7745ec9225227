//! Lists that come from a replica owe what lists owe, once it has replayed what they are about; they
//! come from the primary wherever the replica does not do; and nothing but lists comes from it.

use std::sync::Arc;
use std::time::Duration;

use ecicomm::adapters::postgres::{
    PostgresConfig, PostgresReplica, PostgresStore, PostgresStorefront,
};
use ecicomm::domain::inventory::StockEventKind;
use ecicomm::domain::shared::ProductId;
use ecicomm::ports::catalog::{CatalogQueries, ListQuery, ListSort, SlugTarget};
use ecicomm::ports::dependency::{Dependency as _, DependencyCalls, DependencyState};
use ecicomm::ports::inventory::StockQueries;
use ecicomm::ports::order::{OrderFilter, OrderQueries};
use ecicomm::ports::pricing::PricingQueries;
use sqlx::{Connection as _, Executor as _};
use tokio::time::{sleep, timeout};

use super::super::Backend;
use super::super::pricing::{method, save_method};
use super::super::stock::moved;
use super::{config, connect};
use crate::harness::behind::{Behind, Named, Passage};
use crate::harness::build::{
    order, order_id, product, product_id, revised, save_product, sku, slug,
};
use crate::harness::servers::{Database, Pair};

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);

/// So far behind nothing comes here.
const FAR: Duration = Duration::from_mins(10);
/// A lag that is soon exceeded.
const NEAR: Duration = Duration::from_secs(1);

async fn until(replica: &PostgresReplica, state: DependencyState) {
    let reached = async {
        while replica.state() != state {
            sleep(PAUSE).await;
        }
    };
    timeout(SOON, reached).await.unwrap_or_else(|_| panic!("it should be {state:?}"));
}

/// A shop in a database of a pair, and what it lists from.
struct Listed {
    store: Arc<PostgresStore>,
    lists: Arc<PostgresStore>,
    replica: Arc<PostgresReplica>,
    /// The shop whose lists come from the replica.
    b: Backend,
}

impl Listed {
    async fn connect(config: PostgresConfig, replica: &str, lag: Duration) -> Self {
        let store = Arc::new(PostgresStore::connect(config).await.unwrap());
        let replica = PostgresReplica::connect(replica, lag, &store).await.unwrap();
        let replica = Arc::new(replica);
        let lists = Arc::new(store.listing_from(replica.clone()));
        let b = Backend::of(lists.clone());
        Self { store, lists, replica, b }
    }

    /// A shop on a pair of the test's own, with the first product, which the replica has too.
    async fn alone(pair: &Pair, lag: Duration) -> Self {
        pair.primary.create("shop", None).await;
        let url = pair.primary.url("shop");
        ecicomm::adapters::postgres::migrate(&url).await.unwrap();
        pair.caught_up().await;
        let listed = Self::connect(config(&url), &pair.replica.url("shop"), lag).await;
        listed.b.commit([product(1).save()]).await;
        pair.caught_up().await;
        until(&listed.replica, DependencyState::Well).await;
        listed
    }

    /// The products that staff see listed.
    async fn scanned(&self) -> Vec<ProductId> {
        let page = self.lists.scan(None, None, 100).await.unwrap();
        page.items.iter().map(|view| view.product.id()).collect()
    }

    /// Lists until the products are these.
    async fn until_scanned<const N: usize>(&self, numbers: [u128; N]) {
        let wanted = numbers.map(product_id);
        let listed = async {
            while self.scanned().await != wanted {
                sleep(PAUSE).await;
            }
        };
        timeout(SOON, listed).await.unwrap_or_else(|_| panic!("{numbers:?} should be listed"));
    }

    /// How many lists were asked of the primary.
    fn elsewhere(&self) -> u64 {
        let calls = self.replica.calls();
        calls.refused + calls.retried
    }
}

/// Waits before each call until the replica has what is committed, and sees that it was asked.
struct CaughtUp(Arc<PostgresReplica>);

impl Passage for CaughtUp {
    async fn call<T: Send, E: Named>(
        &self,
        port: &'static str,
        op: &'static str,
        work: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        Pair::shared().caught_up().await;
        until(&self.0, DependencyState::Well).await;
        let answer = work.await;
        assert_eq!(self.0.calls(), DependencyCalls::default(), "{port}: {op} is from the primary");
        answer
    }
}

async fn shared() -> (Database, Listed) {
    let pair = Pair::shared();
    let database = Database::on(&pair.primary).await;
    pair.caught_up().await;
    let url = pair.replica.url(database.name());
    let listed = Listed::connect(config(database.url()), &url, FAR).await;
    (database, listed)
}

async fn open() -> Backend {
    let (database, Listed { store, lists, replica, .. }) = shared().await;
    let passage = Arc::new(CaughtUp(replica));
    let backend = Backend {
        catalog: Behind::<_, dyn CatalogQueries>::new(&passage, lists.clone()),
        pricing: Behind::<_, dyn PricingQueries>::new(&passage, lists.clone()),
        stock: Behind::<_, dyn StockQueries>::new(&passage, lists.clone()),
        orders: Behind::<_, dyn OrderQueries>::new(&passage, lists),
        ..Backend::of(store)
    };
    backend.keeping(database)
}

/// The same, whose catalog is what its shoppers see.
async fn open_to_shoppers() -> Backend {
    let (database, Listed { store, lists, replica, .. }) = shared().await;
    let passage = Arc::new(CaughtUp(replica));
    let storefront = Arc::new(PostgresStorefront::new(lists));
    let catalog = Behind::<_, dyn CatalogQueries>::new(&passage, storefront);
    Backend { catalog, ..Backend::of(store) }.keeping(database)
}

crate::contract::store::lists::cases!(crate::contract::store::postgres::replica::open_to_shoppers);
crate::contract::store::products::cases!(crate::contract::store::postgres::replica::open);
crate::contract::store::stock::cases!(crate::contract::store::postgres::replica::open);
crate::contract::store::orders::cases!(crate::contract::store::postgres::replica::open);
crate::contract::store::pricing::cases!(crate::contract::store::postgres::replica::open);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_lists_come_from_the_replica_and_nothing_else_does() {
    let pair = Pair::start();
    let listed = Listed::alone(&pair, FAR).await;
    let b = &listed.b;
    let shoppers = PostgresStorefront::new(listed.lists.clone());
    let newest = ListQuery { category: None, sort: ListSort::Newest, after: None, limit: 100 };
    pair.pause().await;

    b.commit([product(2).save()]).await;
    b.commit([moved("SKU-2", StockEventKind::Received, 2)]).await;
    b.commit([order(1).of_downloads().place()]).await;
    b.commit([save_method(&method(1, "slow"))]).await;
    let first = product(1).build();
    let renamed = revised(&first, |content| content.slug = slug("other"));
    b.commit([save_product(&renamed)]).await;

    // What was there before is all that lists tell of, and they tell of it as it was.
    let scanned = listed.lists.scan(None, None, 100).await.unwrap().items;
    let slugs: Vec<_> = scanned.iter().map(|view| &view.product.content().slug).collect();
    assert_eq!(slugs, [&first.content().slug]);
    let shown = shoppers.list(&newest).await.unwrap().items;
    let shown: Vec<_> = shown.iter().map(|view| (view.product.id(), view.version)).collect();
    let now = b.catalog.product(product_id(1)).await.unwrap().unwrap();
    assert_eq!(shown, [(product_id(1), now.version)], "what a page shows is of now");
    assert_eq!(b.stock.list(None, 100).await.unwrap().items.len(), 1);
    assert_eq!(b.stock.low(5, None, 100).await.unwrap().items.len(), 1);
    assert_eq!(b.stock.events(&sku("SKU-2"), None, 100).await.unwrap().items.len(), 0);
    let all = OrderFilter::default();
    assert_eq!(b.orders.orders(&all, None, 100).await.unwrap().items.len(), 0);
    assert_eq!(b.pricing.shipping_methods(None, 100).await.unwrap().items.len(), 0);

    // All else is as it was committed, and what is not asked over that handle is too.
    let target = b.catalog.by_slug(&product(2).build().content().slug).await.unwrap();
    assert!(matches!(target, Some(SlugTarget::Current(_))), "{target:?}");
    assert_eq!(b.catalog.list(&newest).await.unwrap().items.len(), 2, "work goes by this");
    assert_eq!(b.stock.stock(&[sku("SKU-2")]).await.unwrap()[0][0].on_hand(), 2);
    assert!(b.orders.order(order_id(1)).await.unwrap().is_some());
    assert_eq!(b.orders.order_events(order_id(1), None, 9).await.unwrap().items.len(), 1);
    assert_eq!(b.pricing.rules(&[]).await.unwrap().shipping_methods.len(), 1);
    let plain = Backend::of(listed.store.clone());
    assert_eq!(plain.catalog.scan(None, None, 100).await.unwrap().items.len(), 2);
    assert_eq!(plain.orders.orders(&all, None, 100).await.unwrap().items.len(), 1);
    assert_eq!(plain.pricing.shipping_methods(None, 100).await.unwrap().items.len(), 1);
    assert_eq!(listed.elsewhere(), 0);

    pair.resume().await;
    pair.caught_up().await;
    assert_eq!(listed.scanned().await, [product_id(1), product_id(2)]);
    assert_eq!(listed.elsewhere(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_too_far_behind_is_asked_again_once_it_has_caught_up() {
    let pair = Pair::start();
    let listed = Listed::alone(&pair, NEAR).await;
    pair.pause().await;
    listed.b.commit([product(2).save()]).await;
    until(&listed.replica, DependencyState::Behind).await;
    assert_eq!(listed.scanned().await, [1, 2].map(product_id), "the primary tells");
    assert!(listed.replica.calls().refused > 0);
    pair.resume().await;
    until(&listed.replica, DependencyState::Well).await;
    let before = listed.elsewhere();
    assert_eq!(listed.scanned().await, [1, 2].map(product_id));
    assert_eq!(listed.elsewhere(), before, "the replica tells");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_cut_off_is_behind_though_it_knows_of_nothing_more() {
    let pair = Pair::start();
    let listed = Listed::alone(&pair, NEAR).await;
    pair.follow("host=127.0.0.1 port=1").await;
    // What comes before it has heard of that is replayed yet.
    let behind = async {
        for number in 2.. {
            listed.b.commit([product(number).save()]).await;
            sleep(PAUSE).await;
            if listed.replica.state() == DependencyState::Behind {
                return;
            }
        }
    };
    timeout(SOON, behind).await.expect("it should be behind");
    let all = listed.b.catalog.list(&ListQuery {
        category: None,
        sort: ListSort::Newest,
        after: None,
        limit: 10_000,
    });
    let page = listed.lists.scan(None, None, 10_000).await.unwrap();
    assert_eq!(page.items.len(), all.await.unwrap().items.len(), "nothing is left out");
    let mut replica = connect(&pair.replica.url("shop")).await;
    let sure = "SELECT pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn()";
    assert!(sqlx::query_scalar::<_, bool>(sure).fetch_one(&mut replica).await.unwrap());
    pair.follow(&pair.primary.url("postgres")).await;
    until(&listed.replica, DependencyState::Well).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_go_on_without_a_replica_that_is_killed_and_use_it_when_it_is_back() {
    let pair = Pair::start();
    let listed = Listed::alone(&pair, FAR).await;
    pair.pause().await;
    listed.b.commit([product(2).save()]).await;
    assert_eq!(listed.scanned().await, [product_id(1)], "the replica tells");
    pair.replica.server().kill();
    // Its sessions end a moment after it, and no list fails meanwhile.
    listed.until_scanned([1, 2]).await;
    until(&listed.replica, DependencyState::Away).await;
    assert_eq!(listed.scanned().await, [1, 2].map(product_id));
    pair.replica.server().restart();
    until(&listed.replica, DependencyState::Well).await;
    pair.caught_up().await;
    let before = listed.elsewhere();
    assert_eq!(listed.scanned().await, [1, 2].map(product_id));
    assert_eq!(listed.elsewhere(), before, "the replica tells");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_silent_is_given_up() {
    let pair = Pair::start();
    let listed = Listed::alone(&pair, FAR).await;
    pair.replica.server().pause();
    assert_eq!(timeout(SOON, listed.scanned()).await.unwrap(), [product_id(1)]);
    until(&listed.replica, DependencyState::Away).await;
    pair.replica.server().resume();
    until(&listed.replica, DependencyState::Well).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_replica_fails_to_answer_the_primary_answers() {
    let pair = Pair::start();
    let listed = Listed::alone(&pair, FAR).await;
    // A connection that was used just now is believed, and then turns out to be gone.
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = 'shop' AND pid <> pg_backend_pid()";
    let ended = async {
        while listed.replica.calls().retried == 0 {
            listed.scanned().await;
            connect(&pair.replica.url("shop")).await.execute(end).await.unwrap();
            assert_eq!(listed.scanned().await, [product_id(1)]);
        }
    };
    timeout(SOON, ended).await.expect("an answer should fail");
    until(&listed.replica, DependencyState::Well).await;

    // What the primary has locked is locked where it is replayed, there for longer.
    let mut locking = connect(&pair.primary.url("shop")).await;
    let mut lock = locking.begin().await.unwrap();
    lock.execute("LOCK TABLE products IN ACCESS EXCLUSIVE MODE").await.unwrap();
    // Something that is committed takes the lock along.
    let mut other = connect(&pair.primary.url("shop")).await;
    other.execute("CREATE TABLE along ()").await.unwrap();
    pair.pause().await;
    lock.commit().await.unwrap();
    let before = listed.replica.calls();
    assert_eq!(listed.scanned().await, [product_id(1)]);
    assert_eq!(listed.replica.calls(), DependencyCalls { retried: before.retried + 1, ..before });
    assert_eq!(listed.replica.state(), DependencyState::Well, "who waited for a lock is no sign");
    pair.resume().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_becomes_a_primary_is_not_asked() {
    let pair = Pair::start();
    let listed = Listed::alone(&pair, FAR).await;
    pair.order("SELECT pg_promote()").await;
    until(&listed.replica, DependencyState::Away).await;
    listed.b.commit([product(2).save()]).await;
    assert_eq!(listed.scanned().await, [1, 2].map(product_id));
}

/// Why a server is refused as the replica of a shop.
async fn refusal(store: &PostgresStore, url: &str) -> String {
    let refused = PostgresReplica::connect(url, FAR, store).await.err();
    let told = refused.expect("it should be refused").to_string();
    assert!(told.contains("DATABASE_READ_URL"), "{told}");
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_replica_of_the_database_is_refused() {
    let pair = Pair::shared();
    let database = Database::on(&pair.primary).await;
    pair.caught_up().await;
    let store = PostgresStore::connect(config(database.url())).await.unwrap();
    let told = refusal(&store, database.url()).await;
    assert!(told.contains("no replica"), "{told}");
    let told = refusal(&store, &pair.replica.url("postgres")).await;
    assert!(told.contains("another database"), "{told}");
    let elsewhere = Database::new().await;
    let store = PostgresStore::connect(config(elsewhere.url())).await.unwrap();
    let told = refusal(&store, &pair.replica.url(database.name())).await;
    assert!(told.contains("another server"), "{told}");
    let told = PostgresReplica::connect("postgres://me:hush@host:no/x", FAR, &store).await.err();
    assert!(!told.unwrap().to_string().contains("hush"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_away_at_the_start_holds_nothing_up() {
    let database = Database::new().await;
    let nowhere = "postgres://me:hush@127.0.0.1:1/shop";
    let listed = Listed::connect(config(database.url()), nowhere, FAR).await;
    assert_eq!(listed.replica.state(), DependencyState::Away);
    listed.b.commit([product(1).save()]).await;
    assert_eq!(listed.scanned().await, [product_id(1)]);
    assert_eq!(listed.replica.calls(), DependencyCalls { refused: 1, retried: 0 });
}
