//! The demo shop: products and promotions of our own making.

use serde::Deserialize;

use super::Failure;
use crate::adapters::record::catalog_file::{CatalogLoader, FileFormat};
use crate::app::Shop;
use crate::app::catalog::ImportOptions;
use crate::app::pricing::{PromotionDraft, PromotionType};
use crate::domain::shared::{Currency, Money};
use crate::ports::imports::ImportReport;

/// The demo catalogue, a variant a line.
pub(super) const CATALOG: &str = include_str!("../../../assets/demo/catalog.ndjson");
const PROMOTIONS: &str = include_str!("../../../assets/demo/promotions.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    amount: i64,
    currency: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Promotion {
    name: String,
    code: Option<String>,
    r#type: String,
    percent: Option<serde_json::Number>,
    amount: Option<Amount>,
    buy_quantity: Option<i64>,
    get_quantity: Option<i64>,
    usage_limit: Option<i64>,
    usage_limit_per_customer: Option<i64>,
    minimum_subtotal: Option<Amount>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    #[serde(default)]
    categories: Vec<String>,
}

/// The demo promotions as the API takes them.
#[cfg_attr(not(feature = "remote"), expect(dead_code, reason = "only a server is sent JSON"))]
pub(super) fn promotions() -> Result<Vec<serde_json::Value>, Failure> {
    Ok(serde_json::from_str(PROMOTIONS)?)
}

/// Fills a shop with the demo catalogue and its promotions.
pub(super) async fn fill(shop: &Shop) -> Result<(), Failure> {
    let mut loader =
        CatalogLoader::begin(&shop.imports, FileFormat::Ndjson, ImportOptions { set_stock: false })
            .await?;
    loader.push(CATALOG.as_bytes()).await?;
    let report = loader.finish().await?;
    if let Some(line) = complaint(&report) {
        return Err(line.into());
    }
    let promotions: Vec<Promotion> = serde_json::from_str(PROMOTIONS)?;
    for promotion in promotions {
        shop.pricing.create_promotion(draft(promotion)?).await?;
    }
    Ok(())
}

fn complaint(report: &ImportReport) -> Option<String> {
    let first = report.errors.first()?;
    Some(format!("line {} of the demo catalogue: {}", first.line, first.reason))
}

fn draft(promotion: Promotion) -> Result<PromotionDraft, Failure> {
    let kind = match promotion.r#type.as_str() {
        "percentage" => PromotionType::Percentage,
        "fixed_amount" => PromotionType::FixedAmount,
        "free_shipping" => PromotionType::FreeShipping,
        "buy_x_get_y" => PromotionType::BuyXGetY,
        other => return Err(format!("'{other}' is no kind of promotion").into()),
    };
    let time = |text: Option<String>| {
        text.map(|text| crate::adapters::record::parse_rfc3339(&text)).transpose()
    };
    let mut draft = PromotionDraft::new(promotion.name, kind);
    draft.code = promotion.code;
    draft.percent = promotion.percent.map(|number| number.to_string());
    draft.amount = promotion.amount.map(money).transpose()?;
    draft.buy_quantity = promotion.buy_quantity;
    draft.get_quantity = promotion.get_quantity;
    draft.usage_limit = promotion.usage_limit;
    draft.usage_limit_per_customer = promotion.usage_limit_per_customer;
    draft.minimum_subtotal = promotion.minimum_subtotal.map(money).transpose()?;
    draft.starts_at = time(promotion.starts_at)?;
    draft.ends_at = time(promotion.ends_at)?;
    draft.categories = promotion.categories;
    Ok(draft)
}

fn money(amount: Amount) -> Result<Money, Failure> {
    Ok(Money::new(amount.amount, Currency::try_new(&amount.currency)?))
}
