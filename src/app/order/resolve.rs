use super::checkout::allowed;
use super::place::Placement;
use super::runner::{SagaRunner, Step};
use super::{OrderService, update};
use crate::app::AppError;
use crate::app::idempotency::{remember, replay};
use crate::domain::order::{
    CheckoutState, Effect, Order, Phase, RefundJobState, STOCK_LOST, Saga, SagaId, SagaPlan,
};
use crate::domain::shared::{OrderId, RefundId, Timestamp};
use crate::ports::idempotency::{KeyClaim, Outcome, Refusal};
use crate::ports::payment::{ChargeRecord, RefundOutcome, RefundRequest, VoidOutcome};
use crate::ports::store::{CommitError, Conflict, SagaStep, UnitOfWork, Write};

/// What has to wait for others: an answer, a buyer, a refund.
impl SagaRunner {
    /// Asks the provider's own record. Where it stays silent too long the payment is called off,
    /// which the provider makes final, so that nothing is taken later.
    pub(super) async fn resolve(
        &self,
        saga: &Saga,
        order: &Order,
        since: Timestamp,
    ) -> Result<Step, AppError> {
        let payment = order.placed().payment;
        let record = match self.ports.gateway.look_up(payment).await {
            Ok(record) => record,
            Err(error) => {
                tracing::warn!(order.id = %order.id(), %error, "look-up of a payment unanswered");
                return self.put_off(saga, self.ports.clock.now()).await;
            }
        };
        match record {
            ChargeRecord::Ended(outcome) => self.charged(saga, order, outcome).await,
            ChargeRecord::Voided => self.compensate_unpaid(saga, order, "payment_timeout").await,
            ChargeRecord::Unknown | ChargeRecord::Processing => {
                let now = self.ports.clock.now();
                if now.since(since) < self.config.give_up_payment_after {
                    return self.put_off(saga, now).await;
                }
                self.call_off(saga, order, "payment_timeout").await
            }
        }
    }

    /// The buyer did not act while the stock was held: the payment is called off.
    pub(super) async fn await_buyer(
        &self,
        saga: &Saga,
        order: &Order,
        until: Timestamp,
    ) -> Result<Step, AppError> {
        if self.ports.clock.now() < until {
            return Ok(Step::Rest);
        }
        self.call_off(saga, order, "buyer_did_not_act").await
    }

    pub(super) async fn call_off(
        &self,
        saga: &Saga,
        order: &Order,
        why: &str,
    ) -> Result<Step, AppError> {
        match self.ports.gateway.void(order.placed().payment, order.id()).await {
            Ok(VoidOutcome::Voided) => self.compensate_unpaid(saga, order, why).await,
            Ok(VoidOutcome::AlreadyCaptured) => self.confirm(saga, order, true).await,
            Err(error) => {
                tracing::warn!(order.id = %order.id(), %error, "void unanswered");
                self.put_off(saga, self.ports.clock.now()).await
            }
        }
    }

    /// Pays back what was taken for stock that was lost.
    pub(super) async fn pay_back(
        &self,
        saga: &Saga,
        order: &Order,
        refund: RefundId,
    ) -> Result<Step, AppError> {
        let outcome = self.refund_at_gateway(order, refund).await?;
        let now = self.ports.clock.now();
        match outcome {
            Some(RefundOutcome::Refunded) => {
                let change = allowed(order.paid_back(refund, STOCK_LOST, now))?;
                let refusal = Refusal::OrderFailed { reason: STOCK_LOST.to_owned() };
                let effects = [Effect::RefundPaid, Effect::Compensated];
                self.compensate(saga, change, refusal, &effects, now).await
            }
            Some(RefundOutcome::Refused { reason }) => {
                tracing::error!(order.id = %order.id(), reason, "refund refused, a person must act");
                let change = allowed(order.refund_failed(refund, reason, now))?;
                let plan = SagaPlan::Checkout(CheckoutState::NeedsAttention);
                // No outcome: the buyer's money is still here, so the key goes on saying `pending`.
                let step = SagaStep {
                    change: Some(change),
                    saga: saga.clone().advance(plan, &[Effect::RefundRefused], now),
                    outcome: None,
                };
                self.commit(Write::StepSaga, step, now).await.map_err(AppError::of_commit)?;
                Ok(Step::Rest)
            }
            None => self.put_off(saga, now).await,
        }
    }

    /// Pays a refund of an order that stands.
    pub(super) async fn refund_step(&self, saga: &Saga) -> Result<Step, AppError> {
        let SagaId::Refund(order, refund) = saga.id else { return Ok(Step::Rest) };
        let order = self.load(order).await?;
        let outcome = self.refund_at_gateway(&order, refund).await?;
        let Some(outcome) = outcome else {
            return self.put_off(saga, self.ports.clock.now()).await;
        };
        for _ in 0..self.config.max_retries {
            let now = self.ports.clock.now();
            let order = self.load(saga.id.order()).await?;
            if self.settle_refund(saga, &order, refund, &outcome, now).await? {
                return Ok(Step::Rest);
            }
            let kept = self.ports.sagas.saga(saga.id).await?;
            if kept.is_none_or(|kept| kept.version != saga.version) {
                return Ok(Step::Rest);
            }
        }
        Err(AppError::Contended("the order"))
    }

    /// Writes down how paying back went; `false` where the order changed meanwhile.
    async fn settle_refund(
        &self,
        saga: &Saga,
        order: &Order,
        refund: RefundId,
        outcome: &RefundOutcome,
        now: Timestamp,
    ) -> Result<bool, AppError> {
        let (change, state, effect) = match outcome {
            RefundOutcome::Refunded => {
                (order.refund_paid(refund, now), RefundJobState::Paid, Effect::RefundPaid)
            }
            RefundOutcome::Refused { reason } => {
                tracing::error!(order.id = %order.id(), reason, "refund refused, a person must act");
                let change = order.refund_failed(refund, reason.clone(), now);
                (change, RefundJobState::NeedsAttention, Effect::RefundRefused)
            }
        };
        let step = SagaStep {
            change: Some(allowed(change)?),
            saga: saga.clone().advance(SagaPlan::Refund(state), &[effect], now),
            outcome: None,
        };
        let moved = self.commit(Write::StepSaga, step, now).await.map_err(AppError::of_commit)?;
        Ok(moved.is_some())
    }

    /// Asks the provider to pay back; `None` where it did not answer.
    async fn refund_at_gateway(
        &self,
        order: &Order,
        refund: RefundId,
    ) -> Result<Option<RefundOutcome>, AppError> {
        let owed = order.refund(refund).ok_or(AppError::NotFound("refund"))?;
        let invoice = order
            .payment(owed.payment)
            .is_some_and(|payment| payment.method == crate::domain::order::PaymentMethod::Invoice);
        if invoice {
            // An invoice was paid outside any provider, and staff pay it back the same way.
            return Ok(Some(RefundOutcome::Refunded));
        }
        let request =
            RefundRequest { refund, payment: owed.payment, order: order.id(), amount: owed.amount };
        let answer = self.ports.gateway.refund(&request).await;
        if let Err(error) = &answer {
            tracing::warn!(order.id = %order.id(), refund.id = %refund, %error, "refund unanswered");
        }
        Ok(answer.ok())
    }
}

impl OrderService {
    /// The buyer acted: goes on with the payment. Naturally repeatable: an order that got its
    /// answer meanwhile answers it.
    pub async fn confirm_payment(&self, id: OrderId, key: KeyClaim) -> Result<Placement, AppError> {
        let now = self.ports.clock.now();
        if let Some(answered) = replay(&self.ports, &key, now).await? {
            let (outcome, replayed) = (answered.outcome, answered.replayed);
            return Ok(Placement { outcome, replayed, pending: false });
        }
        let order = self.order(id).await?;
        if order.phase() == Phase::Pending {
            self.resume(&order, now).await?;
        }
        let order = self.order(id).await?;
        let outcome = match order.phase() {
            // As it was read: it may be decided by now, and then the same key tells.
            Phase::Pending => {
                let outcome = Outcome::Order(order);
                return Ok(Placement { outcome, replayed: false, pending: true });
            }
            Phase::Confirmed => Outcome::Order(order),
            Phase::Failed => Outcome::Refused(update::failure_of(&order)),
            Phase::Cancelled => Outcome::Refused(Refusal::InvalidTransition {
                detail: "The order was cancelled.".to_owned(),
            }),
        };
        let answered = match outcome {
            Outcome::Refused(refusal) => remember(&self.ports, key, refusal, now).await?,
            outcome => update::keep(&self.ports, key, outcome, now).await?,
        };
        Ok(Placement { outcome: answered.outcome, replayed: answered.replayed, pending: false })
    }

    async fn resume(&self, order: &Order, now: Timestamp) -> Result<(), AppError> {
        let saga = self.ports.sagas.saga(SagaId::Checkout(order.id())).await?;
        let Some(saga) = saga else { return Ok(()) };
        let SagaPlan::Checkout(CheckoutState::AwaitingBuyer { until }) = saga.plan else {
            return Ok(());
        };
        let driven = if now < until {
            let Some(next) = self.buyer_acted(saga, now).await? else { return Ok(()) };
            self.go_on(&next, order).await
        } else {
            self.give_up(saga.id, now).await
        };
        if let Err(error) = driven {
            tracing::warn!(order.id = %order.id(), %error, "payment left to the runner");
        }
        Ok(())
    }

    /// Writes down that the buyer acted, and takes the saga; `None` where someone else moved it.
    async fn buyer_acted(&self, saga: Saga, now: Timestamp) -> Result<Option<Saga>, AppError> {
        let plan = SagaPlan::Checkout(CheckoutState::Resolving { since: now });
        let lease = self.runner.new_lease(now);
        let next = saga.advance(plan, &[Effect::BuyerActed], now).leased(lease);
        let step = SagaStep { change: None, saga: next.clone(), outcome: None };
        let unit = UnitOfWork::of(now, Write::StepSaga(Box::new(step)));
        match self.ports.store.commit(unit).await {
            Ok(()) => Ok(Some(next)),
            Err(CommitError::Refused(Conflict::Stale(_))) => Ok(None),
            Err(error) => Err(AppError::of_commit(error)),
        }
    }

    /// Asks the provider to go on, and drives the saga by its answer.
    async fn go_on(&self, saga: &Saga, order: &Order) -> Result<(), AppError> {
        let step = match self.ports.gateway.resume(order.placed().payment).await {
            Ok(outcome) => self.runner.charged(saga, order, outcome).await?,
            Err(error) => {
                tracing::warn!(order.id = %order.id(), %error, "resumed payment unanswered");
                self.runner.leave_unknown(saga, order).await?
            }
        };
        match step {
            Step::Next(saga) => self.runner.drive(saga).await,
            Step::Over(_) | Step::Rest => Ok(()),
        }
    }

    /// The buyer came too late: calls the payment off, unless the runner is at it.
    async fn give_up(&self, id: SagaId, now: Timestamp) -> Result<(), AppError> {
        let lease = self.runner.new_lease(now);
        match self.ports.sagas.claim(id, lease, now).await? {
            Some(saga) => self.runner.drive(saga).await,
            None => Ok(()),
        }
    }
}
