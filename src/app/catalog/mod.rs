//! The catalog: products, categories and catalogue files.
//!
//! Never decides what is in stock or what the index finds: those follow the events of its commits.

mod category;
mod content;
mod draft;
mod export;
mod fields;
mod import;
mod naming;
mod product;
mod read;
mod tree;
mod variants;

use std::sync::Arc;

pub use category::CategoryDraft;
pub use draft::{CategoriesDraft, ImageDraft, ProductDraft, VariantDraft};
pub use import::{Given, ImportLine, ImportOptions, ImportService, ImportSession};
pub use read::ShopProduct;

use super::{Ports, ShopConfig};

/// Products and categories, written and read.
#[derive(Clone)]
pub struct CatalogService {
    ports: Arc<Ports>,
    config: Arc<ShopConfig>,
}

impl CatalogService {
    /// The use cases over these ports.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>) -> Self {
        Self { ports, config }
    }
}
