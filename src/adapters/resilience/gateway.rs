use std::sync::Arc;

use async_trait::async_trait;

use super::guard::{Again, Guard};
use crate::domain::shared::{OrderId, PaymentId};
use crate::ports::PortError;
use crate::ports::payment::{
    ChargeOutcome, ChargeRecord, ChargeRequest, PaymentGateway, RefundOutcome, RefundRequest,
    VoidOutcome,
};

/// A gateway whose calls end in time, and at once while the provider is away. They are not made
/// again here: sagas do that, with what they know of the order.
pub struct GuardedGateway {
    inner: Arc<dyn PaymentGateway>,
    guard: Guard,
}

impl GuardedGateway {
    /// `inner`, behind `guard`.
    pub fn new(inner: Arc<dyn PaymentGateway>, guard: Guard) -> Self {
        Self { inner, guard }
    }
}

#[async_trait]
impl PaymentGateway for GuardedGateway {
    async fn charge(&self, request: &ChargeRequest) -> Result<ChargeOutcome, PortError> {
        self.guard.call(Again::IfNothingWasDone, || self.inner.charge(request)).await
    }

    async fn resume(&self, payment: PaymentId) -> Result<ChargeOutcome, PortError> {
        self.guard.call(Again::IfNothingWasDone, || self.inner.resume(payment)).await
    }

    async fn look_up(&self, payment: PaymentId) -> Result<ChargeRecord, PortError> {
        self.guard.call(Again::Always, || self.inner.look_up(payment)).await
    }

    async fn void(&self, payment: PaymentId, order: OrderId) -> Result<VoidOutcome, PortError> {
        self.guard.call(Again::IfNothingWasDone, || self.inner.void(payment, order)).await
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundOutcome, PortError> {
        self.guard.call(Again::IfNothingWasDone, || self.inner.refund(request)).await
    }
}
