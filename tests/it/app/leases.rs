//! Who is at a checkout: leases that are renewed while its process lives.

use std::future;
use std::sync::Arc;

use async_trait::async_trait;
use ecicomm::domain::order::{Lease, Saga, SagaId};
use ecicomm::domain::shared::{OrderId, PaymentId, Span, Timestamp};
use ecicomm::ports::PortError;
use ecicomm::ports::catalog::Page;
use ecicomm::ports::order::{Sagas, SagasAt};
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

/// A store whose clock is five minutes ahead of everybody's.
struct Ahead(Arc<dyn Sagas>);

impl Ahead {
    const BY: Span = Span::minutes(5);

    fn as_read(saga: Saga) -> Saga {
        let lease = saga.lease.clone();
        let lease = lease.map(|lease| Lease { until: lease.until.plus(Self::BY), ..lease });
        Saga { lease, ..saga }
    }
}

#[async_trait]
impl Sagas for Ahead {
    async fn saga(&self, id: SagaId) -> Result<Option<Saga>, PortError> {
        Ok(self.0.saga(id).await?.map(Self::as_read))
    }

    async fn claim(
        &self,
        id: SagaId,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Option<Saga>, PortError> {
        Ok(self.0.claim(id, lease, now).await?.map(Self::as_read))
    }

    async fn claim_due(
        &self,
        lease: Lease,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Saga>, PortError> {
        let claimed = self.0.claim_due(lease, now, most).await?;
        Ok(claimed.into_iter().map(Self::as_read).collect())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, PortError> {
        self.0.next_due().await
    }

    async fn open(
        &self,
        after: Option<SagaId>,
        limit: usize,
    ) -> Result<Page<Saga, SagaId>, PortError> {
        self.0.open(after, limit).await
    }

    async fn counts(&self) -> Result<Vec<SagasAt>, PortError> {
        self.0.counts().await
    }
}

#[tokio::test]
async fn a_saga_is_renewed_in_time_though_the_clock_of_the_store_is_ahead() {
    let clock = HandClock::new();
    let shop = shop_with(|ports| {
        ports.clock = clock.clone();
        ports.gateway = Arc::new(Silent);
        ports.sagas = Arc::new(Ahead(ports.sagas.clone()));
    })
    .await;
    shop.catalog.create(draft("Lamp", "LAMP-1", 1_000)).await.unwrap();
    receive(&shop, "LAMP-1", "main", 9).await;
    {
        let place = shop.orders.place(card_order("LAMP-1", 1, "pm_card_visa"), key("a"));
        assert!(futures_util::poll!(std::pin::pin!(place)).is_pending());
    }
    clock.advance(Span::seconds(6));
    let mut step = std::pin::pin!(shop.runner.step());
    assert!(futures_util::poll!(&mut step).is_pending(), "it claims it, and asks the provider");
    clock.advance(Span::seconds(3));
    assert_eq!(shop.runner.renew().await.unwrap(), 1);
    clock.advance(Span::seconds(3));
    let (now, until) = (clock.now(), clock.now().plus(Span::seconds(5)));
    let other = Lease { owner: "other".into(), until };
    assert!(shop.ports.sagas.claim_due(other, now, 9).await.unwrap().is_empty());
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
    clock.advance(Span::seconds(-3_600));
    assert_eq!(shop.runner.renew().await.unwrap(), 1, "the clock was set back");
    clock.advance(Span::seconds(3_600 + 5));
    assert_eq!(left_to_others().await, 1, "one that tells nothing is dead");
}
