use std::sync::Arc;

use super::OrderService;
use crate::app::idempotency::{after_doubt, remember, replay};
use crate::app::{Answered, AppError, Ports};
use crate::domain::order::{Order, OrderError, PaymentState};
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
        for _ in 0..self.config.max_retries {
            let now = self.ports.clock.now();
            if let Some(answered) = replay(&self.ports, &key, now).await? {
                return Ok(answered);
            }
            let order = self.order(id).await?;
            let update = match decide(&order, now) {
                Ok(update) => update,
                Err(AppError::Refused(refusal)) => {
                    return remember(&self.ports, key, *refusal, now).await;
                }
                Err(error) => return Err(error),
            };
            let outcome = Outcome::Order(Arc::new(update.change.order.clone()));
            let writes = vec![
                Write::UpdateOrder(Box::new(update)),
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
pub(super) fn failure_of(order: &Order) -> Refusal {
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
