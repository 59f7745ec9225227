use std::sync::Arc;

use async_trait::async_trait;

use crate::adapters::memory::MemoryStore;
use crate::domain::cart::Cart;
use crate::domain::shared::{CartId, Timestamp, Version};
use crate::ports::PortError;
use crate::ports::cart::{CartSaved, Carts};

/// The carts of a shop that keeps them with everything else. A new cart that does not fit drives
/// out the one that would expire first: an abandoned one before one in use.
#[async_trait]
impl Carts for MemoryStore {
    async fn cart(&self, id: CartId, now: Timestamp) -> Result<Option<Arc<Cart>>, PortError> {
        Ok(self.snapshot().carts.live(id, now).cloned())
    }

    async fn save(
        &self,
        cart: Arc<Cart>,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<CartSaved, PortError> {
        let most = self.config().max_carts;
        self.change(|state| {
            let kept = &mut state.carts;
            if kept.live(cart.id(), now).map(|known| known.version()) != expected {
                return Ok(CartSaved::Stale);
            }
            let full = kept.carts.size() >= most && !kept.carts.contains_key(&cart.id());
            if let Some((_, first)) = kept.by_expiry.first().filter(|_| full).copied() {
                kept.remove(first);
            }
            kept.put(cart);
            Ok(CartSaved::Saved)
        })
        .await
    }

    async fn sweep(&self, now: Timestamp, most: usize) -> Result<usize, PortError> {
        self.change(|state| {
            let past = state.carts.by_expiry.iter().take_while(|(until, _)| *until <= now);
            let past: Vec<CartId> = past.take(most).map(|(_, id)| *id).collect();
            for id in &past {
                state.carts.remove(*id);
            }
            Ok(past.len())
        })
        .await
    }
}
