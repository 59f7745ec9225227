//! Stock per SKU and location as a ledger of events, and reservations that hold it for orders.
//!
//! Never decides on a sum that it did not check: a reservation is refused where it would sell what
//! is not there, and every change is an event that folds to the figures shown.

mod allocate;
mod event;
mod reservation;
mod sellable;
mod stock;

pub use allocate::allocate;
pub use event::{StockEvent, StockEventKind};
pub use reservation::{HoldTold, Reservation, ReservationState};
pub use sellable::Sellable;
pub use stock::{StockError, StockItem};

#[cfg(test)]
mod tests;
