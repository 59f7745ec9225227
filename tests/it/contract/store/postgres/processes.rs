//! Several processes on one database, and callers whose clocks are wrong or who go away.

use std::time::Duration;

use ecicomm::adapters::postgres::{PostgresConfig, TimeSource};
use ecicomm::domain::inventory::StockEventKind;
use ecicomm::domain::order::SagaId;
use ecicomm::ports::events::Aggregate;
use ecicomm::ports::idempotency::{Outcome, Refusal};
use ecicomm::ports::store::{Conflict, UnitOfWork, Write};
use sqlx::Executor as _;
use tokio::time::timeout;

use super::super::stock::{figures, moved};
use super::{config, connect, process};
use crate::harness::build::{
    HOLD, at, category_id, key, lease, order, order_id, product, product_id,
};
use crate::harness::servers::Database;

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_process_commits_another_reads_and_hears_of() {
    let database = Database::new().await;
    let one = process(config(database.url())).await;
    let two = process(config(database.url())).await;
    let events = two.events.clone();
    let waiter = tokio::spawn(async move { events.wait_after(0).await });
    one.commit([product(1).save()]).await;
    timeout(SOON, waiter).await.expect("it should be told").unwrap().unwrap();
    assert_eq!(two.all_events().await.len(), 1);
    assert!(two.catalog.product(product_id(1)).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_commits_late_is_passed_by_nobody() {
    let database = Database::new().await;
    let b = process(config(database.url())).await;
    let mut slow = connect(database.url()).await;
    slow.execute("BEGIN").await.unwrap();
    let tell = "SELECT tell('category', '00000000-0000-0000-0000-000000000009', 'changed', now(),
        NULL)";
    slow.execute(tell).await.unwrap();
    b.commit((1..=30).map(|number| product(number).save())).await;
    b.commit((31..=40).map(|number| product(number).save())).await;
    let seen = b.all_events().await;
    assert_eq!(seen.len(), 40);

    slow.execute("COMMIT").await.unwrap();
    timeout(SOON, b.events.wait_after(40)).await.expect("it should be told").unwrap();
    let late = b.events.events_after(40, 9).await.unwrap();
    let told: Vec<(u64, &Aggregate)> =
        late.iter().map(|event| (event.position, &event.aggregate)).collect();
    assert_eq!(told, [(41, &Aggregate::Category(category_id(9)))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_goes_away_leaves_nothing_half_done() {
    let database = Database::new().await;
    let b = process(config(database.url())).await;
    b.commit([product(1).save(), moved("SKU-1", StockEventKind::Received, 500)]).await;
    for number in 1..=100 {
        let writes = vec![order(number).place(), order(number).confirm(at(0))];
        let mut given_up = b.store.commit(UnitOfWork { at: at(0), writes });
        let polled = futures_util::future::poll_immediate(&mut given_up).await;
        assert!(polled.is_none(), "it only began");
    }
    // Each goes on in a task of its own, and holds no connection when it is done.
    let all_sold = async {
        while figures(&b, "SKU-1").await != (400, 0) {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, all_sold).await.expect("all of them should be done");
    let open: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
    )
    .fetch_one(&mut connect(database.url()).await)
    .await
    .unwrap();
    assert_eq!(open, 0);
}

/// Much sooner than this process looks for what others left without a position, once a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_for_a_caller_that_went_away_is_told_at_once() {
    let database = Database::new().await;
    let b = process(config(database.url())).await;
    let mut other = connect(database.url()).await;
    for number in 1..=12 {
        other.execute("BEGIN; LOCK TABLE products IN EXCLUSIVE MODE").await.unwrap();
        let unit = UnitOfWork::of(at(0), product(number).save());
        let caller = tokio::spawn({
            let store = b.store.clone();
            async move { store.commit(unit).await }
        });
        timeout(SOON, super::until_one_waits(database.url())).await.expect("it should wait");
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        other.execute("ROLLBACK").await.unwrap();
        let before = u64::try_from(number - 1).unwrap();
        let told = timeout(Duration::from_millis(700), b.events.wait_after(before)).await;
        told.expect("it should be told").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_finds_nothing_left_writes_nothing() {
    let database = Database::new().await;
    let b = process(config(database.url())).await;
    b.commit([product(1).save()]).await;
    let mut connection = connect(database.url()).await;
    let mut last_event = async || -> i64 {
        let last = sqlx::query_scalar("SELECT last_value FROM events_id_seq");
        last.fetch_one(&mut connection).await.unwrap()
    };
    let before = last_event().await;
    let none = Conflict::OutOfStock { sku: crate::harness::build::sku("SKU-1"), available: 0 };
    assert_eq!(b.refusal(order(1).under(key("one")).place()).await, none);
    assert_eq!(last_event().await, before);
}

/// The clock of these callers is years behind, and then weeks ahead of that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_of_a_caller_decides_nothing() {
    let database = Database::new().await;
    let by_database = PostgresConfig { time: TimeSource::Database, ..config(database.url()) };
    let b = process(by_database).await;
    b.commit([product(1).save(), moved("SKU-1", StockEventKind::Received, 5)]).await;
    b.commit([order(1).under(key("one")).place()]).await;

    let later = 60 * 24 * 3_600;
    assert_eq!(b.stock.claim_overdue(at(later), at(later), 9).await.unwrap(), []);
    let expire = Write::ExpireReservations { order: order_id(1) };
    assert_eq!(b.try_at(later, vec![expire]).await, Err(Conflict::ReservationLost));
    let claim =
        b.sagas.claim(SagaId::Checkout(order_id(1)), lease("other", at(later + 5)), at(later));
    assert_eq!(claim.await.unwrap(), None, "it is leased for five seconds from now");
    let outcome = Outcome::Refused(Refusal::CartOrdered);
    let again = Write::FinishKey { claim: key("one"), outcome };
    assert_eq!(b.try_at(later, vec![again]).await, Err(Conflict::KeyTaken));
    assert!(b.keys.key(&key("one").id, at(later)).await.unwrap().is_some());

    let held = b.stock.reservations(order_id(1)).await.unwrap().remove(0);
    let placed = b.all_events().await.pop().unwrap().at;
    assert!(placed > at(later), "events are told by the database's clock");
    assert_eq!(held.held_until, placed.plus(HOLD), "as far from its now as from the caller's");
}

/// A commit is under way for longer than it takes others to tell of more than most looks go back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_commits_long_after_others_gets_its_position_when_all_is_looked_at() {
    let database = Database::new().await;
    let (mut late, mut other) = (connect(database.url()).await, connect(database.url()).await);
    let tell = |key: &str| format!("SELECT tell('product', '{key}', 'saved', now(), NULL)");
    late.execute(sqlx::AssertSqlSafe(format!("BEGIN; {}", tell("late")))).await.unwrap();
    other.execute(sqlx::AssertSqlSafe(tell("other"))).await.unwrap();
    let mut look = async |near: Option<i64>| -> (i64, i64) {
        let look = "SELECT head, moved FROM sequence_events(10, $1)";
        sqlx::query_as(look).bind(near).fetch_one(&mut other).await.unwrap()
    };
    assert_eq!(look(Some(0)).await, (1, 1));
    late.execute("COMMIT").await.unwrap();
    assert_eq!(look(Some(0)).await, (1, 0), "it is too far back");
    assert_eq!(look(None).await, (2, 1));
    let keys = "SELECT key FROM events e JOIN event_positions p ON p.event_id = e.id
        ORDER BY position";
    let keys: Vec<String> = sqlx::query_scalar(keys).fetch_all(&mut late).await.unwrap();
    assert_eq!(keys, ["other", "late"]);
}
