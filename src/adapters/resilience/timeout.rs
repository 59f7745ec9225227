use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time;

use crate::domain::shared::{OrderId, PaymentId, Span};
use crate::ports::PortError;
use crate::ports::payment::{
    ChargeOutcome, ChargeRecord, ChargeRequest, PaymentGateway, RefundOutcome, RefundRequest,
    VoidOutcome,
};

/// A gateway whose calls end in time. One that ran out of time may have happened, and says so.
pub struct TimeoutGateway {
    inner: Arc<dyn PaymentGateway>,
    limit: Duration,
}

impl TimeoutGateway {
    /// `inner`, every call of it ended after `limit`.
    pub fn new(inner: Arc<dyn PaymentGateway>, limit: Span) -> Self {
        let micros = u64::try_from(limit.as_micros()).unwrap_or(0);
        Self { inner, limit: Duration::from_micros(micros) }
    }

    async fn bounded<T>(
        &self,
        call: impl Future<Output = Result<T, PortError>> + Send,
    ) -> Result<T, PortError> {
        time::timeout(self.limit, call).await.unwrap_or_else(|late| Err(PortError::timeout(late)))
    }
}

#[async_trait]
impl PaymentGateway for TimeoutGateway {
    async fn charge(&self, request: &ChargeRequest) -> Result<ChargeOutcome, PortError> {
        self.bounded(self.inner.charge(request)).await
    }

    async fn resume(&self, payment: PaymentId) -> Result<ChargeOutcome, PortError> {
        self.bounded(self.inner.resume(payment)).await
    }

    async fn look_up(&self, payment: PaymentId) -> Result<ChargeRecord, PortError> {
        self.bounded(self.inner.look_up(payment)).await
    }

    async fn void(&self, payment: PaymentId, order: OrderId) -> Result<VoidOutcome, PortError> {
        self.bounded(self.inner.void(payment, order)).await
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundOutcome, PortError> {
        self.bounded(self.inner.refund(request)).await
    }
}
