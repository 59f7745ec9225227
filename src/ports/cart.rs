//! Carts, kept outside the unit of work by compare-and-set.

use std::sync::Arc;

use async_trait::async_trait;

use super::PortError;
use crate::domain::cart::{Cart, CartLine};
use crate::domain::pricing::{PricedBasket, PricedLine};
use crate::domain::shared::{CartId, Timestamp, Version};

/// Why a line of a cart cannot be bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineProblem {
    /// The product left the shop. The line counts nothing.
    Unavailable,
    /// It has no price in the cart's currency. The line counts nothing.
    NoPrice,
    /// Too few units are left. The line counts.
    InsufficientStock {
        /// How many could be had.
        available: i64,
    },
}

/// A line of a cart as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct CartLineView {
    /// The line, its title as it is today.
    pub line: CartLine,
    /// What it costs today; none where it counts nothing.
    pub priced: Option<PricedLine>,
    /// Why it cannot be bought.
    pub problem: Option<LineProblem>,
}

/// A cart with what it costs today.
#[derive(Clone, Debug, PartialEq)]
pub struct CartView {
    /// The cart.
    pub cart: Arc<Cart>,
    /// Its lines, in order.
    pub lines: Vec<CartLineView>,
    /// What it costs.
    pub priced: PricedBasket,
}

/// How a save went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum CartSaved {
    /// It is kept.
    Saved,
    /// The cart has another version by now, or is gone, or (where none was expected) exists.
    Stale,
}

/// The carts of all shoppers.
///
/// Adapters MUST keep a cart until [`Cart::expires_at`] and MUST NOT show it after.
#[async_trait]
pub trait Carts: Send + Sync {
    /// The cart, unless it never was or expired by `now`.
    async fn cart(&self, id: CartId, now: Timestamp) -> Result<Option<Arc<Cart>>, PortError>;

    /// Keeps `cart` if the kept one still has the version `expected` (`None`: if there is none). Of
    /// several saves on one version exactly one MUST win.
    async fn save(
        &self,
        cart: Arc<Cart>,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<CartSaved, PortError>;

    /// Forgets what expired by `now`, at most `most`; how many that were. An adapter over something
    /// that forgets by itself has nothing to do.
    async fn sweep(&self, now: Timestamp, most: usize) -> Result<usize, PortError>;
}
