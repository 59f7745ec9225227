//! What waits for whom.

use std::time::Duration;

use ecicomm::adapters::postgres::migrate;
use ecicomm::domain::inventory::StockEventKind;
use sqlx::{Executor as _, Row as _};
use tokio::time::timeout;

use super::super::stock::{figures, moved};
use super::{PostgresConfig, config, connect, process, until_one_waits};
use crate::harness::build::{order, product};
use crate::harness::servers::{Database, Fsync, Postgres};

/// Longer than anything here takes.
const SOON: Duration = Duration::from_mins(1);

/// So many orders of the same goods race.
const ORDERS: u128 = 120;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_of_the_same_goods_in_any_order_never_deadlock() {
    // A server of its own, whose settings it may change.
    let server = Postgres::start(Fsync::Off);
    server.create("shop", None).await;
    let url = server.url("shop");
    migrate(&url).await.unwrap();
    let mut watch = connect(&url).await;
    // A deadlock is seen long before a wait for a lock is given up, after which it would be none.
    watch.execute("ALTER DATABASE shop SET deadlock_timeout = '5ms'").await.unwrap();
    let b = process(config(&url)).await;
    let codes = ["SKU-1", "SKU-2", "SKU-3", "SKU-4"];
    for (number, code) in (1..).zip(codes) {
        b.commit([product(number).save()]).await;
        b.commit([moved(code, StockEventKind::Received, 1_000)]).await;
    }
    let buyer = |number: u128| {
        let mut lines = codes.map(|code| (code, 1));
        if number.is_multiple_of(2) {
            lines.reverse();
        }
        vec![order(number).of(&lines).place()]
    };
    let race = b.race((1..=ORDERS).map(buyer).collect());
    let outcomes = timeout(SOON, race).await.expect("nobody should wait for ever");
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(figures(&b, "SKU-1").await, (1_000, i64::try_from(ORDERS).unwrap()));
    drop(b);
    // Sessions tell their counts when they end.
    let ended = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let gone = async {
        while watch.fetch_one(ended).await.unwrap().get::<i64, _>(0) > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, gone).await.expect("sessions should end");
    let met = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(watch.fetch_one(met).await.unwrap().get::<i64, _>(0), 0);
}

/// Were those who wait for goods in the database, each with a connection, the others would find none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_wait_for_the_same_goods_leave_connections_to_others() {
    let database = Database::new().await;
    let few = PostgresConfig {
        max_connections: 8,
        acquire_timeout: SOON,
        statement_timeout: SOON,
        lock_timeout: SOON,
        ..config(database.url())
    };
    let b = process(few).await;
    for (number, code) in [(1, "SKU-1"), (2, "SKU-2")] {
        b.commit([product(number).save(), moved(code, StockEventKind::Received, 1_000)]).await;
    }
    let mut holder = connect(database.url()).await;
    let hold = "BEGIN; SELECT 1 FROM stock WHERE sku_key = 'sku-1' FOR UPDATE";
    holder.execute(hold).await.unwrap();
    let waiting = (1..=40).map(|number| vec![order(number).of(&[("SKU-1", 1)]).place()]);
    let waiting = b.race(waiting.collect());
    let meanwhile = async {
        timeout(SOON, until_one_waits(database.url())).await.expect("one should be at the row");
        for number in 101..=140 {
            let other = b.commit([order(number).of(&[("SKU-2", 1)]).place()]);
            timeout(SOON / 4, other).await.expect("others should not wait");
        }
        holder.execute("ROLLBACK").await.unwrap();
    };
    let (outcomes, ()) = tokio::join!(waiting, meanwhile);
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(figures(&b, "SKU-1").await, (1_000, 40));
    assert_eq!(figures(&b, "SKU-2").await, (1_000, 40));
}
