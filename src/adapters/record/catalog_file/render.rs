use serde::Serialize;
use std::collections::BTreeMap;

use crate::adapters::record::rfc3339;
use crate::app::catalog::{Given, ImportLine};
use crate::domain::catalog::ProductStatus;
use crate::domain::shared::StockPolicy;

/// A line as it is written: what it does not speak of is left out, so that reading it gives it
/// back.
#[derive(Serialize)]
struct LineRecord<'a> {
    sku: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_key: Option<&'a str>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category_path: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    brand: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<&'a BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<&'a BTreeMap<String, String>>,
    price: i64,
    #[serde(skip_serializing_if = "Told::is_absent")]
    compare_at: Told<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stock: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    popularity: Option<u64>,
    #[serde(skip_serializing_if = "Told::is_absent")]
    released_at: Told<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight_grams: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_category: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requires_shipping: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stock_policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_urls: Option<&'a [String]>,
}

/// A value that may be left out, or null.
struct Told<T>(Given<T>);

impl<T> Told<T> {
    fn is_absent(&self) -> bool {
        matches!(self.0, Given::Absent)
    }
}

impl<T: Serialize> Serialize for Told<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Given::Value(value) => serializer.serialize_some(value),
            Given::Absent | Given::Empty => serializer.serialize_none(),
        }
    }
}

/// The line as NDJSON, without a line feed.
pub fn render_line(line: &ImportLine) -> String {
    let record = LineRecord {
        sku: &line.sku,
        product_key: line.product_key.as_deref(),
        name: &line.name,
        slug: line.slug.as_deref(),
        description: line.description.as_deref(),
        category_path: line.category_path.as_deref(),
        brand: line.brand.as_deref(),
        status: line.status.map(status),
        attributes: line.attributes.as_ref(),
        options: line.options.as_ref(),
        price: line.price,
        compare_at: Told(line.compare_at),
        currency: line.currency.as_deref(),
        stock: line.stock,
        popularity: line.popularity,
        released_at: Told(match line.released_at {
            Given::Absent => Given::Absent,
            Given::Empty => Given::Empty,
            Given::Value(at) => Given::Value(rfc3339(at)),
        }),
        weight_grams: line.weight_grams,
        tax_category: line.tax_category.as_deref(),
        requires_shipping: line.requires_shipping,
        stock_policy: line.stock_policy.map(stock_policy),
        tags: line.tags.as_deref(),
        metadata: line.metadata.as_ref(),
        image_urls: line.image_urls.as_deref(),
    };
    // Text and numbers alone cannot fail to be written.
    serde_json::to_string(&record).unwrap_or_default()
}

const fn status(status: ProductStatus) -> &'static str {
    match status {
        ProductStatus::Draft => "draft",
        ProductStatus::Active => "active",
        ProductStatus::Archived => "archived",
    }
}

fn stock_policy(policy: StockPolicy) -> String {
    match policy {
        StockPolicy::Tracked => "tracked".to_owned(),
        StockPolicy::Untracked => "untracked".to_owned(),
        StockPolicy::Backorder { limit } => format!("backorder:{limit}"),
    }
}
