//! Carts, kept outside the unit of work by compare-and-set.

use std::sync::Arc;

use async_trait::async_trait;

use super::PortError;
use crate::domain::cart::Cart;
use crate::domain::shared::{CartId, Timestamp, Version};

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
/// Adapters MUST keep a cart until [`Cart::expires_at`] and MUST forget it after.
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

    /// Forgets what expired by `now`, at most `most`; how many that were.
    async fn sweep(&self, now: Timestamp, most: usize) -> Result<usize, PortError>;
}
