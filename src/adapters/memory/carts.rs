use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::domain::cart::Cart;
use crate::domain::shared::{CartId, Timestamp, Version};
use crate::ports::PortError;
use crate::ports::cart::{CartSaved, Carts};

/// The carts of a shop in memory: a bounded number of them. Where a new one does not fit, the one
/// that would expire first goes: an abandoned cart before one in use.
pub struct MemoryCarts {
    kept: Mutex<Kept>,
    most: usize,
}

#[derive(Default)]
struct Kept {
    carts: BTreeMap<CartId, Arc<Cart>>,
    by_expiry: BTreeSet<(Timestamp, CartId)>,
}

impl MemoryCarts {
    /// How many carts are kept unless told otherwise.
    pub const MOST: usize = 200_000;

    /// No carts yet, and at most `most` ever, but one at least.
    pub fn new(most: usize) -> Self {
        Self { kept: Mutex::default(), most: most.max(1) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Each change is complete before anything can fail, so a lock of the dead guards whole
        // carts.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryCarts {
    fn default() -> Self {
        Self::new(Self::MOST)
    }
}

impl Kept {
    fn live(&self, id: CartId, now: Timestamp) -> Option<&Arc<Cart>> {
        self.carts.get(&id).filter(|cart| now < cart.expires_at())
    }

    fn put(&mut self, cart: Arc<Cart>) {
        self.by_expiry.insert((cart.expires_at(), cart.id()));
        if let Some(old) = self.carts.insert(cart.id(), cart.clone())
            && old.expires_at() != cart.expires_at()
        {
            self.by_expiry.remove(&(old.expires_at(), old.id()));
        }
    }

    /// Forgets the cart that expires first.
    fn drop_first(&mut self) {
        if let Some((_, id)) = self.by_expiry.pop_first() {
            self.carts.remove(&id);
        }
    }
}

#[async_trait]
impl Carts for MemoryCarts {
    async fn cart(&self, id: CartId, now: Timestamp) -> Result<Option<Arc<Cart>>, PortError> {
        Ok(self.kept().live(id, now).cloned())
    }

    async fn save(
        &self,
        cart: Arc<Cart>,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<CartSaved, PortError> {
        let mut kept = self.kept();
        if kept.live(cart.id(), now).map(|known| known.version()) != expected {
            return Ok(CartSaved::Stale);
        }
        if kept.carts.len() >= self.most && !kept.carts.contains_key(&cart.id()) {
            kept.drop_first();
        }
        kept.put(cart);
        Ok(CartSaved::Saved)
    }

    async fn sweep(&self, now: Timestamp, most: usize) -> Result<usize, PortError> {
        let mut kept = self.kept();
        let expired = |(until, _): &&(Timestamp, CartId)| *until <= now;
        let count = kept.by_expiry.iter().take_while(expired).take(most).count();
        for _ in 0..count {
            kept.drop_first();
        }
        Ok(count)
    }
}
