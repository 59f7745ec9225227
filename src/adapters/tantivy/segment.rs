//! What a search needs at hand of one segment. A segment never changes once written (deletions lie
//! beside it), so this is read once in its life.

use std::sync::{Arc, PoisonError, RwLock};

use ::tantivy::columnar::{Column, StrColumn};
use ::tantivy::fieldnorm::FieldNormReader;
use ::tantivy::index::SegmentId;
use ::tantivy::{DocId, InvertedIndexReader, SegmentReader};
use uuid::Uuid;

use super::labels::{Facet, Labels};
use super::schema::{
    ATTRIBUTES, BRANDS, CATEGORIES, ID_HIGH, ID_LOW, IN_STOCK, Layout, POPULARITY, PRICE, PRICES,
    RELEASED_AT, VERSION,
};
use crate::domain::search::{Dictionary, Field};
use crate::domain::shared::ProductId;

/// One segment: postings, columns, and decoded facets.
pub(super) struct Segment {
    pub(super) id: SegmentId,
    pub(super) products: Vec<ProductId>,
    pub(super) versions: Column<u64>,
    pub(super) price: Column<i64>,
    pub(super) prices: Column<i64>,
    pub(super) in_stock: Column<bool>,
    pub(super) popularity: Column<u64>,
    pub(super) released_at: Column<i64>,
    pub(super) brands: Rows,
    pub(super) categories: Rows,
    pub(super) attributes: Rows,
    pub(super) words: Dictionary,
    pub(super) fields: Vec<TextField>,
}

/// The postings of one field.
pub(super) struct TextField {
    pub(super) field: Field,
    pub(super) postings: Arc<InvertedIndexReader>,
    pub(super) lengths: FieldNormReader,
    /// Documents that have the field at all.
    pub(super) documents: u64,
}

/// Numbers of facet values by document.
pub(super) struct Rows {
    /// Where each document's values begin, and at last where the values end.
    starts: Vec<u32>,
    values: Vec<u32>,
}

impl Rows {
    fn read(
        column: Option<StrColumn>,
        documents: u32,
        facet: Facet,
        labels: &RwLock<Labels>,
    ) -> ::tantivy::Result<Self> {
        let mut rows = Self { starts: vec![0], values: Vec::new() };
        let Some(column) = column else {
            rows.starts.resize(documents as usize + 1, 0);
            return Ok(rows);
        };
        let numbers = numbers(&column, facet, labels)?;
        for document in 0..documents {
            let ordinals = column.ords().values_for_doc(document);
            rows.values
                .extend(ordinals.filter_map(|ordinal| numbers.get(usize::try_from(ordinal).ok()?)));
            rows.starts.push(u32::try_from(rows.values.len()).unwrap_or(u32::MAX));
        }
        Ok(rows)
    }

    /// The values of one document.
    pub(super) fn of(&self, document: DocId) -> &[u32] {
        let at = document as usize;
        let (Some(start), Some(end)) = (self.starts.get(at), self.starts.get(at + 1)) else {
            return &[];
        };
        self.values.get(*start as usize..*end as usize).unwrap_or_default()
    }
}

/// The numbers of a column's values, in its own order. Searches read the labels meanwhile, so they
/// are held for writing only while values that are new get their numbers.
fn numbers(
    column: &StrColumn,
    facet: Facet,
    labels: &RwLock<Labels>,
) -> ::tantivy::Result<Vec<u32>> {
    let mut values = Vec::with_capacity(column.num_terms());
    let mut terms = column.dictionary().stream()?;
    while terms.advance() {
        values.push(String::from_utf8_lossy(terms.key()).into_owned());
    }
    let known: Vec<_> = {
        let labels = labels.read().unwrap_or_else(PoisonError::into_inner);
        values.iter().map(|value| labels.known(facet, value)).collect()
    };
    if known.iter().all(Option::is_some) {
        return Ok(known.into_iter().flatten().collect());
    }
    let mut labels = labels.write().unwrap_or_else(PoisonError::into_inner);
    let values = values.iter().zip(known);
    Ok(values.map(|(value, known)| known.unwrap_or_else(|| labels.number(facet, value))).collect())
}

impl Segment {
    pub(super) fn read(
        layout: &Layout,
        reader: &SegmentReader,
        labels: &RwLock<Labels>,
    ) -> ::tantivy::Result<Self> {
        let columns = reader.fast_fields();
        let documents = reader.max_doc();
        let rows = |name, facet| Rows::read(columns.str(name)?, documents, facet, labels);
        Ok(Self {
            id: reader.segment_id(),
            products: products(&columns.u64(ID_HIGH)?, &columns.u64(ID_LOW)?, documents),
            versions: columns.u64(VERSION)?,
            price: columns.column_opt(PRICE)?.unwrap_or_else(|| empty(documents)),
            prices: columns.column_opt(PRICES)?.unwrap_or_else(|| empty(documents)),
            in_stock: columns.column_opt(IN_STOCK)?.unwrap_or_else(|| empty(documents)),
            popularity: columns.column_opt(POPULARITY)?.unwrap_or_else(|| empty(documents)),
            released_at: columns.column_opt(RELEASED_AT)?.unwrap_or_else(|| empty(documents)),
            brands: rows(BRANDS, Facet::Brand)?,
            categories: rows(CATEGORIES, Facet::Category)?,
            attributes: rows(ATTRIBUTES, Facet::Attribute)?,
            words: dictionary(layout, reader)?,
            fields: text_fields(layout, reader)?,
        })
    }

    /// The product of a document.
    pub(super) fn product(&self, document: DocId) -> Option<ProductId> {
        self.products.get(document as usize).copied()
    }

    /// Whether the document is a product, not the memory of one that left.
    pub(super) fn is_product(&self, document: DocId) -> bool {
        self.price.first(document).is_some()
    }
}

fn empty<T: PartialOrd + Default>(documents: u32) -> Column<T> {
    Column::build_empty_column(documents)
}

fn products(high: &Column<u64>, low: &Column<u64>, documents: u32) -> Vec<ProductId> {
    let half = |column: &Column<u64>, document| column.first(document).unwrap_or_default();
    (0..documents)
        .map(|document| Uuid::from_u64_pair(half(high, document), half(low, document)))
        .map(ProductId::new)
        .collect()
}

fn dictionary(layout: &Layout, reader: &SegmentReader) -> ::tantivy::Result<Dictionary> {
    let postings = reader.inverted_index(layout.words)?;
    let mut terms = postings.terms().stream()?;
    let mut words = Vec::with_capacity(postings.terms().num_terms());
    while terms.advance() {
        let word = String::from_utf8_lossy(terms.key()).into_owned();
        words.push((word, terms.value().doc_freq));
    }
    Ok(Dictionary::new(words))
}

fn text_fields(layout: &Layout, reader: &SegmentReader) -> ::tantivy::Result<Vec<TextField>> {
    let mut fields = Vec::with_capacity(Field::COUNT);
    for (field, column) in Field::ALL.into_iter().zip(layout.text) {
        let lengths = reader.get_fieldnorms_reader(column)?;
        let has_field = |document: &DocId| lengths.fieldnorm_id(*document) > 0;
        fields.push(TextField {
            field,
            postings: reader.inverted_index(column)?,
            documents: (0..reader.max_doc()).filter(has_field).count() as u64,
            lengths,
        });
    }
    Ok(fields)
}
