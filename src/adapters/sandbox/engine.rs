//! What the sandbox knows and decides. Every change is a [`Fact`] that is written down first and
//! then applied, so that reading the facts back gives the same state.

use std::collections::{BTreeSet, HashMap};

use super::journal::{Fact, Journal};
use super::token::Behaviour;
use crate::domain::shared::{Currency, Money, OrderId, PaymentId, RefundId, Span, Timestamp};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::payment::{
    ChargeOutcome, ChargeRecord, ChargeRequest, LedgerKind, LedgerRow, RefundOutcome,
    RefundRequest, VoidOutcome,
};

/// How a charge is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// So.
    Now(ChargeOutcome),
    /// Not before then; ask again.
    At(Timestamp),
    /// Never.
    Never,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    RequiresAction,
    Processing,
    Authorised,
    Captured,
    Declined { reason: String },
    Voided,
}

#[derive(Debug)]
struct Payment {
    order: OrderId,
    amount: Money,
    /// None where only the ledger tells of the payment, which names no tokens.
    token: Option<String>,
    state: State,
    refunded: i64,
}

/// The sandbox without its waiting.
#[derive(Debug)]
pub(super) struct Engine {
    journal: Journal,
    slow: Span,
    payments: HashMap<PaymentId, Payment>,
    refunds: HashMap<RefundId, LedgerRow>,
    /// Charges that are carried out once their time has come, whoever still waits.
    due: BTreeSet<(Timestamp, PaymentId)>,
    rows: Vec<LedgerRow>,
}

impl Engine {
    /// An engine that knows `facts`.
    pub(super) fn new(journal: Journal, facts: Vec<Fact>, slow: Span) -> Self {
        let mut engine = Self {
            journal,
            slow,
            payments: HashMap::new(),
            refunds: HashMap::new(),
            due: BTreeSet::new(),
            rows: Vec::new(),
        };
        for fact in facts {
            engine.apply(fact);
        }
        engine
    }

    pub(super) fn charge(
        &mut self,
        request: &ChargeRequest,
        now: Timestamp,
    ) -> Result<Reply, PortError> {
        self.settle(now)?;
        let behaviour = Behaviour::of(&request.token);
        if let Some(known) = self.payments.get(&request.payment) {
            if known.state != State::Voided && !known.asked_by(request) {
                return Err(PortError::internal("the key was used with other parameters"));
            }
            if behaviour == Behaviour::CapturesInSilence {
                return Ok(Reply::Never);
            }
            return Ok(self.reply(request.payment));
        }
        if request.amount.amount() <= 0 {
            self.decline(request, "invalid_amount", now)?;
            return Ok(self.reply(request.payment));
        }
        match behaviour {
            Behaviour::Captures | Behaviour::RefusesRefunds => self.take(request, now)?,
            Behaviour::Declines(reason) => self.decline(request, reason, now)?,
            Behaviour::AsksTheBuyer => self.open(request, None)?,
            Behaviour::TakesTime => self.open(request, Some(now.plus(self.slow)))?,
            Behaviour::LosesIt => return Ok(Reply::Never),
            Behaviour::CapturesInSilence => {
                self.take(request, now)?;
                return Ok(Reply::Never);
            }
        }
        Ok(self.reply(request.payment))
    }

    pub(super) fn resume(
        &mut self,
        payment: PaymentId,
        now: Timestamp,
    ) -> Result<Reply, PortError> {
        self.settle(now)?;
        let known = self.payments.get(&payment);
        let known = known.ok_or_else(|| PortError::internal("no such payment to resume"))?;
        if known.state == State::RequiresAction {
            let facts = [
                fact(payment, known, LedgerKind::Authorised, now),
                fact(payment, known, LedgerKind::Captured, now),
            ];
            self.record(facts)?;
        }
        Ok(self.reply(payment))
    }

    pub(super) fn look_up(
        &mut self,
        payment: PaymentId,
        now: Timestamp,
    ) -> Result<ChargeRecord, PortError> {
        self.settle(now)?;
        let Some(known) = self.payments.get(&payment) else { return Ok(ChargeRecord::Unknown) };
        Ok(match &known.state {
            State::Processing | State::Authorised => ChargeRecord::Processing,
            State::Voided => ChargeRecord::Voided,
            state => ChargeRecord::Ended(outcome(payment, state)),
        })
    }

    /// Calls a payment off; also one that was never heard of, whose charge may still arrive.
    pub(super) fn void(
        &mut self,
        payment: PaymentId,
        order: OrderId,
        now: Timestamp,
    ) -> Result<VoidOutcome, PortError> {
        self.settle(now)?;
        let fact = match self.payments.get(&payment) {
            Some(known) => match known.state {
                State::Captured => return Ok(VoidOutcome::AlreadyCaptured),
                State::Voided | State::Declined { .. } => return Ok(VoidOutcome::Voided),
                State::RequiresAction | State::Processing | State::Authorised => {
                    fact(payment, known, LedgerKind::Voided, now)
                }
            },
            None => Fact::Row {
                row: LedgerRow {
                    at: now,
                    kind: LedgerKind::Voided,
                    payment,
                    order,
                    idempotency_key: payment.to_string(),
                    // Nobody ever said how much.
                    amount: Money::zero(Currency::USD),
                },
                reason: None,
            },
        };
        self.record([fact])?;
        Ok(VoidOutcome::Voided)
    }

    pub(super) fn refund(
        &mut self,
        request: &RefundRequest,
        now: Timestamp,
    ) -> Result<RefundOutcome, PortError> {
        self.settle(now)?;
        if let Some(done) = self.refunds.get(&request.refund) {
            if (done.payment, done.amount) != (request.payment, request.amount) {
                return Err(PortError::internal("the key was used with other parameters"));
            }
            return Ok(RefundOutcome::Refunded);
        }
        if let Some(reason) = self.refund_fault(request) {
            return Ok(RefundOutcome::Refused { reason: reason.to_owned() });
        }
        let row = LedgerRow {
            at: now,
            kind: LedgerKind::Refunded,
            payment: request.payment,
            order: request.order,
            idempotency_key: request.refund.to_string(),
            amount: request.amount,
        };
        self.record([Fact::Row { row, reason: None }])?;
        Ok(RefundOutcome::Refunded)
    }

    pub(super) fn rows(
        &mut self,
        order: Option<OrderId>,
        after: Option<u64>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page<LedgerRow, u64>, PortError> {
        self.settle(now)?;
        let mut matching = (1..)
            .zip(&self.rows)
            .skip(after.map_or(0, |mark| usize::try_from(mark).unwrap_or(usize::MAX)))
            .filter(|(_, row)| order.is_none_or(|order| row.order == order));
        let page: Vec<_> = matching.by_ref().take(limit).collect();
        let next = matching.next().and(page.last()).map(|(number, _)| *number);
        Ok(Page { items: page.into_iter().map(|(_, row)| row.clone()).collect(), next })
    }

    fn refund_fault(&self, request: &RefundRequest) -> Option<&'static str> {
        let Some(payment) = self.payments.get(&request.payment) else {
            return Some("unknown_payment");
        };
        if payment.state != State::Captured {
            return Some("not_captured");
        }
        let token = payment.token.as_deref();
        if token.is_some_and(|token| Behaviour::of(token) == Behaviour::RefusesRefunds) {
            return Some("expired_or_canceled_card");
        }
        if request.amount.currency() != payment.amount.currency() {
            return Some("other_currency");
        }
        let left = payment.amount.amount().saturating_sub(payment.refunded);
        (request.amount.amount() <= 0 || request.amount.amount() > left).then_some("invalid_amount")
    }

    /// Carries out what has come due by `now`, at the time it was due.
    fn settle(&mut self, now: Timestamp) -> Result<(), PortError> {
        while let Some((due, id)) = self.due.first().copied() {
            if due > now {
                break;
            }
            let Some(payment) = self.payments.get(&id) else { break };
            let captured = fact(id, payment, LedgerKind::Captured, due);
            if payment.state == State::Authorised {
                self.record([captured])?;
            } else {
                self.record([fact(id, payment, LedgerKind::Authorised, due), captured])?;
            }
        }
        Ok(())
    }

    fn take(&mut self, request: &ChargeRequest, now: Timestamp) -> Result<(), PortError> {
        let row = |kind| Fact::Row { row: row_of(request, kind, now), reason: None };
        self.record([row(LedgerKind::Authorised), row(LedgerKind::Captured)])?;
        self.remember_token(request);
        Ok(())
    }

    fn decline(
        &mut self,
        request: &ChargeRequest,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), PortError> {
        let row = row_of(request, LedgerKind::Declined, now);
        self.record([Fact::Row { row, reason: Some(reason.to_owned()) }])?;
        self.remember_token(request);
        Ok(())
    }

    fn open(&mut self, request: &ChargeRequest, due: Option<Timestamp>) -> Result<(), PortError> {
        self.record([Fact::Opened { charge: request.clone(), due }])
    }

    fn remember_token(&mut self, request: &ChargeRequest) {
        if let Some(payment) = self.payments.get_mut(&request.payment) {
            payment.token = Some(request.token.clone());
        }
    }

    fn record<const N: usize>(&mut self, facts: [Fact; N]) -> Result<(), PortError> {
        self.journal.append(&facts)?;
        for fact in facts {
            self.apply(fact);
        }
        Ok(())
    }

    fn apply(&mut self, fact: Fact) {
        match fact {
            Fact::Opened { charge, due } => self.apply_opened(charge, due),
            Fact::Row { row, reason } => self.apply_row(row, reason),
        }
    }

    fn apply_opened(&mut self, charge: ChargeRequest, due: Option<Timestamp>) {
        self.due.extend(due.map(|at| (at, charge.payment)));
        let state = if due.is_some() { State::Processing } else { State::RequiresAction };
        let payment = Payment {
            order: charge.order,
            amount: charge.amount,
            token: Some(charge.token),
            state,
            refunded: 0,
        };
        self.payments.insert(charge.payment, payment);
    }

    fn apply_row(&mut self, row: LedgerRow, reason: Option<String>) {
        let payment = self.payments.entry(row.payment).or_insert_with(|| Payment {
            order: row.order,
            amount: row.amount,
            token: None,
            state: State::Processing,
            refunded: 0,
        });
        self.due.retain(|(_, id)| *id != row.payment);
        match row.kind {
            LedgerKind::Authorised => {
                payment.state = State::Authorised;
                // Should the file end here, the capture follows at the next call.
                self.due.insert((row.at, row.payment));
            }
            LedgerKind::Captured => payment.state = State::Captured,
            LedgerKind::Declined => {
                payment.state = State::Declined { reason: reason.unwrap_or_default() };
            }
            LedgerKind::Voided => payment.state = State::Voided,
            LedgerKind::Refunded => {
                payment.refunded = payment.refunded.saturating_add(row.amount.amount());
                if let Ok(refund) = RefundId::parse(&row.idempotency_key) {
                    self.refunds.insert(refund, row.clone());
                }
            }
        }
        self.rows.push(row);
    }

    fn reply(&self, id: PaymentId) -> Reply {
        let due = self.due.iter().find(|(_, payment)| *payment == id);
        match (due, self.payments.get(&id)) {
            (Some((at, _)), _) => Reply::At(*at),
            (None, Some(payment)) => Reply::Now(outcome(id, &payment.state)),
            (None, None) => Reply::Never,
        }
    }
}

impl Payment {
    fn asked_by(&self, request: &ChargeRequest) -> bool {
        let token = self.token.as_ref().is_none_or(|token| *token == request.token);
        (self.order, self.amount) == (request.order, request.amount) && token
    }
}

fn fact(id: PaymentId, payment: &Payment, kind: LedgerKind, at: Timestamp) -> Fact {
    let row = LedgerRow {
        at,
        kind,
        payment: id,
        order: payment.order,
        idempotency_key: id.to_string(),
        amount: payment.amount,
    };
    Fact::Row { row, reason: None }
}

fn row_of(request: &ChargeRequest, kind: LedgerKind, at: Timestamp) -> LedgerRow {
    LedgerRow {
        at,
        kind,
        payment: request.payment,
        order: request.order,
        idempotency_key: request.payment.to_string(),
        amount: request.amount,
    }
}

fn outcome(payment: PaymentId, state: &State) -> ChargeOutcome {
    match state {
        State::Captured => ChargeOutcome::Captured,
        State::Declined { reason } => ChargeOutcome::Declined { reason: reason.clone() },
        State::Voided => ChargeOutcome::Declined { reason: "payment_voided".to_owned() },
        State::RequiresAction | State::Processing | State::Authorised => {
            let next_action = format!("https://sandbox.invalid/3ds/{payment}");
            ChargeOutcome::RequiresAction { next_action }
        }
    }
}
