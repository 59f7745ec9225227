//! The memory store under the contract, and the bounds of its own.

use std::sync::Arc;

use ecicomm::adapters::memory::{MemoryConfig, MemoryStore};
use ecicomm::adapters::record::{Journal as _, Written};
use ecicomm::domain::shared::Currency;
use ecicomm::ports::store::Write;

use super::mend::Planted;
use super::{Backend, suites};
use crate::harness::build::{at, lease, product};
use crate::harness::notes::Notes;

async fn open() -> Backend {
    Backend::of(Arc::new(MemoryStore::new(MemoryConfig::new(Currency::USD))))
}

suites!(crate::contract::store::memory::open);
super::mend::cases!(crate::contract::store::memory::open_to_plants);

/// The shop in memory has no way in behind its back, but by what it begins from.
async fn open_to_plants() -> Backend {
    let notes = Arc::new(Notes::default());
    Planted::open(move |facts| {
        assert!(matches!(notes.write(&mut facts.iter()), Written::Kept));
        let config = MemoryConfig::new(Currency::USD);
        let store = MemoryStore::journalled_in_turn(config, notes.clone(), at(0));
        Backend::of(Arc::new(store.unwrap()))
    })
}

/// A store that keeps so few events.
fn short_log(keep_events: usize, max_events: usize) -> Backend {
    let config = MemoryConfig { keep_events, max_events, ..MemoryConfig::new(Currency::USD) };
    Backend::of(Arc::new(MemoryStore::new(config)))
}

async fn positions(b: &Backend) -> Vec<u64> {
    b.all_events().await.iter().map(|event| event.position).collect()
}

async fn advance(b: &Backend, consumer: &str, from: u64, to: u64) {
    let consumer = consumer.to_owned();
    b.commit([Write::AdvanceConsumer { consumer, from, to, park: Vec::new() }]).await;
}

#[tokio::test]
async fn events_go_once_every_consumer_is_past_them_and_newer_ones_are_enough() {
    let b = short_log(2, 100);
    for name in ["mail", "search"] {
        b.events.lease_consumer(name, lease("one", at(9)), at(0)).await.unwrap();
    }
    b.commit((1..=5).map(|number| product(number).save())).await;
    advance(&b, "search", 0, 5).await;
    assert_eq!(positions(&b).await, [1, 2, 3, 4, 5], "mail has heard of none");
    advance(&b, "mail", 0, 2).await;
    assert_eq!(positions(&b).await, [3, 4, 5]);
    advance(&b, "mail", 2, 5).await;
    assert_eq!(positions(&b).await, [4, 5], "the last two stay");
    b.commit([product(6).save()]).await;
    assert_eq!((positions(&b).await, b.events.head().await.unwrap()), (vec![5, 6], 6));
}

#[tokio::test]
async fn the_log_is_bounded_though_nobody_listens() {
    let b = short_log(2, 4);
    b.commit((1..=7).map(|number| product(number).save())).await;
    assert_eq!(positions(&b).await, [4, 5, 6, 7]);
    assert_eq!(b.all_events().await[0].sequence, 1);
    assert_eq!(b.events.head().await.unwrap(), 7);
}
