//! Letting go of what ran out of time, where some of it cannot be let go of.

use std::sync::Arc;

use ecicomm::app::Shop;
use ecicomm::app::order::Swept;
use ecicomm::domain::inventory::StockItem;
use ecicomm::ports::idempotency::RETENTION;
use ecicomm::ports::store::{UnitOfWork, Write};

use super::support::{HandClock, Trouble, TroubledStore, buy, import, shop_with};
use crate::harness::build::sku;

/// As many as the sweeper takes at once.
const BATCH: usize = 256;

fn lets_go(unit: &UnitOfWork) -> bool {
    unit.writes.iter().any(|write| matches!(write, Write::ExpireReservations { .. }))
}

/// A shop of so many orders whose holds and keys ran out, and its store, which makes trouble at the
/// tries to let go of one that are named, counted from 1.
async fn overdue(
    orders: usize,
    trouble: Trouble,
    at: &[usize],
) -> (Shop, Arc<TroubledStore>, Arc<HandClock>) {
    let clock = HandClock::new();
    let mut store = None;
    let shop = shop_with(|ports| {
        ports.clock = clock.clone();
        store = Some(TroubledStore::wrap(ports, lets_go, trouble, at));
    })
    .await;
    let line = r#"{"sku": "LAMP-1", "name": "Lamp", "price": 100, "stock": 1000}"#;
    import(&shop, line).await;
    for _ in 0..orders {
        buy(&shop, "LAMP-1", 1, "pm_card_authenticationRequired").await;
    }
    // A hold lasts for half an hour.
    clock.advance(RETENTION);
    (shop, store.unwrap(), clock)
}

/// How many holds and how many keys are still to be let go of.
async fn left(shop: &Shop) -> (usize, usize) {
    let stock = shop.ports.stock.stock(&[sku("LAMP-1")]).await.unwrap();
    let reserved: i64 = stock[0].iter().map(StockItem::reserved).sum();
    let keys = shop.ports.keys.expired(shop.ports.clock.now(), 10 * BATCH).await.unwrap();
    (usize::try_from(reserved).unwrap(), keys)
}

#[tokio::test]
async fn a_hold_that_cannot_be_let_go_of_holds_up_no_other() {
    let (shop, _, clock) = overdue(3, Trouble::Fail, &[1]).await;
    let (holds, keys) = left(&shop).await;
    assert_eq!(holds, 3);
    assert!(keys >= 3, "each order has its key");
    assert_eq!(shop.sweeper.step().await.unwrap(), Swept { expired: 2, more: true });
    assert_eq!(left(&shop).await, (1, 0));
    assert_eq!(shop.sweeper.step().await.unwrap(), Swept { expired: 0, more: false });
    clock.advance(shop.sweeper.period());
    assert_eq!(shop.sweeper.step().await.unwrap(), Swept { expired: 1, more: true });
    assert_eq!(left(&shop).await, (0, 0));
}

#[tokio::test]
async fn while_the_store_is_away_nothing_more_is_asked_of_it() {
    let (shop, store, clock) = overdue(3, Trouble::Away, &[2]).await;
    assert!(shop.sweeper.step().await.is_err());
    assert_eq!((store.seen(), left(&shop).await.0), (2, 2));
    clock.advance(shop.sweeper.period());
    assert_eq!(shop.sweeper.step().await.unwrap(), Swept { expired: 2, more: true });
}

#[tokio::test]
async fn a_full_batch_that_cannot_be_let_go_of_keeps_no_other_waiting() {
    let all: Vec<usize> = (1..=BATCH).collect();
    let (shop, store, _) = overdue(BATCH + 1, Trouble::Fail, &all).await;
    assert_eq!(shop.sweeper.step().await.unwrap(), Swept { expired: 0, more: true });
    assert_eq!(store.seen(), BATCH, "each was tried once");
    assert_eq!(shop.sweeper.step().await.unwrap(), Swept { expired: 1, more: true });
    assert_eq!(left(&shop).await.0, BATCH, "these are tried again at the next period");
    while shop.sweeper.step().await.unwrap().more {}
    assert_eq!(store.seen(), BATCH + 1);
}
