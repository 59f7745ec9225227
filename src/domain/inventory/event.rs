use crate::domain::shared::{Location, OrderId, Sku, Timestamp};

/// What happened to stock. Each kind moves `on_hand`, `reserved` or both by the event's quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StockEventKind {
    /// Units came in: on hand up.
    Received,
    /// An order holds units: reserved up.
    Reserved,
    /// An order failed and let go: reserved down.
    Released,
    /// A hold ran out of time: reserved down.
    Expired,
    /// An order was confirmed: reserved and on hand down.
    Committed,
    /// A confirmed order was cancelled: on hand up.
    Cancelled,
    /// A return was restocked: on hand up.
    Returned,
    /// Someone counted: on hand by a signed quantity.
    Adjusted,
}

/// One entry of the stock ledger. The entries of a (SKU, location) sum to its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockEvent {
    /// What moved.
    pub sku: Sku,
    /// Where.
    pub location: Location,
    /// What happened.
    pub kind: StockEventKind,
    /// How many units; negative only for an adjustment.
    pub quantity: i64,
    /// The order that caused it, if one did.
    pub order: Option<OrderId>,
    /// Why, in a person's words, where a person did it.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl StockEvent {
    /// By how much the event moves `on_hand`.
    pub const fn on_hand_delta(&self) -> i64 {
        use StockEventKind::{
            Adjusted, Cancelled, Committed, Expired, Received, Released, Reserved, Returned,
        };
        match self.kind {
            Received | Cancelled | Returned | Adjusted => self.quantity,
            Committed => self.quantity.saturating_neg(),
            Reserved | Released | Expired => 0,
        }
    }

    /// By how much the event moves `reserved`.
    pub const fn reserved_delta(&self) -> i64 {
        use StockEventKind::{
            Adjusted, Cancelled, Committed, Expired, Received, Released, Reserved, Returned,
        };
        match self.kind {
            Reserved => self.quantity,
            Released | Expired | Committed => self.quantity.saturating_neg(),
            Received | Cancelled | Returned | Adjusted => 0,
        }
    }
}
