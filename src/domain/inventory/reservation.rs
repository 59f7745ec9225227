use crate::domain::shared::{Location, OrderId, Quantity, Sku, Timestamp};

/// Where a reservation stands. It leaves `Held` exactly once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservationState {
    /// Units are held until the time comes.
    Held,
    /// The order was confirmed; the units left the stock.
    Committed,
    /// The order failed; the units are free again.
    Released,
    /// Time ran out; the units are free again.
    Expired,
}

/// Units of one SKU at one location that an order holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Who holds.
    pub order: OrderId,
    /// What is held.
    pub sku: Sku,
    /// Where.
    pub location: Location,
    /// How many units.
    pub quantity: Quantity,
    /// Where it stands.
    pub state: ReservationState,
    /// When the hold runs out by itself.
    pub held_until: Timestamp,
}
