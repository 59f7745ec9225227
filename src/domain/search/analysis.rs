use std::collections::BTreeSet;

use super::Field;
use super::stem::Stems;
use super::text::{parts, words};

/// The most words of one field that are indexed.
const MAX_FIELD_WORDS: usize = 2_000;
/// The longest attribute value that is taken for a label; longer ones are prose about something
/// else as often as about the product.
const MAX_VALUE_CHARS: usize = 60;

/// What of a product can be searched.
#[derive(Clone, Debug, Default)]
pub struct ProductText<'a> {
    /// Title.
    pub name: &'a str,
    /// Brand.
    pub brand: Option<&'a str>,
    /// Plain text.
    pub description: &'a str,
    /// The names of all its categories.
    pub categories: Vec<&'a str>,
    /// The SKUs of its variants.
    pub skus: Vec<&'a str>,
    /// Attributes by name and value.
    pub attributes: Vec<(&'a str, &'a str)>,
    /// Tags.
    pub tags: Vec<&'a str>,
}

/// The terms that a product is found by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductTerms {
    fields: [String; Field::COUNT],
    words: BTreeSet<String>,
}

impl ProductTerms {
    /// The terms of one field, divided by single spaces, repeated as often as they occur.
    pub fn of(&self, field: Field) -> &str {
        self.fields.get(field.index()).map_or("", String::as_str)
    }

    /// Its distinct words of letters alone, as people write them, for the spelling dictionary.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }
}

/// Turns products into terms. Keep one for many products: it remembers stems.
#[derive(Default)]
pub struct Analyser {
    stems: Stems,
}

impl Analyser {
    /// The terms of one product.
    pub fn product(&mut self, text: &ProductText<'_>) -> ProductTerms {
        let mut terms = ProductTerms::default();
        self.prose(&mut terms, Field::Name, text.name);
        self.prose(&mut terms, Field::Brand, text.brand.unwrap_or_default());
        self.prose(&mut terms, Field::Description, text.description);
        for category in &text.categories {
            self.prose(&mut terms, Field::Category, category);
        }
        for sku in &text.skus {
            self.prose(&mut terms, Field::Code, sku);
        }
        for label in text.tags.iter().copied().chain(labels(&text.attributes)) {
            for word in words(label) {
                self.index(&mut terms, Field::Attribute, &word);
            }
        }
        terms
    }

    /// What a category is recognised by: a query with the same key asks for the whole category.
    pub fn key(&mut self, name: &str) -> String {
        let stems: Vec<_> = words(name).iter().map(|word| self.stems.of(word)).collect();
        stems.join(" ")
    }

    fn prose(&mut self, terms: &mut ProductTerms, field: Field, text: &str) {
        let mut words = words(text);
        words.truncate(MAX_FIELD_WORDS);
        for word in &words {
            self.index(terms, field, word);
        }
        if matches!(field, Field::Name | Field::Category | Field::Code) {
            self.join(terms, &words);
        }
        if field != Field::Code {
            let spelt = |word: &String| word.chars().all(char::is_alphabetic);
            terms.words.extend(words.into_iter().filter(spelt));
        }
    }

    fn index(&mut self, terms: &mut ProductTerms, field: Field, word: &str) {
        self.push(terms, field, word);
        for part in parts(word) {
            self.push(terms, field, part);
        }
    }

    fn join(&mut self, terms: &mut ProductTerms, words: &[String]) {
        for (first, second) in words.iter().zip(words.iter().skip(1)) {
            self.push(terms, Field::Joined, &format!("{first}{second}"));
        }
    }

    fn push(&mut self, terms: &mut ProductTerms, field: Field, word: &str) {
        let Some(text) = terms.fields.get_mut(field.index()) else { return };
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&self.stems.of(word));
    }
}

/// What attributes say in words: short values, and the name of what is simply there (`wireless:
/// yes`). A bare number says nothing without its name, so that is left to filters.
fn labels<'a>(attributes: &'a [(&'a str, &'a str)]) -> impl Iterator<Item = &'a str> {
    attributes.iter().filter_map(|(name, value)| {
        let is = |answer: &&str| value.eq_ignore_ascii_case(answer);
        if ["true", "yes"].iter().any(is) {
            return Some(*name);
        }
        let wordless = !value.chars().any(char::is_alphabetic) || ["false", "no"].iter().any(is);
        let long = value.chars().count() > MAX_VALUE_CHARS;
        (!wordless && !long).then_some(*value)
    })
}
