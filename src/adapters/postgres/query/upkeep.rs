use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use serde_json::Value;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::delivery;
use crate::adapters::postgres::PostgresStore;
use crate::adapters::postgres::commit::{SagaRow, product_rows};
use crate::adapters::postgres::convert::{
    Moment, interval, number, one_more, policy, read, rows, saves, sku, sku_key, status_name,
    timestamp, version,
};
use crate::adapters::postgres::fault::Fault;
use crate::domain::catalog::Product;
use crate::domain::inventory::StockItem;
use crate::domain::order::{Lease, PromotionUse, Saga};
use crate::domain::shared::{
    CartId, CustomerId, Location, OrderId, ProductId, PromotionId, Sku, StockPolicy, Timestamp,
};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::idempotency::KeyId;
use crate::ports::upkeep::{
    CountedUses, FoundEmail, LogEnd, LookedAt, OrderRow, SagaFault, Upkeep,
};

#[async_trait]
impl Upkeep for PostgresStore {
    async fn order_rows(&self, orders: &[OrderId]) -> Result<Vec<Option<OrderRow>>, PortError> {
        let ids = orders.iter().map(|id| id.uuid()).collect();
        self.ask(|connection| order_rows(connection, ids).boxed()).await
    }

    async fn wrong_views(
        &self,
        products: &[Arc<Product>],
    ) -> Result<Vec<Option<&'static str>>, PortError> {
        let mut wrong = Vec::with_capacity(products.len());
        // Working out a band is some look-ups, and a statement has little time.
        for some in products.chunks(50) {
            let some = some.to_vec();
            wrong.extend(self.ask(|connection| wrong_views(connection, some).boxed()).await?);
        }
        Ok(wrong)
    }

    async fn unshown(
        &self,
        after: Option<ProductId>,
        limit: usize,
    ) -> Result<Page<ProductId, ProductId>, PortError> {
        self.ask(move |connection| unshown(connection, after, limit).boxed()).await
    }

    async fn wrong_sagas(
        &self,
        orders: &[OrderId],
        now: Timestamp,
    ) -> Result<Vec<(Saga, SagaFault)>, PortError> {
        let ids = orders.iter().map(|id| id.uuid()).collect();
        let clock = Moment::new(now, self.config.time).clock;
        self.ask(move |connection| wrong_sagas(connection, ids, clock).boxed()).await
    }

    async fn stuck_consumers(&self, now: Timestamp) -> Result<Vec<String>, PortError> {
        let clock = Moment::new(now, self.config.time).clock;
        self.ask(move |connection| delivery::stuck_consumers(connection, clock).boxed()).await
    }

    async fn log_end(&self) -> Result<LogEnd, PortError> {
        self.ask(|connection| delivery::log_end(connection).boxed()).await
    }

    async fn lost_events(&self, after: Option<u64>, limit: usize) -> Result<LookedAt, PortError> {
        self.ask(move |connection| delivery::lost_events(connection, after, limit).boxed()).await
    }

    async fn counted_uses(
        &self,
        promotion: PromotionId,
        customer_key: Option<&str>,
    ) -> Result<CountedUses, PortError> {
        let customer_key = customer_key.map(str::to_owned);
        self.ask(move |connection| counted_uses(connection, promotion, customer_key).boxed()).await
    }

    async fn customer_uses(
        &self,
        after: Option<PromotionUse>,
        limit: usize,
    ) -> Result<Page<(PromotionUse, u32), PromotionUse>, PortError> {
        let found = self.ask(move |connection| customer_uses(connection, after, limit).boxed());
        Ok(super::page(found.await?, limit, |(used, _)| used.clone()))
    }

    async fn lost_stock(
        &self,
        after: Option<Sku>,
        limit: usize,
    ) -> Result<Page<StockItem, Sku>, PortError> {
        let preferred = self.config.location.clone();
        self.ask(move |connection| lost_stock(connection, after, limit, preferred).boxed()).await
    }

    async fn keys_in_flight(
        &self,
        after: Option<KeyId>,
        limit: usize,
    ) -> Result<Page<(KeyId, OrderId), KeyId>, PortError> {
        let found = self.ask(move |connection| keys(connection, after, limit).boxed()).await?;
        Ok(super::page(found, limit, |(id, _)| id.clone()))
    }
}

async fn order_rows(
    connection: &mut PgConnection,
    ids: Vec<Uuid>,
) -> Result<Vec<Option<OrderRow>>, Fault> {
    let rows = sqlx::query!(
        r#"SELECT id, version, number, email, customer, placed_at, status, phase, cart,
            ARRAY(
                SELECT promotion FROM order_uses u WHERE u.order_id = o.id ORDER BY ordinal
            ) AS "promotions!",
            ARRAY(
                SELECT customer_key FROM order_uses u WHERE u.order_id = o.id ORDER BY ordinal
            ) AS "customers!"
        FROM orders o WHERE id = ANY($1)"#,
        &ids
    )
    .fetch_all(connection)
    .await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in rows {
        let (version, cart) = (version(row.version)?, row.cart.map(CartId::new));
        let uses = row.promotions.into_iter().map(PromotionId::new).zip(row.customers);
        let uses = uses.map(|(promotion, customer_key)| PromotionUse { promotion, customer_key });
        let row_of = OrderRow {
            version,
            number: row.number,
            email: FoundEmail(row.email),
            customer: row.customer.map(CustomerId::new),
            placed_at: timestamp(row.placed_at),
            status: row.status,
            phase: row.phase,
            cart,
            uses: uses.collect(),
        };
        found.insert(row.id, row_of);
    }
    Ok(ids.iter().map(|id| found.remove(id)).collect())
}

async fn wrong_views(
    connection: &mut PgConnection,
    products: Vec<Arc<Product>>,
) -> Result<Vec<Option<&'static str>>, Fault> {
    let ids: Vec<Uuid> = products.iter().map(|product| product.id().uuid()).collect();
    let rows = sqlx::query_as!(
        Kept,
        r#"SELECT p.id, version, status, slug, import_key, name_key, age, starting_popularity,
            (record -> 'history' ->> 'version')::bigint AS "told_version!",
            product_rows(p.id)::text AS "rows!", wrong_rules(p.id) AS "wrong_rules!",
            wrong_view(p.id, clock_timestamp()) AS wrong,
            ARRAY(
                SELECT category FROM product_categories h WHERE h.product = p.id ORDER BY ordinal
            ) AS "categories!"
        FROM products p WHERE p.id = ANY($1)"#,
        &ids
    )
    .fetch_all(connection)
    .await?;
    let found: HashMap<Uuid, Kept> = rows.into_iter().map(|row| (row.id, row)).collect();
    let wrong = products.iter().map(|product| {
        let Some(kept) = found.get(&product.id().uuid()) else { return Ok(None) };
        kept.wrong(product)
    });
    Ok(wrong.collect::<Result<_, PortError>>()?)
}

/// What is kept of a product beside its record.
struct Kept {
    id: Uuid,
    version: i64,
    status: String,
    slug: String,
    import_key: Option<String>,
    name_key: String,
    age: i64,
    starting_popularity: i64,
    /// The version that its record tells.
    told_version: i64,
    rows: String,
    wrong_rules: bool,
    wrong: Option<String>,
    categories: Vec<Uuid>,
}

impl Kept {
    /// What of it is not as the product tells that its record tells of.
    fn wrong(&self, product: &Product) -> Result<Option<&'static str>, PortError> {
        if self.told_version != saves(product.version()) {
            // It was saved since; what was read of it is of before.
            return Ok(None);
        }
        let content = product.content();
        let mut rows: Value = serde_json::from_str(&self.rows).map_err(PortError::corrupt)?;
        let mut told = product_rows(product);
        let slugs = [&mut rows, &mut told].map(|rows| rows["slugs"].take());
        let fits = self.version == self.told_version
            && self.status == status_name(content.status)
            && self.slug == content.slug.as_str()
            && self.import_key.as_deref() == product.import_key()
            && self.name_key == content.name.as_str().to_lowercase()
            && self.age == product.newest_at().micros()
            && self.starting_popularity == number(product.starting_popularity())
            && slugs[0] == slugs[1];
        let held = content.categories.iter().map(|id| id.uuid());
        Ok(match self.wrong.as_deref() {
            _ if !held.eq(self.categories.iter().copied()) => Some("categories"),
            _ if !fits => Some("what it is found by"),
            _ if rows != told || self.wrong_rules => Some("variants"),
            None => None,
            Some("bands") => Some("bands"),
            Some(_) => Some("lists"),
        })
    }
}

/// Products of a page without what is kept of how they are shown. A product is saved with that in
/// one transaction.
async fn unshown(
    connection: &mut PgConnection,
    after: Option<ProductId>,
    limit: usize,
) -> Result<Page<ProductId, ProductId>, Fault> {
    let looked = sqlx::query!(
        r#"WITH looked AS MATERIALIZED (
            SELECT id FROM products WHERE id > $1 ORDER BY id LIMIT $2
        )
        SELECT
            ARRAY(
                SELECT l.id FROM looked l
                WHERE NOT EXISTS (SELECT FROM product_views w WHERE w.product = l.id)
                ORDER BY l.id
            ) AS "unshown!",
            (SELECT id FROM looked ORDER BY id OFFSET $2 - 1 LIMIT 1) AS "next?""#,
        after.map_or(Uuid::nil(), ProductId::uuid),
        rows(limit),
    )
    .fetch_one(connection)
    .await?;
    let items = looked.unshown.into_iter().map(ProductId::new).collect();
    Ok(Page { items, next: looked.next.map(ProductId::new) })
}

async fn wrong_sagas(
    connection: &mut PgConnection,
    ids: Vec<Uuid>,
    clock: Option<DateTime<Utc>>,
) -> Result<Vec<(Saga, SagaFault)>, Fault> {
    let rows = sqlx::query!(
        r#"SELECT order_id, version, due, over, open, record::text AS "record!",
            coalesce(lease_until > now_by($2) + $3::interval, false) AS "is_stuck!"
        FROM sagas
        WHERE kind IN (0, 1) AND order_id = ANY($1) ORDER BY kind, order_id, refund_id"#,
        &ids,
        clock,
        interval(Lease::LONGEST),
    )
    .fetch_all(connection)
    .await?;
    let mut wrong = Vec::new();
    for row in rows {
        let saga = read::<Saga>(&row.record);
        let saga = saga.map_err(|e| e.about(format_args!("a saga of order {}", row.order_id)))?;
        let told = SagaRow::of(&saga)?;
        let apart = timestamp(row.due).since(saga.due).as_micros().abs();
        let fault = if row.version != told.version {
            Some(SagaFault::Version)
        } else if (row.over, row.open) != (told.over, told.open) {
            Some(SagaFault::Step)
        } else if !told.over && apart > SagaFault::APART.as_micros() {
            Some(SagaFault::Due)
        } else if !told.over && row.is_stuck {
            Some(SagaFault::Lease)
        } else {
            None
        };
        wrong.extend(fault.map(|fault| (saga, fault)));
    }
    Ok(wrong)
}

async fn counted_uses(
    connection: &mut PgConnection,
    promotion: PromotionId,
    customer_key: Option<String>,
) -> Result<CountedUses, Fault> {
    let row = sqlx::query!(
        r#"SELECT
            coalesce(CASE WHEN $2::text IS NULL
                THEN (SELECT uses FROM promotion_totals WHERE promotion = $1)
                ELSE (SELECT uses FROM promotion_uses WHERE promotion = $1 AND customer_key = $2)
            END, 0) AS "counted!",
            (
                SELECT count(*) FROM order_uses u JOIN orders o ON o.id = u.order_id
                WHERE u.promotion = $1 AND o.phase IN ('pending', 'confirmed')
                    AND ($2::text IS NULL OR u.customer_key = $2)
            ) AS "taken!""#,
        promotion.uuid(),
        customer_key,
    )
    .fetch_one(connection)
    .await?;
    let count = |uses: i64| u32::try_from(uses).map_err(PortError::corrupt);
    Ok(CountedUses { counted: count(row.counted)?, taken: count(row.taken)? })
}

async fn customer_uses(
    connection: &mut PgConnection,
    after: Option<PromotionUse>,
    limit: usize,
) -> Result<Vec<(PromotionUse, u32)>, Fault> {
    let first = (Uuid::nil(), String::new());
    let (promotion, customer_key) =
        after.map_or(first, |used| (used.promotion.uuid(), used.customer_key));
    let rows = sqlx::query!(
        "SELECT promotion, customer_key, uses FROM promotion_uses
         WHERE (promotion, customer_key) > ($1, $2)
         ORDER BY promotion, customer_key LIMIT $3",
        promotion,
        customer_key,
        one_more(limit),
    )
    .fetch_all(connection)
    .await?;
    let counted = rows.into_iter().map(|row| {
        let promotion = PromotionId::new(row.promotion);
        let used = PromotionUse { promotion, customer_key: row.customer_key };
        Ok((used, u32::try_from(row.uses).map_err(PortError::corrupt)?))
    });
    Ok(counted.collect::<Result<_, PortError>>()?)
}

async fn lost_stock(
    connection: &mut PgConnection,
    after: Option<Sku>,
    limit: usize,
    preferred: Location,
) -> Result<Page<StockItem, Sku>, Fault> {
    let rows = sqlx::query!(
        r#"SELECT written, policy, backorder_limit, looked FROM lost_stock($1, $2)"#,
        after.as_ref().map(sku_key).unwrap_or_default(),
        rows(limit),
    )
    .fetch_all(connection)
    .await?;
    let mut page = Page { items: Vec::new(), next: None };
    for row in rows {
        page.next = row.looked.as_deref().map(sku).transpose()?;
        let Some(written) = row.written else { continue };
        let kept = row.policy.zip(row.backorder_limit);
        let policy = kept.map_or(Ok(StockPolicy::Tracked), |(name, limit)| policy(&name, limit))?;
        page.items.push(StockItem::new(sku(&written)?, preferred.clone(), policy));
    }
    Ok(page)
}

async fn keys(
    connection: &mut PgConnection,
    after: Option<KeyId>,
    limit: usize,
) -> Result<Vec<(KeyId, OrderId)>, Fault> {
    let after = after.unwrap_or(KeyId { principal: String::new(), key: String::new() });
    let rows = sqlx::query!(
        r#"SELECT principal, key, order_id AS "order_id!" FROM idempotency_keys
        WHERE order_id IS NOT NULL AND (principal, key) > ($1, $2)
        ORDER BY principal, key LIMIT $3"#,
        after.principal,
        after.key,
        one_more(limit),
    )
    .fetch_all(connection)
    .await?;
    let waiting = rows
        .into_iter()
        .map(|row| (KeyId { principal: row.principal, key: row.key }, OrderId::new(row.order_id)));
    Ok(waiting.collect())
}
