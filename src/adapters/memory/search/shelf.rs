use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::domain::search::{Analyser, Dictionary, Field};
use crate::domain::shared::ProductId;
use crate::ports::search::{IndexChange, SearchDocument};

/// All products by id, those that left included, so that a late change of one is known to be late.
#[derive(Clone, Default)]
pub(super) struct Shelf {
    entries: BTreeMap<ProductId, Entry>,
    /// Made when first asked for.
    dictionary: OnceLock<Dictionary>,
}

#[derive(Clone)]
struct Entry {
    version: u64,
    product: Option<Arc<Product>>,
}

/// A product with the terms it is found by.
pub(super) struct Product {
    pub(super) document: SearchDocument,
    /// For each field its terms with how often they occur.
    fields: Vec<BTreeMap<String, u32>>,
    words: Vec<String>,
    /// What its categories are recognised by.
    category_keys: Vec<String>,
}

impl Product {
    fn new(document: SearchDocument) -> Self {
        let mut analyser = Analyser::default();
        let terms = analyser.product(&document.text());
        let count = |field: Field| {
            let mut counts = BTreeMap::new();
            for term in terms.of(field).split(' ').filter(|term| !term.is_empty()) {
                *counts.entry(term.to_owned()).or_default() += 1;
            }
            counts
        };
        let labels = document.categories.iter();
        Self {
            fields: Field::ALL.map(count).into(),
            words: terms.words().map(str::to_owned).collect(),
            category_keys: labels.map(|category| analyser.key(&category.name)).collect(),
            document,
        }
    }

    /// How often the product has `term` in `field`.
    pub(super) fn occurrences(&self, field: Field, term: &str) -> u32 {
        let terms = self.fields.get(field.index());
        terms.and_then(|terms| terms.get(term)).copied().unwrap_or(0)
    }

    /// Whether the product has `term` anywhere.
    pub(super) fn has(&self, term: &str) -> bool {
        self.fields.iter().any(|terms| terms.contains_key(term))
    }

    /// Whether one of its categories is what `key` asks for.
    pub(super) fn is_in(&self, key: &str) -> bool {
        self.category_keys.iter().any(|own| own == key)
    }

    /// The terms of its title.
    pub(super) fn name_terms(&self) -> impl Iterator<Item = &str> {
        let terms = self.fields.get(Field::Name.index());
        terms.into_iter().flat_map(|terms| terms.keys().map(String::as_str))
    }
}

impl Shelf {
    pub(super) fn write(&mut self, changes: &[IndexChange]) {
        for change in changes {
            match change {
                IndexChange::Put(document) => self.put(document.as_ref().clone()),
                IndexChange::Delete { product, version } => self.keep(*product, *version, || None),
            }
        }
    }

    pub(super) fn put(&mut self, document: SearchDocument) {
        let (product, version) = (document.product, document.version);
        self.keep(product, version, || Some(Arc::new(Product::new(document))));
    }

    fn keep(
        &mut self,
        product: ProductId,
        version: u64,
        make: impl FnOnce() -> Option<Arc<Product>>,
    ) {
        if self.entries.get(&product).is_some_and(|known| version < known.version) {
            return;
        }
        self.entries.insert(product, Entry { version, product: make() });
        self.dictionary = OnceLock::new();
    }

    /// All products in the order of their ids.
    pub(super) fn products(&self) -> impl Iterator<Item = &Product> {
        self.entries.values().filter_map(|entry| entry.product.as_deref())
    }

    /// Whether any product has `term`.
    pub(super) fn knows(&self, term: &str) -> bool {
        self.products().any(|product| product.has(term))
    }

    pub(super) fn dictionary(&self) -> &Dictionary {
        self.dictionary.get_or_init(|| {
            let mut words: BTreeMap<String, u32> = BTreeMap::new();
            for word in self.products().flat_map(|product| &product.words) {
                *words.entry(word.clone()).or_default() += 1;
            }
            Dictionary::new(words)
        })
    }
}
