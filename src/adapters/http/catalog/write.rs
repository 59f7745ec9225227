use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::StatusBody;
use crate::adapters::http::input::{
    CategoryIdIn, CurrencyIn, In, Int, Line, List, LongText, Pairs, ShortText, SkuIn, SlugIn,
    TaxCategoryIn, TimestampIn, Title, Url, VariantIdIn, text_schema,
};
use crate::adapters::http::merge::Patchable;
use crate::app::catalog::{CategoriesDraft, ImageDraft, ProductDraft, VariantDraft};
use crate::domain::catalog::{Category, Image, PriceRow, Product, ProductContent, Variant};
use crate::domain::shared::{Money, StockPolicy};

type CategoryPath = List<ShortText, 0, { Category::MAX_DEPTH }>;
type CategoryIds = List<CategoryIdIn, 0, { Product::MAX_LIST }>;
type Attributes = Pairs<200, 100, 1_000>;
type Metadata = Pairs<50, 64, 500>;
type Options = Pairs<10, 40, 100>;
type TagIn = Line<40>;
type Tags = List<TagIn, 0, 50>;
type Images = List<ImageInput, 0, { Product::MAX_LIST }>;
type Variants = List<VariantInput, 1, { Product::MAX_VARIANTS }>;
type Grams = Int<0, { u32::MAX as i64 }>;
type Limit = Int<0, 1_000_000>;

/// A product as staff write it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProductInput)]
pub struct ProductInput {
    #[schema(example = "Brass lamp")]
    name: Title,
    /// Made of the name where absent.
    slug: Option<SlugIn>,
    /// Plain text.
    description: Option<LongText>,
    brand: Option<ShortText>,
    /// A draft where absent.
    status: Option<StatusBody>,
    /// Names from the top down; categories that are missing are made. Counts before `category_ids`.
    category_path: Option<CategoryPath>,
    /// Categories that exist, the main one first.
    category_ids: Option<CategoryIds>,
    /// Facts by name.
    attributes: Option<Attributes>,
    tags: Option<Tags>,
    /// Pairs of your own, shown to staff alone.
    metadata: Option<Metadata>,
    images: Option<Images>,
    variants: Variants,
    /// When it came to market.
    released_at: Option<TimestampIn>,
}

/// A picture as staff write it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImageInput)]
pub struct ImageInput {
    /// An https address, or a path that begins with `/media/`.
    #[schema(example = "https://cdn.example.com/lamp.webp")]
    url: Url,
    /// What it shows.
    alt: Option<Title>,
}

/// A variant as staff write it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VariantInput)]
pub struct VariantInput {
    /// The variant that it is, in a change of a product; else it is found by its SKU, or new.
    id: Option<VariantIdIn>,
    /// Made up where absent.
    sku: Option<SkuIn>,
    /// What a unit costs, in one currency; its prices in others stay. Without it the variant has
    /// none in any and cannot be bought.
    price: Option<PriceInput>,
    /// The former price.
    compare_at: Option<PriceInput>,
    /// What tells it from its siblings.
    options: Option<Options>,
    weight_grams: Option<Grams>,
    /// True where absent.
    requires_shipping: Option<bool>,
    /// `standard` where absent.
    tax_category: Option<TaxCategoryIn>,
    /// Tracked where absent.
    stock_policy: Option<StockPolicyInput>,
}

type Price = Int<0, { PriceRow::MAX_AMOUNT }>;

/// What a unit costs.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PriceInput)]
pub struct PriceInput {
    /// Minor units: cents, for dollars.
    #[schema(example = 4999)]
    amount: Price,
    /// ISO 4217.
    currency: CurrencyIn,
}

/// How stock limits the sale of a variant.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum StockPolicyInput {
    /// Only what is on hand is sold.
    Tracked {},
    /// Up to `limit` units more than are on hand are sold.
    Backorder {
        /// How many.
        limit: Limit,
    },
    /// Stock does not matter.
    Untracked {},
}

impl PartialSchema for StockPolicyInput {
    fn schema() -> RefOr<Schema> {
        let of_type = |name: &str| {
            let tag = text_schema().enum_values(Some([name]));
            let object = ObjectBuilder::new().property("type", tag).required("type");
            object.additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
        };
        let backorder = of_type("backorder").property("limit", Limit::schema()).required("limit");
        let either = OneOfBuilder::new()
            .description(Some(
                "How stock limits the sale of a variant: only what is on hand is sold, or up to \
                 `limit` units more, or stock does not matter.",
            ))
            .item(of_type("tracked"))
            .item(backorder)
            .item(of_type("untracked"));
        RefOr::T(Schema::OneOf(either.build()))
    }
}

impl ToSchema for StockPolicyInput {
    fn name() -> Cow<'static, str> {
        "StockPolicy".into()
    }
}

impl Patchable for ProductInput {
    const MAPS: &'static [&'static str] = &["attributes", "metadata"];
}

impl From<ProductInput> for ProductDraft {
    fn from(input: ProductInput) -> Self {
        let categories = match (input.category_path, input.category_ids) {
            (Some(path), _) => {
                CategoriesDraft::Path(path.0.into_iter().map(|name| name.0).collect())
            }
            (None, Some(ids)) => CategoriesDraft::Ids(ids.0.into_iter().map(|id| id.0).collect()),
            (None, None) => CategoriesDraft::None,
        };
        Self {
            name: input.name.0,
            slug: input.slug.map(|slug| slug.0.as_str().to_owned()),
            description: input.description.map(|text| text.0),
            brand: input.brand.map(|brand| brand.0),
            status: input.status.map(Into::into),
            categories,
            attributes: input.attributes.unwrap_or_default().0,
            tags: input.tags.unwrap_or_default().0.into_iter().map(|tag| tag.0).collect(),
            metadata: input.metadata.unwrap_or_default().0,
            images: input.images.unwrap_or_default().0.into_iter().map(ImageDraft::from).collect(),
            variants: input.variants.0.into_iter().map(VariantDraft::from).collect(),
            released_at: input.released_at.map(|moment| moment.0),
        }
    }
}

impl From<ImageInput> for ImageDraft {
    fn from(input: ImageInput) -> Self {
        Self { url: input.url.0, alt: input.alt.map(|alt| alt.0) }
    }
}

impl From<VariantInput> for VariantDraft {
    fn from(input: VariantInput) -> Self {
        let money = |price: PriceInput| Money::new(price.amount.0, price.currency.0);
        Self {
            id: input.id.map(|id| id.0),
            sku: input.sku.map(|sku| sku.0.as_str().to_owned()),
            price: input.price.map(money),
            compare_at: input.compare_at.map(money),
            options: input.options.unwrap_or_default().0,
            weight_grams: input
                .weight_grams
                .and_then(|grams| u32::try_from(grams.0).ok())
                .unwrap_or(0),
            requires_shipping: input.requires_shipping.unwrap_or(true),
            tax_category: input.tax_category.map(|tax| tax.0.as_str().to_owned()),
            stock_policy: input.stock_policy.map(StockPolicy::from).unwrap_or_default(),
        }
    }
}

impl From<StockPolicyInput> for StockPolicy {
    fn from(input: StockPolicyInput) -> Self {
        match input {
            StockPolicyInput::Tracked {} => Self::Tracked,
            StockPolicyInput::Backorder { limit } => {
                Self::Backorder { limit: u32::try_from(limit.0).unwrap_or(0) }
            }
            StockPolicyInput::Untracked {} => Self::Untracked,
        }
    }
}

impl From<StockPolicy> for StockPolicyInput {
    fn from(policy: StockPolicy) -> Self {
        match policy {
            StockPolicy::Tracked => Self::Tracked {},
            StockPolicy::Backorder { limit } => Self::Backorder { limit: Int(limit.into()) },
            StockPolicy::Untracked => Self::Untracked {},
        }
    }
}

/// What staff would write to get the product as it is: what a patch is laid over.
impl From<&Product> for ProductInput {
    fn from(product: &Product) -> Self {
        let ProductContent { name, slug, description, brand, status, .. } = product.content();
        let content = product.content();
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            name: Line(name.as_str().to_owned()),
            slug: Some(In(slug.clone())),
            description: description.as_ref().map(|text| Line(text.as_str().to_owned())),
            brand: brand.as_ref().map(|brand| Line(brand.as_str().to_owned())),
            status: Some((*status).into()),
            category_path: None,
            category_ids: Some(List(content.categories.iter().map(|id| In(*id)).collect())),
            attributes: Some(Pairs(content.attributes.iter().map(owned).collect())),
            tags: Some(List(
                content.tags.iter().map(|tag| Line(tag.as_str().to_owned())).collect(),
            )),
            metadata: Some(Pairs(content.metadata.iter().map(owned).collect())),
            images: Some(List(content.images.iter().map(ImageInput::from).collect())),
            variants: List(content.variants.iter().map(VariantInput::from).collect()),
            released_at: content.released_at.map(In),
        }
    }
}

impl From<&Image> for ImageInput {
    fn from(image: &Image) -> Self {
        Self {
            url: Line(image.url.as_str().to_owned()),
            alt: image.alt.as_ref().map(|alt| Line(alt.as_str().to_owned())),
        }
    }
}

impl From<&Variant> for VariantInput {
    fn from(variant: &Variant) -> Self {
        let price = |money: Money| PriceInput {
            amount: Int(money.amount()),
            currency: In(money.currency()),
        };
        let row = variant.plain_price();
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            id: Some(In(variant.id)),
            sku: Some(In(variant.sku.clone())),
            price: row.map(|row| price(row.amount())),
            compare_at: row.and_then(PriceRow::compare_at).map(price),
            options: Some(Pairs(variant.options.iter().map(owned).collect())),
            weight_grams: Some(Int(variant.weight_grams.into())),
            requires_shipping: Some(variant.requires_shipping),
            tax_category: Some(In(variant.tax_category.clone())),
            stock_policy: Some(variant.stock_policy.into()),
        }
    }
}
