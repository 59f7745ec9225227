use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::write::StockPolicyInput;
use super::{ImageBody, StatusBody};
use crate::adapters::http::values::MoneyBody;
use crate::adapters::record::rfc3339;
use crate::domain::catalog::{PriceRow, Product, Tag, Variant};
use crate::domain::shared::{Slug, Text};

/// A product as staff see it. It shows nothing but what the product's own version stands for, so
/// that its tag is the version.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminProduct)]
pub struct AdminProductBody<'a> {
    id: Uuid,
    /// How often it was saved.
    version: u64,
    name: &'a str,
    slug: &'a str,
    /// Slugs it had before; they lead to it.
    former_slugs: Vec<&'a str>,
    description: Option<&'a str>,
    brand: Option<&'a str>,
    status: StatusBody,
    /// The main one first.
    category_ids: Vec<Uuid>,
    attributes: BTreeMap<&'a str, &'a str>,
    tags: Vec<&'a str>,
    metadata: BTreeMap<&'a str, &'a str>,
    images: Vec<ImageBody<'a>>,
    variants: Vec<AdminVariantBody<'a>>,
    #[schema(format = DateTime)]
    released_at: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    /// When it was first for sale.
    #[schema(format = DateTime)]
    published_at: Option<String>,
}

/// A variant as staff see it.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminVariant)]
pub struct AdminVariantBody<'a> {
    id: Uuid,
    sku: &'a str,
    price: Option<MoneyBody>,
    compare_at: Option<MoneyBody>,
    options: BTreeMap<&'a str, &'a str>,
    weight_grams: u32,
    requires_shipping: bool,
    tax_category: &'a str,
    stock_policy: StockPolicyInput,
}

impl<'a> From<&'a Product> for AdminProductBody<'a> {
    fn from(product: &'a Product) -> Self {
        let content = product.content();
        Self {
            id: product.id().uuid(),
            version: product.version().number(),
            name: content.name.as_str(),
            slug: content.slug.as_str(),
            former_slugs: product.former_slugs().iter().map(Slug::as_str).collect(),
            description: content.description.as_ref().map(Text::as_str),
            brand: product.brand(),
            status: content.status.into(),
            category_ids: content.categories.iter().map(|id| id.uuid()).collect(),
            attributes: content.attributes.iter().collect(),
            tags: content.tags.iter().map(Tag::as_str).collect(),
            metadata: content.metadata.iter().collect(),
            images: content.images.iter().map(ImageBody::from).collect(),
            variants: content.variants.iter().map(AdminVariantBody::from).collect(),
            released_at: content.released_at.map(rfc3339),
            created_at: rfc3339(product.created_at()),
            updated_at: rfc3339(product.updated_at()),
            published_at: product.history().published_at.map(rfc3339),
        }
    }
}

impl<'a> From<&'a Variant> for AdminVariantBody<'a> {
    fn from(variant: &'a Variant) -> Self {
        let row = variant.plain_price();
        Self {
            id: variant.id.uuid(),
            sku: variant.sku.as_str(),
            price: row.map(|row| MoneyBody(row.amount())),
            compare_at: row.and_then(PriceRow::compare_at).map(MoneyBody),
            options: variant.options.iter().collect(),
            weight_grams: variant.weight_grams,
            requires_shipping: variant.requires_shipping,
            tax_category: variant.tax_category.as_str(),
            stock_policy: variant.stock_policy.into(),
        }
    }
}
