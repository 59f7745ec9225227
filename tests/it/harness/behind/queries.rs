use std::sync::Arc;

use async_trait::async_trait;
use ecicomm::domain::catalog::{Category, ProductStatus};
use ecicomm::domain::customer::StaffMember;
use ecicomm::domain::inventory::{Reservation, StockEvent, StockItem};
use ecicomm::domain::order::{Lease, Order, OrderEvent, Saga, SagaId};
use ecicomm::domain::pricing::{PricingRules, Promotion, ShippingMethod, TaxRate, Uses};
use ecicomm::domain::shared::{
    CartId, CategoryId, CouponCode, ImportId, OrderId, ProductId, PromotionId, ShippingMethodId,
    Sku, Slug, StaffId, TaxRateId, Timestamp, VariantId,
};
use ecicomm::ports::PortError;
use ecicomm::ports::catalog::{
    CatalogQueries, CategoryNode, ListMark, ListQuery, Page, ProductView, SlugTarget,
};
use ecicomm::ports::customer::StaffQueries;
use ecicomm::ports::events::{Consumer, Event, EventLog, ParkedEvent};
use ecicomm::ports::idempotency::{IdempotencyKeys, KeyId, KeyRow};
use ecicomm::ports::imports::{ImportQueries, ImportReport};
use ecicomm::ports::inventory::StockQueries;
use ecicomm::ports::order::{OrderFilter, OrderMark, OrderQueries, Sagas, SagasAt};
use ecicomm::ports::pricing::{PricingQueries, ShownRules};

use super::{Behind, Passage};

type Answer<T> = Result<T, PortError>;

#[async_trait]
impl<P: Passage> CatalogQueries for Behind<P, dyn CatalogQueries> {
    async fn product(&self, id: ProductId) -> Answer<Option<Arc<ProductView>>> {
        self.passage.call("catalog", "product", self.inner.product(id)).await
    }

    async fn products(&self, ids: &[ProductId]) -> Answer<Vec<Option<Arc<ProductView>>>> {
        self.passage.call("catalog", "products", self.inner.products(ids)).await
    }

    async fn by_slug(&self, slug: &Slug) -> Answer<Option<SlugTarget>> {
        self.passage.call("catalog", "product by slug", self.inner.by_slug(slug)).await
    }

    async fn by_variants(&self, ids: &[VariantId]) -> Answer<Vec<Option<Arc<ProductView>>>> {
        self.passage.call("catalog", "products by variants", self.inner.by_variants(ids)).await
    }

    async fn by_skus(&self, skus: &[Sku]) -> Answer<Vec<Option<Arc<ProductView>>>> {
        self.passage.call("catalog", "products by skus", self.inner.by_skus(skus)).await
    }

    async fn by_import_key(&self, key: &str) -> Answer<Option<Arc<ProductView>>> {
        self.passage.call("catalog", "product by import key", self.inner.by_import_key(key)).await
    }

    async fn list(&self, query: &ListQuery) -> Answer<Page<Arc<ProductView>, ListMark>> {
        self.passage.call("catalog", "list products", self.inner.list(query)).await
    }

    async fn scan(
        &self,
        status: Option<ProductStatus>,
        after: Option<ProductId>,
        limit: usize,
    ) -> Answer<Page<Arc<ProductView>, ProductId>> {
        self.passage.call("catalog", "scan products", self.inner.scan(status, after, limit)).await
    }

    async fn category_tree(&self) -> Answer<Arc<Vec<CategoryNode>>> {
        self.passage.call("catalog", "category tree", self.inner.category_tree()).await
    }

    async fn category(&self, id: CategoryId) -> Answer<Option<Arc<Category>>> {
        self.passage.call("catalog", "category", self.inner.category(id)).await
    }

    async fn category_by_slug(&self, slug: &Slug) -> Answer<Option<Arc<Category>>> {
        self.passage.call("catalog", "category by slug", self.inner.category_by_slug(slug)).await
    }

    async fn category_by_name(
        &self,
        parent: Option<CategoryId>,
        name: &str,
    ) -> Answer<Option<Arc<Category>>> {
        let work = self.inner.category_by_name(parent, name);
        self.passage.call("catalog", "category by name", work).await
    }
}

#[async_trait]
impl<P: Passage> PricingQueries for Behind<P, dyn PricingQueries> {
    async fn rules(&self, coupons: &[CouponCode]) -> Answer<Arc<PricingRules>> {
        self.passage.call("pricing", "pricing rules", self.inner.rules(coupons)).await
    }

    async fn uses(&self, promotion: PromotionId, customer_key: Option<&str>) -> Answer<Uses> {
        let work = self.inner.uses(promotion, customer_key);
        self.passage.call("pricing", "promotion uses", work).await
    }

    async fn promotion(&self, id: PromotionId) -> Answer<Option<Arc<Promotion>>> {
        self.passage.call("pricing", "promotion", self.inner.promotion(id)).await
    }

    async fn promotions(
        &self,
        after: Option<PromotionId>,
        limit: usize,
    ) -> Answer<Page<Arc<Promotion>, PromotionId>> {
        self.passage.call("pricing", "promotions", self.inner.promotions(after, limit)).await
    }

    async fn tax_rate(&self, id: TaxRateId) -> Answer<Option<Arc<TaxRate>>> {
        self.passage.call("pricing", "tax rate", self.inner.tax_rate(id)).await
    }

    async fn tax_rates(
        &self,
        after: Option<TaxRateId>,
        limit: usize,
    ) -> Answer<Page<Arc<TaxRate>, TaxRateId>> {
        self.passage.call("pricing", "tax rates", self.inner.tax_rates(after, limit)).await
    }

    async fn shipping_method(&self, id: ShippingMethodId) -> Answer<Option<Arc<ShippingMethod>>> {
        self.passage.call("pricing", "shipping method", self.inner.shipping_method(id)).await
    }

    async fn shipping_methods(
        &self,
        after: Option<ShippingMethodId>,
        limit: usize,
    ) -> Answer<Page<Arc<ShippingMethod>, ShippingMethodId>> {
        let work = self.inner.shipping_methods(after, limit);
        self.passage.call("pricing", "shipping methods", work).await
    }
}

#[async_trait]
impl<P: Passage> StockQueries for Behind<P, dyn StockQueries> {
    async fn stock(&self, skus: &[Sku]) -> Answer<Vec<Vec<StockItem>>> {
        let found = self.passage.call("stock", "stock", self.inner.stock(skus)).await?;
        found.iter().flatten().for_each(|item| self.passage.saw_stock(item));
        Ok(found)
    }

    async fn list(&self, after: Option<Sku>, limit: usize) -> Answer<Page<Vec<StockItem>, Sku>> {
        self.passage.call("stock", "list stock", self.inner.list(after, limit)).await
    }

    async fn low(
        &self,
        below: i64,
        after: Option<Sku>,
        limit: usize,
    ) -> Answer<Page<Vec<StockItem>, Sku>> {
        self.passage.call("stock", "low stock", self.inner.low(below, after, limit)).await
    }

    async fn events(
        &self,
        sku: &Sku,
        after: Option<u64>,
        limit: usize,
    ) -> Answer<Page<StockEvent, u64>> {
        self.passage.call("stock", "stock events", self.inner.events(sku, after, limit)).await
    }

    async fn reservations(&self, order: OrderId) -> Answer<Vec<Reservation>> {
        self.passage.call("stock", "reservations", self.inner.reservations(order)).await
    }

    async fn claim_overdue(
        &self,
        until: Timestamp,
        now: Timestamp,
        most: usize,
    ) -> Answer<Vec<OrderId>> {
        let claimed = self.inner.claim_overdue(until, now, most);
        self.passage.call("stock", "claim overdue", claimed).await
    }
}

#[async_trait]
impl<P: Passage> OrderQueries for Behind<P, dyn OrderQueries> {
    async fn order(&self, id: OrderId) -> Answer<Option<Arc<Order>>> {
        self.passage.call("orders", "order", self.inner.order(id)).await
    }

    async fn by_ids(&self, ids: &[OrderId]) -> Answer<Vec<Option<Arc<Order>>>> {
        self.passage.call("orders", "orders by id", self.inner.by_ids(ids)).await
    }

    async fn order_of_cart(&self, cart: CartId) -> Answer<Option<OrderId>> {
        self.passage.call("orders", "order of cart", self.inner.order_of_cart(cart)).await
    }

    async fn orders(
        &self,
        filter: &OrderFilter,
        after: Option<OrderMark>,
        limit: usize,
    ) -> Answer<Page<Arc<Order>, OrderMark>> {
        self.passage.call("orders", "list orders", self.inner.orders(filter, after, limit)).await
    }

    async fn order_events(
        &self,
        id: OrderId,
        after: Option<u64>,
        limit: usize,
    ) -> Answer<Page<OrderEvent, u64>> {
        self.passage.call("orders", "order events", self.inner.order_events(id, after, limit)).await
    }
}

#[async_trait]
impl<P: Passage> Sagas for Behind<P, dyn Sagas> {
    async fn saga(&self, id: SagaId) -> Answer<Option<Saga>> {
        self.passage.call("sagas", "saga", self.inner.saga(id)).await
    }

    async fn claim(&self, id: SagaId, lease: Lease, now: Timestamp) -> Answer<Option<Saga>> {
        self.passage.call("sagas", "claim saga", self.inner.claim(id, lease, now)).await
    }

    async fn claim_due(&self, lease: Lease, now: Timestamp, most: usize) -> Answer<Vec<Saga>> {
        self.passage.call("sagas", "claim due sagas", self.inner.claim_due(lease, now, most)).await
    }

    async fn next_due(&self) -> Answer<Option<Timestamp>> {
        self.passage.call("sagas", "next due saga", self.inner.next_due()).await
    }

    async fn open(&self, after: Option<SagaId>, limit: usize) -> Answer<Page<Saga, SagaId>> {
        self.passage.call("sagas", "open sagas", self.inner.open(after, limit)).await
    }

    async fn counts(&self) -> Answer<Vec<SagasAt>> {
        self.passage.call("sagas", "counts of sagas", self.inner.counts()).await
    }
}

#[async_trait]
impl<P: Passage> IdempotencyKeys for Behind<P, dyn IdempotencyKeys> {
    async fn key(&self, id: &KeyId, now: Timestamp) -> Answer<Option<Arc<KeyRow>>> {
        self.passage.call("keys", "key", self.inner.key(id, now)).await
    }

    async fn expired(&self, now: Timestamp, most: usize) -> Answer<usize> {
        self.passage.call("keys", "expired keys", self.inner.expired(now, most)).await
    }
}

#[async_trait]
impl<P: Passage> EventLog for Behind<P, dyn EventLog> {
    async fn events_after(&self, position: u64, most: usize) -> Answer<Vec<Event>> {
        self.passage.call("events", "events after", self.inner.events_after(position, most)).await
    }

    async fn head(&self) -> Answer<u64> {
        self.passage.call("events", "event head", self.inner.head()).await
    }

    async fn head_so_far(&self) -> Answer<u64> {
        self.passage.call("events", "event head so far", self.inner.head_so_far()).await
    }

    async fn waiting(&self) -> Answer<u64> {
        self.passage.call("events", "waiting events", self.inner.waiting()).await
    }

    async fn wait_after(&self, position: u64) -> Answer<()> {
        self.passage.wait_after(self.inner.as_ref(), position).await
    }

    async fn lease_consumer(
        &self,
        name: &str,
        lease: Lease,
        now: Timestamp,
    ) -> Answer<Option<Consumer>> {
        let work = self.inner.lease_consumer(name, lease, now);
        self.passage.call("events", "lease consumer", work).await
    }

    async fn consumers(&self) -> Answer<Vec<Consumer>> {
        self.passage.call("events", "consumers", self.inner.consumers()).await
    }

    async fn parked(&self, consumer: &str, most: usize) -> Answer<Vec<ParkedEvent>> {
        self.passage.call("events", "parked events", self.inner.parked(consumer, most)).await
    }

    async fn dead_letters(
        &self,
        consumer: &str,
        after: Option<u64>,
        limit: usize,
    ) -> Answer<Page<ParkedEvent, u64>> {
        let work = self.inner.dead_letters(consumer, after, limit);
        self.passage.call("events", "dead letters", work).await
    }
}

#[async_trait]
impl<P: Passage> ShownRules for Behind<P, dyn ShownRules> {
    async fn shown_rules(&self, coupons: &[CouponCode]) -> Answer<Arc<PricingRules>> {
        self.passage.call("pricing", "shown rules", self.inner.shown_rules(coupons)).await
    }
}

#[async_trait]
impl<P: Passage> ImportQueries for Behind<P, dyn ImportQueries> {
    async fn import(&self, id: ImportId) -> Answer<Option<Arc<ImportReport>>> {
        self.passage.call("imports", "import", self.inner.import(id)).await
    }
}

#[async_trait]
impl<P: Passage> StaffQueries for Behind<P, dyn StaffQueries> {
    async fn staff(&self, id: StaffId) -> Answer<Option<Arc<StaffMember>>> {
        self.passage.call("staff", "staff", self.inner.staff(id)).await
    }

    async fn staff_by_email(&self, email: &str) -> Answer<Option<Arc<StaffMember>>> {
        self.passage.call("staff", "staff by email", self.inner.staff_by_email(email)).await
    }

    async fn has_administrator(&self) -> Answer<bool> {
        self.passage.call("staff", "administrator", self.inner.has_administrator()).await
    }
}
