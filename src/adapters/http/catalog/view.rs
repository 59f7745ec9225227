use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::adapters::http::values::{Band, MoneyBody};
use crate::adapters::record::rfc3339;
use crate::domain::catalog::{Image, PriceRow, ProductStatus, Tag, Variant, pick};
use crate::domain::shared::{Availability, Text};
use crate::ports::catalog::{ProductView, ReadContext};
use crate::ports::search::CategoryLabel;

/// A product as lists show it.
#[derive(Serialize, ToSchema)]
#[schema(as = ProductSummary)]
pub struct SummaryBody<'a> {
    id: Uuid,
    /// The readable part of its address.
    #[schema(example = "brass-lamp")]
    slug: &'a str,
    #[schema(example = "Brass lamp")]
    name: &'a str,
    brand: Option<&'a str>,
    /// The main category, from the top down.
    category_path: Vec<CategoryLabelBody<'a>>,
    /// The first picture.
    image: Option<ImageBody<'a>>,
    /// The best band of any variant.
    availability: Band,
    /// The SKU of the cheapest variant that can be bought.
    sku: Option<&'a str>,
    /// Its price.
    price: Option<MoneyBody>,
    /// The highest price of any variant.
    price_max: Option<MoneyBody>,
}

/// A category that a product is in.
#[derive(Serialize, ToSchema)]
#[schema(as = CategoryLabel)]
pub struct CategoryLabelBody<'a> {
    /// What filters take.
    slug: &'a str,
    /// What people read.
    name: &'a str,
}

/// A picture.
#[derive(Serialize, ToSchema)]
#[schema(as = Image)]
pub struct ImageBody<'a> {
    /// An address, or a path of this server.
    url: &'a str,
    /// What it shows.
    alt: Option<&'a str>,
}

/// A product as its own page shows it.
#[derive(Serialize, ToSchema)]
#[schema(as = Product)]
pub struct ProductBody<'a> {
    #[serde(flatten)]
    summary: SummaryBody<'a>,
    /// Plain text.
    description: Option<&'a str>,
    tags: Vec<&'a str>,
    status: StatusBody,
    /// Facts by name.
    attributes: BTreeMap<&'a str, &'a str>,
    images: Vec<ImageBody<'a>>,
    variants: Vec<VariantBody<'a>>,
    /// When it came to market.
    #[schema(format = DateTime)]
    released_at: Option<String>,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// What can be bought of a product.
#[derive(Serialize, ToSchema)]
#[schema(as = Variant)]
pub struct VariantBody<'a> {
    id: Uuid,
    sku: &'a str,
    /// None in this currency: it cannot be bought.
    price: Option<MoneyBody>,
    /// The former price.
    compare_at: Option<MoneyBody>,
    /// What tells it from its siblings.
    options: BTreeMap<&'a str, &'a str>,
    availability: Band,
}

/// Whether the shop shows a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProductStatus)]
pub enum StatusBody {
    /// Being written; for staff alone.
    Draft,
    /// For sale.
    Active,
    /// No longer for sale.
    Archived,
}

impl From<ProductStatus> for StatusBody {
    fn from(status: ProductStatus) -> Self {
        match status {
            ProductStatus::Draft => Self::Draft,
            ProductStatus::Active => Self::Active,
            ProductStatus::Archived => Self::Archived,
        }
    }
}

impl From<StatusBody> for ProductStatus {
    fn from(status: StatusBody) -> Self {
        match status {
            StatusBody::Draft => Self::Draft,
            StatusBody::Active => Self::Active,
            StatusBody::Archived => Self::Archived,
        }
    }
}

impl<'a> From<&'a CategoryLabel> for CategoryLabelBody<'a> {
    fn from(label: &'a CategoryLabel) -> Self {
        Self { slug: label.slug.as_str(), name: &label.name }
    }
}

impl<'a> From<&'a Image> for ImageBody<'a> {
    fn from(image: &'a Image) -> Self {
        Self { url: image.url.as_str(), alt: image.alt.as_ref().map(Text::as_str) }
    }
}

impl<'a> SummaryBody<'a> {
    /// The product to a reader in `context`.
    pub fn of(view: &'a ProductView, context: &ReadContext) -> Self {
        let product = &view.product;
        let written = product.content();
        let cheapest = view.cheapest(context);
        let variant = cheapest.and_then(|(index, _)| written.variants.get(index));
        let asked = context.price_at();
        let highest = product.priced(&asked).map(|(_, price)| price).max_by_key(|p| p.amount());
        Self {
            id: product.id().uuid(),
            slug: written.slug.as_str(),
            name: written.name.as_str(),
            brand: product.brand(),
            category_path: view.path.iter().map(CategoryLabelBody::from).collect(),
            image: written.images.first().map(ImageBody::from),
            availability: view.best_availability().into(),
            sku: variant.map(|variant| variant.sku.as_str()),
            price: cheapest.map(|(_, price)| MoneyBody(price)),
            price_max: highest.map(MoneyBody),
        }
    }
}

impl<'a> ProductBody<'a> {
    /// The product to a reader in `context`.
    pub fn of(view: &'a ProductView, context: &ReadContext) -> Self {
        let written = view.product.content();
        let bands = view.availability.iter().copied().chain(std::iter::repeat(NONE));
        Self {
            summary: SummaryBody::of(view, context),
            description: written.description.as_ref().map(Text::as_str),
            tags: written.tags.iter().map(Tag::as_str).collect(),
            status: written.status.into(),
            attributes: written.attributes.iter().collect(),
            images: written.images.iter().map(ImageBody::from).collect(),
            variants: written
                .variants
                .iter()
                .zip(bands)
                .map(|(variant, band)| VariantBody::of(variant, band, context))
                .collect(),
            released_at: written.released_at.map(rfc3339),
            updated_at: rfc3339(view.product.updated_at()),
        }
    }
}

/// What is said of a variant whose stock nobody knows.
const NONE: Availability = Availability::OutOfStock;

impl<'a> VariantBody<'a> {
    fn of(variant: &'a Variant, band: Availability, context: &ReadContext) -> Self {
        let row = pick(&variant.prices, &context.price_at());
        Self {
            id: variant.id.uuid(),
            sku: variant.sku.as_str(),
            price: row.map(|row| MoneyBody(row.amount())),
            compare_at: row.and_then(PriceRow::compare_at).map(MoneyBody),
            options: variant.options.iter().collect(),
            availability: band.into(),
        }
    }
}
