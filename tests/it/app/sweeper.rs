//! Letting go of what ran out of time, where some of it cannot be let go of.

use std::sync::Arc;

use ecicomm::app::Shop;
use ecicomm::app::order::Swept;
use ecicomm::ports::idempotency::RETENTION;
use ecicomm::ports::store::{UnitOfWork, Write};

use super::support::{HandClock, Trouble, TroubledStore, buy, import, shop_with};

/// As many as the sweeper takes at once.
const BATCH: usize = 256;

fn lets_go(unit: &UnitOfWork) -> bool {
    unit.writes.iter().any(|write| matches!(write, Write::ExpireReservations { .. }))
}

/// A shop of so many orders whose holds and keys ran out, and its store, which makes trouble at the
/// tries to let go of one that are named, counted from 1.
async fn overdue(orders: usize, trouble: Trouble, at: &[usize]) -> (Shop, Arc<TroubledStore>) {
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
    (shop, store.unwrap())
}

/// How many holds and how many keys are still to be let go of.
async fn left(shop: &Shop) -> (usize, usize) {
    let now = shop.ports.clock.now();
    let holds = shop.ports.stock.overdue(now, 10 * BATCH).await.unwrap().len();
    (holds, shop.ports.keys.expired(now, 10 * BATCH).await.unwrap())
}

#[tokio::test]
async fn a_hold_that_cannot_be_let_go_of_holds_up_no_other() {
    let (shop, _) = overdue(3, Trouble::Fail, &[1]).await;
    let (holds, keys) = left(&shop).await;
    assert_eq!(holds, 3);
    assert!(keys >= 3, "each order has its key");
    assert_eq!(shop.sweeper.step().await.unwrap(), Swept { expired: 2, more: false });
    assert_eq!(left(&shop).await, (1, 0));
    assert_eq!(shop.sweeper.step().await.unwrap(), Swept { expired: 1, more: false });
    assert_eq!(left(&shop).await, (0, 0));
}

#[tokio::test]
async fn while_the_store_is_away_nothing_more_is_asked_of_it() {
    let (shop, store) = overdue(3, Trouble::Away, &[2]).await;
    assert!(shop.sweeper.step().await.is_err());
    assert_eq!((store.seen(), left(&shop).await.0), (2, 2));
    assert_eq!(shop.sweeper.step().await.unwrap(), Swept { expired: 2, more: false });
}

#[tokio::test]
async fn a_full_batch_that_cannot_be_let_go_of_is_left_for_the_next_period() {
    let all: Vec<usize> = (1..=BATCH).collect();
    let (shop, store) = overdue(BATCH, Trouble::Fail, &all).await;
    // Keys are forgotten in full batches too, so they are out of the way first.
    while left(&shop).await.1 > 0 {
        let prune = Write::PruneKeys { most: BATCH };
        let now = shop.ports.clock.now();
        shop.ports.store.commit(UnitOfWork::of(now, prune)).await.unwrap();
    }
    assert_eq!(shop.sweeper.step().await.unwrap(), Swept { expired: 0, more: false });
    assert_eq!(store.seen(), BATCH, "each was tried once");
    assert_eq!(shop.sweeper.step().await.unwrap(), Swept { expired: BATCH, more: true });
}
