use std::future;
use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::*;
use crate::domain::shared::{OrderId, PaymentId, Span};
use crate::ports::payment::{
    ChargeOutcome, ChargeRecord, ChargeRequest, PaymentGateway, RefundOutcome, RefundRequest,
    VoidOutcome,
};
use crate::ports::{PortError, PortErrorKind};

/// Answers a look-up at once and nothing else ever.
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
        Ok(ChargeRecord::Processing)
    }

    async fn void(&self, _: PaymentId, _: OrderId) -> Result<VoidOutcome, PortError> {
        future::pending().await
    }

    async fn refund(&self, _: &RefundRequest) -> Result<RefundOutcome, PortError> {
        future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_ends_as_a_timeout_at_the_limit() {
    let gateway = TimeoutGateway::new(Arc::new(Silent), Span::seconds(8));
    let began = tokio::time::Instant::now();
    let error = gateway.resume(PaymentId::new(Uuid::from_u128(1))).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Timeout);
    assert_eq!(began.elapsed().as_secs(), 8);
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_passes_unchanged() {
    let gateway = TimeoutGateway::new(Arc::new(Silent), Span::seconds(8));
    let record = gateway.look_up(PaymentId::new(Uuid::from_u128(1))).await.unwrap();
    assert_eq!(record, ChargeRecord::Processing);
}
