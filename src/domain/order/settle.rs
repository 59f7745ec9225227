use super::{
    Order, OrderChange, OrderError, OrderEvent, PaymentMethod, PaymentState, Phase, Refund,
    RefundState, Resolution, STOCK_LOST,
};
use crate::domain::shared::{Money, PaymentId, RefundId, Timestamp};

/// Money after the order stands.
impl Order {
    /// Staff pay money back, also for an order that was cancelled: its own refund may have failed.
    /// It goes on the payment that has most left.
    pub fn request_refund(
        &self,
        id: RefundId,
        amount: Money,
        reason: Option<String>,
        at: Timestamp,
    ) -> Result<OrderChange, OrderError> {
        if amount.currency() != self.placed().currency || amount.amount() <= 0 {
            return Err(OrderError::BadAmount);
        }
        let stood = matches!(self.phase(), Phase::Confirmed | Phase::Cancelled);
        if !stood || self.captured().is_zero() {
            return self.refuse("refunded");
        }
        if self.refunds().len() >= Self::MAX_ENTRIES {
            return self.refuse("refunded");
        }
        let left = self.payments().iter().map(|payment| (payment, self.refundable(payment)));
        let Some((payment, left)) = left.max_by_key(|(_, left)| left.amount()) else {
            return self.refuse("refunded");
        };
        if amount.amount() > left.amount() {
            return Err(OrderError::TooMuchMoney { left });
        }
        let refund = Refund {
            id,
            payment: payment.id,
            amount,
            reason,
            state: RefundState::Pending,
            requested_at: at,
        };
        Ok(self.then(vec![OrderEvent::RefundRequested(refund)]))
    }

    /// The provider paid a refund of an order that stood; for one that never did see
    /// [`Self::paid_back`].
    pub fn refund_paid(&self, id: RefundId, at: Timestamp) -> Result<OrderChange, OrderError> {
        self.pending_refund(id)?;
        if self.phase() == Phase::Pending {
            return self.refuse("refunded");
        }
        Ok(self.then(vec![OrderEvent::RefundPaid(id, at)]))
    }

    /// The provider refuses a refund for good: a person must act.
    pub fn refund_failed(
        &self,
        id: RefundId,
        reason: String,
        at: Timestamp,
    ) -> Result<OrderChange, OrderError> {
        self.pending_refund(id)?;
        Ok(self.then(vec![OrderEvent::RefundFailed(id, reason, at)]))
    }

    /// Staff deal with a refund that the provider refused; the provider is asked again for one of
    /// its own, `again`. What is owed for an order that never stood cannot be dropped; with that
    /// money back, the order ends.
    pub fn resolve_refund(
        &self,
        id: RefundId,
        resolution: Resolution,
        again: RefundId,
        at: Timestamp,
    ) -> Result<OrderChange, OrderError> {
        let refund = self.refund(id).ok_or(OrderError::NoSuch("refund"))?;
        let payment = self.payment(refund.payment).ok_or(OrderError::NoSuch("payment"))?;
        let owed = self.phase() == Phase::Pending;
        let allowed = matches!(refund.state, RefundState::Failed { .. })
            && match resolution {
                Resolution::Retry => self.refunds().len() < Self::MAX_ENTRIES,
                Resolution::Paid => true,
                Resolution::Drop => !owed,
            };
        if !allowed {
            return self.refuse("resolved");
        }
        let left = self.refundable(payment);
        if resolution != Resolution::Drop && refund.amount.amount() > left.amount() {
            return Err(OrderError::TooMuchMoney { left });
        }
        let again =
            Refund { id: again, state: RefundState::Pending, requested_at: at, ..refund.clone() };
        let mut events = vec![match resolution {
            Resolution::Retry => OrderEvent::RefundReplaced(id, again),
            Resolution::Paid => OrderEvent::RefundSettled(id, at),
            Resolution::Drop => OrderEvent::RefundDropped(id, at),
        }];
        if owed && resolution == Resolution::Paid {
            events.push(OrderEvent::Failed(STOCK_LOST.to_owned(), at));
        }
        Ok(self.then(events))
    }

    /// Staff say that an invoice was paid.
    pub fn capture_invoice(&self, id: PaymentId, at: Timestamp) -> Result<OrderChange, OrderError> {
        self.unpaid_invoice(id, "captured")?;
        Ok(self.then(vec![OrderEvent::PaymentCaptured(id, at)]))
    }

    /// Staff say that an invoice will never be paid.
    pub fn void_invoice(&self, id: PaymentId, at: Timestamp) -> Result<OrderChange, OrderError> {
        self.unpaid_invoice(id, "voided")?;
        Ok(self.then(vec![OrderEvent::PaymentVoided(id, at)]))
    }

    fn unpaid_invoice(&self, id: PaymentId, action: &'static str) -> Result<(), OrderError> {
        let payment = self.payment(id).ok_or(OrderError::NoSuch("payment"))?;
        let waits = payment.method == PaymentMethod::Invoice
            && payment.state == PaymentState::Pending
            && self.phase() == Phase::Confirmed;
        if waits { Ok(()) } else { self.refuse(action) }
    }

    pub(super) fn pending_refund(&self, id: RefundId) -> Result<&Refund, OrderError> {
        let refund = self.refund(id).ok_or(OrderError::NoSuch("refund"))?;
        if refund.state != RefundState::Pending {
            return self.refuse("refunded");
        }
        Ok(refund)
    }
}
