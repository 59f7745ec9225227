//! The doctor over a shop that goes on selling while it looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use ecicomm::app::inventory::MoveStockCommand;
use ecicomm::app::operations::{Doctor, Report};
use ecicomm::app::{Ports, Shop};
use ecicomm::domain::inventory::{Reservation, ReservationState, StockEvent, StockItem};
use ecicomm::domain::order::OrderStatus;
use ecicomm::domain::shared::{OrderId, Sku, Timestamp};
use ecicomm::ports::PortError;
use ecicomm::ports::catalog::Page;
use ecicomm::ports::inventory::StockQueries;
use ecicomm::settings::Settings;

use super::doctor::{card, fill, key, order, rest};
use crate::harness::behind::{Behind, Named, Passage};
use crate::harness::build::sku;

/// A shop in memory with an order of every kind, and plenty of the two things that sell.
async fn shop() -> Shop {
    let shop = ecicomm::bootstrap::build(&Settings::in_memory().unwrap()).await.unwrap();
    fill(&shop, 8).await;
    for number in [1, 2] {
        let movement = MoveStockCommand {
            sku: sku(&format!("LAMP-{number}")),
            quantity: 10_000,
            reason: None,
            location: None,
            expected: None,
        };
        shop.inventory.receive(movement, key(&format!("plenty-{number}"))).await.unwrap();
    }
    rest(&shop).await;
    shop
}

async fn examined(ports: Ports) -> Report {
    Doctor::new(Arc::new(ports)).examine(&mut |_, _| ()).await.unwrap()
}

/// Buys before every call that passes, so often: a good card, and a buyer who has to act in turn.
struct Buying {
    shop: Shop,
    left: AtomicI64,
}

impl Passage for Buying {
    async fn call<T: Send, E: Named>(
        &self,
        _: &'static str,
        _: &'static str,
        work: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        let left = self.left.fetch_sub(1, Ordering::SeqCst);
        if left > 0 {
            let token = if left % 2 == 0 { "visa" } else { "authenticationRequired" };
            let placed = order(&self.shop, &format!("busy-{left}"), card(token)).await.unwrap();
            assert_ne!(placed.status(), OrderStatus::Failed);
        }
        work.await
    }
}

#[tokio::test]
async fn what_is_sold_while_the_doctor_looks_is_no_finding() {
    let shop = shop().await;
    let buying = Arc::new(Buying { shop: shop.clone(), left: AtomicI64::new(200) });
    let inner = Ports::clone(&shop.ports);
    let ports = Ports {
        stock: Behind::new(&buying, inner.stock.clone()),
        orders: Behind::new(&buying, inner.orders.clone()),
        sagas: Behind::new(&buying, inner.sagas.clone()),
        pricing: Behind::new(&buying, inner.pricing.clone()),
        keys: Behind::new(&buying, inner.keys.clone()),
        ..inner
    };
    let report = examined(ports).await;
    assert_eq!(report.findings, []);
    assert!(buying.left.load(Ordering::SeqCst) < 100, "it was busy");
    rest(&shop).await;
    assert_eq!(examined(Ports::clone(&shop.ports)).await.findings, []);
}

/// Stock of which something is read otherwise than it is.
struct Misread {
    inner: Arc<dyn StockQueries>,
    /// How often a figure still is.
    figures: AtomicI64,
    /// Whether all reservations are said to be let go.
    released: bool,
    /// Entries of ledgers that were read.
    entries: AtomicU64,
}

impl Misread {
    fn of(ports: &Ports) -> Self {
        let inner = ports.stock.clone();
        Self { inner, figures: AtomicI64::new(0), released: false, entries: AtomicU64::new(0) }
    }
}

#[async_trait]
impl StockQueries for Misread {
    async fn stock(&self, skus: &[Sku]) -> Result<Vec<Vec<StockItem>>, PortError> {
        self.inner.stock(skus).await
    }

    async fn list(
        &self,
        after: Option<Sku>,
        limit: usize,
    ) -> Result<Page<Vec<StockItem>, Sku>, PortError> {
        let mut page = self.inner.list(after, limit).await?;
        for item in page.items.iter_mut().flatten() {
            if self.figures.fetch_sub(1, Ordering::SeqCst) > 0 {
                let place = (item.sku().clone(), item.location().clone());
                let (on_hand, reserved) = (item.on_hand() + 1, item.reserved() + 1);
                *item = StockItem::restore(place, item.policy(), on_hand, reserved, item.version());
            }
        }
        Ok(page)
    }

    async fn low(
        &self,
        below: i64,
        after: Option<Sku>,
        limit: usize,
    ) -> Result<Page<Vec<StockItem>, Sku>, PortError> {
        self.inner.low(below, after, limit).await
    }

    async fn events(
        &self,
        sku: &Sku,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<StockEvent, u64>, PortError> {
        let page = self.inner.events(sku, after, limit).await?;
        self.entries.fetch_add(u64::try_from(page.items.len()).unwrap(), Ordering::SeqCst);
        Ok(page)
    }

    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, PortError> {
        let mut kept = self.inner.reservations(order).await?;
        for reservation in kept.iter_mut().filter(|_| self.released) {
            reservation.state = ReservationState::Released;
        }
        Ok(kept)
    }

    async fn claim_overdue(
        &self,
        until: Timestamp,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<OrderId>, PortError> {
        self.inner.claim_overdue(until, now, most).await
    }
}

#[tokio::test]
async fn a_figure_that_is_right_when_it_is_looked_at_again_is_no_finding() {
    let shop = shop().await;
    let misread = Misread { figures: AtomicI64::new(3), ..Misread::of(&shop.ports) };
    let ports = Ports { stock: Arc::new(misread), ..Ports::clone(&shop.ports) };
    assert_eq!(examined(ports).await.findings, []);
}

#[tokio::test]
async fn a_ledger_is_not_read_anew_for_each_of_its_orders() {
    let shop = shop().await;
    for number in 0..60 {
        order(&shop, &format!("many-{number}"), card("visa")).await.unwrap();
    }
    rest(&shop).await;
    let misread = Arc::new(Misread { released: true, ..Misread::of(&shop.ports) });
    let ports = Ports { stock: misread.clone(), ..Ports::clone(&shop.ports) };
    let report = examined(ports).await;
    let of = |part: &str| report.findings.iter().filter(|f| f.what.contains(part)).count();
    assert!(of("reservation of LAMP-1") > 60, "{:?}", report.findings);
    let (read, all) = (misread.entries.load(Ordering::SeqCst), report.checked.movements);
    assert!(all > 240 && read < all * 12, "{read} of {all} entries");
}
