//! Who is at a checkout: leases that are renewed while its process lives.

use std::future;
use std::sync::Arc;

use async_trait::async_trait;
use ecicomm::domain::order::Lease;
use ecicomm::domain::shared::{OrderId, PaymentId, Span};
use ecicomm::ports::PortError;
use ecicomm::ports::payment::{
    ChargeOutcome, ChargeRecord, ChargeRequest, PaymentGateway, RefundOutcome, RefundRequest,
    VoidOutcome,
};
use ecicomm::ports::system::Clock as _;

use super::support::{HandClock, card_order, draft, key, receive, shop_with};

/// A provider that never answers.
struct Silent;

#[async_trait]
impl PaymentGateway for Silent {
    async fn charge(&self, _: &ChargeRequest) -> Result<ChargeOutcome, PortError> {
        future::pending().await
    }

    async fn resume(&self, _: PaymentId) -> Result<ChargeOutcome, PortError> {
        future::pending().await
    }

    async fn look_up(&self, _: PaymentId) -> Result<ChargeRecord, PortError> {
        future::pending().await
    }

    async fn void(&self, _: PaymentId, _: OrderId) -> Result<VoidOutcome, PortError> {
        future::pending().await
    }

    async fn refund(&self, _: &RefundRequest) -> Result<RefundOutcome, PortError> {
        future::pending().await
    }
}

#[tokio::test]
async fn a_checkout_is_nobody_elses_while_its_process_tells_of_itself() {
    let clock = HandClock::new();
    let shop = shop_with(|ports| {
        ports.clock = clock.clone();
        ports.gateway = Arc::new(Silent);
    })
    .await;
    shop.catalog.create(draft("Lamp", "LAMP-1", 1_000)).await.unwrap();
    receive(&shop, "LAMP-1", "main", 9).await;
    let place = shop.orders.place(card_order("LAMP-1", 1, "pm_card_visa"), key("a"));
    let mut place = std::pin::pin!(place);
    // As far as it goes: its payment waits.
    assert!(futures_util::poll!(&mut place).is_pending());
    let left_to_others = async || {
        let (now, until) = (clock.now(), clock.now().plus(Span::seconds(5)));
        let other = Lease { owner: "other".into(), until };
        shop.ports.sagas.claim_due(other, now, 9).await.unwrap().len()
    };
    for _ in 0..4 {
        clock.advance(Span::seconds(3));
        assert_eq!(shop.runner.renew().await.unwrap(), 1);
        assert_eq!(left_to_others().await, 0);
    }
    clock.advance(Span::seconds(1));
    assert_eq!(shop.runner.renew().await.unwrap(), 0, "it was told of a moment ago");
    clock.advance(Span::seconds(4));
    assert_eq!(left_to_others().await, 1, "one that tells nothing is dead");
}
