use super::{Attributes, Metadata, Tag, Variant};
use crate::domain::shared::{CategoryId, ImageId, Slug, Text, Timestamp};

/// A product's title: 1 to 300 characters.
pub type ProductName = Text<300>;
/// A product's description: to 20,000 characters.
pub type Description = Text<20_000>;
/// A brand: 1 to 120 characters.
pub type Brand = Text<120>;

/// Whether the shop shows a product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProductStatus {
    /// Being written; for staff alone.
    #[default]
    Draft,
    /// For sale.
    Active,
    /// No longer for sale; kept because it was ordered.
    Archived,
}

/// A picture of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// Where it is fetched from: an absolute https address, or a path of this shop.
    pub url: Text<2_000>,
    /// What it shows, for those who cannot see it.
    pub alt: Option<Text<300>>,
}

/// Everything about a product that staff write. Parts are checked by their types; what must agree
/// among them is checked by [`super::Product`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductContent {
    /// Title.
    pub name: ProductName,
    /// The readable part of its address, unique in the shop.
    pub slug: Slug,
    /// Plain text.
    pub description: Option<Description>,
    /// Who makes it.
    pub brand: Option<Brand>,
    /// Whether the shop shows it.
    pub status: ProductStatus,
    /// The categories that hold it, the main one first.
    pub categories: Vec<CategoryId>,
    /// Facts by name.
    pub attributes: Attributes,
    /// Words that group.
    pub tags: Vec<Tag>,
    /// Channels that sell it; empty for all.
    pub published_in: Vec<Text<64>>,
    /// The merchant's own pairs.
    pub metadata: Metadata,
    /// Pictures, the first one shown in lists.
    pub images: Vec<Image>,
    /// What can be bought, in order.
    pub variants: Vec<Variant>,
    /// When it came to market, where that is known.
    pub released_at: Option<Timestamp>,
}
