//! Finding products, and keeping the index in step with the catalog.
//!
//! Never shows what the catalog does not publish, whatever the index says, and never fails a search
//! because the index is away: then it looks through the catalog itself and says so.

mod document;
mod fallback;
mod find;
mod reindex;

use std::sync::Arc;

pub use document::document_of;
pub use find::{SearchAnswer, SuggestAnswer};

use super::{Ports, ShopConfig};

/// Searches, suggestions and the rebuilding of the index.
#[derive(Clone)]
pub struct SearchService {
    ports: Arc<Ports>,
    config: Arc<ShopConfig>,
}

impl SearchService {
    /// The use cases over these ports.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>) -> Self {
        Self { ports, config }
    }
}
