use crate::domain::shared::{
    LineId, Money, PaymentId, Quantity, RefundId, ReturnId, ShipmentId, Timestamp,
};

/// Some units of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitsOf {
    /// The line.
    pub line: LineId,
    /// How many of its units.
    pub quantity: Quantity,
}

/// Units handed to a carrier together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// Its id.
    pub id: ShipmentId,
    /// What is in it.
    pub units: Vec<UnitsOf>,
    /// Who carries it.
    pub carrier: Option<String>,
    /// What to follow it by.
    pub tracking: Option<String>,
    /// When it left.
    pub shipped_at: Timestamp,
    /// When it arrived, if it did.
    pub delivered_at: Option<Timestamp>,
}

/// Units that the buyer sends back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// Its id.
    pub id: ReturnId,
    /// What comes back.
    pub units: Vec<UnitsOf>,
    /// Why.
    pub reason: String,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it arrived, if it did.
    pub received_at: Option<Timestamp>,
    /// Whether its units went back on sale.
    pub restocked: bool,
}

/// Where a refund stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// Agreed, and not yet paid by the provider.
    Pending,
    /// Paid.
    Paid,
    /// The provider refuses; a person must act.
    Failed {
        /// The provider's reason.
        reason: String,
    },
    /// It failed, and another was agreed in its place.
    Replaced,
    /// It failed, and staff decided that nothing goes back.
    Dropped,
}

/// What staff do about a refund that the provider refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// The provider is asked again, for a refund of its own.
    Retry,
    /// The money went back by another way.
    Paid,
    /// Nothing goes back.
    Drop,
}

/// Money that goes back to the buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Its id, which is also its idempotency key at the provider.
    pub id: RefundId,
    /// The payment it goes back on.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: Option<String>,
    /// Where it stands.
    pub state: RefundState,
    /// When it was agreed.
    pub requested_at: Timestamp,
}

impl Refund {
    /// Whether its money went back or is about to.
    pub fn is_promised(&self) -> bool {
        matches!(self.state, RefundState::Pending | RefundState::Paid)
    }
}
