//! Values that every context speaks of: money, quantities, SKUs, slugs, ids, addresses, time.

mod address;
mod allocation;
mod availability;
mod email;
mod ids;
mod invalid;
mod location;
mod money;
mod quantity;
mod sku;
mod slug;
mod tax_category;
mod time;
mod version;

pub use address::{Address, AddressParts, Country};
pub use allocation::Allocation;
pub use availability::{Availability, StockPolicy};
pub use email::Email;
pub use ids::*;
pub use invalid::{Invalid, Text};
pub use location::Location;
pub use money::{Currency, Money, MoneyError};
pub use quantity::Quantity;
pub use sku::Sku;
pub use slug::Slug;
pub use tax_category::TaxCategory;
pub use time::{Span, Timestamp};
pub use version::Version;

#[cfg(test)]
mod tests;
