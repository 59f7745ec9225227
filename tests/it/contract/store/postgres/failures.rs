//! What is told while the database is away, and that the shop goes on when it is back.

use std::sync::Arc;
use std::time::Duration;

use ecicomm::adapters::postgres::{PostgresCarts, PostgresStore};
use ecicomm::domain::order::SagaId;
use ecicomm::domain::shared::ProductId;
use ecicomm::ports::cart::Carts as _;
use ecicomm::ports::dependency::ConnectionPool as _;
use ecicomm::ports::store::{CommitError, UnitOfWork, Write};
use ecicomm::ports::{PortError, PortErrorKind};
use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use tokio::time::timeout;

use super::super::Backend;
use super::{PostgresConfig, config, connect, process, until_one_waits};
use crate::harness::build::{at, cart, lease, order_id, product, product_id};
use crate::harness::servers::{Database, Fsync, Postgres};
use crate::harness::wire::Wire;

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(20);

/// Reads until that is answered again. Whatever fails until then must say that nothing was done.
async fn until_answered(b: &Backend) {
    let answered = async {
        loop {
            match b.catalog.product(product_id(1)).await {
                Ok(found) => return assert!(found.is_some()),
                Err(error) => assert_eq!(error.kind(), PortErrorKind::Unavailable, "{error}"),
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, answered).await.expect("the database is back");
}

async fn failure(b: &Backend, write: Write) -> PortErrorKind {
    match b.store.commit(UnitOfWork::of(at(0), write)).await {
        Err(CommitError::Port(error)) => error.kind(),
        other => panic!("the store should fail: {other:?}"),
    }
}

/// A process of the shop on a server of its own, with a product.
async fn alone(server: &Postgres) -> Backend {
    server.create("shop", None).await;
    let url = server.url("shop");
    ecicomm::adapters::postgres::migrate(&url).await.unwrap();
    let hasty = PostgresConfig {
        statement_timeout: Duration::from_millis(300),
        acquire_timeout: Duration::from_millis(300),
        ..config(&url)
    };
    let b = process(hasty).await;
    b.commit([product(1).save()]).await;
    b
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_were_ended_are_replaced() {
    let database = Database::new().await;
    let b = process(config(database.url())).await;
    b.commit([product(1).save()]).await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    connect(database.url()).await.execute(end).await.unwrap();
    until_answered(&b).await;
    let head = b.events.head().await.unwrap();
    b.commit([product(2).save()]).await;
    timeout(SOON, b.events.wait_after(head)).await.expect("it should be told").unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_a_crash_of_the_server() {
    let server = Postgres::start(Fsync::On);
    let b = alone(&server).await;
    server.server().kill();
    let lost = failure(&b, product(2).save()).await;
    assert!(matches!(lost, PortErrorKind::Unavailable | PortErrorKind::Timeout), "{lost:?}");
    server.server().restart();
    until_answered(&b).await;
    b.commit([product(2).save()]).await;
    assert_eq!(b.all_events().await.len(), 2);
}

/// They would wait for an hour, which is how long the pool tries to connect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_queues_behind_a_server_that_is_away() {
    let server = Postgres::start(Fsync::On);
    let b = alone(&server).await;
    let patient =
        PostgresConfig { acquire_timeout: Duration::from_hours(1), ..config(&server.url("shop")) };
    let patient = process(patient).await;
    patient.commit([product(2).save()]).await;
    server.server().kill();
    for _ in 0..50 {
        let read = timeout(SOON, patient.catalog.product(product_id(1))).await;
        assert_eq!(read.expect("it is told").unwrap_err().kind(), PortErrorKind::Unavailable);
    }
    let write = timeout(SOON, failure(&patient, product(3).save())).await.expect("it is told");
    assert_eq!(write, PortErrorKind::Unavailable, "nothing was sent");
    server.server().restart();
    until_answered(&patient).await;
    until_answered(&b).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_silent_is_given_up_and_the_outcome_is_unknown() {
    let server = Postgres::start(Fsync::Off);
    let b = alone(&server).await;
    server.server().pause();
    let silent = timeout(SOON, failure(&b, product(2).save())).await.expect("it should give up");
    // Unknown where the statement was on its way; away where its connection was tried before.
    assert!(matches!(silent, PortErrorKind::Timeout | PortErrorKind::Unavailable), "{silent:?}");
    let read = timeout(SOON, b.catalog.product(product_id(1))).await.expect("it should give up");
    assert_eq!(read.unwrap_err().kind(), PortErrorKind::Unavailable);
    server.server().resume();
    until_answered(&b).await;
    if silent == PortErrorKind::Unavailable {
        let saved = b.catalog.product(product_id(2)).await.unwrap();
        assert!(saved.is_none(), "what was away did nothing");
    }
}

/// The answer within a transaction is on its way for longer than anyone waits. What comes later, over
/// the one connection that there may be, must not be part of that transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_in_the_middle_of_something_is_never_used_again() {
    let database = Database::new().await;
    let (wire, url) = Wire::before(database.url()).await;
    let single = PostgresConfig {
        max_connections: 1,
        statement_timeout: Duration::from_secs(1),
        lock_timeout: Duration::from_secs(1),
        ..config(&url)
    };
    let b = Arc::new(process(single).await);
    b.commit([product(1).save()]).await;
    let mut other = connect(database.url()).await;
    other.execute("BEGIN; LOCK TABLE products IN EXCLUSIVE MODE").await.unwrap();
    let held_up = tokio::spawn({
        let b = b.clone();
        // Two writes, as one alone is a commit by itself.
        let writes = vec![product(2).save(), product(4).save()];
        async move { b.store.commit(UnitOfWork { at: at(0), writes }).await }
    });
    timeout(SOON, until_one_waits(database.url())).await.expect("it should wait for the lock");
    wire.hold_answers(true);
    other.execute("ROLLBACK").await.unwrap();
    let given_up = timeout(SOON, held_up).await.expect("it should give up").unwrap();
    assert!(matches!(given_up, Err(CommitError::Port(_))), "{given_up:?}");
    wire.hold_answers(false);
    until_answered(&b).await;
    b.commit([product(3).save()]).await;
    let there: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT id FROM products ORDER BY id")
        .fetch_all(&mut connect(database.url()).await)
        .await
        .unwrap();
    assert_eq!(there, [product_id(1), product_id(3)].map(ProductId::uuid));
}

/// Has a process that saved product 1 open so many connections, by reads that wait for `other`.
async fn open_connections(store: &Arc<PostgresStore>, other: &mut PgConnection, many: usize) {
    let b = Backend::of(store.clone());
    let lock = "BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE";
    sqlx::raw_sql(lock).execute(&mut *other).await.unwrap();
    let reads = join_all((0..many).map(|_| b.catalog.product(product_id(1))));
    let all_open = async {
        while store.status().in_use < many {
            tokio::task::yield_now().await;
        }
        sqlx::raw_sql("ROLLBACK").execute(&mut *other).await.unwrap();
    };
    let (read, ()) = timeout(SOON, async { tokio::join!(reads, all_open) }).await.unwrap();
    assert!(read.iter().all(Result::is_ok), "{read:?}");
}

/// The connections that a process had went silent with the way to the server, and new ones find it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_silent_connection_tells_of_all_that_are_as_old() {
    let database = Database::new().await;
    let (wire, url) = Wire::before(database.url()).await;
    let hasty = PostgresConfig {
        statement_timeout: Duration::from_millis(300),
        acquire_timeout: SOON,
        ..config(&url)
    };
    let store = Arc::new(PostgresStore::connect(hasty).await.unwrap());
    let b = Backend::of(store.clone());
    b.commit([product(1).save()]).await;
    open_connections(&store, &mut connect(database.url()).await, 8).await;
    // But for the one that gives positions they were not used for a while, and so are not believed.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    wire.silence();
    let began = std::time::Instant::now();
    until_answered(&b).await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(2), "each of them was tried: {took:?}");
}

/// A database that takes no writes by its default stands in for a server whose place another took:
/// which of the two a connection leads to is settled when it is opened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_to_a_server_that_takes_no_writes_tells_of_all() {
    let database = Database::new().await;
    let mut other = connect(database.url()).await;
    process(config(database.url())).await.commit([product(1).save()]).await;
    let change = |setting: &str| {
        let name = database.name();
        AssertSqlSafe(format!("ALTER DATABASE {name} {setting}"))
    };
    other.execute(change("SET default_transaction_read_only = on")).await.unwrap();
    // It would write when it connects.
    let config = PostgresConfig { only_looks: true, ..config(database.url()) };
    let store = Arc::new(PostgresStore::connect(config).await.unwrap());
    let b = Backend::of(store.clone());
    open_connections(&store, &mut other, 8).await;
    // One that was opened a moment ago tells of itself alone.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(failure(&b, product(2).save()).await, PortErrorKind::Unavailable);
    other.execute(change("RESET default_transaction_read_only")).await.unwrap();
    // For the positions of events one may have been opened before that, and tells of itself alone.
    let mut failed = 0;
    while let Err(error) = b.store.commit(UnitOfWork::of(at(0), product(3).save())).await {
        let is_away = |error: &PortError| error.kind() == PortErrorKind::Unavailable;
        assert!(matches!(&error, CommitError::Port(error) if is_away(error)), "{error:?}");
        failed += 1;
        assert!(failed < 3, "each of them was tried");
    }
    b.commit([product(4).save()]).await;
    assert!(b.catalog.product(product_id(2)).await.unwrap().is_none(), "what failed was not done");
}

/// A trigger stands in for the disk: it raises what the server does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_disk_or_memory_is_away_and_not_broken() {
    let database = Database::new().await;
    let mut other = connect(database.url()).await;
    let b = process(config(database.url())).await;
    for (number, code) in (1..).zip(["53100", "53200", "58030", "58P01"]) {
        let raise = format!(
            "CREATE OR REPLACE FUNCTION lacking() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN RAISE EXCEPTION USING ERRCODE = ''{code}''; END';
             CREATE TRIGGER lacking BEFORE INSERT ON products EXECUTE FUNCTION lacking()"
        );
        other.execute(AssertSqlSafe(raise)).await.unwrap();
        assert_eq!(failure(&b, product(number).save()).await, PortErrorKind::Unavailable, "{code}");
        other.execute("DROP TRIGGER lacking ON products").await.unwrap();
        b.commit([product(number).save()]).await;
    }
}

/// What a write is told whose connection ends while it waits for a lock, after it was sent.
async fn cut_off(
    url: &str,
    lock: &'static str,
    write: impl Future<Output = Result<(), PortError>>,
) -> PortErrorKind {
    let (mut holder, mut watch) = (connect(url).await, connect(url).await);
    holder.execute(lock).await.unwrap();
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let cut = async {
        while sqlx::query_scalar::<_, i64>(end).fetch_one(&mut watch).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
    };
    let both = async { tokio::join!(write, cut) };
    let (told, ()) = timeout(SOON, both).await.expect("it should be told");
    holder.execute("ROLLBACK").await.unwrap();
    told.unwrap_err().kind()
}

/// Beside the commits there are writes of one statement. Who is told that one was not done may do
/// something else instead, so that is told only where it is known.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_write_that_was_cut_off_nobody_is_told_that_it_was_not_done() {
    let database = Database::new().await;
    let url = database.url();
    let patient =
        PostgresConfig { statement_timeout: SOON * 2, lock_timeout: SOON * 2, ..config(url) };
    let store = PostgresStore::connect(patient).await.unwrap();
    let carts = PostgresCarts::new(&store);
    let b = Backend::of(Arc::new(store));

    let on_carts = "BEGIN; LOCK TABLE carts IN EXCLUSIVE MODE";
    let save = async { carts.save(Arc::new(cart(1, at(0))), None, at(0)).await.map(drop) };
    assert_eq!(cut_off(url, on_carts, save).await, PortErrorKind::Timeout);
    let sweep = async { carts.sweep(at(0), 9).await.map(drop) };
    assert_eq!(cut_off(url, on_carts, sweep).await, PortErrorKind::Timeout);

    let on_sagas = "BEGIN; LOCK TABLE sagas IN EXCLUSIVE MODE";
    let ours = || lease("this process", at(5));
    let saga = SagaId::Checkout(order_id(1));
    let claim = async { b.sagas.claim(saga, ours(), at(0)).await.map(drop) };
    assert_eq!(cut_off(url, on_sagas, claim).await, PortErrorKind::Timeout);
    let claim_due = async { b.sagas.claim_due(ours(), at(0), 9).await.map(drop) };
    assert_eq!(cut_off(url, on_sagas, claim_due).await, PortErrorKind::Timeout);

    let on_consumers = "BEGIN; LOCK TABLE consumers IN EXCLUSIVE MODE";
    let take = async { b.events.lease_consumer("search", ours(), at(0)).await.map(drop) };
    assert_eq!(cut_off(url, on_consumers, take).await, PortErrorKind::Timeout);
}
