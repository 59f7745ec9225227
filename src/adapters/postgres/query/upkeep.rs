use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::adapters::postgres::PostgresStore;
use crate::adapters::postgres::convert::{one_more, status_name, version};
use crate::adapters::postgres::fault::Fault;
use crate::domain::catalog::Product;
use crate::domain::shared::{CartId, OrderId};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::idempotency::KeyId;
use crate::ports::upkeep::{OrderRow, Upkeep};

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
        "SELECT id, version, status, phase, cart FROM orders WHERE id = ANY($1)",
        &ids
    )
    .fetch_all(connection)
    .await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in rows {
        let (version, cart) = (version(row.version)?, row.cart.map(CartId::new));
        found.insert(row.id, OrderRow { version, status: row.status, phase: row.phase, cart });
    }
    Ok(ids.iter().map(|id| found.remove(id)).collect())
}

async fn wrong_views(
    connection: &mut PgConnection,
    products: Vec<Arc<Product>>,
) -> Result<Vec<Option<&'static str>>, Fault> {
    let ids: Vec<Uuid> = products.iter().map(|product| product.id().uuid()).collect();
    let rows = sqlx::query!(
        r#"SELECT p.id, status, name_key, age, wrong_view(p.id, clock_timestamp()) AS wrong,
            ARRAY(
                SELECT category FROM product_categories h WHERE h.product = p.id ORDER BY ordinal
            ) AS "categories!"
        FROM products p WHERE p.id = ANY($1)"#,
        &ids
    )
    .fetch_all(connection)
    .await?;
    let found: HashMap<Uuid, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let wrong = products.iter().map(|product| {
        let row = found.get(&product.id().uuid())?;
        let content = product.content();
        let held = content.categories.iter().map(|id| id.uuid());
        if !held.eq(row.categories.iter().copied()) {
            return Some("categories");
        }
        let fits = row.status == status_name(content.status)
            && row.name_key == content.name.as_str().to_lowercase()
            && row.age == product.newest_at().micros();
        match row.wrong.as_deref() {
            _ if !fits => Some("what it is found by"),
            None => None,
            Some("bands") => Some("bands"),
            Some(_) => Some("lists"),
        }
    });
    Ok(wrong.collect())
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
