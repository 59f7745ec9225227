//! Migrations, and what the database knows of the shop.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ecicomm::adapters::postgres::{PostgresConfig, PostgresStore, migrate};
use ecicomm::domain::inventory::StockEventKind;
use ecicomm::domain::shared::{Availability, Currency};
use ecicomm::ports::PortErrorKind;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Row as _};
use tokio::task::JoinSet;

use super::super::stock::moved;
use super::{config, connect, process};
use crate::harness::build::{product, product_id};
use crate::harness::servers::{Database, Fsync, Postgres};

/// How long a migration may wait for a lock, and those who come after it behind it.
const LOCK_LIMIT: Duration = Duration::from_secs(2);
/// How much longer the test allows, for all else that is done.
const SLACK: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_processes_may_migrate_at_once() {
    let database = Database::empty().await;
    let mut processes = JoinSet::new();
    for _ in 0..6 {
        let url = database.url().to_owned();
        processes.spawn(async move { migrate(&url).await });
    }
    for migrated in processes.join_all().await {
        migrated.unwrap();
    }
    process(config(database.url())).await.commit([product(1).save()]).await;
    migrate(database.url()).await.unwrap();
}

#[tokio::test]
async fn a_database_that_was_not_migrated_is_refused() {
    let database = Database::empty().await;
    let refused = PostgresStore::connect(config(database.url())).await.err().unwrap();
    assert_eq!(refused.kind(), PortErrorKind::Unavailable);
    assert!(refused.to_string().contains("migrate it"), "{refused}");
}

#[tokio::test]
async fn a_url_that_cannot_be_read_is_not_told() {
    let refused = PostgresStore::connect(config("postgres://me:hush@host:no/x")).await.err();
    let told = refused.unwrap().to_string();
    assert!(!told.contains("hush") && told.contains("URL"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bands_follow_what_the_shop_calls_low() {
    let database = Database::new().await;
    let band = async |low_stock_below| {
        let b = process(PostgresConfig { low_stock_below, ..config(database.url()) }).await;
        if b.catalog.product(product_id(1)).await.unwrap().is_none() {
            b.commit([product(1).save(), moved("SKU-1", StockEventKind::Received, 7)]).await;
        }
        let view = b.catalog.product(product_id(1)).await.unwrap().unwrap();
        (view.availability[0], view.version)
    };
    let (plenty, first) = band(5).await;
    let (low, second) = band(9).await;
    assert_eq!((plenty, low), (Availability::InStock, Availability::LowStock));
    assert!(second > first);
    assert_eq!(band(9).await, (low, second), "nothing changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_stays_in_the_currency_that_it_began_with() {
    let database = Database::new().await;
    let euro = Currency::try_new("EUR").unwrap();
    let own = async |currency: Option<Currency>, only_looks: bool| {
        let config = PostgresConfig { currency, only_looks, ..config(database.url()) };
        PostgresStore::connect(config).await.unwrap().currency()
    };
    assert_eq!(own(Some(Currency::USD), true).await, Currency::USD);
    assert_eq!(own(Some(euro), false).await, euro, "who looked before settled nothing");
    for other in [None, Some(Currency::USD), Some(euro)] {
        assert_eq!(own(other, false).await, euro, "{other:?}");
        assert_eq!(own(other, true).await, euro, "{other:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_processes_that_begin_a_shop_at_once_one_settles_its_currency_for_all() {
    let database = Database::new().await;
    let mut processes = JoinSet::new();
    for code in ["EUR", "USD", "JPY", "GBP"] {
        let currency = Currency::try_new(code).unwrap();
        let config = PostgresConfig { currency: Some(currency), ..config(database.url()) };
        processes.spawn(async move { PostgresStore::connect(config).await.unwrap().currency() });
    }
    let settled = processes.join_all().await;
    assert!(settled.iter().all(|currency| *currency == settled[0]), "{settled:?}");
}

/// The migrations as they are in the tree.
async fn migrations() -> Migrator {
    Migrator::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).await.unwrap()
}

/// A database at an older schema: of the first migrations only.
async fn older(all: &Migrator, first: usize) -> Database {
    let database = Database::empty().await;
    let some = Migrator::with_migrations(all.migrations[..first].to_vec());
    some.run_direct(None, &mut connect(database.url()).await, false).await.unwrap();
    database
}

async fn tables(connection: &mut PgConnection) -> Vec<String> {
    let all = "SELECT relname::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> '_sqlx_migrations'
        ORDER BY relname";
    let rows = connection.fetch_all(all).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_statement_that_changes_the_schema_has_a_limit_on_its_wait_for_locks() {
    let server = Postgres::start(Fsync::Off);
    server.create("watched", None).await;
    let url = server.url("watched");
    let watch = "CREATE SCHEMA watch;
        CREATE TABLE watch.limits (tag text, millis bigint);
        CREATE FUNCTION watch.note() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO watch.limits
            SELECT tg_tag, setting::bigint FROM pg_settings WHERE name = 'lock_timeout';
        END $$;
        CREATE EVENT TRIGGER note ON ddl_command_start EXECUTE FUNCTION watch.note()";
    let mut connection = connect(&url).await;
    sqlx::raw_sql(watch).execute(&mut connection).await.unwrap();
    migrate(&url).await.unwrap();
    let rows = connection.fetch_all("SELECT tag, millis FROM watch.limits").await.unwrap();
    assert!(rows.len() > 50, "only {} statements were seen", rows.len());
    let most = i64::try_from(LOCK_LIMIT.as_millis()).unwrap();
    for row in rows {
        let (tag, millis): (String, i64) = (row.get(0), row.get(1));
        assert!((1..=most).contains(&millis), "{tag} waits for {millis} ms, and 0 is for ever");
    }
}

/// Migrates a database in which a transaction that goes on has written to every table. Whether the
/// migration had to give up.
async fn gave_up(database: Database) -> bool {
    let mut busy = connect(database.url()).await;
    let tables = tables(&mut busy).await.join(", ");
    let lock = format!("BEGIN; LOCK TABLE {tables} IN ROW EXCLUSIVE MODE");
    sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut busy).await.unwrap();
    let began = Instant::now();
    let migrated = migrate(database.url()).await;
    let took = began.elapsed();
    assert!(took < LOCK_LIMIT + SLACK, "{took:?}");
    let Err(error) = migrated else { return false };
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    assert!(error.to_string().contains("lock timeout"), "{error}");
    busy.execute("ROLLBACK").await.unwrap();
    migrate(database.url()).await.unwrap();
    process(config(database.url())).await.commit([product(1).save()]).await;
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_cannot_have_a_table_gives_up_and_can_be_tried_again() {
    let all = migrations().await;
    let mut tries = JoinSet::new();
    for first in 1..all.migrations.len() {
        tries.spawn(gave_up(older(&all, first).await));
    }
    let gave_up = tries.join_all().await;
    assert!(gave_up.contains(&true), "none of them met a lock");
}

/// Reads every table and writes to one, again and again, as short transactions do; how many of them,
/// and the longest.
async fn at_work(url: String, stop: Arc<AtomicBool>, name: String) -> (u64, Duration) {
    let mut connection = connect(&url).await;
    let reads = tables(&mut connection).await;
    let reads: Vec<String> =
        reads.iter().map(|table| format!("SELECT count(*) FROM {table}")).collect();
    let work = format!(
        "BEGIN; INSERT INTO secrets VALUES ('{name}', ''); {};
         DELETE FROM secrets WHERE name = '{name}'; COMMIT",
        reads.join("; ")
    );
    let (mut count, mut longest) = (0, Duration::ZERO);
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        sqlx::raw_sql(AssertSqlSafe(work.clone())).execute(&mut connection).await.unwrap();
        (count, longest) = (count + 1, longest.max(began.elapsed()));
    }
    (count, longest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_at_work_go_on_while_the_last_migration_runs() {
    let all = migrations().await;
    let database = older(&all, all.migrations.len() - 1).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut workers = JoinSet::new();
    for number in 0..4 {
        let url = database.url().to_owned();
        workers.spawn(at_work(url, stop.clone(), format!("worker {number}")));
    }
    migrate(database.url()).await.unwrap();
    process(config(database.url())).await.commit([product(1).save()]).await;
    migrate(database.url()).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    for (count, longest) in workers.join_all().await {
        assert!(count > 0 && longest < LOCK_LIMIT, "{count}, the longest took {longest:?}");
    }
}
