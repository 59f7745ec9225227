//! What a search sees: one state of an index that never changes under it.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use ::tantivy::fieldnorm::FieldNormReader;
use ::tantivy::schema::IndexRecordOption;
use ::tantivy::{DocId, DocSet as _, Searcher, SegmentReader, TERMINATED};

use super::labels::Labels;
use super::schema::Layout;
use super::segment::Segment;
use crate::domain::search::{Dictionary, Field};
use crate::domain::shared::ProductId;

/// How fast more occurrences of a word stop counting (BM25's k1, at its usual value).
pub(super) const SATURATION: f32 = 1.2;
/// How much a long text dilutes its words (BM25's b, at its usual value).
const DILUTION: f32 = 0.75;

/// For each coded length of a field what BM25 adds to the number of occurrences.
pub(super) type LengthTable = [f32; 256];

/// A snapshot of a generation.
pub(super) struct View {
    pub(super) layout: Layout,
    pub(super) parts: Vec<Part>,
    /// How many products there are.
    pub(super) products: u64,
    labels: Arc<RwLock<Labels>>,
    lengths: Vec<LengthTable>,
}

/// A segment with what was deleted of it at the time.
pub(super) struct Part {
    pub(super) segment: Arc<Segment>,
    reader: SegmentReader,
}

impl Part {
    /// Whether the document was not deleted or replaced.
    pub(super) fn is_alive(&self, document: DocId) -> bool {
        !self.reader.is_deleted(document)
    }

    /// Every product, in the order of documents.
    pub(super) fn products(&self) -> impl Iterator<Item = DocId> {
        let is_product =
            |document: &DocId| self.is_alive(*document) && self.segment.is_product(*document);
        (0..self.reader.max_doc()).filter(is_product)
    }
}

impl View {
    /// A view of what `searcher` sees; segments that `before` has read already are taken from it.
    pub(super) fn new(
        layout: &Layout,
        searcher: &Searcher,
        labels: &Arc<RwLock<Labels>>,
        before: Option<&Self>,
    ) -> ::tantivy::Result<Self> {
        let mut parts = Vec::with_capacity(searcher.segment_readers().len());
        for reader in searcher.segment_readers() {
            let segment = match before.and_then(|view| view.segment(reader)) {
                Some(segment) => segment,
                None => Arc::new(Segment::read(layout, reader, labels)?),
            };
            parts.push(Part { segment, reader: reader.clone() });
        }
        Ok(Self {
            layout: layout.clone(),
            products: parts.iter().map(|part| part.products().count() as u64).sum(),
            labels: Arc::clone(labels),
            lengths: Field::ALL.iter().map(|field| length_table(*field, &parts)).collect(),
            parts,
        })
    }

    fn segment(&self, reader: &SegmentReader) -> Option<Arc<Segment>> {
        let mut segments = self.parts.iter().map(|part| &part.segment);
        segments.find(|segment| segment.id == reader.segment_id()).cloned()
    }

    pub(super) fn labels(&self) -> RwLockReadGuard<'_, Labels> {
        self.labels.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The spelling dictionaries of all segments.
    pub(super) fn dictionaries(&self) -> Vec<&Dictionary> {
        self.parts.iter().map(|part| &part.segment.words).collect()
    }

    pub(super) fn lengths(&self, field: Field) -> Option<&LengthTable> {
        self.lengths.get(field.index())
    }

    /// The version at which the product was last put or deleted.
    pub(super) fn version(&self, product: ProductId) -> ::tantivy::Result<Option<u64>> {
        let term = self.layout.id_term(product);
        for part in &self.parts {
            let postings = part.reader.inverted_index(term.field())?;
            let option = IndexRecordOption::Basic;
            let Some(mut found) = postings.read_postings(&term, option)? else { continue };
            while found.doc() != TERMINATED {
                if part.is_alive(found.doc()) {
                    return Ok(part.segment.versions.first(found.doc()));
                }
                found.advance();
            }
        }
        Ok(None)
    }
}

fn length_table(field: Field, parts: &[Part]) -> LengthTable {
    if field == Field::Joined {
        return [SATURATION; 256];
    }
    let fields = || parts.iter().filter_map(|part| part.segment.fields.get(field.index()));
    let terms: u64 = fields().map(|field| field.postings.total_num_tokens()).sum();
    let documents: u64 = fields().map(|field| field.documents).sum();
    let average = terms.max(1) as f32 / documents.max(1) as f32;
    let mut code = 0_u8;
    [(); 256].map(|()| {
        let length = FieldNormReader::id_to_fieldnorm(code) as f32;
        code = code.wrapping_add(1);
        SATURATION * (1.0 - DILUTION + DILUTION * length / average)
    })
}
