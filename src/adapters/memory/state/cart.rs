use std::sync::Arc;

use crate::adapters::memory::map::{Map, Set};
use crate::adapters::record::Fact;
use crate::domain::cart::Cart;
use crate::domain::shared::{CartId, Timestamp};

/// Carts. `by_expiry` follows from `carts`.
#[derive(Clone, Default)]
pub struct CartState {
    /// Carts, those that expired and were not swept yet among them.
    pub carts: Map<CartId, Arc<Cart>>,
    /// Carts by when they expire.
    pub by_expiry: Set<(Timestamp, CartId)>,
    /// What changed since facts were last taken.
    pub facts: Vec<Fact>,
}

impl CartState {
    /// The cart, unless it expired by `now`.
    pub fn live(&self, id: CartId, now: Timestamp) -> Option<&Arc<Cart>> {
        self.carts.get(&id).filter(|cart| now < cart.expires_at())
    }

    /// Keeps a cart, over whatever was kept of it.
    pub fn put(&mut self, cart: Arc<Cart>) {
        self.unlink(cart.id());
        self.facts.push(Fact::Cart(cart.clone()));
        self.by_expiry.insert_mut((cart.expires_at(), cart.id()));
        self.carts.insert_mut(cart.id(), cart);
    }

    /// Forgets a cart.
    pub fn remove(&mut self, id: CartId) {
        self.unlink(id);
        self.facts.push(Fact::CartGone(id));
        self.carts.remove_mut(&id);
    }

    fn unlink(&mut self, id: CartId) {
        if let Some(old) = self.carts.get(&id) {
            self.by_expiry.remove_mut(&(old.expires_at(), id));
        }
    }
}
