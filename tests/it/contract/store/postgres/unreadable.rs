//! Rows that this version cannot read, as one that a later version wrote or a damaged one: they hold
//! up no other.

use std::ops::RangeInclusive;
use std::sync::Mutex;

use async_trait::async_trait;
use ecicomm::app::operations::{EventConsumer, Follower, HandleError, Relay};
use ecicomm::domain::order::{CheckoutState, SagaId, SagaPlan};
use ecicomm::domain::shared::{ProductId, Span};
use ecicomm::ports::PortErrorKind;
use ecicomm::ports::events::{Event, EventBody};
use ecicomm::ports::order::OrderFilter;
use ecicomm::ports::store::{SagaStep, Write};
use sqlx::{Executor as _, PgConnection};

use super::{config, connect, process};
use crate::app::support::{HandClock, shop_with};
use crate::harness::build::{at, lease, order, order_id, product, product_id};
use crate::harness::servers::Database;

/// Writes down the products that it hears of, and what it is to make up for.
#[derive(Default)]
struct Witness {
    heard: Mutex<Vec<ProductId>>,
    missed: Mutex<Vec<RangeInclusive<u64>>>,
}

#[async_trait]
impl EventConsumer for Witness {
    fn name(&self) -> &'static str {
        "witness"
    }

    fn batch(&self) -> usize {
        10
    }

    fn pace(&self) -> Span {
        Span::ZERO
    }

    async fn missed(&self, positions: RangeInclusive<u64>) -> Result<(), HandleError> {
        self.missed.lock().unwrap().push(positions);
        Ok(())
    }

    async fn handle(&self, events: &[Event]) -> Result<Vec<Write>, HandleError> {
        let saved = events.iter().filter_map(|event| match event.body {
            EventBody::ProductSaved(id, _) => Some(id),
            _ => None,
        });
        self.heard.lock().unwrap().extend(saved);
        Ok(Vec::new())
    }
}

/// Renames the event of the first product.
async fn call_first(other: &mut PgConnection, kind: &str) {
    let rename = sqlx::query("UPDATE events SET kind = $2 WHERE key = $1");
    let renamed = rename.bind(product_id(1).uuid().to_string()).bind(kind).execute(other).await;
    assert_eq!(renamed.unwrap().rows_affected(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_cannot_be_read_holds_up_no_other_and_waits_for_who_reads_it() {
    let database = Database::new().await;
    let mut other = connect(database.url()).await;
    let b = process(config(database.url())).await;
    b.commit((1..=3).map(|number| product(number).save())).await;
    call_first(&mut other, "of a later version").await;

    let clock = HandClock::new();
    let shop = shop_with(|ports| {
        ports.clock = clock.clone();
        ports.events = b.events.clone();
        ports.store = b.store.clone();
    })
    .await;
    let (relay, witness) = (&shop.relay, Witness::default());
    assert!(relay.step(&witness).await.unwrap().unreadable);
    for _ in 0..2 * Relay::MAX_ATTEMPTS {
        relay.drain(&witness).await.unwrap();
        clock.advance(Span::minutes(5));
    }
    assert_eq!(*witness.heard.lock().unwrap(), [2, 3].map(product_id));
    let dead = relay.dead_letters("witness", None, 9).await.unwrap().items;
    assert!(dead.is_empty(), "a later version may still come: {dead:?}");
    clock.advance(Span::days(1));
    relay.drain(&witness).await.unwrap();
    let dead = relay.dead_letters("witness", None, 9).await.unwrap().items;
    let told: Vec<u64> = dead.iter().map(|dead| dead.event.position).collect();
    assert_eq!(told, [1]);
    assert!(dead[0].reason.contains("of a later version"), "{}", dead[0].reason);

    call_first(&mut other, "saved").await;
    relay.replay("witness", 1).await.unwrap();
    relay.drain(&witness).await.unwrap();
    assert_eq!(*witness.heard.lock().unwrap(), [2, 3, 1].map(product_id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_process_keeps_for_itself_makes_up_for_an_event_that_cannot_be_read() {
    let database = Database::new().await;
    let b = process(config(database.url())).await;
    b.commit((1..=3).map(|number| product(number).save())).await;
    call_first(&mut connect(database.url()).await, "of a later version").await;
    let clock = HandClock::new();
    let shop = shop_with(|ports| {
        ports.clock = clock.clone();
        ports.events = b.events.clone();
    })
    .await;
    let (follower, witness) = (Follower::new(shop.ports.clone()), Witness::default());
    follower.step(&witness).await.unwrap();
    assert_eq!(*witness.heard.lock().unwrap(), [2, 3].map(product_id));
    for _ in 0..2 {
        assert_eq!(follower.step(&witness).await.unwrap().handed, 0);
        assert_eq!(*witness.missed.lock().unwrap(), [1..=1]);
    }
    // More of them are made up for together, after a rest.
    b.commit((4..=6).map(|number| product(number).save())).await;
    let later = "UPDATE events SET kind = 'of a later version' WHERE key = ANY($1)";
    let keys: Vec<String> = [4, 6].map(|number| product_id(number).uuid().to_string()).into();
    let mut other = connect(database.url()).await;
    sqlx::query(later).bind(keys).execute(&mut other).await.unwrap();
    for _ in 0..2 {
        follower.step(&witness).await.unwrap();
    }
    assert_eq!(witness.missed.lock().unwrap().len(), 1);
    clock.advance(Span::minutes(1));
    follower.step(&witness).await.unwrap();
    assert_eq!(*witness.missed.lock().unwrap(), [1..=1, 4..=6]);
    assert_eq!(*witness.heard.lock().unwrap(), [2, 3, 5].map(product_id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saga_that_cannot_be_read_holds_up_no_other() {
    let database = Database::new().await;
    let b = process(config(database.url())).await;
    for number in 1..=3 {
        let of_downloads = || order(number).of_downloads();
        b.commit([of_downloads().place()]).await;
        let paying = SagaPlan::Checkout(CheckoutState::Paying);
        let saga = of_downloads().placing().saga.advance(paying, &[], at(0));
        let step = SagaStep { change: None, saga, outcome: None };
        b.commit([Write::StepSaga(Box::new(step))]).await;
    }
    let spoil = sqlx::query("UPDATE sagas SET record = record - 'plan' WHERE order_id = $1");
    let spoilt = spoil.bind(order_id(2).uuid());
    let mut other = connect(database.url()).await;
    assert_eq!(other.execute(spoilt).await.unwrap().rows_affected(), 1);
    let claimed = b.sagas.claim_due(lease("this process", at(5)), at(1), 9).await.unwrap();
    let orders: Vec<_> = claimed.iter().map(|saga| saga.id.order()).collect();
    assert_eq!(orders, [1, 3].map(order_id));
    // It is left to a process that can read it.
    let again = b.sagas.claim_due(lease("this process", at(20)), at(10), 2).await.unwrap();
    assert_eq!(again.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_named() {
    let database = Database::new().await;
    let b = process(config(database.url())).await;
    b.commit([order(1).of_downloads().place(), product(1).save()]).await;
    let mut other = connect(database.url()).await;
    let spoil = "UPDATE events SET body = '{}' WHERE aggregate = 'order';
        UPDATE sagas SET record = record - 'plan'; UPDATE products SET record = '{}'";
    other.execute(spoil).await.unwrap();
    let (order, product) = (order_id(1), product_id(1));
    let all = b.orders.orders(&OrderFilter::default(), None, 9).await;
    let told = [
        b.orders.order(order).await.map(drop),
        b.orders.by_ids(&[order]).await.map(drop),
        b.orders.order_events(order, None, 9).await.map(drop),
        all.map(drop),
        b.sagas.saga(SagaId::Checkout(order)).await.map(drop),
        b.sagas.open(None, 9).await.map(drop),
        b.upkeep.wrong_sagas(&[order], at(0)).await.map(drop),
    ];
    for told in told {
        let error = told.unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Corrupt);
        assert!(error.to_string().contains(&order.to_string()), "{error}");
    }
    let error = b.catalog.products(&[product]).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Corrupt);
    assert!(error.to_string().contains(&product.to_string()), "{error}");
}
