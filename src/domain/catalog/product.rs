use std::collections::BTreeSet;

use super::{Brand, PriceAt, ProductContent, ProductStatus, Tag, Variant, pick};
use crate::domain::shared::{
    CategoryId, Money, ProductId, Sku, Slug, Text, Timestamp, VariantId, Version,
};

/// Why a product cannot be as asked. Indices count from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProductError {
    /// A product has 1 to [`Product::MAX_VARIANTS`] variants.
    #[error("a product has 1 to {} variants", Product::MAX_VARIANTS)]
    VariantCount,
    /// Two variants share a SKU.
    #[error("variant {0} repeats a SKU")]
    RepeatedSku(usize),
    /// Two variants have the same option values.
    #[error("variant {0} repeats the options of another")]
    RepeatedOptions(usize),
    /// A list is longer than it may be.
    #[error("at most {1} {0} are allowed")]
    TooMany(&'static str, usize),
    /// An active product has no price that holds at some time.
    #[error("a product needs a variant with a price before it is published")]
    NothingToSell,
    /// What was archived or published cannot become a draft again.
    #[error("a product that was published cannot become a draft; archive it")]
    NoWayBack,
}

/// A product: what staff wrote, and its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    id: ProductId,
    version: Version,
    content: ProductContent,
    former_slugs: Vec<Slug>,
    import_key: Option<Text<128>>,
    starting_popularity: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    published_at: Option<Timestamp>,
}

/// The history of a product beside its content, as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductHistory {
    /// How often it was saved.
    pub version: Version,
    /// Slugs it had before; they redirect to it.
    pub former_slugs: Vec<Slug>,
    /// What groups its lines in a catalogue file.
    pub import_key: Option<Text<128>>,
    /// The popularity it came with.
    pub starting_popularity: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last saved.
    pub updated_at: Timestamp,
    /// When it was first published.
    pub published_at: Option<Timestamp>,
}

impl Product {
    /// The most variants of one product.
    pub const MAX_VARIANTS: usize = 200;
    /// The most categories, images or channels of one product.
    pub const MAX_LIST: usize = 50;
    /// The most former slugs that are remembered.
    pub const MAX_FORMER_SLUGS: usize = 20;

    /// A new product.
    pub fn try_new(
        id: ProductId,
        content: ProductContent,
        at: Timestamp,
    ) -> Result<Self, ProductError> {
        check(&content)?;
        let published_at = (content.status == ProductStatus::Active).then_some(at);
        Ok(Self {
            id,
            version: Version::FIRST,
            content,
            former_slugs: Vec::new(),
            import_key: None,
            starting_popularity: 0,
            created_at: at,
            updated_at: at,
            published_at,
        })
    }

    /// A product as a store kept it, checked again.
    pub fn restore(
        id: ProductId,
        content: ProductContent,
        history: ProductHistory,
    ) -> Result<Self, ProductError> {
        check(&content)?;
        Ok(Self {
            id,
            version: history.version,
            content,
            former_slugs: history.former_slugs,
            import_key: history.import_key,
            starting_popularity: history.starting_popularity,
            created_at: history.created_at,
            updated_at: history.updated_at,
            published_at: history.published_at,
        })
    }

    /// This new product as it came from a catalogue file.
    pub fn imported(self, key: Option<Text<128>>, popularity: u64) -> Self {
        Self { import_key: key, starting_popularity: popularity, ..self }
    }

    /// The product with other content, one version on. A slug that changes is remembered.
    pub fn revise(self, content: ProductContent, at: Timestamp) -> Result<Self, ProductError> {
        check(&content)?;
        if content.status == ProductStatus::Draft && self.content.status != ProductStatus::Draft {
            return Err(ProductError::NoWayBack);
        }
        let mut former_slugs = self.former_slugs;
        former_slugs.retain(|slug| *slug != content.slug);
        if content.slug != self.content.slug {
            former_slugs.push(self.content.slug);
        }
        if former_slugs.len() > Self::MAX_FORMER_SLUGS {
            former_slugs.remove(0);
        }
        let published = (content.status == ProductStatus::Active).then_some(at);
        Ok(Self {
            version: self.version.next(),
            content,
            former_slugs,
            updated_at: at,
            published_at: self.published_at.or(published),
            ..self
        })
    }

    /// The product for sale.
    pub fn publish(self, at: Timestamp) -> Result<Self, ProductError> {
        let content = ProductContent { status: ProductStatus::Active, ..self.content.clone() };
        self.revise(content, at)
    }

    /// The product out of the shop.
    pub fn archive(self, at: Timestamp) -> Result<Self, ProductError> {
        let content = ProductContent { status: ProductStatus::Archived, ..self.content.clone() };
        self.revise(content, at)
    }

    /// Its id.
    pub fn id(&self) -> ProductId {
        self.id
    }

    /// How often it was saved.
    pub fn version(&self) -> Version {
        self.version
    }

    /// What staff wrote.
    pub fn content(&self) -> &ProductContent {
        &self.content
    }

    /// Its history, as a store keeps it.
    pub fn history(&self) -> ProductHistory {
        ProductHistory {
            version: self.version,
            former_slugs: self.former_slugs.clone(),
            import_key: self.import_key.clone(),
            starting_popularity: self.starting_popularity,
            created_at: self.created_at,
            updated_at: self.updated_at,
            published_at: self.published_at,
        }
    }

    /// Slugs it had before.
    pub fn former_slugs(&self) -> &[Slug] {
        &self.former_slugs
    }

    /// What groups its lines in a catalogue file, if it came from one with groups.
    pub fn import_key(&self) -> Option<&str> {
        self.import_key.as_ref().map(Text::as_str)
    }

    /// The popularity it came with, before any sale.
    pub fn starting_popularity(&self) -> u64 {
        self.starting_popularity
    }

    /// When it was made.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When it was last saved.
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// What `newest` sorts by: the release, else the first publication, else the making.
    pub fn newest_at(&self) -> Timestamp {
        self.content.released_at.or(self.published_at).unwrap_or(self.created_at)
    }

    /// Whether the shop shows it.
    pub fn is_published(&self) -> bool {
        self.content.status == ProductStatus::Active
    }

    /// A variant by id.
    pub fn variant(&self, id: VariantId) -> Option<&Variant> {
        self.content.variants.iter().find(|variant| variant.id == id)
    }

    /// A variant by SKU.
    pub fn variant_by_sku(&self, sku: &Sku) -> Option<&Variant> {
        self.content.variants.iter().find(|variant| variant.sku == *sku)
    }

    /// The main category, if any.
    pub fn main_category(&self) -> Option<CategoryId> {
        self.content.categories.first().copied()
    }

    /// The brand, if any.
    pub fn brand(&self) -> Option<&str> {
        self.content.brand.as_ref().map(Brand::as_str)
    }

    /// Variants that have a price under the circumstances, with that price, in order.
    pub fn priced<'a>(
        &'a self,
        asked: &'a PriceAt<'a>,
    ) -> impl Iterator<Item = (&'a Variant, Money)> {
        self.content
            .variants
            .iter()
            .filter_map(|variant| pick(&variant.prices, asked).map(|row| (variant, row.amount())))
    }
}

fn check(content: &ProductContent) -> Result<(), ProductError> {
    if content.variants.is_empty() || content.variants.len() > Product::MAX_VARIANTS {
        return Err(ProductError::VariantCount);
    }
    for (what, length, most) in [
        ("categories", content.categories.len(), Product::MAX_LIST),
        ("images", content.images.len(), Product::MAX_LIST),
        ("channels", content.published_in.len(), Product::MAX_LIST),
        ("tags", content.tags.len(), Tag::MAX),
    ] {
        if length > most {
            return Err(ProductError::TooMany(what, most));
        }
    }
    let (mut skus, mut options) = (BTreeSet::new(), BTreeSet::new());
    for (index, variant) in content.variants.iter().enumerate() {
        if !skus.insert(&variant.sku) {
            return Err(ProductError::RepeatedSku(index));
        }
        if content.variants.len() > 1 && !options.insert(&variant.options) {
            return Err(ProductError::RepeatedOptions(index));
        }
    }
    let sells = content.variants.iter().any(|variant| !variant.prices.is_empty());
    if content.status == ProductStatus::Active && !sells {
        return Err(ProductError::NothingToSell);
    }
    Ok(())
}
