use std::sync::Arc;

use super::{
    LineProgress, OrderChange, OrderError, OrderEvent, OrderLine, OrderStatus, Payment,
    PaymentState, PaymentStatus, Placed, Refund, RefundState, Return, Shipment, UnitsOf,
};
use crate::domain::shared::{
    LineId, Money, OrderId, PaymentId, RefundId, ReturnId, ShipmentId, Timestamp, Version,
};

/// How far an order has come, shipping aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Its payment is under way; its stock is held.
    Pending,
    /// It stands.
    Confirmed,
    /// It came to nothing.
    Failed,
    /// It was called off.
    Cancelled,
}

impl Phase {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Something that staff wrote down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What.
    pub text: String,
    /// Who.
    pub author: String,
    /// When.
    pub at: Timestamp,
}

/// An order: the fold of its events.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    placed: Arc<Placed>,
    version: Version,
    phase: Phase,
    reason: Option<String>,
    progress: Vec<LineProgress>,
    payments: Vec<Payment>,
    shipments: Vec<Shipment>,
    returns: Vec<Return>,
    refunds: Vec<Refund>,
    notes: Vec<Note>,
    confirmed_at: Option<Timestamp>,
    updated_at: Timestamp,
}

impl Order {
    /// The most shipments, returns, refunds or notes of one order.
    pub const MAX_ENTRIES: usize = 500;

    /// The order that `placed` begins, at version 1.
    pub fn new(placed: Arc<Placed>) -> Self {
        let payment = Payment {
            id: placed.payment,
            method: placed.method.clone(),
            amount: placed.totals.total,
            state: PaymentState::Pending,
        };
        Self {
            version: Version::FIRST,
            phase: Phase::Pending,
            reason: None,
            progress: vec![LineProgress::default(); placed.lines.len()],
            payments: vec![payment],
            shipments: Vec::new(),
            returns: Vec::new(),
            refunds: Vec::new(),
            notes: Vec::new(),
            confirmed_at: None,
            updated_at: placed.at,
            placed,
        }
    }

    /// The order that `events` tell of: the first must be `Placed`, and no other.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a OrderEvent>) -> Option<Self> {
        let mut events = events.into_iter();
        let Some(OrderEvent::Placed(placed)) = events.next() else {
            return None;
        };
        let mut order = Self::new(placed.clone());
        for event in events {
            if matches!(event, OrderEvent::Placed(_)) {
                return None;
            }
            order.apply(event);
        }
        Some(order)
    }

    /// What happens now, and the order after it.
    pub(super) fn then(&self, events: Vec<OrderEvent>) -> OrderChange {
        let mut order = self.clone();
        for event in &events {
            order.apply(event);
        }
        OrderChange { order, expected: Some(self.version), events }
    }

    pub(super) fn refuse<T>(&self, action: &'static str) -> Result<T, OrderError> {
        Err(OrderError::InvalidTransition { from: self.status(), action })
    }

    /// The only place where an order changes.
    fn apply(&mut self, event: &OrderEvent) {
        use OrderEvent as E;
        self.version = self.version.next();
        self.updated_at = event.at();
        match event {
            E::Placed(_) => {}
            E::PaymentUnknown(id, _) => self.pay(*id, PaymentState::Unknown),
            E::PaymentRequiresAction(id, next, _) => {
                self.pay(*id, PaymentState::RequiresAction { next_action: next.clone() });
            }
            E::PaymentAuthorized(id, _) => self.pay(*id, PaymentState::Authorized),
            E::PaymentCaptured(id, _) => self.pay(*id, PaymentState::Captured),
            E::PaymentDeclined(id, reason, _) => {
                self.pay(*id, PaymentState::Declined { reason: reason.clone() });
            }
            E::PaymentVoided(id, _) => self.pay(*id, PaymentState::Voided),
            E::Confirmed(at) => {
                self.phase = Phase::Confirmed;
                self.confirmed_at = Some(*at);
            }
            E::Failed(reason, _) => self.end(Phase::Failed, reason),
            E::Cancelled(reason, _) => self.end(Phase::Cancelled, reason),
            E::Shipped(shipment) => {
                self.count(&shipment.units, |p| &mut p.shipped);
                self.shipments.push(shipment.clone());
            }
            E::Delivered(id, at) => self.deliver_units(*id, *at),
            E::ReturnRequested(asked) => {
                self.count(&asked.units, |p| &mut p.returning);
                self.returns.push(asked.clone());
            }
            E::ReturnReceived(id, restocked, at) => self.receive_units(*id, *restocked, *at),
            E::RefundRequested(refund) => self.refunds.push(refund.clone()),
            E::RefundPaid(id, _) => self.settle(*id, RefundState::Paid),
            E::RefundFailed(id, reason, _) => {
                self.settle(*id, RefundState::Failed { reason: reason.clone() });
            }
            E::RefundReplaced(id, refund) => {
                self.settle(*id, RefundState::Replaced);
                self.refunds.push(refund.clone());
            }
            E::RefundSettled(id, _) => self.settle(*id, RefundState::Paid),
            E::RefundDropped(id, _) => self.settle(*id, RefundState::Dropped),
            E::Noted(note) => self.notes.push(note.clone()),
        }
    }

    fn pay(&mut self, id: PaymentId, state: PaymentState) {
        if let Some(payment) = self.payments.iter_mut().find(|payment| payment.id == id) {
            payment.state = state;
        }
    }

    fn end(&mut self, phase: Phase, reason: &str) {
        self.phase = phase;
        self.reason = Some(reason.to_owned());
        if phase == Phase::Cancelled {
            for (line, progress) in self.placed.lines.iter().zip(&mut self.progress) {
                progress.cancelled = line.quantity.units();
            }
        }
    }

    fn count(&mut self, units: &[UnitsOf], field: fn(&mut LineProgress) -> &mut u32) {
        for part in units {
            if let Some(index) = self.placed.lines.iter().position(|line| line.id == part.line) {
                let counter = field(&mut self.progress[index]);
                *counter = counter.saturating_add(part.quantity.units());
            }
        }
    }

    fn deliver_units(&mut self, id: ShipmentId, at: Timestamp) {
        let Some(shipment) = self.shipments.iter_mut().find(|shipment| shipment.id == id) else {
            return;
        };
        shipment.delivered_at = Some(at);
        let units = shipment.units.clone();
        self.count(&units, |p| &mut p.delivered);
    }

    fn receive_units(&mut self, id: ReturnId, restocked: bool, at: Timestamp) {
        let Some(asked) = self.returns.iter_mut().find(|asked| asked.id == id) else {
            return;
        };
        asked.received_at = Some(at);
        asked.restocked = restocked;
        let units = asked.units.clone();
        self.count(&units, |p| &mut p.returned);
    }

    fn settle(&mut self, id: RefundId, state: RefundState) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.id == id) {
            refund.state = state;
        }
    }
}

/// What can be read of an order.
impl Order {
    /// Its id.
    pub fn id(&self) -> OrderId {
        self.placed.id
    }

    /// What was agreed when it was placed.
    pub fn placed(&self) -> &Placed {
        &self.placed
    }

    /// How many events it is made of.
    pub fn version(&self) -> Version {
        self.version
    }

    /// How far it has come, shipping aside.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether it has what it took of promotions, and did not give it back.
    pub fn uses_promotions(&self) -> bool {
        matches!(self.phase, Phase::Pending | Phase::Confirmed)
    }

    /// Why it failed or was cancelled.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Why a person must act, if one must: a refund that the provider refuses, and that nobody made
    /// good yet.
    pub fn attention(&self) -> Option<String> {
        let (refund, reason) = self.refused_refund()?;
        Some(format!("refund {} failed: {reason}", refund.id))
    }

    /// The first refund that the provider refuses, and why.
    pub(super) fn refused_refund(&self) -> Option<(&Refund, &str)> {
        self.refunds.iter().find_map(|refund| match &refund.state {
            RefundState::Failed { reason } => Some((refund, reason.as_str())),
            _ => None,
        })
    }

    /// What it is.
    pub fn status(&self) -> OrderStatus {
        OrderStatus::of(self)
    }

    /// Where its money stands.
    pub fn payment_status(&self) -> PaymentStatus {
        PaymentStatus::of(self)
    }

    /// Its lines, each with how far its units have come.
    pub fn lines(&self) -> impl Iterator<Item = (&OrderLine, &LineProgress)> {
        self.placed.lines.iter().zip(&self.progress)
    }

    /// A line by id, with its progress.
    pub fn line(&self, id: LineId) -> Option<(&OrderLine, &LineProgress)> {
        self.lines().find(|(line, _)| line.id == id)
    }

    /// Its payments, oldest first.
    pub fn payments(&self) -> &[Payment] {
        &self.payments
    }

    /// A payment by id.
    pub fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.payments.iter().find(|payment| payment.id == id)
    }

    /// Its shipments, oldest first.
    pub fn shipments(&self) -> &[Shipment] {
        &self.shipments
    }

    /// Its returns, oldest first.
    pub fn returns(&self) -> &[Return] {
        &self.returns
    }

    /// Its refunds, oldest first.
    pub fn refunds(&self) -> &[Refund] {
        &self.refunds
    }

    /// A refund by id.
    pub fn refund(&self, id: RefundId) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.id == id)
    }

    /// What staff wrote down, oldest first.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// When it was confirmed, if it was.
    pub fn confirmed_at(&self) -> Option<Timestamp> {
        self.confirmed_at
    }

    /// When it last changed.
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// Everything that was taken.
    pub fn captured(&self) -> Money {
        self.sum(self.payments.iter().map(Payment::captured))
    }

    /// Everything that is held or was taken.
    pub fn authorized(&self) -> Money {
        self.sum(self.payments.iter().map(Payment::authorized))
    }

    /// Everything that went back.
    pub fn refunded(&self) -> Money {
        let paid = self.refunds.iter().filter(|refund| refund.state == RefundState::Paid);
        self.sum(paid.map(|refund| refund.amount))
    }

    /// What is left of a payment to refund: what was captured, less what went back or is about to.
    pub fn refundable(&self, payment: &Payment) -> Money {
        let gone = self
            .refunds
            .iter()
            .filter(|refund| refund.payment == payment.id && refund.is_promised())
            .map(|refund| refund.amount);
        let gone = self.sum(gone);
        let left = payment.captured().amount().saturating_sub(gone.amount());
        Money::new(left, self.placed.currency)
    }

    fn sum(&self, amounts: impl Iterator<Item = Money>) -> Money {
        let total = amounts.fold(0_i64, |sum, money| sum.saturating_add(money.amount()));
        Money::new(total, self.placed.currency)
    }
}
