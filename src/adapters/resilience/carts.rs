use std::sync::Arc;

use async_trait::async_trait;

use super::guard::{Again, Guard};
use crate::domain::cart::Cart;
use crate::domain::shared::{CartId, Timestamp, Version};
use crate::ports::PortError;
use crate::ports::cart::{CartSaved, Carts};

/// Carts whose calls end in time, at once while their keeper is away, and are made again where that
/// does no harm. A save of which it is not known whether it happened is not: its caller would be
/// told of a rival that is itself.
pub struct GuardedCarts {
    inner: Arc<dyn Carts>,
    guard: Guard,
}

impl GuardedCarts {
    /// `inner`, behind `guard`.
    pub fn new(inner: Arc<dyn Carts>, guard: Guard) -> Self {
        Self { inner, guard }
    }
}

#[async_trait]
impl Carts for GuardedCarts {
    async fn cart(&self, id: CartId, now: Timestamp) -> Result<Option<Arc<Cart>>, PortError> {
        self.guard.call(Again::Always, || self.inner.cart(id, now)).await
    }

    async fn save(
        &self,
        cart: Arc<Cart>,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<CartSaved, PortError> {
        let save = || self.inner.save(cart.clone(), expected, now);
        self.guard.call(Again::IfNothingWasDone, save).await
    }

    async fn sweep(&self, now: Timestamp, most: usize) -> Result<usize, PortError> {
        // It may ask nobody, and so tells nothing of how the keeper does.
        self.inner.sweep(now, most).await
    }
}
