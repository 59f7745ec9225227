//! The columns and postings of a product, and the document made of it.

use std::collections::BTreeSet;

use ::tantivy::schema::{
    BytesOptions, Field as Column, IndexRecordOption, NumericOptions, Schema, SchemaBuilder,
    TextFieldIndexing, TextOptions,
};
use ::tantivy::tokenizer::RAW_TOKENIZER_NAME;
use ::tantivy::{TantivyDocument, Term};

use crate::domain::search::{Analyser, Field};
use crate::domain::shared::ProductId;
use crate::ports::search::SearchDocument;

/// Divides the parts of a facet's value: slug and label, name and value.
pub(super) const DIVIDER: char = '\u{1f}';
/// Terms arrive ready; they are only divided at spaces.
const TOKENIZER: &str = "whitespace";

pub(super) const ID_HIGH: &str = "id_high";
pub(super) const ID_LOW: &str = "id_low";
pub(super) const VERSION: &str = "version";
pub(super) const PRICE: &str = "price";
pub(super) const PRICES: &str = "prices";
pub(super) const IN_STOCK: &str = "in_stock";
pub(super) const POPULARITY: &str = "popularity";
pub(super) const RELEASED_AT: &str = "released_at";
pub(super) const BRANDS: &str = "brands";
pub(super) const CATEGORIES: &str = "categories";
pub(super) const ATTRIBUTES: &str = "attributes";

/// The schema with its fields at hand.
#[derive(Clone)]
pub(super) struct Layout {
    pub(super) schema: Schema,
    /// Postings, in the order of [`Field::ALL`].
    pub(super) text: [Column; Field::COUNT],
    /// Words as people write them.
    pub(super) words: Column,
    id: Column,
    id_high: Column,
    id_low: Column,
    version: Column,
    price: Column,
    prices: Column,
    in_stock: Column,
    popularity: Column,
    released_at: Column,
    brands: Column,
    categories: Column,
    attributes: Column,
}

impl Layout {
    pub(super) fn new() -> Self {
        let mut builder = Schema::builder();
        let number = NumericOptions::default().set_fast();
        let facet = TextOptions::default().set_fast(RAW_TOKENIZER_NAME);
        Self {
            text: Field::ALL.map(|field| terms(&mut builder, field.name(), true)),
            words: terms(&mut builder, "words", false),
            id: builder.add_bytes_field("id", BytesOptions::default().set_indexed()),
            id_high: builder.add_u64_field(ID_HIGH, number.clone()),
            id_low: builder.add_u64_field(ID_LOW, number.clone()),
            version: builder.add_u64_field(VERSION, number.clone()),
            price: builder.add_i64_field(PRICE, number.clone()),
            prices: builder.add_i64_field(PRICES, number.clone()),
            in_stock: builder.add_bool_field(IN_STOCK, number.clone()),
            popularity: builder.add_u64_field(POPULARITY, number.clone()),
            released_at: builder.add_i64_field(RELEASED_AT, number),
            brands: builder.add_text_field(BRANDS, facet.clone()),
            categories: builder.add_text_field(CATEGORIES, facet.clone()),
            attributes: builder.add_text_field(ATTRIBUTES, facet),
            schema: builder.build(),
        }
    }

    /// What finds the product's document.
    pub(super) fn id_term(&self, product: ProductId) -> Term {
        Term::from_field_bytes(self.id, product.uuid().as_bytes())
    }

    /// The term of a text field.
    pub(super) fn term(&self, field: Field, term: &str) -> Option<Term> {
        let column = self.text.get(field.index())?;
        Some(Term::from_field_text(*column, term))
    }

    /// What remembers that a product left, and when. It has no price, by which it is known: every
    /// product has one.
    pub(super) fn tombstone(&self, product: ProductId, version: u64) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        let (high, low) = product.uuid().as_u64_pair();
        document.add_bytes(self.id, product.uuid().as_bytes());
        document.add_u64(self.id_high, high);
        document.add_u64(self.id_low, low);
        document.add_u64(self.version, version);
        document
    }

    /// The document of a product.
    pub(super) fn document(
        &self,
        analyser: &mut Analyser,
        source: &SearchDocument,
    ) -> TantivyDocument {
        let mut document = self.tombstone(source.product, source.version);
        let terms = analyser.product(&source.text());
        for (field, column) in Field::ALL.iter().zip(self.text) {
            document.add_text(column, terms.of(*field));
        }
        let words: Vec<_> = terms.words().collect();
        document.add_text(self.words, words.join(" "));
        document.add_i64(self.price, source.price.amount());
        for price in &source.prices {
            document.add_i64(self.prices, *price);
        }
        document.add_bool(self.in_stock, source.in_stock);
        document.add_u64(self.popularity, source.popularity);
        document.add_i64(self.released_at, source.released_at.micros());
        self.add_facets(&mut document, source);
        document
    }

    /// Each value once, since a product counts once; attributes in the order of their names.
    fn add_facets(&self, document: &mut TantivyDocument, source: &SearchDocument) {
        if let Some(brand) = &source.brand {
            document.add_text(self.brands, brand);
        }
        let mut seen = BTreeSet::new();
        for category in &source.categories {
            if seen.insert(&category.slug) {
                let value = format!("{}{DIVIDER}{}", category.slug, category.name);
                document.add_text(self.categories, value);
            }
        }
        for (name, values) in &source.attributes {
            for value in values.iter().collect::<BTreeSet<_>>() {
                document.add_text(self.attributes, format!("{name}{DIVIDER}{value}"));
            }
        }
    }
}

fn terms(builder: &mut SchemaBuilder, name: &str, ranked: bool) -> Column {
    let option = if ranked { IndexRecordOption::WithFreqs } else { IndexRecordOption::Basic };
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(TOKENIZER)
        .set_fieldnorms(ranked)
        .set_index_option(option);
    builder.add_text_field(name, TextOptions::default().set_indexing_options(indexing))
}
