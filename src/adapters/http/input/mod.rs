//! Parts of requests, each read into the value it stands for, with the schema that says so.
//!
//! A type here reads exactly what its schema admits: what the document calls valid is never refused
//! for its form, and what it calls invalid is never taken. Nothing here is trimmed, rounded,
//! converted or guessed.

mod list;
mod number;
mod pairs;
mod text;
mod values;

use std::borrow::Cow;

use utoipa::openapi::schema::{Object, ObjectBuilder};
use utoipa::openapi::{RefOr, Schema};

use crate::domain::shared::{
    CartId, CategoryId, Country, CouponCode, Currency, Email, Location, OrderId, ProductId,
    Quantity, ShippingCode, Sku, Slug, TaxCategory, Timestamp, VariantId,
};

pub use list::List;
pub use number::{Decimal, Int, Signed};
pub use pairs::Pairs;
pub use text::{Blank, Line};
pub use values::{In, Input};

/// Components with this prefix are put in the place of the references to them: a bounded text is
/// clearer where it is used than behind a name.
pub const INLINED: &str = "in.";

pub type Title = Line<300>;
pub type LongText = Line<20_000>;
pub type ShortText = Line<120>;
pub type Name = Line<200>;
pub type Reason = Line<500>;
pub type OptionalText = Blank<120>;
pub type Url = Line<2_000>;
pub type CartIdIn = In<CartId>;
pub type CategoryIdIn = In<CategoryId>;
pub type CountryIn = In<Country>;
pub type CouponCodeIn = In<CouponCode>;
pub type CurrencyIn = In<Currency>;
pub type EmailIn = In<Email>;
pub type LocationIn = In<Location>;
pub type OrderIdIn = In<OrderId>;
pub type ProductIdIn = In<ProductId>;
pub type ShippingCodeIn = In<ShippingCode>;
pub type SkuIn = In<Sku>;
pub type SlugIn = In<Slug>;
pub type TaxCategoryIn = In<TaxCategory>;
pub type TimestampIn = In<Timestamp>;
pub type VariantIdIn = In<VariantId>;
/// Units that are bought or sent.
pub type QuantityIn = Int<1, { Quantity::MAX as i64 }>;

/// Reads a member that may be left out, but not be null.
pub fn some<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

fn inlined(name: impl AsRef<str>) -> Cow<'static, str> {
    Cow::Owned(format!("{INLINED}{}", name.as_ref()))
}

fn schema(object: impl Into<Object>) -> RefOr<Schema> {
    RefOr::T(Schema::Object(object.into()))
}

/// A schema of text.
pub fn text_schema() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(utoipa::openapi::Type::String)
}

#[cfg(test)]
mod tests;
