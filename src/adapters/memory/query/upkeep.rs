use std::sync::Arc;

use async_trait::async_trait;

use crate::adapters::memory::MemoryStore;
use crate::adapters::memory::map::{after, page};
use crate::adapters::memory::state::reader;
use crate::domain::catalog::Product;
use crate::domain::shared::OrderId;
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::idempotency::{KeyId, KeyState};
use crate::ports::upkeep::{OrderRow, Upkeep};

#[async_trait]
impl Upkeep for MemoryStore {
    async fn order_rows(&self, orders: &[OrderId]) -> Result<Vec<Option<OrderRow>>, PortError> {
        let state = self.snapshot();
        Ok(orders.iter().map(|id| state.orders.found_by(*id)).collect())
    }

    async fn wrong_views(
        &self,
        products: &[Arc<Product>],
    ) -> Result<Vec<Option<&'static str>>, PortError> {
        let state = self.snapshot();
        let (context, low_below) = (reader(self.config()), self.config().low_stock_below);
        let wrong = |product: &Arc<Product>| state.wrong_view(product.id(), &context, low_below);
        Ok(products.iter().map(wrong).collect())
    }

    async fn keys_in_flight(
        &self,
        mark: Option<KeyId>,
        limit: usize,
    ) -> Result<Page<(KeyId, OrderId), KeyId>, PortError> {
        let state = self.snapshot();
        let waiting = after(&state.keys.rows, mark).filter_map(|(id, row)| match row.state {
            KeyState::InFlight(order) => Some((id.clone(), order)),
            KeyState::Done(_) => None,
        });
        Ok(page(waiting, limit, |(id, _)| id.clone()))
    }
}
