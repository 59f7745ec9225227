use std::sync::Arc;

use async_trait::async_trait;
use ecicomm::domain::catalog::{Category, ProductStatus};
use ecicomm::domain::inventory::{Reservation, StockEvent, StockItem};
use ecicomm::domain::order::{Lease, Order, OrderEvent, Saga, SagaId};
use ecicomm::domain::pricing::{PricingRules, Promotion, ShippingMethod, TaxRate, Uses};
use ecicomm::domain::shared::{
    CartId, CategoryId, CouponCode, OrderId, ProductId, PromotionId, ShippingMethodId, Sku, Slug,
    TaxRateId, Timestamp, VariantId,
};
use ecicomm::ports::PortError;
use ecicomm::ports::catalog::{
    CatalogQueries, CategoryNode, ListMark, ListQuery, Page, ProductView, SlugTarget,
};
use ecicomm::ports::events::{Consumer, Event, EventLog, ParkedEvent};
use ecicomm::ports::idempotency::{IdempotencyKeys, KeyId, KeyRow};
use ecicomm::ports::inventory::StockQueries;
use ecicomm::ports::order::{OrderFilter, OrderMark, OrderQueries, Sagas};
use ecicomm::ports::pricing::PricingQueries;

use super::Faulty;

type Answer<T> = Result<T, PortError>;

#[async_trait]
impl CatalogQueries for Faulty<dyn CatalogQueries> {
    async fn product(&self, id: ProductId) -> Answer<Option<Arc<ProductView>>> {
        self.gate.call("catalog", "product", self.inner.product(id)).await
    }

    async fn products(&self, ids: &[ProductId]) -> Answer<Vec<Option<Arc<ProductView>>>> {
        self.gate.call("catalog", "products", self.inner.products(ids)).await
    }

    async fn by_slug(&self, slug: &Slug) -> Answer<Option<SlugTarget>> {
        self.gate.call("catalog", "product by slug", self.inner.by_slug(slug)).await
    }

    async fn by_variants(&self, ids: &[VariantId]) -> Answer<Vec<Option<Arc<ProductView>>>> {
        self.gate.call("catalog", "products by variants", self.inner.by_variants(ids)).await
    }

    async fn by_skus(&self, skus: &[Sku]) -> Answer<Vec<Option<Arc<ProductView>>>> {
        self.gate.call("catalog", "products by skus", self.inner.by_skus(skus)).await
    }

    async fn by_import_key(&self, key: &str) -> Answer<Option<Arc<ProductView>>> {
        self.gate.call("catalog", "product by import key", self.inner.by_import_key(key)).await
    }

    async fn list(&self, query: &ListQuery) -> Answer<Page<Arc<ProductView>, ListMark>> {
        self.gate.call("catalog", "list products", self.inner.list(query)).await
    }

    async fn scan(
        &self,
        status: Option<ProductStatus>,
        after: Option<ProductId>,
        limit: usize,
    ) -> Answer<Page<Arc<ProductView>, ProductId>> {
        self.gate.call("catalog", "scan products", self.inner.scan(status, after, limit)).await
    }

    async fn category_tree(&self) -> Answer<Arc<Vec<CategoryNode>>> {
        self.gate.call("catalog", "category tree", self.inner.category_tree()).await
    }

    async fn category(&self, id: CategoryId) -> Answer<Option<Arc<Category>>> {
        self.gate.call("catalog", "category", self.inner.category(id)).await
    }

    async fn category_by_slug(&self, slug: &Slug) -> Answer<Option<Arc<Category>>> {
        self.gate.call("catalog", "category by slug", self.inner.category_by_slug(slug)).await
    }

    async fn category_by_name(
        &self,
        parent: Option<CategoryId>,
        name: &str,
    ) -> Answer<Option<Arc<Category>>> {
        let work = self.inner.category_by_name(parent, name);
        self.gate.call("catalog", "category by name", work).await
    }
}

#[async_trait]
impl PricingQueries for Faulty<dyn PricingQueries> {
    async fn rules(&self, coupons: &[CouponCode]) -> Answer<Arc<PricingRules>> {
        self.gate.call("pricing", "pricing rules", self.inner.rules(coupons)).await
    }

    async fn uses(&self, promotion: PromotionId, customer_key: Option<&str>) -> Answer<Uses> {
        let work = self.inner.uses(promotion, customer_key);
        self.gate.call("pricing", "promotion uses", work).await
    }

    async fn promotion(&self, id: PromotionId) -> Answer<Option<Arc<Promotion>>> {
        self.gate.call("pricing", "promotion", self.inner.promotion(id)).await
    }

    async fn promotions(
        &self,
        after: Option<PromotionId>,
        limit: usize,
    ) -> Answer<Page<Arc<Promotion>, PromotionId>> {
        self.gate.call("pricing", "promotions", self.inner.promotions(after, limit)).await
    }

    async fn tax_rate(&self, id: TaxRateId) -> Answer<Option<Arc<TaxRate>>> {
        self.gate.call("pricing", "tax rate", self.inner.tax_rate(id)).await
    }

    async fn tax_rates(
        &self,
        after: Option<TaxRateId>,
        limit: usize,
    ) -> Answer<Page<Arc<TaxRate>, TaxRateId>> {
        self.gate.call("pricing", "tax rates", self.inner.tax_rates(after, limit)).await
    }

    async fn shipping_method(&self, id: ShippingMethodId) -> Answer<Option<Arc<ShippingMethod>>> {
        self.gate.call("pricing", "shipping method", self.inner.shipping_method(id)).await
    }

    async fn shipping_methods(
        &self,
        after: Option<ShippingMethodId>,
        limit: usize,
    ) -> Answer<Page<Arc<ShippingMethod>, ShippingMethodId>> {
        let work = self.inner.shipping_methods(after, limit);
        self.gate.call("pricing", "shipping methods", work).await
    }
}

#[async_trait]
impl StockQueries for Faulty<dyn StockQueries> {
    async fn stock(&self, skus: &[Sku]) -> Answer<Vec<Vec<StockItem>>> {
        let found = self.gate.call("stock", "stock", self.inner.stock(skus)).await?;
        for item in found.iter().flatten() {
            self.gate
                .world
                .check(item.reserved() >= 0 && item.free() >= -item.policy().limit(), || {
                    format!("I1: oversold as read: {item:?}")
                });
        }
        Ok(found)
    }

    async fn list(&self, after: Option<Sku>, limit: usize) -> Answer<Page<Vec<StockItem>, Sku>> {
        self.gate.call("stock", "list stock", self.inner.list(after, limit)).await
    }

    async fn low(
        &self,
        below: i64,
        after: Option<Sku>,
        limit: usize,
    ) -> Answer<Page<Vec<StockItem>, Sku>> {
        self.gate.call("stock", "low stock", self.inner.low(below, after, limit)).await
    }

    async fn events(
        &self,
        sku: &Sku,
        after: Option<u64>,
        limit: usize,
    ) -> Answer<Page<StockEvent, u64>> {
        self.gate.call("stock", "stock events", self.inner.events(sku, after, limit)).await
    }

    async fn reservations(&self, order: OrderId) -> Answer<Vec<Reservation>> {
        self.gate.call("stock", "reservations", self.inner.reservations(order)).await
    }

    async fn overdue(&self, now: Timestamp, most: usize) -> Answer<Vec<OrderId>> {
        self.gate.call("stock", "overdue", self.inner.overdue(now, most)).await
    }
}

#[async_trait]
impl OrderQueries for Faulty<dyn OrderQueries> {
    async fn order(&self, id: OrderId) -> Answer<Option<Arc<Order>>> {
        self.gate.call("orders", "order", self.inner.order(id)).await
    }

    async fn by_ids(&self, ids: &[OrderId]) -> Answer<Vec<Option<Arc<Order>>>> {
        self.gate.call("orders", "orders by id", self.inner.by_ids(ids)).await
    }

    async fn order_of_cart(&self, cart: CartId) -> Answer<Option<OrderId>> {
        self.gate.call("orders", "order of cart", self.inner.order_of_cart(cart)).await
    }

    async fn orders(
        &self,
        filter: &OrderFilter,
        after: Option<OrderMark>,
        limit: usize,
    ) -> Answer<Page<Arc<Order>, OrderMark>> {
        self.gate.call("orders", "list orders", self.inner.orders(filter, after, limit)).await
    }

    async fn order_events(
        &self,
        id: OrderId,
        after: Option<u64>,
        limit: usize,
    ) -> Answer<Page<OrderEvent, u64>> {
        self.gate.call("orders", "order events", self.inner.order_events(id, after, limit)).await
    }
}

#[async_trait]
impl Sagas for Faulty<dyn Sagas> {
    async fn saga(&self, id: SagaId) -> Answer<Option<Saga>> {
        self.gate.call("sagas", "saga", self.inner.saga(id)).await
    }

    async fn claim(&self, id: SagaId, lease: Lease, now: Timestamp) -> Answer<Option<Saga>> {
        self.gate.call("sagas", "claim saga", self.inner.claim(id, lease, now)).await
    }

    async fn claim_due(&self, lease: Lease, now: Timestamp, most: usize) -> Answer<Vec<Saga>> {
        self.gate.call("sagas", "claim due sagas", self.inner.claim_due(lease, now, most)).await
    }

    async fn next_due(&self) -> Answer<Option<Timestamp>> {
        self.gate.call("sagas", "next due saga", self.inner.next_due()).await
    }

    async fn open(&self, after: Option<SagaId>, limit: usize) -> Answer<Page<Saga, SagaId>> {
        self.gate.call("sagas", "open sagas", self.inner.open(after, limit)).await
    }
}

#[async_trait]
impl IdempotencyKeys for Faulty<dyn IdempotencyKeys> {
    async fn key(&self, id: &KeyId, now: Timestamp) -> Answer<Option<Arc<KeyRow>>> {
        self.gate.call("keys", "key", self.inner.key(id, now)).await
    }

    async fn expired(&self, now: Timestamp, most: usize) -> Answer<usize> {
        self.gate.call("keys", "expired keys", self.inner.expired(now, most)).await
    }
}

#[async_trait]
impl EventLog for Faulty<dyn EventLog> {
    async fn events_after(&self, position: u64, most: usize) -> Answer<Vec<Event>> {
        self.gate.call("events", "events after", self.inner.events_after(position, most)).await
    }

    async fn head(&self) -> Answer<u64> {
        self.gate.call("events", "event head", self.inner.head()).await
    }

    async fn waiting(&self) -> Answer<u64> {
        self.gate.call("events", "waiting events", self.inner.waiting()).await
    }

    async fn wait_after(&self, position: u64) -> Answer<()> {
        // A channel may wake those who wait in any order; a run needs one that repeats.
        let work = async {
            loop {
                let commit = self.gate.world.commits.notified();
                if self.inner.head().await? > position {
                    return Ok(());
                }
                commit.await;
            }
        };
        self.gate.call("events", "wait for events", work).await
    }

    async fn lease_consumer(
        &self,
        name: &str,
        lease: Lease,
        now: Timestamp,
    ) -> Answer<Option<Consumer>> {
        let work = self.inner.lease_consumer(name, lease, now);
        self.gate.call("events", "lease consumer", work).await
    }

    async fn consumers(&self) -> Answer<Vec<Consumer>> {
        self.gate.call("events", "consumers", self.inner.consumers()).await
    }

    async fn parked(&self, consumer: &str, most: usize) -> Answer<Vec<ParkedEvent>> {
        self.gate.call("events", "parked events", self.inner.parked(consumer, most)).await
    }

    async fn dead_letters(
        &self,
        consumer: &str,
        after: Option<u64>,
        limit: usize,
    ) -> Answer<Page<ParkedEvent, u64>> {
        let work = self.inner.dead_letters(consumer, after, limit);
        self.gate.call("events", "dead letters", work).await
    }
}
