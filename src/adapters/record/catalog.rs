//! Records of the catalogue.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::form::{Form, In, List, Maybe, Out, is_default, is_on, mirrors, on};
use super::kept::records;
use super::shared::{Amount, Id, Saves, StockPolicyForm, Time, Units, Word};
use crate::domain::catalog::{
    Attributes, Brand, Category, Component, Description, Image, Metadata, OptionValues,
    PriceConditions, PriceRow, Product, ProductContent, ProductHistory, ProductName, ProductStatus,
    Tag, Variant,
};
use crate::domain::shared::{
    CategoryId, ImageId, Invalid, Money, ProductId, Quantity, Sku, Slug, StockPolicy, TaxCategory,
    Text, Timestamp, VariantId, Version,
};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Category")]
struct CategoryForm {
    #[serde(with = "Id")]
    id: CategoryId,
    #[serde(with = "Word")]
    slug: Slug,
    #[serde(with = "Word")]
    name: Text<120>,
    #[serde(with = "Maybe::<Id>", default, skip_serializing_if = "Option::is_none")]
    parent: Option<CategoryId>,
    #[serde(default, skip_serializing_if = "is_default")]
    position: i32,
    #[serde(with = "Saves")]
    version: Version,
}

/// A type that holds pairs of names and values.
trait Paired: Sized {
    fn pairs(&self) -> impl Iterator<Item = (&str, &str)>;

    fn of<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, Invalid>;
}

macro_rules! paired {
    ($($value:ty),*) => {$(
        impl Paired for $value {
            fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
                self.iter()
            }

            fn of<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, Invalid> {
                Self::try_new(pairs)
            }
        }
    )*};
}

paired!(Attributes, Metadata, OptionValues);

/// Pairs as an object.
enum Pairs {}

impl Pairs {
    fn none<T: Paired>(value: &T) -> bool {
        value.pairs().next().is_none()
    }
}

impl<T: Paired> Form<T> for Pairs {
    fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(value.pairs())
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let read = BTreeMap::<String, String>::deserialize(deserializer)?;
        T::of(read.iter().map(|(name, value)| (name.as_str(), value.as_str())))
            .map_err(D::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ProductStatus", rename_all = "snake_case")]
enum ProductStatusForm {
    Draft,
    Active,
    Archived,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Image")]
struct ImageForm {
    #[serde(with = "Id")]
    id: ImageId,
    #[serde(with = "Word")]
    url: Text<2_000>,
    #[serde(with = "Maybe::<Word>", default, skip_serializing_if = "Option::is_none")]
    alt: Option<Text<300>>,
}

#[derive(Serialize, Deserialize)]
struct PriceRowRecord {
    #[serde(with = "Amount")]
    amount: Money,
    #[serde(with = "Maybe::<Amount>", default, skip_serializing_if = "Option::is_none")]
    compare_at: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    list: Option<Box<str>>,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    min_quantity: u32,
    #[serde(with = "Maybe::<Time>", default, skip_serializing_if = "Option::is_none")]
    from: Option<Timestamp>,
    #[serde(with = "Maybe::<Time>", default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

/// A price with its conditions, checked when it is read.
enum PriceRowForm {}

fn one() -> u32 {
    1
}

fn is_one(count: &u32) -> bool {
    *count == 1
}

impl Form<PriceRow> for PriceRowForm {
    fn serialize<S: Serializer>(value: &PriceRow, serializer: S) -> Result<S::Ok, S::Error> {
        let PriceConditions { list, min_quantity, from, until } = value.conditions().clone();
        let (amount, compare_at) = (value.amount(), value.compare_at());
        let record = PriceRowRecord { amount, compare_at, list, min_quantity, from, until };
        record.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PriceRow, D::Error> {
        let PriceRowRecord { amount, compare_at, list, min_quantity, from, until } =
            PriceRowRecord::deserialize(deserializer)?;
        PriceRow::try_new(amount, compare_at)
            .and_then(|row| row.under(PriceConditions { list, min_quantity, from, until }))
            .map_err(D::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Component")]
struct ComponentForm {
    #[serde(with = "Word")]
    sku: Sku,
    #[serde(with = "Units")]
    quantity: Quantity,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Variant")]
struct VariantForm {
    #[serde(with = "Id")]
    id: VariantId,
    #[serde(with = "Word")]
    sku: Sku,
    #[serde(with = "Pairs", default, skip_serializing_if = "Pairs::none")]
    options: OptionValues,
    #[serde(with = "List::<PriceRowForm>", default, skip_serializing_if = "Vec::is_empty")]
    prices: Vec<PriceRow>,
    #[serde(with = "StockPolicyForm", default, skip_serializing_if = "is_default")]
    stock_policy: StockPolicy,
    #[serde(default = "on", skip_serializing_if = "is_on")]
    requires_shipping: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    weight_grams: u32,
    #[serde(with = "Word", default, skip_serializing_if = "is_default")]
    tax_category: TaxCategory,
    #[serde(with = "List::<ComponentForm>", default, skip_serializing_if = "Vec::is_empty")]
    components: Vec<Component>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ProductContent")]
struct ProductContentForm {
    #[serde(with = "Word")]
    name: ProductName,
    #[serde(with = "Word")]
    slug: Slug,
    #[serde(with = "Maybe::<Word>", default, skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    #[serde(with = "Maybe::<Word>", default, skip_serializing_if = "Option::is_none")]
    brand: Option<Brand>,
    #[serde(with = "ProductStatusForm")]
    status: ProductStatus,
    #[serde(with = "List::<Id>", default, skip_serializing_if = "Vec::is_empty")]
    categories: Vec<CategoryId>,
    #[serde(with = "Pairs", default, skip_serializing_if = "Pairs::none")]
    attributes: Attributes,
    #[serde(with = "List::<Word>", default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
    #[serde(with = "List::<Word>", default, skip_serializing_if = "Vec::is_empty")]
    published_in: Vec<Text<64>>,
    #[serde(with = "Pairs", default, skip_serializing_if = "Pairs::none")]
    metadata: Metadata,
    #[serde(with = "List::<ImageForm>", default, skip_serializing_if = "Vec::is_empty")]
    images: Vec<Image>,
    #[serde(with = "List::<VariantForm>")]
    variants: Vec<Variant>,
    #[serde(with = "Maybe::<Time>", default, skip_serializing_if = "Option::is_none")]
    released_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ProductHistory")]
struct ProductHistoryForm {
    #[serde(with = "Saves")]
    version: Version,
    #[serde(with = "List::<Word>", default, skip_serializing_if = "Vec::is_empty")]
    former_slugs: Vec<Slug>,
    #[serde(with = "Maybe::<Word>", default, skip_serializing_if = "Option::is_none")]
    import_key: Option<Text<128>>,
    #[serde(default, skip_serializing_if = "is_default")]
    starting_popularity: u64,
    #[serde(with = "Time")]
    created_at: Timestamp,
    #[serde(with = "Time")]
    updated_at: Timestamp,
    #[serde(with = "Maybe::<Time>", default, skip_serializing_if = "Option::is_none")]
    published_at: Option<Timestamp>,
}

/// A product: its id, its content and its history, each of the two an object of its own.
#[derive(Serialize, Deserialize)]
struct ProductRecord<Content, History> {
    #[serde(with = "Id")]
    id: ProductId,
    content: Content,
    history: History,
}

/// A product, checked when it is read.
enum ProductForm {}

impl Form<Product> for ProductForm {
    fn serialize<S: Serializer>(value: &Product, serializer: S) -> Result<S::Ok, S::Error> {
        let history = value.history();
        let record = ProductRecord {
            id: value.id(),
            content: Out::<_, ProductContentForm>::new(value.content()),
            history: Out::<_, ProductHistoryForm>::new(&history),
        };
        record.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Product, D::Error> {
        type Read = ProductRecord<
            In<ProductContent, ProductContentForm>,
            In<ProductHistory, ProductHistoryForm>,
        >;
        let record = Read::deserialize(deserializer)?;
        Product::restore(record.id, record.content.0, record.history.0).map_err(D::Error::custom)
    }
}

mirrors! {
    CategoryForm of Category,
    ImageForm of Image,
    ComponentForm of Component,
    VariantForm of Variant,
    ProductContentForm of ProductContent,
    ProductHistoryForm of ProductHistory,
}

records! {
    Product = "product" by ProductForm,
    Category = "category" by CategoryForm,
}
