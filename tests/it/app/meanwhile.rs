//! What comes to be known between two looks of one request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use ecicomm::app::Shop;
use ecicomm::domain::order::{Order, OrderEvent, OrderStatus};
use ecicomm::domain::shared::{CartId, OrderId, Span};
use ecicomm::ports::PortError;
use ecicomm::ports::catalog::Page;
use ecicomm::ports::idempotency::Outcome;
use ecicomm::ports::order::{OrderFilter, OrderMark, OrderQueries};

use super::support::{HandClock, card_order, draft, key, receive, shop_with};

/// Orders, the next of which is decided just before it is read.
struct Decided {
    inner: Arc<dyn OrderQueries>,
    clock: Arc<HandClock>,
    shop: OnceLock<Shop>,
    next: AtomicBool,
}

#[async_trait]
impl OrderQueries for Decided {
    async fn order(&self, id: OrderId) -> Result<Option<Arc<Order>>, PortError> {
        if self.next.swap(false, Ordering::SeqCst) {
            self.clock.advance(Span::minutes(1));
            self.shop.get().unwrap().runner.step().await.unwrap();
        }
        self.inner.order(id).await
    }

    async fn by_ids(&self, ids: &[OrderId]) -> Result<Vec<Option<Arc<Order>>>, PortError> {
        self.inner.by_ids(ids).await
    }

    async fn order_of_cart(&self, cart: CartId) -> Result<Option<OrderId>, PortError> {
        self.inner.order_of_cart(cart).await
    }

    async fn orders(
        &self,
        filter: &OrderFilter,
        after: Option<OrderMark>,
        limit: usize,
    ) -> Result<Page<Arc<Order>, OrderMark>, PortError> {
        self.inner.orders(filter, after, limit).await
    }

    async fn order_events(
        &self,
        id: OrderId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<OrderEvent, u64>, PortError> {
        self.inner.order_events(id, after, limit).await
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_decided_while_it_is_read_is_not_told_to_be_pending() {
    let clock = HandClock::new();
    let mut orders = None;
    let shop = shop_with(|ports| {
        ports.clock = clock.clone();
        let (inner, clock) = (ports.orders.clone(), clock.clone());
        let (shop, next) = (OnceLock::new(), AtomicBool::new(false));
        let decided = Arc::new(Decided { inner, clock, shop, next });
        ports.orders = decided.clone();
        orders = Some(decided);
    })
    .await;
    let orders = orders.unwrap();
    assert!(orders.shop.set(shop.clone()).is_ok());
    shop.catalog.create(draft("Lamp", "LAMP-1", 1_000)).await.unwrap();
    receive(&shop, "LAMP-1", "main", 9).await;
    let place =
        || shop.orders.place(card_order("LAMP-1", 1, "pm_sandbox_timeout_then_captured"), key("a"));
    let first = place().await.unwrap();
    assert!(first.pending);
    // It is due later, so that a repetition only looks.
    orders.next.store(true, Ordering::SeqCst);
    let again = place().await.unwrap();
    let Outcome::Order(order) = again.outcome else { panic!("no order") };
    assert_eq!((order.status(), again.pending), (OrderStatus::Confirmed, false));
}
