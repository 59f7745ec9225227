//! The doctor mends what was planted in the store behind the shop's back, and only what the facts
//! prove.

#[cfg(feature = "redb")]
mod folder;
#[cfg(feature = "postgres")]
mod log;
#[cfg(feature = "postgres")]
mod parts;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod refused;

use std::sync::Arc;

use ecicomm::app::Shop;
use ecicomm::app::operations::{Repaired, Report};
use ecicomm::domain::order::{Order, OrderStatus};
use ecicomm::domain::shared::RefundId;
use ecicomm::ports::order::OrderFilter;
use ecicomm::ports::store::{OrderUpdate, UnitOfWork, Write};

async fn examined(shop: &Shop) -> Report {
    shop.doctor.examine(&mut |_, _| ()).await.unwrap()
}

/// What the doctor mends, and what it says of each.
async fn repaired(shop: &Shop) -> (Repaired, Vec<String>) {
    let mut told = Vec::new();
    let mended = &mut |finding: &ecicomm::app::operations::Finding| told.push(finding.what.clone());
    let done = shop.doctor.repair(&mut |_, _| (), mended).await.unwrap();
    (done, told)
}

/// Expects the doctor to find something whose name has each of `parts`, to mend it, and then to find
/// nothing.
async fn mends(shop: &Shop, parts: &[&str]) {
    let found = examined(shop).await;
    for part in parts {
        let what = found.findings.iter().any(|finding| finding.what.contains(part));
        assert!(what, "{part} is not found: {:#?}", found.findings);
    }
    let (done, told) = repaired(shop).await;
    assert_eq!(done.before.findings, found.findings, "looking changed nothing");
    assert_eq!(done.after.findings, [], "{parts:?}: {told:?}, {:?}", done.refused);
    assert!(done.mended > 0 && done.mended == u64::try_from(told.len()).unwrap(), "{told:?}");
    assert_eq!(examined(shop).await.findings, [], "{parts:?}");
}

/// The order of a buyer.
async fn order_of(shop: &Shop, buyer: &str) -> Arc<Order> {
    let filter =
        OrderFilter { email: Some(format!("{buyer}@example.com")), ..OrderFilter::default() };
    shop.ports.orders.orders(&filter, None, 1).await.unwrap().items.remove(0)
}

/// Ends an order that is under way, without a word to its stock, its uses, its saga and its key, as
/// nothing of the shop does.
async fn break_off(shop: &Shop, order: &Order) {
    assert_eq!(order.status(), OrderStatus::Pending);
    let now = shop.ports.clock.now();
    let update = OrderUpdate {
        change: order.fail("broken_off", now).unwrap(),
        restock: Vec::new(),
        give_back_uses: false,
        sagas: Vec::new(),
    };
    let unit = UnitOfWork::of(now, Write::UpdateOrder(Box::new(update)));
    shop.ports.store.commit(unit).await.unwrap();
}

/// Cancels an order that stands, without the saga that pays its money back.
async fn forget_refund(shop: &Shop, order: &Order) {
    let now = shop.ports.clock.now();
    let refund = RefundId::new(shop.ports.ids.next());
    let update = OrderUpdate {
        change: order.cancel("regret".to_owned(), refund, now).unwrap(),
        restock: order
            .placed()
            .lines
            .iter()
            .flat_map(|line| &line.stock)
            .map(|taken| ecicomm::ports::store::Restock {
                allocation: taken.clone(),
                kind: ecicomm::domain::inventory::StockEventKind::Cancelled,
            })
            .collect(),
        give_back_uses: true,
        sagas: Vec::new(),
    };
    let unit = UnitOfWork::of(now, Write::UpdateOrder(Box::new(update)));
    shop.ports.store.commit(unit).await.unwrap();
}
