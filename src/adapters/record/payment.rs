use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::corrupt;
use super::time::{parse_rfc3339, rfc3339};
use crate::domain::shared::{Currency, Money, OrderId, PaymentId, RefundId};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::payment::{
    ChargeOutcome, ChargeRecord, ChargeRequest, LedgerKind, LedgerRow, RefundOutcome,
    RefundRequest, VoidOutcome,
};

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyRecord {
    /// Minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
}

impl From<Money> for MoneyRecord {
    fn from(money: Money) -> Self {
        Self { amount: money.amount(), currency: money.currency().code().to_owned() }
    }
}

impl MoneyRecord {
    /// The amount, if there is such a currency.
    pub fn money(&self) -> Result<Money, PortError> {
        let currency = Currency::try_new(&self.currency).map_err(corrupt)?;
        Ok(Money::new(self.amount, currency))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindRecord {
    Authorised,
    Captured,
    Declined,
    Voided,
    Refunded,
}

impl From<LedgerKind> for KindRecord {
    fn from(kind: LedgerKind) -> Self {
        match kind {
            LedgerKind::Authorised => Self::Authorised,
            LedgerKind::Captured => Self::Captured,
            LedgerKind::Declined => Self::Declined,
            LedgerKind::Voided => Self::Voided,
            LedgerKind::Refunded => Self::Refunded,
        }
    }
}

impl From<KindRecord> for LedgerKind {
    fn from(kind: KindRecord) -> Self {
        match kind {
            KindRecord::Authorised => Self::Authorised,
            KindRecord::Captured => Self::Captured,
            KindRecord::Declined => Self::Declined,
            KindRecord::Voided => Self::Voided,
            KindRecord::Refunded => Self::Refunded,
        }
    }
}

/// A row of the sandbox's ledger: one line of its file, one entry of its lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRowRecord {
    at: String,
    kind: KindRecord,
    payment_id: Uuid,
    order_id: Uuid,
    idempotency_key: String,
    amount: MoneyRecord,
    /// Why a charge was declined, so that a repeated one is told the same after a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<&LedgerRow> for LedgerRowRecord {
    fn from(row: &LedgerRow) -> Self {
        Self {
            at: rfc3339(row.at),
            kind: row.kind.into(),
            payment_id: row.payment.uuid(),
            order_id: row.order.uuid(),
            idempotency_key: row.idempotency_key.clone(),
            amount: row.amount.into(),
            reason: None,
        }
    }
}

impl LedgerRowRecord {
    /// The row.
    pub fn row(&self) -> Result<LedgerRow, PortError> {
        Ok(LedgerRow {
            at: parse_rfc3339(&self.at)?,
            kind: self.kind.into(),
            payment: PaymentId::new(self.payment_id),
            order: OrderId::new(self.order_id),
            idempotency_key: self.idempotency_key.clone(),
            amount: self.amount.money()?,
        })
    }
}

/// A charge, as the sandbox's process is asked for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargeRequestBody {
    payment_id: Uuid,
    order_id: Uuid,
    amount: MoneyRecord,
    token: String,
}

impl From<&ChargeRequest> for ChargeRequestBody {
    fn from(request: &ChargeRequest) -> Self {
        Self {
            payment_id: request.payment.uuid(),
            order_id: request.order.uuid(),
            amount: request.amount.into(),
            token: request.token.clone(),
        }
    }
}

impl ChargeRequestBody {
    /// The request.
    pub fn request(&self) -> Result<ChargeRequest, PortError> {
        Ok(ChargeRequest {
            payment: PaymentId::new(self.payment_id),
            order: OrderId::new(self.order_id),
            amount: self.amount.money()?,
            token: self.token.clone(),
        })
    }
}

/// Money to be paid back, as the sandbox's process is asked for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundRequestBody {
    refund_id: Uuid,
    payment_id: Uuid,
    order_id: Uuid,
    amount: MoneyRecord,
}

impl From<&RefundRequest> for RefundRequestBody {
    fn from(request: &RefundRequest) -> Self {
        Self {
            refund_id: request.refund.uuid(),
            payment_id: request.payment.uuid(),
            order_id: request.order.uuid(),
            amount: request.amount.into(),
        }
    }
}

impl RefundRequestBody {
    /// The request.
    pub fn request(&self) -> Result<RefundRequest, PortError> {
        Ok(RefundRequest {
            refund: RefundId::new(self.refund_id),
            payment: PaymentId::new(self.payment_id),
            order: OrderId::new(self.order_id),
            amount: self.amount.money()?,
        })
    }
}

/// Whose payment is to be called off.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoidRequestBody {
    /// The shop's order.
    pub order_id: Uuid,
}

/// What became of a charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum OutcomeBody {
    /// The money was taken.
    Captured,
    /// Refused.
    Declined {
        /// A code.
        reason: String,
    },
    /// The buyer must act.
    RequiresAction {
        /// What to do.
        next_action: String,
    },
}

impl From<ChargeOutcome> for OutcomeBody {
    fn from(outcome: ChargeOutcome) -> Self {
        match outcome {
            ChargeOutcome::Captured => Self::Captured,
            ChargeOutcome::Declined { reason } => Self::Declined { reason },
            ChargeOutcome::RequiresAction { next_action } => Self::RequiresAction { next_action },
        }
    }
}

impl From<OutcomeBody> for ChargeOutcome {
    fn from(body: OutcomeBody) -> Self {
        match body {
            OutcomeBody::Captured => Self::Captured,
            OutcomeBody::Declined { reason } => Self::Declined { reason },
            OutcomeBody::RequiresAction { next_action } => Self::RequiresAction { next_action },
        }
    }
}

/// What the provider's record says of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ChargeRecordBody {
    /// Never heard of.
    Unknown,
    /// Under way.
    Processing,
    /// Over.
    Ended {
        /// How.
        result: OutcomeBody,
    },
    /// Called off.
    Voided,
}

impl From<ChargeRecord> for ChargeRecordBody {
    fn from(record: ChargeRecord) -> Self {
        match record {
            ChargeRecord::Unknown => Self::Unknown,
            ChargeRecord::Processing => Self::Processing,
            ChargeRecord::Ended(outcome) => Self::Ended { result: outcome.into() },
            ChargeRecord::Voided => Self::Voided,
        }
    }
}

impl From<ChargeRecordBody> for ChargeRecord {
    fn from(body: ChargeRecordBody) -> Self {
        match body {
            ChargeRecordBody::Unknown => Self::Unknown,
            ChargeRecordBody::Processing => Self::Processing,
            ChargeRecordBody::Ended { result } => Self::Ended(result.into()),
            ChargeRecordBody::Voided => Self::Voided,
        }
    }
}

/// How calling off went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum VoidOutcomeBody {
    /// It will never be taken.
    Voided,
    /// Too late.
    AlreadyCaptured,
}

impl From<VoidOutcome> for VoidOutcomeBody {
    fn from(outcome: VoidOutcome) -> Self {
        match outcome {
            VoidOutcome::Voided => Self::Voided,
            VoidOutcome::AlreadyCaptured => Self::AlreadyCaptured,
        }
    }
}

impl From<VoidOutcomeBody> for VoidOutcome {
    fn from(body: VoidOutcomeBody) -> Self {
        match body {
            VoidOutcomeBody::Voided => Self::Voided,
            VoidOutcomeBody::AlreadyCaptured => Self::AlreadyCaptured,
        }
    }
}

/// How paying back went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum RefundOutcomeBody {
    /// Paid.
    Refunded,
    /// Refused for good.
    Refused {
        /// Why.
        reason: String,
    },
}

impl From<RefundOutcome> for RefundOutcomeBody {
    fn from(outcome: RefundOutcome) -> Self {
        match outcome {
            RefundOutcome::Refunded => Self::Refunded,
            RefundOutcome::Refused { reason } => Self::Refused { reason },
        }
    }
}

impl From<RefundOutcomeBody> for RefundOutcome {
    fn from(body: RefundOutcomeBody) -> Self {
        match body {
            RefundOutcomeBody::Refunded => Self::Refunded,
            RefundOutcomeBody::Refused { reason } => Self::Refused { reason },
        }
    }
}

/// A page of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerPageBody {
    items: Vec<LedgerRowRecord>,
    next: Option<u64>,
}

impl From<&Page<LedgerRow, u64>> for LedgerPageBody {
    fn from(page: &Page<LedgerRow, u64>) -> Self {
        Self { items: page.items.iter().map(LedgerRowRecord::from).collect(), next: page.next }
    }
}

impl LedgerPageBody {
    /// The page.
    pub fn page(&self) -> Result<Page<LedgerRow, u64>, PortError> {
        let items = self.items.iter().map(LedgerRowRecord::row).collect::<Result<_, _>>()?;
        Ok(Page { items, next: self.next })
    }
}
