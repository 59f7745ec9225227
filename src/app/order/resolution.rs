use std::sync::Arc;

use super::OrderService;
use super::aftersale::with_refunds;
use super::update::refused;
use crate::app::idempotency::{after_doubt, remember, replay};
use crate::app::{Answered, AppError};
use crate::domain::order::{
    CheckoutState, Effect, OrderChange, Phase, Resolution, Saga, SagaId, SagaPlan,
};
use crate::domain::shared::{OrderId, RefundId, Timestamp};
use crate::ports::idempotency::{KeyClaim, Outcome, Refusal};
use crate::ports::store::{CommitError, Conflict, SagaStep, UnitOfWork, Write};

/// What staff do about a refund that the provider refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundResolution {
    /// Ask the provider again.
    Retry,
    /// The money went back by another way.
    Paid,
    /// Nothing goes back.
    Drop,
}

impl OrderService {
    /// Staff deal with a refund that the provider refused, so that the order needs no attention any
    /// more. Of an order whose stock was gone when its money came, the checkout goes on to its end.
    pub async fn resolve_refund(
        &self,
        id: OrderId,
        refund: RefundId,
        how: RefundResolution,
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        if self.order(id).await?.phase() == Phase::Pending {
            return self.resolve_debt(id, refund, how, key).await;
        }
        self.update(id, key, |order, now| {
            let change = order.resolve_refund(refund, self.resolution(how), now);
            Ok(with_refunds(change.map_err(refused)?, now))
        })
        .await
    }

    fn resolution(&self, how: RefundResolution) -> Resolution {
        match how {
            RefundResolution::Retry => Resolution::Retry(RefundId::new(self.ports.ids.next())),
            RefundResolution::Paid => Resolution::Paid,
            RefundResolution::Drop => Resolution::Drop,
        }
    }

    /// The same for what a checkout owes back: its own saga goes on.
    async fn resolve_debt(
        &self,
        id: OrderId,
        refund: RefundId,
        how: RefundResolution,
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        for _ in 0..self.config.max_retries {
            let now = self.ports.clock.now();
            if let Some(answered) = replay(&self.ports, &key, now).await? {
                return Ok(answered);
            }
            let order = self.order(id).await?;
            let resolution = self.resolution(how);
            let change = match order.resolve_refund(refund, resolution, now).map_err(refused) {
                Ok(change) => change,
                Err(AppError::Refused(refusal)) => {
                    return remember(&self.ports, key, *refusal, now).await;
                }
                Err(error) => return Err(error),
            };
            let saga = self.ports.sagas.saga(SagaId::Checkout(id)).await?;
            let Some(saga) = saga.filter(Saga::is_over) else { continue };
            let outcome = Outcome::Order(Arc::new(change.order.clone()));
            let writes = vec![
                go_on(saga, change, resolution, now),
                Write::FinishKey { claim: key.clone(), outcome: outcome.clone() },
            ];
            match self.ports.store.commit(UnitOfWork { at: now, writes }).await {
                Ok(()) => return Ok(Answered::fresh(outcome)),
                Err(CommitError::Refused(Conflict::Stale(_) | Conflict::KeyTaken)) => {}
                Err(error) => return after_doubt(&self.ports, &key, error, now).await,
            }
        }
        Err(AppError::Contended("the order"))
    }
}

/// The checkout's next step: it pays back under the new refund, or it ends as one that gave everything
/// back.
fn go_on(saga: Saga, change: OrderChange, resolution: Resolution, now: Timestamp) -> Write {
    if let Resolution::Retry(refund) = resolution {
        let plan = SagaPlan::Checkout(CheckoutState::PayingBack { refund });
        let saga = saga.advance(plan, &[Effect::RefundAgreed], now);
        return Write::StepSaga(Box::new(SagaStep { change: Some(change), saga, outcome: None }));
    }
    let reason = change.order.reason().unwrap_or_default().to_owned();
    let effects = [Effect::RefundPaid, Effect::Compensated];
    let saga = saga.advance(SagaPlan::Checkout(CheckoutState::Compensated), &effects, now);
    Write::CompensateOrder(Box::new(SagaStep {
        change: Some(change),
        saga,
        outcome: Some(Outcome::Refused(Refusal::OrderFailed { reason })),
    }))
}
