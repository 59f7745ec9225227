//! Stock that several move at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use ecicomm::domain::inventory::StockEventKind;
use ecicomm::ports::PortError;
use ecicomm::ports::idempotency::Outcome;
use ecicomm::ports::store::{CommitError, StockMovement, Store, UnitOfWork, Write};

use super::support::{draft, receive, shop_with, sku};

/// A store in which someone else takes a unit in just before the first movement of stock.
struct Overtaken {
    inner: Arc<dyn Store>,
    raced: AtomicBool,
}

#[async_trait]
impl Store for Overtaken {
    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        let moved = unit.writes.iter().find_map(|write| match write {
            Write::MoveStock(movement) => Some(movement.clone()),
            _ => None,
        });
        if let Some(moved) = moved
            && !self.raced.swap(true, Ordering::SeqCst)
        {
            let theirs = StockMovement {
                kind: StockEventKind::Received,
                quantity: 1,
                expected: None,
                ..moved
            };
            self.inner.commit(UnitOfWork::of(unit.at, Write::MoveStock(theirs))).await?;
        }
        self.inner.commit(unit).await
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.inner.secret(name).await
    }
}

#[tokio::test]
async fn of_two_first_receipts_at_a_place_the_later_tells_the_units_of_both() {
    let shop = shop_with(|ports| {
        let inner = ports.store.clone();
        ports.store = Arc::new(Overtaken { inner, raced: AtomicBool::new(false) });
    })
    .await;
    shop.catalog.create(draft("Lamp", "LAMP-1", 100)).await.unwrap();
    let Outcome::Stock(told) = receive(&shop, "LAMP-1", "east", 5).await else {
        panic!("not stock")
    };
    let kept = shop.inventory.levels(&sku("LAMP-1")).await.unwrap();
    assert_eq!(kept[1].on_hand(), 6);
    assert_eq!(told, kept);
}
