use std::collections::BTreeMap;

use crate::domain::catalog::ProductStatus;
use crate::domain::shared::{CategoryId, Money, StockPolicy, Timestamp, VariantId};

/// A product as someone wrote it, before anything of it is checked. The whole content: what is left
/// out is empty. Errors name its parts by the pointers of the API's body, such as
/// `/variants/0/price`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProductDraft {
    /// Title.
    pub name: String,
    /// Made of the name where absent.
    pub slug: Option<String>,
    /// Plain text.
    pub description: Option<String>,
    /// Who makes it.
    pub brand: Option<String>,
    /// A draft where absent.
    pub status: Option<ProductStatus>,
    /// Where it belongs.
    pub categories: CategoriesDraft,
    /// Facts by name.
    pub attributes: BTreeMap<String, String>,
    /// Words that group.
    pub tags: Vec<String>,
    /// The merchant's own pairs.
    pub metadata: BTreeMap<String, String>,
    /// Pictures.
    pub images: Vec<ImageDraft>,
    /// What can be bought.
    pub variants: Vec<VariantDraft>,
    /// When it came to market.
    pub released_at: Option<Timestamp>,
}

/// Where a product belongs, as someone wrote it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum CategoriesDraft {
    /// Nowhere.
    #[default]
    None,
    /// Names from the top down; categories that are missing are made.
    Path(Vec<String>),
    /// Categories that must exist, the main one first.
    Ids(Vec<CategoryId>),
}

/// A picture as someone wrote it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageDraft {
    /// Where it is fetched from.
    pub url: String,
    /// What it shows.
    pub alt: Option<String>,
}

/// A variant as someone wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct VariantDraft {
    /// The variant it is, where it exists; else it is found by its SKU, or new.
    pub id: Option<VariantId>,
    /// Made where absent.
    pub sku: Option<String>,
    /// What a unit costs, in one currency; its prices in others stay. Without it none stays that
    /// always holds.
    pub price: Option<Money>,
    /// The former price.
    pub compare_at: Option<Money>,
    /// What tells it from its siblings.
    pub options: BTreeMap<String, String>,
    /// Weight of a unit.
    pub weight_grams: u32,
    /// Whether it is sent.
    pub requires_shipping: bool,
    /// `standard` where absent.
    pub tax_category: Option<String>,
    /// How its stock limits its sale.
    pub stock_policy: StockPolicy,
}
