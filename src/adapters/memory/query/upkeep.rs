use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;

use crate::adapters::memory::MemoryStore;
use crate::adapters::memory::map::{after, page};
use crate::adapters::memory::state::{ConsumerRow, reader};
use crate::domain::catalog::Product;
use crate::domain::inventory::StockItem;
use crate::domain::order::{Lease, PromotionUse, Saga, SagaId};
use crate::domain::shared::{
    OrderId, ProductId, PromotionId, RefundId, Sku, StockPolicy, Timestamp,
};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::idempotency::{KeyId, KeyState};
use crate::ports::upkeep::{CountedUses, LogEnd, LookedAt, OrderRow, SagaFault, Upkeep};

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

    async fn unshown(
        &self,
        mark: Option<ProductId>,
        limit: usize,
    ) -> Result<Page<ProductId, ProductId>, PortError> {
        let catalog = &self.snapshot().catalog;
        let products = after(&catalog.products, mark).map(|(id, _)| *id);
        let unshown = products.filter(|id| !catalog.views.contains_key(id));
        Ok(page(unshown, limit, |id| *id))
    }

    async fn wrong_sagas(
        &self,
        orders: &[OrderId],
        now: Timestamp,
    ) -> Result<Vec<(Saga, SagaFault)>, PortError> {
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
        let fault = |saga: &Saga| {
            if state.sagas.is_misplaced(saga) {
                return Some(SagaFault::Step);
            }
            let stuck = !saga.is_over() && is_endless(saga.lease.as_ref(), now);
            stuck.then_some(SagaFault::Lease)
        };
        let wrong = orders.iter().flat_map(of);
        Ok(wrong.filter_map(|saga| Some((saga.clone(), fault(saga)?))).collect())
    }

    async fn stuck_consumers(&self, now: Timestamp) -> Result<Vec<String>, PortError> {
        let log = &self.snapshot().log;
        let stuck = |(_, row): &(&String, &ConsumerRow)| is_endless(row.lease.as_ref(), now);
        Ok(log.consumers.iter().filter(stuck).map(|(name, _)| name.clone()).collect())
    }

    async fn log_end(&self) -> Result<LogEnd, PortError> {
        let log = &self.snapshot().log;
        let last = log.events.last().map_or(0, |(position, _)| *position);
        Ok(LogEnd { head: log.head, last })
    }

    async fn lost_events(&self, _: Option<u64>, _: usize) -> Result<LookedAt, PortError> {
        Ok(LookedAt::default())
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

    async fn customer_uses(
        &self,
        mark: Option<PromotionUse>,
        limit: usize,
    ) -> Result<Page<(PromotionUse, u32), PromotionUse>, PortError> {
        let counts = &self.snapshot().pricing.customer_uses;
        let mark = mark.map(|used| (used.promotion, used.customer_key));
        let counted = after(counts, mark).map(|((promotion, customer_key), count)| {
            let customer_key = customer_key.clone();
            (PromotionUse { promotion: *promotion, customer_key }, *count)
        });
        Ok(page(counted, limit, |(used, _)| used.clone()))
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

fn is_endless(lease: Option<&Lease>, now: Timestamp) -> bool {
    lease.is_some_and(|lease| lease.is_endless(now))
}
