//! Search by looking at every product: for small shops and for tests.
//!
//! It reads products and queries as the embedded engine does, so it finds the same; its order of
//! hits is plainer. Everything is deterministic, and nothing runs on a thread of its own.

mod answer;
mod facets;
mod shelf;
mod suggest;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;

use crate::ports::search::{
    IndexChange, IndexRebuild, SearchDocument, SearchHits, SearchIndex, SearchQuery, Suggestions,
};
use crate::ports::{PortError, PortErrorKind};
use shelf::Shelf;

/// Search in memory. Cloning gives another handle of the same index.
#[derive(Clone, Default)]
pub struct MemorySearch(Arc<Mutex<Shelves>>);

#[derive(Default)]
struct Shelves {
    serving: Arc<Shelf>,
    /// The shelf under construction, with what tells whether anyone still builds it.
    rebuilding: Option<(Shelf, Weak<()>)>,
}

impl MemorySearch {
    /// An empty index.
    pub fn new() -> Self {
        Self::default()
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serving(&self) -> Arc<Shelf> {
        Arc::clone(&self.shelves().serving)
    }
}

#[async_trait]
impl SearchIndex for MemorySearch {
    async fn apply(&self, changes: Vec<IndexChange>) -> Result<(), PortError> {
        let mut shelves = self.shelves();
        if let Some((shelf, _)) = &mut shelves.rebuilding {
            shelf.write(&changes);
        }
        Arc::make_mut(&mut shelves.serving).write(&changes);
        Ok(())
    }

    async fn search(&self, query: &SearchQuery) -> Result<SearchHits, PortError> {
        Ok(answer::search(&self.serving(), query))
    }

    async fn suggest(&self, prefix: &str, limit: u32) -> Result<Suggestions, PortError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(suggest::suggest(&self.serving(), prefix, limit))
    }

    async fn rebuild(&self) -> Result<Box<dyn IndexRebuild>, PortError> {
        let mut shelves = self.shelves();
        let busy = |(_, owner): &(Shelf, Weak<()>)| owner.strong_count() > 0;
        if shelves.rebuilding.as_ref().is_some_and(busy) {
            return Err(PortError::new(PortErrorKind::Conflict, "a rebuild is under way"));
        }
        let alive = Arc::new(());
        shelves.rebuilding = Some((Shelf::default(), Arc::downgrade(&alive)));
        Ok(Box::new(Rebuild { index: self.clone(), _alive: alive }))
    }

    async fn count(&self) -> Result<u64, PortError> {
        Ok(self.serving().products().count() as u64)
    }
}

/// An index under construction.
struct Rebuild {
    index: MemorySearch,
    /// Tells the index, by its end, that nobody will publish what was built.
    _alive: Arc<()>,
}

#[async_trait]
impl IndexRebuild for Rebuild {
    async fn add(&mut self, documents: Vec<SearchDocument>) -> Result<(), PortError> {
        if let Some((shelf, _)) = &mut self.index.shelves().rebuilding {
            for document in documents {
                shelf.put(document);
            }
        }
        Ok(())
    }

    async fn publish(self: Box<Self>) -> Result<(), PortError> {
        let mut shelves = self.index.shelves();
        if let Some((shelf, _)) = shelves.rebuilding.take() {
            shelves.serving = Arc::new(shelf);
        }
        Ok(())
    }
}
