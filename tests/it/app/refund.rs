//! Refunds that the provider refuses, and what staff do about them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use ecicomm::app::{AppError, Shop};
use ecicomm::domain::order::{Order, OrderStatus, PaymentStatus, Resolution};
use ecicomm::domain::shared::*;
use ecicomm::ports::PortError;
use ecicomm::ports::idempotency::{Outcome, Refusal};
use ecicomm::ports::payment::{
    ChargeOutcome, ChargeRecord, ChargeRequest, PaymentGateway, RefundOutcome, RefundRequest,
    VoidOutcome,
};

use super::support::{HandClock, buy, card_order, draft, key, receive, shop_with, sku};

/// A provider that does what it is asked and, for as long as it is told, answers nothing; and that
/// refuses refunds, for as long as it is told.
struct Moody {
    inner: Arc<dyn PaymentGateway>,
    mute: AtomicBool,
    refuses: AtomicBool,
}

impl Moody {
    fn heard<T>(&self, answer: Result<T, PortError>) -> Result<T, PortError> {
        let mute = self.mute.load(Ordering::SeqCst);
        if mute { Err(PortError::timeout("the answer was lost")) } else { answer }
    }
}

#[async_trait]
impl PaymentGateway for Moody {
    async fn charge(&self, request: &ChargeRequest) -> Result<ChargeOutcome, PortError> {
        self.heard(self.inner.charge(request).await)
    }

    async fn resume(&self, payment: PaymentId) -> Result<ChargeOutcome, PortError> {
        self.heard(self.inner.resume(payment).await)
    }

    async fn look_up(&self, payment: PaymentId) -> Result<ChargeRecord, PortError> {
        self.heard(self.inner.look_up(payment).await)
    }

    async fn void(&self, payment: PaymentId, order: OrderId) -> Result<VoidOutcome, PortError> {
        self.heard(self.inner.void(payment, order).await)
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundOutcome, PortError> {
        if self.refuses.load(Ordering::SeqCst) {
            return Ok(RefundOutcome::Refused { reason: "card closed".into() });
        }
        self.heard(self.inner.refund(request).await)
    }
}

struct World {
    shop: Shop,
    clock: Arc<HandClock>,
    gateway: Arc<Moody>,
}

/// A shop with ten lamps whose provider refuses refunds.
async fn world() -> World {
    let clock = HandClock::new();
    let mut moody = None;
    let shop = shop_with(|ports| {
        ports.clock = clock.clone();
        let gateway = Arc::new(Moody {
            inner: ports.gateway.clone(),
            mute: AtomicBool::new(false),
            refuses: AtomicBool::new(true),
        });
        ports.gateway = gateway.clone();
        moody = Some(gateway);
    })
    .await;
    shop.catalog.create(draft("Lamp", "LAMP-1", 4_999)).await.unwrap();
    receive(&shop, "LAMP-1", "main", 10).await;
    World { shop, clock, gateway: moody.unwrap() }
}

impl World {
    /// Time passes, and what is due is done.
    async fn pass(&self, span: Span) {
        self.clock.advance(span);
        self.shop.sweeper.step().await.unwrap();
        while self.shop.runner.step().await.unwrap() > 0 {}
    }

    async fn order(&self, id: OrderId) -> Arc<Order> {
        self.shop.orders.order(id).await.unwrap()
    }

    async fn resolve(&self, order: &Order, how: Resolution, name: &str) -> Arc<Order> {
        let failed = order.refunds().last().unwrap().id;
        let resolved = self.shop.orders.resolve_refund(order.id(), failed, how, key(name)).await;
        match resolved.unwrap().outcome {
            Outcome::Order(order) => order,
            other => panic!("not resolved: {other:?}"),
        }
    }

    async fn level(&self) -> (i64, i64) {
        let levels = self.shop.inventory.levels(&sku("LAMP-1")).await.unwrap();
        (levels[0].on_hand(), levels[0].reserved())
    }

    /// An order that was paid while nobody heard of it, so long that its lamps were let go of, and
    /// whose money the provider does not give back.
    async fn stuck(&self) -> Arc<Order> {
        self.gateway.mute.store(true, Ordering::SeqCst);
        let order = buy(&self.shop, "LAMP-1", 2, "pm_card_visa").await;
        self.pass(Span::minutes(31)).await;
        assert_eq!(self.level().await, (10, 0));
        self.gateway.mute.store(false, Ordering::SeqCst);
        self.pass(Span::minutes(1)).await;
        let order = self.order(order.id()).await;
        assert_eq!(order.status(), OrderStatus::Attention);
        assert_eq!(order.payment_status(), PaymentStatus::Captured);
        order
    }
}

#[tokio::test]
async fn a_refund_that_was_refused_is_tried_again_under_a_key_of_its_own() {
    let world = world().await;
    let order = buy(&world.shop, "LAMP-1", 2, "pm_card_visa").await;
    world.shop.orders.cancel(order.id(), "changed my mind".into(), key("c")).await.unwrap();
    world.pass(Span::seconds(1)).await;
    let stuck = world.order(order.id()).await;
    assert_eq!(stuck.status(), OrderStatus::Attention);
    world.gateway.refuses.store(false, Ordering::SeqCst);
    let retried = world.resolve(&stuck, Resolution::Retry, "r").await;
    assert_eq!(retried.status(), OrderStatus::Cancelled);
    let again = world.resolve(&stuck, Resolution::Retry, "r").await;
    assert_eq!(again, retried);
    world.pass(Span::seconds(1)).await;
    let paid = world.order(order.id()).await;
    assert_eq!(paid.payment_status(), PaymentStatus::Refunded);
    assert_eq!(paid.refunds().len(), 2);
}

#[tokio::test]
async fn money_for_stock_that_is_gone_is_never_said_to_be_back_while_it_is_not() {
    let world = world().await;
    let order = world.stuck().await;
    let failed = order.refunds()[0].id;
    let drop = Resolution::Drop;
    let dropped = world.shop.orders.resolve_refund(order.id(), failed, drop, key("d")).await;
    let refused = dropped.unwrap().outcome;
    assert!(matches!(refused, Outcome::Refused(Refusal::InvalidTransition { .. })), "{refused:?}");
    assert_eq!(world.order(order.id()).await, order);
    world.gateway.refuses.store(false, Ordering::SeqCst);
    world.resolve(&order, Resolution::Retry, "r").await;
    world.pass(Span::seconds(1)).await;
    let ended = world.order(order.id()).await;
    assert_eq!((ended.status(), ended.reason()), (OrderStatus::Failed, Some("stock_lost")));
    assert_eq!(ended.refunded(), ended.captured());
    assert_eq!(world.level().await, (10, 0));
}

#[tokio::test]
async fn what_staff_paid_back_by_hand_ends_an_order_that_never_stood() {
    let world = world().await;
    let order = world.stuck().await;
    let retried = world.resolve(&order, Resolution::Retry, "r").await;
    world.pass(Span::seconds(1)).await;
    let again = world.order(order.id()).await;
    assert_eq!((retried.attention(), again.status()), (None, OrderStatus::Attention));
    let ended = world.resolve(&again, Resolution::Paid, "p").await;
    assert_eq!((ended.status(), ended.refunded()), (OrderStatus::Failed, ended.captured()));
    let report = world.shop.doctor.examine(&mut |_, _| ()).await.unwrap();
    assert_eq!(report.findings, []);
    let settled = again.refunds()[1].id;
    let twice = Resolution::Paid;
    let twice = world.shop.orders.resolve_refund(order.id(), settled, twice, key("q")).await;
    assert!(matches!(twice.unwrap().outcome, Outcome::Refused(_)));
}

#[tokio::test]
async fn the_key_of_an_order_that_waits_for_staff_says_that_it_is_pending() {
    let world = world().await;
    world.gateway.mute.store(true, Ordering::SeqCst);
    let command = card_order("LAMP-1", 2, "pm_card_visa");
    let placed = world.shop.orders.place(command.clone(), key("a")).await.unwrap();
    assert!(placed.pending);
    world.pass(Span::minutes(31)).await;
    world.gateway.mute.store(false, Ordering::SeqCst);
    world.pass(Span::minutes(1)).await;
    let waits = world.shop.orders.place(command.clone(), key("a")).await.unwrap();
    let Outcome::Order(order) = waits.outcome else { panic!("{waits:?}") };
    assert_eq!((waits.pending, order.status()), (true, OrderStatus::Attention));
    world.resolve(&order, Resolution::Paid, "p").await;
    let ended = world.shop.orders.place(command, key("a")).await.unwrap();
    let failed = Refusal::OrderFailed { reason: "stock_lost".into() };
    assert_eq!((ended.pending, ended.outcome), (false, Outcome::Refused(failed)));
}

#[tokio::test]
async fn only_a_refund_that_failed_is_resolved() {
    let world = world().await;
    let order = buy(&world.shop, "LAMP-1", 2, "pm_card_visa").await;
    let unknown = RefundId::new(uuid::Uuid::from_u128(404));
    for how in [Resolution::Retry, Resolution::Paid, Resolution::Drop] {
        let answer = world.shop.orders.resolve_refund(order.id(), unknown, how, key("u")).await;
        assert!(matches!(answer, Err(AppError::NotFound("refund"))), "{how:?}");
    }
}
