use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Draft};
use crate::adapters::postgres::convert::{
    self, number, policy_columns, read, saves, sku_key, status_name, time,
};
use crate::adapters::postgres::fault::Fault;
use crate::domain::catalog::{Component, PriceRow, Product, Variant};
use crate::domain::shared::{ProductId, Sku, Slug, StockPolicy, Timestamp, Version};
use crate::ports::store::Conflict;

impl Draft<'_> {
    pub(super) async fn save_product(
        &mut self,
        product: &Product,
        expected: Option<Version>,
    ) -> Result<(), Fault> {
        let before = self.product_before(product.id(), expected).await?;
        let content = product.content();
        let before = before.as_ref().map(|before| before.content().variants.as_slice());
        let changed = before != Some(content.variants.as_slice());
        let rows = if changed { Variants::of(&content.variants) } else { Variants::default() };
        let leaving = if changed { leaving(before, &content.variants) } else { Vec::new() };
        let former: Vec<&str> = product.former_slugs().iter().map(Slug::as_str).collect();
        let categories: Vec<_> = content.categories.iter().map(|id| id.uuid()).collect();
        let answer = sqlx::query_as!(
            Answer,
            "SELECT refusal, subject, amount, current_setting('ecicomm.shown', true) AS shown FROM save_product(
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb, $12, $13, $14, $15,
                $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30
             )",
            self.moment.clock,
            product.id().uuid(),
            expected.map(saves),
            saves(product.version()),
            status_name(content.status),
            content.slug.as_str(),
            product.import_key(),
            content.name.as_str().to_lowercase(),
            product.newest_at().micros(),
            number(product.starting_popularity()),
            convert::json(product)?,
            &former as &[&str],
            &categories,
            changed,
            &leaving,
            &rows.keys,
            &rows.written as &[&str],
            &rows.ids,
            &rows.policies as &[&str],
            &rows.limits,
            &rows.counted,
            &rows.bundles,
            &rows.parts,
            &rows.part_quantities,
            &rows.priced,
            &rows.currencies,
            &rows.amounts,
            &rows.holds_from as &[Option<DateTime<Utc>>],
            &rows.holds_until as &[Option<DateTime<Utc>>],
            self.config.location.as_str(),
        )
        .fetch_one(&mut *self.connection)
        .await?;
        self.passed(answer)
    }

    /// Makes how a product is found, sold and shown what follows from its record. `found` is the
    /// version of the view that was wrong.
    pub(super) async fn mend_view(&mut self, product: &Product, found: u64) -> Result<(), Fault> {
        let content = product.content();
        let rows = Variants::of(&content.variants);
        let former: Vec<&str> = product.former_slugs().iter().map(Slug::as_str).collect();
        let categories: Vec<_> = content.categories.iter().map(|id| id.uuid()).collect();
        let answer = sqlx::query_as!(
            Answer,
            "SELECT refusal, subject, amount, current_setting('ecicomm.shown', true) AS shown FROM mend_product(
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::text::jsonb, $14, $15, $16,
                $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28
             )",
            self.moment.clock,
            product.id().uuid(),
            saves(product.version()),
            number(found),
            status_name(content.status),
            content.slug.as_str(),
            product.import_key(),
            content.name.as_str().to_lowercase(),
            product.newest_at().micros(),
            number(product.starting_popularity()),
            &former as &[&str],
            &categories,
            product_rows(product).to_string(),
            &rows.keys,
            &rows.written as &[&str],
            &rows.ids,
            &rows.policies as &[&str],
            &rows.limits,
            &rows.counted,
            &rows.bundles,
            &rows.parts,
            &rows.part_quantities,
            &rows.priced,
            &rows.currencies,
            &rows.amounts,
            &rows.holds_from as &[Option<DateTime<Utc>>],
            &rows.holds_until as &[Option<DateTime<Utc>>],
            self.config.location.as_str(),
        )
        .fetch_one(&mut *self.connection)
        .await?;
        self.passed(answer)
    }

    /// The product at the version that the save was decided on, to tell what changes. Whether it
    /// still has that version is settled by the save itself.
    async fn product_before(
        &mut self,
        id: ProductId,
        expected: Option<Version>,
    ) -> Result<Option<Product>, Fault> {
        let Some(expected) = expected else { return Ok(None) };
        let record = sqlx::query_scalar!(
            r#"SELECT record::text AS "record!" FROM products WHERE id = $1 AND version = $2"#,
            id.uuid(),
            saves(expected),
        )
        .fetch_optional(&mut *self.connection)
        .await?;
        match record {
            Some(record) => Ok(Some(read(&record)?)),
            None => Err(Conflict::Stale("product").into()),
        }
    }

    pub(super) async fn add_popularity(&mut self, moved: &[(ProductId, i64)]) -> Result<(), Fault> {
        let (ids, units): (Vec<Uuid>, Vec<i64>) =
            moved.iter().map(|(product, units)| (product.uuid(), *units)).unzip();
        let moved =
            sqlx::query!("SELECT add_popularities($1, $2, $3)", self.moment.clock, &ids, &units);
        moved.fetch_one(&mut *self.connection).await?;
        Ok(())
    }
}

/// What of a product's variants has columns of its own, column by column.
#[derive(Default)]
struct Variants<'a> {
    keys: Vec<String>,
    written: Vec<&'a str>,
    ids: Vec<Uuid>,
    policies: Vec<&'static str>,
    limits: Vec<i64>,
    counted: Vec<bool>,
    bundles: Vec<String>,
    parts: Vec<String>,
    part_quantities: Vec<i64>,
    priced: Vec<String>,
    currencies: Vec<String>,
    amounts: Vec<i64>,
    holds_from: Vec<Option<DateTime<Utc>>>,
    holds_until: Vec<Option<DateTime<Utc>>>,
}

impl<'a> Variants<'a> {
    fn of(variants: &'a [Variant]) -> Self {
        let mut rows = Self::default();
        for variant in variants {
            rows.add(variant);
            rows.add_parts(variant);
            rows.add_prices(variant);
        }
        rows
    }

    fn add(&mut self, variant: &'a Variant) {
        let (policy, limit) = policy_columns(variant.stock_policy);
        self.keys.push(sku_key(&variant.sku));
        self.written.push(variant.sku.as_str());
        self.ids.push(variant.id.uuid());
        self.policies.push(policy);
        self.limits.push(limit);
        self.counted.push(is_counted(variant));
    }

    fn add_parts(&mut self, variant: &Variant) {
        for part in &variant.components {
            self.bundles.push(sku_key(&variant.sku));
            self.parts.push(sku_key(&part.sku));
            self.part_quantities.push(i64::from(part.quantity.units()));
        }
    }

    fn add_prices(&mut self, variant: &Variant) {
        for row in open_prices(variant) {
            let conditions = row.conditions();
            self.priced.push(sku_key(&variant.sku));
            self.currencies.push(row.amount().currency().code().to_owned());
            self.amounts.push(row.amount().amount());
            self.holds_from.push(conditions.from.map(time));
            self.holds_until.push(conditions.until.map(time));
        }
    }
}

/// What of a product's own rows follows from its record, as the function of that name tells it.
pub fn product_rows(product: &Product) -> Value {
    let variants = &product.content().variants;
    let own = (1..).zip(variants).map(|(ordinal, variant): (i64, _)| {
        let (policy, limit) = policy_columns(variant.stock_policy);
        let (key, written) = (sku_key(&variant.sku), variant.sku.as_str());
        json!([key, written, variant.id.uuid(), policy, limit, ordinal])
    });
    let parts = variants.iter().flat_map(|variant| {
        let part = |part: &Component| {
            json!([sku_key(&variant.sku), sku_key(&part.sku), part.quantity.units()])
        };
        variant.components.iter().map(part)
    });
    let prices = variants.iter().flat_map(|variant| {
        open_prices(variant).map(|row| {
            let (conditions, amount) = (row.conditions(), row.amount());
            let micros = |moment: Option<Timestamp>| moment.map(|at| time(at).timestamp_micros());
            let (from, until) = (micros(conditions.from), micros(conditions.until));
            let code = amount.currency().code().to_owned();
            json!([sku_key(&variant.sku), code, amount.amount(), from, until])
        })
    });
    let mut slugs: Vec<&str> = product.former_slugs().iter().map(Slug::as_str).collect();
    slugs.sort_unstable();
    json!({
        "variants": own.collect::<Vec<_>>(),
        "parts": parts.collect::<Vec<_>>(),
        "prices": prices.collect::<Vec<_>>(),
        "slugs": slugs,
    })
}

/// The prices that everyone may have for one unit.
fn open_prices(variant: &Variant) -> impl Iterator<Item = &PriceRow> {
    variant.prices.iter().filter(|row| {
        let conditions = row.conditions();
        conditions.list.is_none() && conditions.min_quantity <= 1
    })
}

/// Whether there is stock of the variant itself, so that it begins with nothing rather than not at
/// all.
fn is_counted(variant: &Variant) -> bool {
    let own = |part: &Component| part.sku == variant.sku;
    variant.stock_policy != StockPolicy::Untracked
        && (variant.components.is_empty() || variant.components.iter().any(own))
}

/// The SKUs of variants that are no more.
fn leaving(before: Option<&[Variant]>, after: &[Variant]) -> Vec<String> {
    let stays = |sku: &Sku| after.iter().any(|variant| variant.sku == *sku);
    let before = before.unwrap_or_default().iter().map(|variant| &variant.sku);
    before.filter(|sku| !stays(sku)).map(sku_key).collect()
}
