//! Values that every context speaks of: money, quantities, SKUs, slugs, codes, ids, addresses,
//! time.

mod address;
mod allocation;
mod availability;
mod codes;
pub mod crockford;
mod email;
mod ids;
mod invalid;
mod location;
mod money;
mod quantity;
mod sku;
mod slug;
mod time;
mod version;

pub use address::{Address, AddressParts, Country};
pub use allocation::Allocation;
pub use availability::{Availability, StockPolicy};
pub use codes::{CouponCode, ShippingCode, TaxCategory};
pub use email::Email;
pub use ids::*;
pub use invalid::{Invalid, Text};
pub use location::Location;
pub use money::{Currency, Money, MoneyError};
pub use quantity::Quantity;
pub use sku::Sku;
pub use slug::Slug;
pub use time::{Span, Timestamp};
pub use version::Version;

#[cfg(test)]
mod tests;
