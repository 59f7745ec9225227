use std::sync::Arc;

use async_trait::async_trait;
use ecicomm::domain::cart::Cart;
use ecicomm::domain::shared::{CartId, Timestamp, Version};
use ecicomm::ports::PortError;
use ecicomm::ports::cart::{CartSaved, Carts};
use ecicomm::ports::search::{
    IndexChange, IndexRebuild, SearchHits, SearchIndex, SearchQuery, Suggestions,
};

use super::{Behind, Passage};

#[async_trait]
impl<P: Passage> Carts for Behind<P, dyn Carts> {
    async fn cart(&self, id: CartId, now: Timestamp) -> Result<Option<Arc<Cart>>, PortError> {
        self.passage.call("carts", "cart", self.inner.cart(id, now)).await
    }

    async fn save(
        &self,
        cart: Arc<Cart>,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<CartSaved, PortError> {
        self.passage.call("carts", "save cart", self.inner.save(cart, expected, now)).await
    }

    async fn sweep(&self, now: Timestamp, most: usize) -> Result<usize, PortError> {
        self.passage.call("carts", "sweep carts", self.inner.sweep(now, most)).await
    }
}

#[async_trait]
impl<P: Passage> SearchIndex for Behind<P, dyn SearchIndex> {
    async fn apply(&self, changes: Vec<IndexChange>) -> Result<(), PortError> {
        self.passage.call("search", "index apply", self.inner.apply(changes)).await
    }

    async fn search(&self, query: &SearchQuery) -> Result<SearchHits, PortError> {
        self.passage.call("search", "index search", self.inner.search(query)).await
    }

    async fn suggest(&self, prefix: &str, limit: u32) -> Result<Suggestions, PortError> {
        self.passage.call("search", "index suggest", self.inner.suggest(prefix, limit)).await
    }

    async fn rebuild(&self) -> Result<Box<dyn IndexRebuild>, PortError> {
        self.passage.call("search", "index rebuild", self.inner.rebuild()).await
    }

    async fn count(&self) -> Result<u64, PortError> {
        self.passage.call("search", "index count", self.inner.count()).await
    }
}
