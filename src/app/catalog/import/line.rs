use std::collections::BTreeMap;

use crate::domain::catalog::ProductStatus;
use crate::domain::shared::{StockPolicy, Timestamp};

/// A value that a line may leave out, or say that there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// The line does not speak of it: what is known stays.
    #[default]
    Absent,
    /// There is none.
    Empty,
    /// This.
    Value(T),
}

impl<T> Given<T> {
    /// The value after the line, where `known` was it before.
    pub fn over(self, known: Option<T>) -> Option<T> {
        match self {
            Self::Absent => known,
            Self::Empty => None,
            Self::Value(value) => Some(value),
        }
    }
}

impl<T> From<Option<T>> for Given<T> {
    /// A value that is told for certain: none is [`Given::Empty`].
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Self::Value)
    }
}

/// A line of a catalogue file as it was read: of the right shape, not yet checked. It tells of one
/// variant and of the product that has it. What it leaves out, a known product keeps; an empty
/// text, list or map clears.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportLine {
    /// The variant. A known SKU is that variant again.
    pub sku: String,
    /// What the lines of one product have in common; a line without it is a product of its own.
    pub product_key: Option<String>,
    /// The product's title.
    pub name: String,
    /// Made of the name of a new product where absent; a known one keeps its own.
    pub slug: Option<String>,
    /// Plain text.
    pub description: Option<String>,
    /// Who makes it.
    pub brand: Option<String>,
    /// Active for a new product where absent.
    pub status: Option<ProductStatus>,
    /// Names of categories from the top down; missing ones are made.
    pub category_path: Option<Vec<String>>,
    /// Facts by name.
    pub attributes: Option<BTreeMap<String, String>>,
    /// What tells the variant from its siblings.
    pub options: Option<BTreeMap<String, String>>,
    /// Words that group.
    pub tags: Option<Vec<String>>,
    /// The merchant's own pairs.
    pub metadata: Option<BTreeMap<String, String>>,
    /// Addresses of pictures.
    pub image_urls: Option<Vec<String>>,
    /// What a unit costs, in minor units.
    pub price: i64,
    /// The former price, in minor units.
    pub compare_at: Given<i64>,
    /// ISO 4217; the shop's own where absent. The price in that currency is set, others stay.
    pub currency: Option<String>,
    /// When it came to market.
    pub released_at: Given<Timestamp>,
    /// Weight of a unit.
    pub weight_grams: Option<u32>,
    /// Whether it is sent; true for a new variant where absent.
    pub requires_shipping: Option<bool>,
    /// `standard` for a new variant where absent.
    pub tax_category: Option<String>,
    /// How its stock limits its sale; tracked for a new variant where absent.
    pub stock_policy: Option<StockPolicy>,
    /// Units that a new SKU starts with, at the shop's own location.
    pub stock: Option<i64>,
    /// The popularity that a new product starts with.
    pub popularity: Option<u64>,
}
