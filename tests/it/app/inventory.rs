//! Stock that several move at once, at several places, and through bundles.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use ecicomm::app::Shop;
use ecicomm::domain::inventory::StockEventKind;
use ecicomm::domain::shared::{Availability, Location, StockPolicy};
use ecicomm::ports::PortError;
use ecicomm::ports::idempotency::Outcome;
use ecicomm::ports::store::{CommitError, StockMovement, Store, UnitOfWork, Write};

use super::support::{buy, draft, product_of, receive, shop, shop_with, sku};
use crate::harness::build::{bundle, product};

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

/// The band on the page of a SKU's first variant, and the band and figure of a direct question.
async fn told(shop: &Shop, raw: &str) -> (Availability, Availability, Option<i64>) {
    let page = product_of(shop, raw).await.availability[0];
    let asked = shop.inventory.availability(&[sku(raw)]).await.unwrap().remove(0);
    (page, asked.availability, asked.available)
}

#[tokio::test]
async fn backorders_at_one_place_take_no_units_from_another() {
    let shop = shop().await;
    let mut lamp = draft("Lamp", "LAMP-1", 4_999);
    lamp.variants[0].stock_policy = StockPolicy::Backorder { limit: 10 };
    shop.catalog.create(lamp).await.unwrap();
    buy(&shop, "LAMP-1", 5, "pm_card_visa").await;
    let backorder = Availability::Backorder;
    assert_eq!(told(&shop, "LAMP-1").await, (backorder, backorder, Some(5)));
    receive(&shop, "LAMP-1", "east", 3).await;
    let low = Availability::LowStock;
    assert_eq!(told(&shop, "LAMP-1").await, (low, low, Some(18)));
}

/// Saves products as the store takes them: no use case makes bundles yet.
async fn save(shop: &Shop, writes: Vec<Write>) {
    shop.ports.store.commit(UnitOfWork { at: shop.ports.clock.now(), writes }).await.unwrap();
}

#[tokio::test]
async fn a_bundle_can_be_had_as_the_rules_of_its_components_allow() {
    let shop = shop().await;
    let part = product(1).policy(StockPolicy::Backorder { limit: 4 });
    let set = product(2).variants(vec![bundle(2, "SET", &[("SKU-1", 2), ("SKU-3", 1)])]);
    let endless = product(3).policy(StockPolicy::Untracked);
    save(&shop, vec![part.save(), endless.save(), set.save()]).await;
    let backorder = Availability::Backorder;
    assert_eq!(told(&shop, "SET").await, (backorder, backorder, Some(2)));
    let order = buy(&shop, "SET", 2, "pm_card_visa").await;
    let held = &order.placed().lines[0].stock;
    assert_eq!(held.len(), 1, "what is not counted is not held");
    assert_eq!((held[0].sku.as_str(), held[0].location.clone()), ("SKU-1", Location::main()));
    let out = Availability::OutOfStock;
    assert_eq!(told(&shop, "SET").await, (out, out, Some(0)));
}

#[tokio::test]
async fn a_bundle_of_what_is_not_counted_can_always_be_had() {
    let shop = shop().await;
    let endless = product(1).policy(StockPolicy::Untracked);
    let set = product(2).variants(vec![bundle(2, "SET", &[("SKU-1", 2)])]);
    save(&shop, vec![endless.save(), set.save()]).await;
    let plenty = Availability::InStock;
    assert_eq!(told(&shop, "SET").await, (plenty, plenty, None));
    assert!(buy(&shop, "SET", 9, "pm_card_visa").await.placed().lines[0].stock.is_empty());
}
