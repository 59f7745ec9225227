//! The demo shop: a catalogue and promotions of our own making.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Failure;
use super::summary::Imported;
use crate::adapters::record::catalog_file::{CatalogLoader, FileFormat};
use crate::adapters::record::parse_rfc3339;
use crate::app::Shop;
use crate::app::catalog::ImportOptions;
use crate::app::pricing::{PromotionDraft, PromotionType};
use crate::domain::shared::{Currency, Money};

/// The catalogue, a variant a line.
pub(super) const CATALOG: &str = include_str!("../../../assets/demo/catalog.ndjson");
/// The promotions, as the API takes them. Their categories come with the catalogue.
pub(super) const PROMOTIONS: &str = include_str!("../../../assets/demo/promotions.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PromotionRecord {
    name: String,
    code: Option<String>,
    r#type: TypeRecord,
    percent: Option<serde_json::Number>,
    amount: Option<AmountRecord>,
    buy_quantity: Option<i64>,
    get_quantity: Option<i64>,
    get_percent: Option<serde_json::Number>,
    usage_limit: Option<i64>,
    usage_limit_per_customer: Option<i64>,
    minimum_subtotal: Option<AmountRecord>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    #[serde(default)]
    categories: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TypeRecord {
    Percentage,
    FixedAmount,
    FreeShipping,
    BuyXGetY,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AmountRecord {
    amount: i64,
    currency: String,
}

/// Whether the shop has no product of any status.
pub(super) async fn is_empty(shop: &Shop) -> Result<bool, Failure> {
    Ok(shop.catalog.is_empty().await?)
}

/// Why a shop is not filled.
pub(super) fn not_empty() -> Failure {
    Failure::usage("the shop has products already; add the demo with --force")
}

/// Fills a shop with the catalogue, and with those of the promotions whose names it does not know.
pub(super) async fn fill(shop: &Shop) -> Result<Imported, Failure> {
    let options = ImportOptions::default();
    let mut loader = CatalogLoader::begin(&shop.imports, FileFormat::Ndjson, options).await?;
    loader.push(CATALOG.as_bytes()).await?;
    let imported = Imported::from(&*loader.finish().await?);
    if let Some(bad) = imported.bad_lines().first() {
        return Err(Failure::new(format!("the demo catalogue, {bad}")));
    }
    let known = promotion_names(shop).await?;
    for draft in promotions()?.into_iter().filter(|draft| !known.contains(&draft.name)) {
        shop.pricing.create_promotion(draft).await?;
    }
    Ok(imported)
}

async fn promotion_names(shop: &Shop) -> Result<BTreeSet<String>, Failure> {
    let (mut names, mut after) = (BTreeSet::new(), None);
    loop {
        let page = shop.ports.pricing.promotions(after, 100).await?;
        names.extend(page.items.iter().map(|known| known.name().to_owned()));
        after = page.next;
        if after.is_none() {
            return Ok(names);
        }
    }
}

/// The promotions, as the shop takes them.
pub(super) fn promotions() -> Result<Vec<PromotionDraft>, Failure> {
    let records: Vec<PromotionRecord> =
        serde_json::from_str(PROMOTIONS).map_err(|error| Failure::new(format!("demo: {error}")))?;
    records.into_iter().map(draft).collect()
}

fn draft(record: PromotionRecord) -> Result<PromotionDraft, Failure> {
    let kind = match record.r#type {
        TypeRecord::Percentage => PromotionType::Percentage,
        TypeRecord::FixedAmount => PromotionType::FixedAmount,
        TypeRecord::FreeShipping => PromotionType::FreeShipping,
        TypeRecord::BuyXGetY => PromotionType::BuyXGetY,
    };
    let moment = |text: Option<String>| text.as_deref().map(parse_rfc3339).transpose();
    Ok(PromotionDraft {
        code: record.code,
        percent: record.percent.map(|percent| percent.to_string()),
        amount: record.amount.map(money).transpose()?,
        buy_quantity: record.buy_quantity,
        get_quantity: record.get_quantity,
        get_percent: record.get_percent.map(|percent| percent.to_string()),
        usage_limit: record.usage_limit,
        usage_limit_per_customer: record.usage_limit_per_customer,
        minimum_subtotal: record.minimum_subtotal.map(money).transpose()?,
        starts_at: moment(record.starts_at)?,
        ends_at: moment(record.ends_at)?,
        categories: record.categories,
        ..PromotionDraft::new(record.name, kind)
    })
}

fn money(record: AmountRecord) -> Result<Money, Failure> {
    let currency = Currency::try_new(&record.currency).map_err(Failure::new)?;
    Ok(Money::new(record.amount, currency))
}
