use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::adapters::postgres::PostgresStore;
use crate::adapters::postgres::convert::{one_more, read};
use crate::adapters::postgres::fault::Fault;
use crate::adapters::record::Record;
use crate::domain::pricing::{PricingRules, Promotion, ShippingMethod, TaxRate, Uses};
use crate::domain::shared::{CouponCode, PromotionId, ShippingMethodId, TaxRateId};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::pricing::PricingQueries;

/// One record of a table by id.
macro_rules! by_id {
    ($store:expr, $id:expr, $statement:literal) => {{
        let id: Uuid = $id.uuid();
        let asked = $store.ask(move |connection| {
            async move {
                let found = sqlx::query_scalar!($statement, id);
                one(found.fetch_optional(connection).await?)
            }
            .boxed()
        });
        asked.await
    }};
}

/// A page of a table's records by id.
macro_rules! by_page {
    ($store:expr, $after:expr, $limit:expr, $mark:expr, $statement:literal) => {{
        let (after, limit) = ($after.map(|id| id.uuid()), $limit);
        let asked = $store.ask_for_list(move |connection| {
            async move {
                let found = sqlx::query_scalar!($statement, after, one_more(limit));
                let found = all(found.fetch_all(connection).await?)?;
                Ok(super::page(found, limit, $mark))
            }
            .boxed()
        });
        asked.await
    }};
}

fn one<T: Record>(record: Option<String>) -> Result<Option<Arc<T>>, Fault> {
    Ok(record.map(|record| read(&record).map(Arc::new)).transpose()?)
}

fn all<T: Record>(records: Vec<String>) -> Result<Vec<Arc<T>>, PortError> {
    records.iter().map(|record| read(record).map(Arc::new)).collect()
}

#[async_trait]
impl PricingQueries for PostgresStore {
    async fn rules(&self, coupons: &[CouponCode]) -> Result<Arc<PricingRules>, PortError> {
        let codes = coupons.iter().map(|code| code.as_str().to_owned()).collect();
        let include_tax = self.config.prices_include_tax;
        self.ask(move |connection| rules(connection, codes, include_tax).boxed()).await
    }

    async fn uses(
        &self,
        promotion: PromotionId,
        customer_key: Option<&str>,
    ) -> Result<Uses, PortError> {
        let customer_key = customer_key.map(str::to_owned);
        self.ask(move |connection| uses(connection, promotion, customer_key).boxed()).await
    }

    async fn promotion(&self, id: PromotionId) -> Result<Option<Arc<Promotion>>, PortError> {
        by_id!(self, id, r#"SELECT record::text AS "record!" FROM promotions WHERE id = $1"#)
    }

    async fn promotions(
        &self,
        after: Option<PromotionId>,
        limit: usize,
    ) -> Result<Page<Arc<Promotion>, PromotionId>, PortError> {
        by_page!(
            self,
            after,
            limit,
            |kept: &Arc<Promotion>| kept.id(),
            r#"SELECT record::text AS "record!" FROM promotions
               WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2"#
        )
    }

    async fn tax_rate(&self, id: TaxRateId) -> Result<Option<Arc<TaxRate>>, PortError> {
        by_id!(self, id, r#"SELECT record::text AS "record!" FROM tax_rates WHERE id = $1"#)
    }

    async fn tax_rates(
        &self,
        after: Option<TaxRateId>,
        limit: usize,
    ) -> Result<Page<Arc<TaxRate>, TaxRateId>, PortError> {
        by_page!(
            self,
            after,
            limit,
            |kept: &Arc<TaxRate>| kept.id(),
            r#"SELECT record::text AS "record!" FROM tax_rates
               WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2"#
        )
    }

    async fn shipping_method(
        &self,
        id: ShippingMethodId,
    ) -> Result<Option<Arc<ShippingMethod>>, PortError> {
        by_id!(self, id, r#"SELECT record::text AS "record!" FROM shipping_methods WHERE id = $1"#)
    }

    async fn shipping_methods(
        &self,
        after: Option<ShippingMethodId>,
        limit: usize,
    ) -> Result<Page<Arc<ShippingMethod>, ShippingMethodId>, PortError> {
        by_page!(
            self,
            after,
            limit,
            |kept: &Arc<ShippingMethod>| kept.id(),
            r#"SELECT record::text AS "record!" FROM shipping_methods
               WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2"#
        )
    }
}

/// All rules, of one moment.
async fn rules(
    connection: &mut PgConnection,
    codes: Vec<String>,
    prices_include_tax: bool,
) -> Result<Arc<PricingRules>, Fault> {
    let rows = sqlx::query!(
        r#"SELECT kind AS "kind!", record::text AS "record!" FROM (
            SELECT CASE WHEN code IS NULL THEN 0 ELSE 1 END AS kind, id, record
            FROM promotions WHERE code IS NULL OR code = ANY($1)
            UNION ALL SELECT 2, id, record FROM tax_rates
            UNION ALL SELECT 3, id, record FROM shipping_methods
        ) rules
        ORDER BY kind, id"#,
        &codes,
    )
    .fetch_all(connection)
    .await?;
    let mut rules = PricingRules {
        promotions: Vec::new(),
        tax_rates: Vec::new(),
        shipping_methods: Vec::new(),
        prices_include_tax,
    };
    for row in rows {
        match row.kind {
            0 | 1 => rules.promotions.push(Arc::new(read(&row.record)?)),
            2 => rules.tax_rates.push(read(&row.record)?),
            _ => rules.shipping_methods.push(read(&row.record)?),
        }
    }
    Ok(Arc::new(rules))
}

async fn uses(
    connection: &mut PgConnection,
    promotion: PromotionId,
    customer_key: Option<String>,
) -> Result<Uses, Fault> {
    let row = sqlx::query!(
        r#"SELECT
            coalesce((SELECT uses FROM promotion_totals WHERE promotion = $1), 0) AS "total!",
            coalesce((
                SELECT uses FROM promotion_uses WHERE promotion = $1 AND customer_key = $2
            ), 0) AS "by_customer!""#,
        promotion.uuid(),
        customer_key,
    )
    .fetch_one(connection)
    .await?;
    let count = |uses: i64| u32::try_from(uses).map_err(PortError::corrupt);
    Ok(Uses { total: count(row.total)?, by_customer: count(row.by_customer)? })
}
