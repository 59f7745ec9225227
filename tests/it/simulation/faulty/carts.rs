use std::sync::Arc;

use async_trait::async_trait;
use ecicomm::domain::cart::Cart;
use ecicomm::domain::shared::{CartId, Timestamp, Version};
use ecicomm::ports::PortError;
use ecicomm::ports::cart::{CartSaved, Carts};
use ecicomm::ports::search::{
    IndexChange, IndexRebuild, SearchHits, SearchIndex, SearchQuery, Suggestions,
};

use super::Faulty;

#[async_trait]
impl Carts for Faulty<dyn Carts> {
    async fn cart(&self, id: CartId, now: Timestamp) -> Result<Option<Arc<Cart>>, PortError> {
        self.gate.call("carts", "cart", self.inner.cart(id, now)).await
    }

    async fn save(
        &self,
        cart: Arc<Cart>,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<CartSaved, PortError> {
        self.gate.call("carts", "save cart", self.inner.save(cart, expected, now)).await
    }

    async fn sweep(&self, now: Timestamp, most: usize) -> Result<usize, PortError> {
        self.gate.call("carts", "sweep carts", self.inner.sweep(now, most)).await
    }
}

#[async_trait]
impl SearchIndex for Faulty<dyn SearchIndex> {
    async fn apply(&self, changes: Vec<IndexChange>) -> Result<(), PortError> {
        self.gate.call("search", "index apply", self.inner.apply(changes)).await
    }

    async fn search(&self, query: &SearchQuery) -> Result<SearchHits, PortError> {
        self.gate.call("search", "index search", self.inner.search(query)).await
    }

    async fn suggest(&self, prefix: &str, limit: u32) -> Result<Suggestions, PortError> {
        self.gate.call("search", "index suggest", self.inner.suggest(prefix, limit)).await
    }

    async fn rebuild(&self) -> Result<Box<dyn IndexRebuild>, PortError> {
        self.gate.call("search", "index rebuild", self.inner.rebuild()).await
    }

    async fn count(&self) -> Result<u64, PortError> {
        self.gate.call("search", "index count", self.inner.count()).await
    }
}
