//! Reading the catalog: products and categories as the shop and its staff see them.

use std::sync::Arc;

use async_trait::async_trait;

use super::PortError;
use super::search::CategoryLabel;
use crate::domain::catalog::{Category, PriceAt, Product, ProductStatus};
use crate::domain::shared::{
    Availability, CategoryId, Country, Currency, Money, ProductId, Sku, Slug, Timestamp, VariantId,
};

/// The circumstances under which the shop is read. Everything that a price or a page depends on is
/// here, so that a cache can tell two readers apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadContext {
    /// The channel that sells.
    pub channel: Arc<str>,
    /// The currency that prices are shown in.
    pub currency: Currency,
    /// Where the reader is taken to be.
    pub country: Country,
    /// The language of texts.
    pub locale: Arc<str>,
    /// The price lists that the reader may use, besides the shop's own.
    pub groups: Arc<[Box<str>]>,
    /// When.
    pub at: Timestamp,
}

impl ReadContext {
    /// What a price is asked under, for one unit.
    pub fn price_at(&self) -> PriceAt<'_> {
        self.price_of(1)
    }

    /// What a price is asked under, for `quantity` units at once.
    pub fn price_of(&self, quantity: u32) -> PriceAt<'_> {
        PriceAt { currency: self.currency, quantity, lists: &self.groups, at: self.at }
    }
}

/// A product as it is shown: with the state of its stock and its place in the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductView {
    /// The product.
    pub product: Arc<Product>,
    /// Grows whenever anything shown changes: the product, a band of availability, a category. Not
    /// with popularity, which orders lists but is on no page.
    pub version: u64,
    /// The band of each variant, in the order of the variants.
    pub availability: Vec<Availability>,
    /// Units sold, with what the product started from.
    pub popularity: u64,
    /// The main category's path from the top.
    pub path: Vec<CategoryLabel>,
    /// Every category that holds the product, ancestors included, without repeats.
    pub categories: Arc<[CategoryId]>,
    /// The labels of `categories`, in their order.
    pub labels: Vec<CategoryLabel>,
}

impl ProductView {
    /// The best band of any variant.
    pub fn best_availability(&self) -> Availability {
        self.availability.iter().copied().max().unwrap_or(Availability::OutOfStock)
    }

    /// The cheapest variant that can be bought, else the cheapest that has a price: its index and
    /// its price.
    pub fn cheapest(&self, context: &ReadContext) -> Option<(usize, Money)> {
        let asked = context.price_at();
        let variants = &self.product.content().variants;
        let priced = variants.iter().enumerate().filter_map(|(index, variant)| {
            let price = crate::domain::catalog::pick(&variant.prices, &asked)?.amount();
            let sellable = self.availability.get(index).is_some_and(|band| band.is_sellable());
            Some((!sellable, price.amount(), index, price))
        });
        priced
            .min_by_key(|(out, amount, index, _)| (*out, *amount, *index))
            .map(|best| (best.2, best.3))
    }
}

/// The order of a list. Ties go by product id, in the direction of the order: of two products that
/// cost the same, the one that comes first by rising price comes last by falling price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListSort {
    /// Latest first.
    #[default]
    Newest,
    /// Cheapest first.
    PriceAscending,
    /// Dearest first.
    PriceDescending,
    /// Most sold first.
    Popularity,
    /// By name.
    Name,
}

/// Where a product stands in a sorted list. A page goes on after the mark of the one before, so
/// that products which come or go meanwhile neither repeat nor hide others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListMark {
    /// The value sorted by: microseconds, minor units or units sold; 0 for names.
    pub number: i64,
    /// The name, folded to lower case; empty for other sorts.
    pub name: String,
    /// The product.
    pub product: ProductId,
}

/// Products that the shop shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// Only what this category or one below it holds.
    pub category: Option<CategoryId>,
    /// The order.
    pub sort: ListSort,
    /// Where to go on.
    pub after: Option<ListMark>,
    /// How many, at most.
    pub limit: usize,
}

/// A page of a list with the mark to go on after, if more follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T, M> {
    /// The entries.
    pub items: Vec<T>,
    /// The mark of the last one, where more follow.
    pub next: Option<M>,
}

/// A category with what lies below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryNode {
    /// The category.
    pub category: Arc<Category>,
    /// Published products in it and below it, each counted once.
    pub product_count: u64,
    /// The categories directly below it, in order.
    pub children: Vec<CategoryNode>,
}

/// What a slug leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum SlugTarget {
    /// The product that has it.
    Current(Arc<ProductView>),
    /// The product that had it before.
    Former(Arc<ProductView>),
}

/// Products and categories, to be read. What a commit wrote MUST be seen by every later read of the
/// process that committed.
#[async_trait]
pub trait CatalogQueries: Send + Sync {
    /// A product of any status.
    async fn product(&self, id: ProductId) -> Result<Option<Arc<ProductView>>, PortError>;

    /// Several products, in the order asked, `None` for those that are not there.
    async fn products(&self, ids: &[ProductId])
    -> Result<Vec<Option<Arc<ProductView>>>, PortError>;

    /// What a slug leads to; a product that has it now wins over one that had it.
    async fn by_slug(&self, slug: &Slug) -> Result<Option<SlugTarget>, PortError>;

    /// The products that own these variants, in the order asked.
    async fn by_variants(
        &self,
        ids: &[VariantId],
    ) -> Result<Vec<Option<Arc<ProductView>>>, PortError>;

    /// The products that own these SKUs, in the order asked.
    async fn by_skus(&self, skus: &[Sku]) -> Result<Vec<Option<Arc<ProductView>>>, PortError>;

    /// The product that came from the lines of a catalogue file with this key.
    async fn by_import_key(&self, key: &str) -> Result<Option<Arc<ProductView>>, PortError>;

    /// A page of published products that have a price. MUST cost the same at any depth.
    async fn list(&self, query: &ListQuery) -> Result<Page<Arc<ProductView>, ListMark>, PortError>;

    /// A page of all products by id, for staff, export and rebuilding; `status` for one status
    /// only.
    async fn scan(
        &self,
        status: Option<ProductStatus>,
        after: Option<ProductId>,
        limit: usize,
    ) -> Result<Page<Arc<ProductView>, ProductId>, PortError>;

    /// The whole tree, tops in order.
    async fn category_tree(&self) -> Result<Arc<Vec<CategoryNode>>, PortError>;

    /// A category.
    async fn category(&self, id: CategoryId) -> Result<Option<Arc<Category>>, PortError>;

    /// The category that has a slug.
    async fn category_by_slug(&self, slug: &Slug) -> Result<Option<Arc<Category>>, PortError>;

    /// The category of a name (without regard to case) directly below `parent`.
    async fn category_by_name(
        &self,
        parent: Option<CategoryId>,
        name: &str,
    ) -> Result<Option<Arc<Category>>, PortError>;
}
