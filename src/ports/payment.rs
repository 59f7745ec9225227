//! The payment provider.

use async_trait::async_trait;

use super::PortError;
use super::catalog::Page;
use crate::domain::shared::{Money, OrderId, PaymentId, RefundId, Timestamp};

/// Money to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeRequest {
    /// The payment, which is the idempotency key.
    pub payment: PaymentId,
    /// The order, for the provider's records.
    pub order: OrderId,
    /// How much.
    pub amount: Money,
    /// The token of the card.
    pub token: String,
}

/// What the provider says of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeOutcome {
    /// The money was taken.
    Captured,
    /// It refuses, for this reason.
    Declined {
        /// A code such as `insufficient_funds`.
        reason: String,
    },
    /// The buyer must act first.
    RequiresAction {
        /// What to do: usually an address to visit.
        next_action: String,
    },
}

/// What the provider's own record says of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeRecord {
    /// It never heard of it. It may still hear of it.
    Unknown,
    /// It is at it.
    Processing,
    /// It ended so.
    Ended(ChargeOutcome),
    /// It was called off, and will never be taken.
    Voided,
}

/// How calling a payment off went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoidOutcome {
    /// It will never be taken, even if a charge for it arrives later.
    Voided,
    /// Too late: the money was taken.
    AlreadyCaptured,
}

/// Money to be paid back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    /// The refund, which is the idempotency key.
    pub refund: RefundId,
    /// The payment it goes back on.
    pub payment: PaymentId,
    /// The order, for the provider's records.
    pub order: OrderId,
    /// How much.
    pub amount: Money,
}

/// How paying back went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// Paid.
    Refunded,
    /// Refused for good.
    Refused {
        /// Why.
        reason: String,
    },
}

/// The provider that takes and gives money.
///
/// Adapters MUST pass the payment's and the refund's id as idempotency keys, so that asking twice
/// moves money once. `Timeout` says that a request may have happened; `Unavailable` that it did
/// not.
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// Takes money.
    async fn charge(&self, request: &ChargeRequest) -> Result<ChargeOutcome, PortError>;

    /// Goes on with a charge after the buyer acted.
    async fn resume(&self, payment: PaymentId) -> Result<ChargeOutcome, PortError>;

    /// What its own record says.
    async fn look_up(&self, payment: PaymentId) -> Result<ChargeRecord, PortError>;

    /// Calls a payment off for good.
    async fn void(&self, payment: PaymentId, order: OrderId) -> Result<VoidOutcome, PortError>;

    /// Pays back.
    async fn refund(&self, request: &RefundRequest) -> Result<RefundOutcome, PortError>;
}

/// What a row of the sandbox's ledger tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LedgerKind {
    /// Money was held.
    Authorised,
    /// Money was taken.
    Captured,
    /// A charge was refused.
    Declined,
    /// A payment was called off.
    Voided,
    /// Money was paid back.
    Refunded,
}

/// A fact in the sandbox's ledger, written before it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: LedgerKind,
    /// The payment.
    pub payment: PaymentId,
    /// The shop's order.
    pub order: OrderId,
    /// The key it was asked under.
    pub idempotency_key: String,
    /// How much.
    pub amount: Money,
}

/// The ledger that the sandbox gateway keeps for itself, apart from the shop's store.
#[async_trait]
pub trait SandboxLedger: Send + Sync {
    /// A page of rows, oldest first, of one order or of all; the mark counts rows from 1.
    async fn rows(
        &self,
        order: Option<OrderId>,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<LedgerRow, u64>, PortError>;
}
