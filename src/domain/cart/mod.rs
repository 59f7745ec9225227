//! What a shopper means to buy, before it is an order.
//!
//! A cart holds no stock and no price: both are looked up whenever it is read. It remembers the
//! total it last showed, so that an order never costs more than its buyer saw.

#[expect(clippy::module_inception, reason = "the context and its one aggregate share a name")]
mod cart;
mod line;

pub use cart::{Cart, CartError, CartParts};
pub use line::CartLine;

#[cfg(test)]
mod tests;
