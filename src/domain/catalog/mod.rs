//! Products with their variants and prices, and the tree of categories.
//!
//! Never holds stock, and never shows a draft: what the shop sees is decided by
//! [`Product::is_published`].

mod attributes;
mod category;
mod content;
mod price;
mod product;
mod variant;

pub use attributes::{Attributes, Metadata, Tag};
pub use category::{Category, CategoryError};
pub use content::{Brand, Description, Image, ProductContent, ProductName, ProductStatus};
pub use price::{PriceAt, PriceConditions, PriceRow, pick, plain, set_plain};
pub use product::{Product, ProductError, ProductHistory};
pub use variant::{Component, OptionValues, Variant};

#[cfg(test)]
mod tests;
