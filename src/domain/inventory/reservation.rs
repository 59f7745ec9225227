use super::{StockEvent, StockEventKind};
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

impl ReservationState {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Committed => "committed",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }
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

/// What a ledger tells of the units that one order held at one place, entry by entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HoldTold {
    /// The order never held any.
    #[default]
    Nothing,
    /// Where the reservation stands, and of how many units it is.
    Stands(ReservationState, i64),
    /// The entries cannot be: units were held twice, or let go that were not held.
    Contradiction,
}

impl HoldTold {
    /// What is told after another entry of that order at that place.
    pub fn then(self, event: &StockEvent) -> Self {
        use StockEventKind as K;
        let end = match event.kind {
            K::Reserved if self == Self::Nothing => {
                return Self::Stands(ReservationState::Held, event.quantity);
            }
            K::Reserved => return Self::Contradiction,
            K::Committed => ReservationState::Committed,
            K::Released => ReservationState::Released,
            K::Expired => ReservationState::Expired,
            K::Received | K::Cancelled | K::Returned | K::Adjusted => return self,
        };
        match self {
            Self::Stands(ReservationState::Held, units) if units == event.quantity => {
                Self::Stands(end, units)
            }
            _ => Self::Contradiction,
        }
    }
}
