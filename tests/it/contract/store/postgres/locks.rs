//! What waits for whom.

use std::time::Duration;

use ecicomm::adapters::postgres::migrate;
use ecicomm::domain::inventory::StockEventKind;
use ecicomm::domain::pricing::UsageLimits;
use ecicomm::domain::shared::RefundId;
use ecicomm::ports::store::{OrderUpdate, Restock, Write};
use sqlx::{Executor as _, PgConnection, Row as _};
use tokio::time::timeout;
use uuid::Uuid;

use super::super::Backend;
use super::super::stock::{figures, moved};
use super::{PostgresConfig, config, connect, process, until_one_waits};
use crate::harness::build::{
    OrderBuilder, at, bundle, order, order_id, product, promotion_id, variant,
};
use crate::harness::servers::{Database, Fsync, Postgres};

/// Longer than anything here takes.
const SOON: Duration = Duration::from_mins(1);

/// So many orders of the same goods race.
const ORDERS: u128 = 120;

/// So many of each kind race where there are several kinds.
const SOME: u128 = 40;

/// Goods that databases sort otherwise than by their bytes.
const CODES: [&str; 4] = ["SKU-1", "SKU_2", "SKU3", "SKU-4"];

/// Of each of the goods there is so much.
const STOCK: i64 = 1_000;

/// A shop on a server of its own, whose settings it may change.
struct Arena {
    server: Postgres,
    b: Backend,
    watch: PgConnection,
}

impl Arena {
    /// A shop of plenty of four goods, and of a set of the first two.
    async fn open() -> Self {
        let server = Postgres::start(Fsync::Off);
        let create = "CREATE DATABASE shop TEMPLATE template0
            LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C' ENCODING 'UTF8'";
        connect(&server.url("postgres")).await.execute(create).await.unwrap();
        let url = server.url("shop");
        migrate(&url).await.unwrap();
        let mut watch = connect(&url).await;
        // A deadlock is seen long before a wait for a lock is given up, after which it would be none.
        watch.execute("ALTER DATABASE shop SET deadlock_timeout = '5ms'").await.unwrap();
        let patient = PostgresConfig {
            acquire_timeout: SOON,
            statement_timeout: SOON,
            lock_timeout: SOON,
            ..config(&url)
        };
        let b = process(patient).await;
        for (number, code) in (1..).zip(CODES) {
            b.commit([product(number).variants(vec![variant(number, code, 1_000)]).save()]).await;
            b.commit([moved(code, StockEventKind::Received, STOCK)]).await;
        }
        // Whatever moves a part of it may change how the set is shown, which is locked too.
        let set = bundle(9, "SET", &[(CODES[0], 1), (CODES[1], 1)]);
        b.commit([product(9).variants(vec![set]).save()]).await;
        Self { server, b, watch }
    }

    /// Commits all at the same moment. They must all go through.
    async fn race(&self, units: impl IntoIterator<Item = Write>) {
        let race = self.b.race(units.into_iter().map(|write| vec![write]).collect());
        let outcomes = timeout(SOON, race).await.expect("nobody should wait for ever");
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    }

    /// Calls off an order that stands: its units and its uses come back.
    async fn cancel(&self, number: u128) -> Write {
        let kept = self.b.orders.order(order_id(number)).await.unwrap().unwrap();
        let refund = RefundId::new(Uuid::from_u128(number));
        let change = kept.cancel("mistake".to_owned(), refund, at(0)).unwrap();
        let stock = kept.placed().lines.iter().flat_map(|line| line.stock.clone());
        let back = |allocation| Restock { allocation, kind: StockEventKind::Cancelled };
        Write::UpdateOrder(Box::new(OrderUpdate {
            change,
            restock: stock.map(back).collect(),
            give_back_uses: true,
            sagas: Vec::new(),
        }))
    }

    /// Ends the shop; how often some of it waited for each other in a circle.
    async fn deadlocks(self) -> i64 {
        let Self { server, b, mut watch } = self;
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
        let deadlocks = watch.fetch_one(met).await.unwrap().get(0);
        drop((watch, server));
        deadlocks
    }
}

/// An order of a unit each of these goods, every second one in the other order.
fn of_all(number: u128, codes: &[&str]) -> OrderBuilder {
    let mut lines: Vec<(&str, i64)> = codes.iter().map(|code| (*code, 1)).collect();
    if number.is_multiple_of(2) {
        lines.reverse();
    }
    order(number).of(&lines)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_of_the_same_goods_in_any_order_never_deadlock() {
    let arena = Arena::open().await;
    arena.race((1..=ORDERS).map(|number| of_all(number, &CODES).place())).await;
    let placed = i64::try_from(ORDERS).unwrap();
    assert_eq!(figures(&arena.b, "SKU-1").await, (STOCK, placed));
    assert_eq!(arena.deadlocks().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_a_coupon_with_goods_and_who_gives_both_back_never_deadlock() {
    let arena = Arena::open().await;
    let unlimited = UsageLimits { total: None, per_customer: None };
    let using = |number: u128| of_all(number, &CODES[..2]).using(1, unlimited);
    let (fail, stand, come) = (1..=SOME, SOME + 1..=2 * SOME, 2 * SOME + 1..=3 * SOME);
    arena.race((1..=2 * SOME).map(|number| using(number).place())).await;
    arena.race(stand.clone().map(|number| using(number).confirm(at(0)))).await;
    let mut units = Vec::new();
    for ((fails, stands), comes) in fail.zip(stand).zip(come) {
        units.push(using(fails).compensate(at(0)));
        units.push(arena.cancel(stands).await);
        units.push(using(comes).place());
    }
    arena.race(units).await;
    for code in &CODES[..2] {
        assert_eq!(figures(&arena.b, code).await, (STOCK, i64::try_from(SOME).unwrap()));
    }
    let used = arena.b.pricing.uses(promotion_id(1), None).await.unwrap();
    assert_eq!(u128::from(used.total), SOME);
    assert_eq!(arena.deadlocks().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goods_that_are_taken_and_come_back_in_any_order_never_deadlock() {
    let arena = Arena::open().await;
    let both = |number: u128| of_all(number, &CODES[..2]);
    let (fail, stand, come) = (1..=SOME, SOME + 1..=2 * SOME, 2 * SOME + 1..=3 * SOME);
    arena.race((1..=2 * SOME).map(|number| both(number).place())).await;
    arena.race(stand.clone().map(|number| both(number).confirm(at(0)))).await;
    let mut units = Vec::new();
    for ((fails, stands), comes) in fail.zip(stand).zip(come) {
        units.push(both(fails).compensate(at(0)));
        units.push(arena.cancel(stands).await);
        units.push(both(comes).place());
        // One that wants the second alone has it before how the set is shown.
        units.push(order(comes + SOME).of(&[(CODES[1], 1)]).place());
    }
    arena.race(units).await;
    let some = i64::try_from(SOME).unwrap();
    assert_eq!(figures(&arena.b, CODES[0]).await, (STOCK, some));
    assert_eq!(figures(&arena.b, CODES[1]).await, (STOCK, 2 * some));
    assert_eq!(arena.deadlocks().await, 0);
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
