//! The port: searches on a bounded number of threads, writes one at a time.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::facets::Tallies;
use super::generation::Generation;
use super::place::Place;
use super::pool::Pool;
use super::view::View;
use super::{answer, port_error, suggest};
use crate::ports::search::{
    IndexChange, IndexRebuild, SearchDocument, SearchHits, SearchIndex, SearchQuery, Suggestions,
};
use crate::ports::{PortError, PortErrorKind};

/// Full-text search inside the process. Cloning gives another handle of the same index.
#[derive(Clone)]
pub struct TantivyIndex {
    shared: Arc<Shared>,
    generations: Arc<Mutex<Generations>>,
}

struct Shared {
    /// What searches see. Held only to take or put the pointer.
    view: RwLock<Arc<View>>,
    searching: Pool<Tallies>,
}

struct Generations {
    place: Place,
    serving: Generation,
    rebuilding: Option<Rebuilding>,
}

struct Rebuilding {
    generation: Generation,
    /// Gone once the rebuild was dropped.
    owner: Weak<()>,
}

impl TantivyIndex {
    /// An empty index that forgets at the end of the process.
    pub fn in_memory() -> Result<Self, PortError> {
        Self::open(Place::Memory)
    }

    /// The index in `folder`, made where there is none. One process at a time can hold it: another
    /// gets `Unavailable`. Reads files, so not to be called where that would hold others up.
    pub fn in_folder(folder: &Path) -> Result<Self, PortError> {
        Self::open(Place::Folder(folder.to_owned()))
    }

    fn open(place: Place) -> Result<Self, PortError> {
        let serving = place.open().map_err(port_error)?;
        let view = RwLock::new(serving.view());
        let searching = Pool::new("search").map_err(PortError::unavailable)?;
        Ok(Self {
            shared: Arc::new(Shared { view, searching }),
            generations: Arc::new(Mutex::new(Generations { place, serving, rebuilding: None })),
        })
    }

    /// Runs `read` over the view that is current at its turn.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&View, &mut Tallies) -> ::tantivy::Result<T> + Send + 'static,
    ) -> Result<T, PortError> {
        let shared = Arc::clone(&self.shared);
        let job = move |tallies: &mut Tallies| read(&shared.view(), tallies);
        self.shared.searching.run(job).await?.map_err(port_error)
    }

    /// Runs `write` alone; it finishes even where its caller no longer waits.
    async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Generations, &Shared) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        let mut generations = Arc::clone(&self.generations).lock_owned().await;
        let shared = Arc::clone(&self.shared);
        let task = spawn_blocking(move || write(&mut generations, &shared));
        task.await.map_err(PortError::internal)?
    }
}

impl Shared {
    fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn show(&self, view: Arc<View>) {
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = view;
    }
}

impl Generations {
    fn apply(&mut self, changes: &[IndexChange]) -> Result<Arc<View>, PortError> {
        self.drop_abandoned();
        self.write_rebuilding(changes);
        let written = changes.iter().try_for_each(|change| self.serving.write(change));
        match written.and_then(|()| self.serving.commit()) {
            Ok(view) => Ok(view),
            Err(error) => {
                // Nothing of it was promised; what the writer still holds must not come later.
                self.serving.roll_back().map_err(port_error)?;
                Err(port_error(error))
            }
        }
    }

    /// Writes changes to the index under construction too. Where that fails the rebuild is given
    /// up, which its owner learns at its next step; what serves must not suffer from it.
    fn write_rebuilding(&mut self, changes: &[IndexChange]) {
        let Some(rebuilding) = &mut self.rebuilding else { return };
        let generation = &mut rebuilding.generation;
        let written = changes.iter().try_for_each(|change| generation.write(change));
        if let Err(error) = written {
            tracing::warn!(%error, "rebuild of the search index was given up");
            self.rebuilding = None;
        }
    }

    fn drop_abandoned(&mut self) {
        let abandoned = |rebuilding: &Rebuilding| rebuilding.owner.strong_count() == 0;
        if self.rebuilding.as_ref().is_some_and(abandoned) {
            self.rebuilding = None;
        }
    }

    fn begin(&mut self, owner: Weak<()>) -> Result<(), PortError> {
        self.drop_abandoned();
        if self.rebuilding.is_some() {
            return Err(PortError::new(PortErrorKind::Conflict, "a rebuild is under way"));
        }
        let generation = self.place.begin().map_err(port_error)?;
        self.rebuilding = Some(Rebuilding { generation, owner });
        Ok(())
    }

    fn rebuilding(&mut self) -> Result<&mut Generation, PortError> {
        let rebuilding = self.rebuilding.as_mut().map(|rebuilding| &mut rebuilding.generation);
        rebuilding.ok_or_else(given_up)
    }

    fn publish(&mut self) -> Result<Arc<View>, PortError> {
        let Some(mut rebuilt) = self.rebuilding.take() else { return Err(given_up()) };
        let view = rebuilt.generation.commit().map_err(port_error)?;
        self.place.publish(&rebuilt.generation).map_err(port_error)?;
        self.serving = rebuilt.generation;
        self.place.sweep(&self.serving);
        Ok(view)
    }
}

fn given_up() -> PortError {
    PortError::internal("the rebuild was given up because a change could not be written to it")
}

#[async_trait]
impl SearchIndex for TantivyIndex {
    async fn apply(&self, changes: Vec<IndexChange>) -> Result<(), PortError> {
        self.write(move |generations, shared| {
            shared.show(generations.apply(&changes)?);
            Ok(())
        })
        .await
    }

    async fn search(&self, query: &SearchQuery) -> Result<SearchHits, PortError> {
        let query = query.clone();
        self.read(move |view, tallies| answer::search(view, &query, tallies)).await
    }

    async fn suggest(&self, prefix: &str, limit: u32) -> Result<Suggestions, PortError> {
        let prefix = prefix.to_owned();
        self.read(move |view, _| suggest::suggest(view, &prefix, limit as usize)).await
    }

    async fn rebuild(&self) -> Result<Box<dyn IndexRebuild>, PortError> {
        let alive = Arc::new(());
        let owner = Arc::downgrade(&alive);
        self.write(move |generations, _| generations.begin(owner)).await?;
        Ok(Box::new(Rebuild { index: self.clone(), _alive: alive }))
    }

    async fn count(&self) -> Result<u64, PortError> {
        Ok(self.shared.view().products)
    }
}

/// An index under construction.
struct Rebuild {
    index: TantivyIndex,
    /// Tells the index, by its end, that nobody will publish what was built.
    _alive: Arc<()>,
}

#[async_trait]
impl IndexRebuild for Rebuild {
    async fn add(&mut self, documents: Vec<SearchDocument>) -> Result<(), PortError> {
        let add = move |generations: &mut Generations, _: &Shared| {
            let generation = generations.rebuilding()?;
            documents.iter().try_for_each(|document| generation.put(document)).map_err(port_error)
        };
        self.index.write(add).await
    }

    async fn publish(self: Box<Self>) -> Result<(), PortError> {
        let publish = |generations: &mut Generations, shared: &Shared| {
            shared.show(generations.publish()?);
            Ok(())
        };
        self.index.write(publish).await
    }
}
