use std::sync::Arc;

use super::{
    Order, OrderChange, OrderError, OrderEvent, Payment, PaymentMethod, PaymentState, Phase,
    Placed, Refund, RefundState,
};
use crate::domain::shared::{Money, RefundId, Timestamp};

/// From placing to confirmation, failure or cancellation.
impl Order {
    /// A new order.
    pub fn place(placed: Placed) -> OrderChange {
        let placed = Arc::new(placed);
        OrderChange {
            order: Self::new(placed.clone()),
            expected: None,
            events: vec![OrderEvent::Placed(placed)],
        }
    }

    /// The provider did not answer. An order that already waits for that answer does not change.
    pub fn payment_unknown(&self, at: Timestamp) -> Result<OrderChange, OrderError> {
        let payment = self.open_payment("left waiting")?;
        if payment.state == PaymentState::Unknown {
            return Ok(self.then(Vec::new()));
        }
        Ok(self.then(vec![OrderEvent::PaymentUnknown(payment.id, at)]))
    }

    /// The buyer must act first.
    pub fn payment_requires_action(
        &self,
        next_action: String,
        at: Timestamp,
    ) -> Result<OrderChange, OrderError> {
        let payment = self.open_payment("sent to its bank")?;
        Ok(self.then(vec![OrderEvent::PaymentRequiresAction(payment.id, next_action, at)]))
    }

    /// The order stands. `captured` where its payment was taken; only an invoice is confirmed
    /// unpaid. Where nothing is due, that nothing counts as taken.
    pub fn confirm(&self, captured: bool, at: Timestamp) -> Result<OrderChange, OrderError> {
        let payment = self.open_payment("confirmed")?;
        let taken = captured || payment.amount.is_zero();
        if !taken && payment.method != PaymentMethod::Invoice {
            return self.refuse("confirmed");
        }
        let mut events = Vec::new();
        if taken {
            events.push(OrderEvent::PaymentCaptured(payment.id, at));
        }
        events.push(OrderEvent::Confirmed(at));
        Ok(self.then(events))
    }

    /// The provider refused: the order comes to nothing.
    pub fn decline(&self, reason: String, at: Timestamp) -> Result<OrderChange, OrderError> {
        let payment = self.open_payment("declined")?;
        Ok(self.then(vec![
            OrderEvent::PaymentDeclined(payment.id, reason, at),
            OrderEvent::Failed("payment_declined".to_owned(), at),
        ]))
    }

    /// The order comes to nothing, its payment being certain never to happen.
    pub fn fail(&self, reason: &str, at: Timestamp) -> Result<OrderChange, OrderError> {
        let payment = self.open_payment("failed")?;
        Ok(self.then(vec![
            OrderEvent::PaymentVoided(payment.id, at),
            OrderEvent::Failed(reason.to_owned(), at),
        ]))
    }

    /// The money was taken but the stock is lost: what was taken is to be paid back.
    pub fn owe_back(
        &self,
        refund: RefundId,
        reason: &str,
        at: Timestamp,
    ) -> Result<OrderChange, OrderError> {
        let payment = self.open_payment("paid back")?;
        let refund = Refund {
            id: refund,
            payment: payment.id,
            amount: payment.amount,
            reason: Some(reason.to_owned()),
            state: RefundState::Pending,
            requested_at: at,
        };
        Ok(self.then(vec![
            OrderEvent::PaymentCaptured(payment.id, at),
            OrderEvent::RefundRequested(refund),
        ]))
    }

    /// What was owed back is paid, so the order comes to nothing.
    pub fn paid_back(
        &self,
        refund: RefundId,
        reason: &str,
        at: Timestamp,
    ) -> Result<OrderChange, OrderError> {
        if self.phase() != Phase::Pending {
            return self.refuse("failed");
        }
        self.pending_refund(refund)?;
        Ok(self.then(vec![
            OrderEvent::RefundPaid(refund, at),
            OrderEvent::Failed(reason.to_owned(), at),
        ]))
    }

    /// Calls the whole order off, before anything of it was sent. What was captured is to be
    /// refunded under `refund`, or else its payment will never happen.
    pub fn cancel(
        &self,
        reason: String,
        refund: RefundId,
        at: Timestamp,
    ) -> Result<OrderChange, OrderError> {
        if self.phase() != Phase::Confirmed || !self.shipments().is_empty() {
            return self.refuse("cancelled");
        }
        let mut events = vec![OrderEvent::Cancelled(reason, at)];
        for payment in self.payments() {
            let left = self.refundable(payment);
            if !left.is_zero() {
                events.push(OrderEvent::RefundRequested(Refund {
                    id: refund,
                    payment: payment.id,
                    amount: left,
                    reason: Some("order cancelled".to_owned()),
                    state: RefundState::Pending,
                    requested_at: at,
                }));
            } else if payment.state == PaymentState::Pending {
                events.push(OrderEvent::PaymentVoided(payment.id, at));
            }
        }
        Ok(self.then(events))
    }

    /// What the first payment has to bring.
    pub fn amount_due(&self) -> Money {
        self.placed().totals.total
    }

    fn open_payment(&self, action: &'static str) -> Result<&Payment, OrderError> {
        let payment = self.payments().last().filter(|payment| payment.is_open());
        match (self.phase(), payment) {
            (Phase::Pending, Some(payment)) if payment.state != PaymentState::Captured => {
                Ok(payment)
            }
            _ => self.refuse(action),
        }
    }
}
