//! Finding products: an index of documents derived from the catalog, queried by shoppers.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::PortError;
use crate::domain::search::ProductText;
use crate::domain::shared::{Money, ProductId, Slug, Timestamp};

/// What the index knows of one product.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchDocument {
    /// The product.
    pub product: ProductId,
    /// The version of the product's view that this was made of; a later one wins.
    pub version: u64,
    /// Title.
    pub name: String,
    /// Brand, as written.
    pub brand: Option<String>,
    /// Plain text.
    pub description: String,
    /// Every category that holds the product, ancestors included, the main one's path first.
    pub categories: Vec<CategoryLabel>,
    /// The SKUs of all variants.
    pub skus: Vec<String>,
    /// Attributes, options of variants included, by name.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Tags.
    pub tags: Vec<String>,
    /// The price of the cheapest sellable variant: what is shown, sorted by and counted.
    pub price: Money,
    /// The price of every sellable variant in minor units: a price filter matches any of them.
    pub prices: Vec<i64>,
    /// Whether any variant can be bought now.
    pub in_stock: bool,
    /// Units sold, with what the product started from.
    pub popularity: u64,
    /// What `newest` sorts by.
    pub released_at: Timestamp,
}

impl SearchDocument {
    /// What of it can be searched.
    pub fn text(&self) -> ProductText<'_> {
        let pairs = self.attributes.iter().flat_map(|(name, values)| {
            values.iter().map(move |value| (name.as_str(), value.as_str()))
        });
        ProductText {
            name: &self.name,
            brand: self.brand.as_deref(),
            description: &self.description,
            categories: self.categories.iter().map(|category| category.name.as_str()).collect(),
            skus: self.skus.iter().map(String::as_str).collect(),
            attributes: pairs.collect(),
            tags: self.tags.iter().map(String::as_str).collect(),
        }
    }
}

/// A category as a facet shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CategoryLabel {
    /// What a filter takes.
    pub slug: Slug,
    /// What people read.
    pub name: String,
}

/// One change of the index.
#[derive(Clone, Debug)]
pub enum IndexChange {
    /// Adds the document, or replaces the product's earlier one.
    Put(Box<SearchDocument>),
    /// Takes the product out, as of this version of its view.
    Delete {
        /// The product that left the shop.
        product: ProductId,
        /// The version of its view at which it left.
        version: u64,
    },
}

/// The order of hits. Ties go by product id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SearchSort {
    /// Best match first; without text, most popular first.
    #[default]
    Relevance,
    /// Cheapest first.
    PriceAscending,
    /// Dearest first.
    PriceDescending,
    /// Most sold first.
    Popularity,
    /// Latest release first.
    Newest,
}

/// What a shopper asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// What was typed; blank matches everything. Never a query language: signs mean nothing.
    pub text: String,
    /// A category's slug: its whole subtree.
    pub category: Option<String>,
    /// Any of these brands, as written; empty for all.
    pub brands: Vec<String>,
    /// Lowest price in minor units, inclusive.
    pub price_min: Option<i64>,
    /// Highest price in minor units, inclusive.
    pub price_max: Option<i64>,
    /// Only what can be bought now.
    pub in_stock: bool,
    /// For each attribute any of its values; all attributes must match.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// The order of hits.
    pub sort: SearchSort,
    /// How many hits to pass over.
    pub offset: u32,
    /// How many hits to give.
    pub limit: u32,
}

/// One product found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SearchHit {
    /// The product.
    pub product: ProductId,
    /// How well it matches; comparable within one answer only.
    pub score: f32,
}

/// One value of a facet with the number of hits that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetCount {
    /// What a filter takes.
    pub value: String,
    /// What people read.
    pub label: String,
    /// Hits that have the value.
    pub count: u64,
}

/// Prices of all hits, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PriceFacet {
    /// Lowest price shown.
    pub min: i64,
    /// Highest price shown.
    pub max: i64,
    /// Mean price shown, rounded down.
    pub avg: i64,
    /// How many hits have a price.
    pub count: u64,
}

/// Counts over all hits, not only over the page. Values are ordered by count, then by value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// At most 50 categories by slug; a category counts what lies below it.
    pub categories: Vec<FacetCount>,
    /// At most 50 brands.
    pub brands: Vec<FacetCount>,
    /// At most 20 attributes, those that most hits have, each with at most 20 values.
    pub attributes: BTreeMap<String, Vec<FacetCount>>,
    /// Price statistics.
    pub price: PriceFacet,
}

/// What a query found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchHits {
    /// The page asked for.
    pub hits: Vec<SearchHit>,
    /// How many products match: those with all words that were typed or, where these are few, with
    /// some of them, the former first. Filters only ever narrow.
    pub total: u64,
    /// Counts over all that match.
    pub facets: Facets,
    /// The text that was searched for instead, where a word that no product has was respelt.
    pub did_you_mean: Option<String>,
}

/// What to offer while someone types.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suggestions {
    /// Completions of what was typed, best first.
    pub texts: Vec<String>,
    /// Products whose name goes on from it, best first.
    pub products: Vec<ProductId>,
}

/// The index of the shop's products.
///
/// Adapters MUST give exact totals and facet counts, MUST find a change at most one second after
/// [`Self::apply`] returned, and MUST answer searches at all times, rebuilding included.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// Applies changes in order. Repeating them MUST change nothing, and a change whose version is
    /// lower than one already applied for the product MUST be passed over, one that deleted it
    /// included. Many changes in one call cost far less than many calls.
    async fn apply(&self, changes: Vec<IndexChange>) -> Result<(), PortError>;

    /// Finds products. A page beyond the hits is empty.
    async fn search(&self, query: &SearchQuery) -> Result<SearchHits, PortError>;

    /// Completes `prefix`, forgiving a typing error; at most `limit` of each kind.
    async fn suggest(&self, prefix: &str, limit: u32) -> Result<Suggestions, PortError>;

    /// Begins an index from scratch beside the one that serves. Changes applied meanwhile MUST be
    /// in the new one too. One rebuild at a time: a second gives `Conflict`.
    async fn rebuild(&self) -> Result<Box<dyn IndexRebuild>, PortError>;

    /// How many products the index holds.
    async fn count(&self) -> Result<u64, PortError>;
}

/// An index under construction. Dropping it leaves the serving one as it was.
#[async_trait]
pub trait IndexRebuild: Send {
    /// Adds documents.
    async fn add(&mut self, documents: Vec<SearchDocument>) -> Result<(), PortError>;

    /// Puts the new index in the place of the old at once.
    async fn publish(self: Box<Self>) -> Result<(), PortError>;
}
