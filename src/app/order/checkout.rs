use std::sync::Arc;

use super::runner::{SagaRunner, Step};
use crate::app::AppError;
use crate::domain::order::{
    CheckoutState, Effect, Lease, Order, OrderChange, OrderError, PaymentMethod, STOCK_LOST, Saga,
    SagaPlan,
};
use crate::domain::shared::{RefundId, Timestamp};
use crate::ports::PortErrorKind;
use crate::ports::idempotency::{Outcome, Refusal};
use crate::ports::payment::{ChargeOutcome, ChargeRequest};
use crate::ports::store::{CommitError, Conflict, SagaStep, Write};

/// Reserve → pay → confirm: the steps after the stock is held.
impl SagaRunner {
    /// Asks for the money. Asking again after a crash is safe: the payment's id is the key. Nothing
    /// is asked for stock that is no longer held.
    pub(super) async fn pay(&self, saga: &Saga, order: &Order) -> Result<Step, AppError> {
        let PaymentMethod::Card { token } = &order.placed().method else {
            return self.confirm(saga, order, false).await;
        };
        let request = ChargeRequest {
            payment: order.placed().payment,
            order: order.id(),
            amount: order.amount_due(),
            token: token.clone(),
        };
        if request.amount.is_zero() {
            return self.confirm(saga, order, false).await;
        }
        let now = self.ports.clock.now();
        if now >= order.placed().at.plus(self.config.hold) {
            // Nobody came back to it while its stock was held. It may have been charged before
            // that.
            return self.call_off(saga, order, "hold_expired").await;
        }
        match self.ports.gateway.charge(&request).await {
            Ok(outcome) => self.charged(saga, order, outcome).await,
            Err(error) => {
                tracing::warn!(order.id = %order.id(), %error, "charge unanswered");
                let now = self.ports.clock.now();
                let young = now.since(order.placed().at) < self.config.give_up_payment_after;
                if young && error.kind() == PortErrorKind::Unavailable {
                    return self.put_off(saga, now).await;
                }
                self.leave_unknown(saga, order).await
            }
        }
    }

    /// Goes on from what the provider said.
    pub(super) async fn charged(
        &self,
        saga: &Saga,
        order: &Order,
        outcome: ChargeOutcome,
    ) -> Result<Step, AppError> {
        match outcome {
            ChargeOutcome::Captured => self.confirm(saga, order, true).await,
            ChargeOutcome::Declined { reason } => self.decline(saga, order, reason).await,
            ChargeOutcome::RequiresAction { next_action } => {
                self.ask_buyer(saga, order, next_action).await
            }
        }
    }

    /// The order stands: stock leaves the house in the same commit.
    pub(super) async fn confirm(
        &self,
        saga: &Saga,
        order: &Order,
        captured: bool,
    ) -> Result<Step, AppError> {
        let now = self.ports.clock.now();
        let change = allowed(order.confirm(captured, now))?;
        let plan = SagaPlan::Checkout(CheckoutState::Confirmed);
        let outcome = Outcome::Order(Arc::new(change.order.clone()));
        let step = SagaStep {
            outcome: Some(outcome.clone()),
            change: Some(change),
            saga: saga.clone().advance(plan, &[Effect::Confirmed], now),
        };
        match self.commit(Write::ConfirmOrder, step, now).await {
            Ok(moved) => Ok(moved.map_or(Step::Rest, |_| Step::Over(outcome))),
            Err(CommitError::Refused(Conflict::ReservationLost)) if captured => {
                self.begin_paying_back(saga, order, now).await
            }
            Err(CommitError::Refused(Conflict::ReservationLost)) => {
                self.compensate_unpaid(saga, order, "reservation_expired").await
            }
            Err(error) => Err(AppError::of_commit(error)),
        }
    }

    /// The provider refused: what was held is given back.
    async fn decline(&self, saga: &Saga, order: &Order, reason: String) -> Result<Step, AppError> {
        let now = self.ports.clock.now();
        let change = allowed(order.decline(reason.clone(), now))?;
        let refusal = Refusal::PaymentDeclined { reason, order: order.id() };
        self.compensate(saga, change, refusal, &[Effect::PaymentFailed, Effect::Compensated], now)
            .await
    }

    /// The payment is certain never to happen: what was held is given back.
    pub(super) async fn compensate_unpaid(
        &self,
        saga: &Saga,
        order: &Order,
        reason: &str,
    ) -> Result<Step, AppError> {
        let now = self.ports.clock.now();
        let change = allowed(order.fail(reason, now))?;
        let refusal = Refusal::OrderFailed { reason: reason.to_owned() };
        self.compensate(saga, change, refusal, &[Effect::PaymentFailed, Effect::Compensated], now)
            .await
    }

    pub(super) async fn compensate(
        &self,
        saga: &Saga,
        change: OrderChange,
        refusal: Refusal,
        effects: &[Effect],
        now: Timestamp,
    ) -> Result<Step, AppError> {
        let plan = SagaPlan::Checkout(CheckoutState::Compensated);
        let outcome = Outcome::Refused(refusal);
        let step = SagaStep {
            change: Some(change),
            saga: saga.clone().advance(plan, effects, now),
            outcome: Some(outcome.clone()),
        };
        let moved = self.commit(Write::CompensateOrder, step, now).await;
        let moved = moved.map_err(AppError::of_commit)?;
        Ok(moved.map_or(Step::Rest, |_| Step::Over(outcome)))
    }

    /// No answer: the provider's own record has to tell, a little later.
    pub(super) async fn leave_unknown(&self, saga: &Saga, order: &Order) -> Result<Step, AppError> {
        let now = self.ports.clock.now();
        let change = allowed(order.payment_unknown(now))?;
        let plan = SagaPlan::Checkout(CheckoutState::Resolving { since: now });
        let saga = saga.clone().advance(plan, &[Effect::PaymentUnknown], now);
        let saga = saga.waiting(now.plus(self.config.resolve_after));
        self.wait(change, saga, now).await
    }

    /// The buyer must act; the stock stays held until the hold runs out.
    pub(super) async fn ask_buyer(
        &self,
        saga: &Saga,
        order: &Order,
        next_action: String,
    ) -> Result<Step, AppError> {
        let now = self.ports.clock.now();
        let until = order.placed().at.plus(self.config.hold);
        let change = allowed(order.payment_requires_action(next_action, now))?;
        let plan = SagaPlan::Checkout(CheckoutState::AwaitingBuyer { until });
        let saga = saga.clone().advance(plan, &[Effect::ActionRequired], now).waiting(until);
        self.wait(change, saga, now).await
    }

    async fn wait(
        &self,
        change: OrderChange,
        saga: Saga,
        now: Timestamp,
    ) -> Result<Step, AppError> {
        let change = (!change.events.is_empty()).then_some(change);
        let step = SagaStep { change, saga, outcome: None };
        self.commit(Write::StepSaga, step, now).await.map_err(AppError::of_commit)?;
        Ok(Step::Rest)
    }

    /// The money was taken, the stock is gone: the money goes back before the order fails.
    async fn begin_paying_back(
        &self,
        saga: &Saga,
        order: &Order,
        now: Timestamp,
    ) -> Result<Step, AppError> {
        let refund = RefundId::new(self.ports.ids.next());
        let change = allowed(order.owe_back(refund, STOCK_LOST, now))?;
        let plan = SagaPlan::Checkout(CheckoutState::PayingBack { refund });
        let mut next = saga.clone().advance(plan, &[Effect::StockLost], now);
        let until = now.plus(self.config.lease);
        next.lease = saga.lease.clone().map(|lease| Lease { until, ..lease });
        let step = SagaStep { change: Some(change), saga: next, outcome: None };
        let moved = self.commit(Write::StepSaga, step, now).await.map_err(AppError::of_commit)?;
        Ok(moved.map_or(Step::Rest, Step::Next))
    }
}

/// A transition that the saga's state promises; if the order forbids it, someone else moved the
/// order, and the saga is looked at anew.
pub(super) fn allowed(change: Result<OrderChange, OrderError>) -> Result<OrderChange, AppError> {
    change.map_err(|error| {
        AppError::refused(Refusal::InvalidTransition { detail: error.to_string() })
    })
}
