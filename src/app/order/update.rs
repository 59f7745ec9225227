use std::sync::Arc;

use super::OrderService;
use crate::app::idempotency::{after_doubt, remember, replay};
use crate::app::{Answered, AppError, Ports};
use crate::domain::order::{Order, OrderError, PaymentState, Phase, Saga, SagaId};
use crate::domain::shared::{OrderId, Timestamp};
use crate::ports::idempotency::{KeyClaim, Outcome, Refusal};
use crate::ports::store::{CommitError, Conflict, OrderUpdate, UnitOfWork, Write};

impl OrderService {
    /// Changes an order under a key: decides on the order as it is, commits the change and its
    /// outcome together, and decides anew where others were faster.
    pub(super) async fn update(
        &self,
        id: OrderId,
        key: KeyClaim,
        decide: impl Fn(&Order, Timestamp) -> Result<OrderUpdate, AppError>,
    ) -> Result<Answered, AppError> {
        self.write(id, key, |order, _, now| {
            let update = decide(order, now)?;
            Ok((update.change.order.clone(), Write::UpdateOrder(Box::new(update))))
        })
        .await
    }

    /// The same by any write, which is told with the order behind it. What is decided on an order
    /// that is pending may go by its checkout.
    pub(super) async fn write(
        &self,
        id: OrderId,
        key: KeyClaim,
        decide: impl Fn(&Order, Option<Saga>, Timestamp) -> Result<(Order, Write), AppError>,
    ) -> Result<Answered, AppError> {
        for _ in 0..self.config.max_retries {
            let now = self.ports.clock.now();
            if let Some(answered) = replay(&self.ports, &key, now).await? {
                return Ok(answered);
            }
            let order = self.order(id).await?;
            let checkout = match order.phase() {
                Phase::Pending => self.ports.sagas.saga(SagaId::Checkout(id)).await?,
                Phase::Confirmed | Phase::Failed | Phase::Cancelled => None,
            };
            let (after, write) = match decide(&order, checkout, now) {
                Ok(decided) => decided,
                Err(AppError::Refused(refusal)) => {
                    return remember(&self.ports, key, *refusal, now).await;
                }
                Err(error) => return Err(error),
            };
            let outcome = Outcome::Order(Arc::new(after));
            let finish = Write::FinishKey { claim: key.clone(), outcome: outcome.clone() };
            let unit = UnitOfWork { at: now, writes: vec![write, finish] };
            match self.ports.store.commit(unit).await {
                Ok(()) => return Ok(Answered::fresh(outcome)),
                Err(CommitError::Refused(Conflict::Stale(_) | Conflict::KeyTaken)) => {}
                Err(error) => return after_doubt(&self.ports, &key, error, now).await,
            }
        }
        Err(AppError::Contended("the order"))
    }
}

/// Keeps an outcome under its key; where another request was faster, its outcome is the answer.
pub(super) async fn keep(
    ports: &Arc<Ports>,
    key: KeyClaim,
    outcome: Outcome,
    now: Timestamp,
) -> Result<Answered, AppError> {
    let write = Write::FinishKey { claim: key.clone(), outcome: outcome.clone() };
    match ports.store.commit(UnitOfWork::of(now, write)).await {
        Ok(()) => Ok(Answered::fresh(outcome)),
        Err(CommitError::Refused(Conflict::KeyTaken)) => {
            replay(ports, &key, now).await?.ok_or(AppError::InProgress)
        }
        Err(error) => after_doubt(ports, &key, error, now).await,
    }
}

/// What a transition that the order forbids means to who asked.
pub(super) fn refused(error: OrderError) -> AppError {
    match error {
        OrderError::NoSuch(what) => AppError::NotFound(what),
        OrderError::BadAmount
        | OrderError::Nothing(_)
        | OrderError::InvalidTransition { .. }
        | OrderError::TooManyUnits { .. }
        | OrderError::TooMuchMoney { .. } => {
            AppError::refused(Refusal::InvalidTransition { detail: sentence(&error.to_string()) })
        }
    }
}

/// What a failed order tells who waits for it.
pub(in crate::app) fn failure_of(order: &Order) -> Refusal {
    let declined = order.payments().iter().find_map(|payment| match &payment.state {
        PaymentState::Declined { reason } => Some(reason.clone()),
        _ => None,
    });
    match declined {
        Some(reason) => Refusal::PaymentDeclined { reason, order: order.id() },
        None => Refusal::OrderFailed { reason: order.reason().unwrap_or("unknown").to_owned() },
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
