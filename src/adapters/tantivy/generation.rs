//! One index with its writer: what serves, or what a rebuild makes beside it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use ::tantivy::directory::MmapDirectory;
use ::tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use ::tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy};

use super::labels::Labels;
use super::schema::Layout;
use super::view::View;
use crate::domain::search::Analyser;
use crate::domain::shared::ProductId;
use crate::ports::search::{IndexChange, SearchDocument};

/// What the writer may hold in memory before it writes a segment.
const WRITER_BYTES: usize = 32 * 1024 * 1024;
/// Segments with fewer products count as equally small when segments are merged.
const SMALL_SEGMENT: u32 = 500;
/// A segment with more than this share of deleted products is written anew.
const DELETED_SHARE: f32 = 0.3;

/// An index, the changes it has not committed yet, and the view of those it has.
pub(super) struct Generation {
    layout: Layout,
    folder: Option<PathBuf>,
    writer: IndexWriter,
    reader: IndexReader,
    labels: Arc<RwLock<Labels>>,
    analyser: Analyser,
    view: Arc<View>,
    /// The versions of what was written since the last commit.
    pending: HashMap<ProductId, u64>,
}

impl Generation {
    /// An empty index that lives in memory.
    pub(super) fn in_memory() -> ::tantivy::Result<Self> {
        let layout = Layout::new();
        let index = Index::create_in_ram(layout.schema.clone());
        Self::open(layout, &index, None)
    }

    /// The index in a folder, an empty one where there is none.
    pub(super) fn in_folder(folder: &Path) -> ::tantivy::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let layout = Layout::new();
        let directory = MmapDirectory::open(folder)?;
        let index = Index::open_or_create(directory, layout.schema.clone())?;
        Self::open(layout, &index, Some(folder.to_owned()))
    }

    fn open(layout: Layout, index: &Index, folder: Option<PathBuf>) -> ::tantivy::Result<Self> {
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(WRITER_BYTES)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        let writer = index.writer_with_options(options)?;
        writer.set_merge_policy(Box::new(merging()));
        let reader: IndexReader =
            index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let labels = Arc::default();
        let view = Arc::new(View::new(&layout, &reader.searcher(), &labels, None)?);
        let (analyser, pending) = (Analyser::default(), HashMap::new());
        Ok(Self { layout, folder, writer, reader, labels, analyser, view, pending })
    }

    /// Where it lies, unless in memory.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// What was last committed.
    pub(super) fn view(&self) -> Arc<View> {
        Arc::clone(&self.view)
    }

    /// Writes a change, unless a later one of the product was written.
    pub(super) fn write(&mut self, change: &IndexChange) -> ::tantivy::Result<()> {
        match change {
            IndexChange::Put(document) => self.put(document),
            IndexChange::Delete { product, version } => self.delete(*product, *version),
        }
    }

    /// Writes a product, unless a later change of it was written.
    pub(super) fn put(&mut self, source: &SearchDocument) -> ::tantivy::Result<()> {
        if self.is_late(source.product, source.version)? {
            return Ok(());
        }
        let document = self.layout.document(&mut self.analyser, source);
        self.replace(source.product, source.version, document)
    }

    fn delete(&mut self, product: ProductId, version: u64) -> ::tantivy::Result<()> {
        if self.is_late(product, version)? {
            return Ok(());
        }
        let tombstone = self.layout.tombstone(product, version);
        self.replace(product, version, tombstone)
    }

    fn is_late(&self, product: ProductId, version: u64) -> ::tantivy::Result<bool> {
        let known = match self.pending.get(&product) {
            Some(version) => Some(*version),
            None => self.view.version(product)?,
        };
        Ok(known.is_some_and(|known| version < known))
    }

    fn replace(
        &mut self,
        product: ProductId,
        version: u64,
        document: ::tantivy::TantivyDocument,
    ) -> ::tantivy::Result<()> {
        self.writer.delete_term(self.layout.id_term(product));
        self.writer.add_document(document)?;
        self.pending.insert(product, version);
        Ok(())
    }

    /// Makes what was written durable and visible.
    pub(super) fn commit(&mut self) -> ::tantivy::Result<Arc<View>> {
        if !self.pending.is_empty() {
            self.writer.commit()?;
            self.pending = HashMap::new();
            self.reader.reload()?;
            let searcher = self.reader.searcher();
            let view = View::new(&self.layout, &searcher, &self.labels, Some(&self.view))?;
            self.view = Arc::new(view);
        }
        Ok(self.view())
    }

    /// Forgets what was written since the last commit.
    pub(super) fn roll_back(&mut self) -> ::tantivy::Result<()> {
        self.pending = HashMap::new();
        self.writer.rollback()?;
        // The writer began anew, without what it was told.
        self.writer.set_merge_policy(Box::new(merging()));
        Ok(())
    }
}

fn merging() -> LogMergePolicy {
    let mut policy = LogMergePolicy::default();
    policy.set_min_layer_size(SMALL_SEGMENT);
    policy.set_del_docs_ratio_before_merge(DELETED_SHARE);
    policy
}
