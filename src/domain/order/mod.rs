//! Orders: what was bought, frozen, and everything that happened to it since.
//!
//! An order changes only by its events, and its events fold to its state. A transition that the
//! state forbids is an error, never a silent no-op. A line is a snapshot: it holds no product.

mod aftersale;
mod change;
mod checkout;
mod event;
mod fulfil;
mod line;
mod number;
#[expect(clippy::module_inception, reason = "the context and its one aggregate share a name")]
mod order;
mod payment;
mod placed;
mod saga;
mod settle;
mod status;

pub use aftersale::{Refund, RefundState, Resolution, Return, Shipment, UnitsOf};
pub use change::{OrderChange, OrderError};
pub use event::OrderEvent;
pub use line::{LineProgress, OrderLine};
pub use number::OrderNumber;
pub use order::{Note, Order, Phase};
pub use payment::{Payment, PaymentMethod, PaymentState};
pub use placed::{AppliedPromotion, Origin, Placed, PromotionUse, ShippingChoice, TaxLine, Totals};
pub use saga::{
    CheckoutState, Effect, JournalEntry, Lease, RefundJobState, Saga, SagaId, SagaPlan,
};
pub use status::{OrderStatus, PaymentStatus};

/// Why an order fails whose money was taken when its stock was gone.
pub const STOCK_LOST: &str = "stock_lost";

#[cfg(test)]
mod tests;
