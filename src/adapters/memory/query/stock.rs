use async_trait::async_trait;

use crate::adapters::memory::MemoryStore;
use crate::adapters::memory::map::{after, list_page, page};
use crate::domain::inventory::{Reservation, StockEvent, StockItem};
use crate::domain::shared::{OrderId, Sku, Timestamp};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::inventory::StockQueries;

#[async_trait]
impl StockQueries for MemoryStore {
    async fn stock(&self, skus: &[Sku]) -> Result<Vec<Vec<StockItem>>, PortError> {
        let state = self.snapshot();
        Ok(skus.iter().map(|sku| state.stock.items(sku).to_vec()).collect())
    }

    async fn list(
        &self,
        mark: Option<Sku>,
        limit: usize,
    ) -> Result<Page<Vec<StockItem>, Sku>, PortError> {
        Ok(self.stock_page(mark, limit, |_| true))
    }

    async fn low(
        &self,
        below: i64,
        mark: Option<Sku>,
        limit: usize,
    ) -> Result<Page<Vec<StockItem>, Sku>, PortError> {
        Ok(self.stock_page(mark, limit, |items| items.iter().any(|item| item.free() < below)))
    }

    async fn events(
        &self,
        sku: &Sku,
        mark: Option<u64>,
        limit: usize,
    ) -> Result<Page<StockEvent, u64>, PortError> {
        let state = self.snapshot();
        let ledger = state.stock.skus.get(sku).map(|stock| &stock.ledger);
        let none = Page { items: Vec::new(), next: None };
        Ok(ledger.map_or(none, |ledger| list_page(ledger, mark, limit)))
    }

    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, PortError> {
        Ok(self.snapshot().stock.reservations.get(&order).cloned().unwrap_or_default())
    }

    async fn claim_overdue(
        &self,
        until: Timestamp,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<OrderId>, PortError> {
        let state = self.snapshot();
        let past = state.stock.held.iter().take_while(|(held_until, _)| *held_until <= now);
        let orders = past.map(|(_, order)| *order);
        Ok(self.claims.take(orders, until, now, most))
    }
}

impl MemoryStore {
    fn stock_page(
        &self,
        mark: Option<Sku>,
        limit: usize,
        which: impl Fn(&[StockItem]) -> bool,
    ) -> Page<Vec<StockItem>, Sku> {
        let state = self.snapshot();
        let known = after(&state.stock.skus, mark);
        let asked = known.filter(|(_, stock)| which(&stock.items));
        let found = page(asked, limit, |(sku, _)| Sku::clone(sku));
        let items = found.items.into_iter().map(|(_, stock)| stock.items.clone()).collect();
        Page { items, next: found.next }
    }
}
