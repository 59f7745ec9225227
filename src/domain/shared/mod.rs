//! Values that every context speaks of: money, quantities, SKUs, slugs, codes, ids, addresses,
//! time.

mod address;
mod codes;
mod email;
mod ids;
mod invalid;
mod money;
mod quantity;
mod sku;
mod slug;
mod time;
mod version;

pub use address::{Address, AddressParts, Country};
pub use codes::{CouponCode, ShippingCode, TaxCategory};
pub use email::Email;
pub use ids::*;
pub use invalid::{Invalid, Text};
pub use money::{Currency, Money, MoneyError};
pub use quantity::Quantity;
pub use sku::Sku;
pub use slug::Slug;
pub use time::{Span, Timestamp};
pub use version::Version;

#[cfg(test)]
mod tests;
