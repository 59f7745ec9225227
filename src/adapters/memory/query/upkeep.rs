use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;

use crate::adapters::memory::MemoryStore;
use crate::adapters::memory::map::{after, page};
use crate::adapters::memory::state::reader;
use crate::domain::catalog::Product;
use crate::domain::inventory::StockItem;
use crate::domain::order::{Saga, SagaId};
use crate::domain::shared::{OrderId, PromotionId, RefundId, Sku, StockPolicy};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::idempotency::{KeyId, KeyState};
use crate::ports::upkeep::{CountedUses, OrderRow, SagaFault, Upkeep};

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
        let (context, low_below) = (reader(self.currency()), self.config().low_stock_below);
        let wrong = |product: &Arc<Product>| state.wrong_view(product.id(), &context, low_below);
        Ok(products.iter().map(wrong).collect())
    }

    async fn wrong_sagas(&self, orders: &[OrderId]) -> Result<Vec<(Saga, SagaFault)>, PortError> {
        let state = self.snapshot();
        let of = |order: &OrderId| {
            let (checkout, id) = (SagaId::Checkout(*order), *order);
            let refunds = Bound::Included(SagaId::Refund(id, RefundId::new(uuid::Uuid::nil())));
            let rows = &state.sagas.rows;
            let refunds = rows.range((refunds, Bound::Unbounded)).map(|(_, saga)| saga);
            rows.get(&checkout)
                .into_iter()
                .chain(refunds.take_while(move |saga| saga.id.order() == id))
                .collect::<Vec<_>>()
        };
        let wrong = orders.iter().flat_map(of).filter(|saga| state.sagas.is_misplaced(saga));
        Ok(wrong.map(|saga| (saga.clone(), SagaFault::Step)).collect())
    }

    async fn counted_uses(
        &self,
        promotion: PromotionId,
        customer_key: Option<&str>,
    ) -> Result<CountedUses, PortError> {
        let state = self.snapshot();
        let uses = state.pricing.uses(promotion, customer_key);
        let counted = if customer_key.is_some() { uses.by_customer } else { uses.total };
        Ok(CountedUses { counted, taken: state.uses_taken(promotion, customer_key) })
    }

    async fn lost_stock(
        &self,
        mark: Option<Sku>,
        limit: usize,
    ) -> Result<Page<StockItem, Sku>, PortError> {
        let state = self.snapshot();
        let location = &self.config().location;
        let told = after(&state.stock.skus, mark.clone());
        let told = told.filter(|(_, stock)| stock.items.is_empty() && !stock.ledger.is_empty());
        let sold = after(&state.catalog.skus, mark);
        let sold = sold
            .filter(|(sku, _)| state.stock.items(sku).is_empty() && state.catalog.is_counted(sku));
        let lost: BTreeSet<&Sku> =
            told.map(|(sku, _)| sku).chain(sold.map(|(sku, _)| sku)).collect();
        let blank = |sku: &Sku| {
            let policy =
                state.catalog.skus.get(sku).map_or(StockPolicy::Tracked, |owner| owner.policy);
            StockItem::new(sku.clone(), location.clone(), policy)
        };
        Ok(page(lost.into_iter().map(blank), limit, |item| item.sku().clone()))
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
