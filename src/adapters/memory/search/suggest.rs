use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::shelf::{Product, Shelf};
use crate::domain::search::{Field, Spellings, TypedQuery, TypedWord};
use crate::ports::search::Suggestions;

/// How many completions of the last word are tried.
const MAX_COMPLETIONS: usize = 16;

pub(super) fn suggest(shelf: &Shelf, prefix: &str, limit: usize) -> Suggestions {
    let mut typed: Vec<_> = TypedQuery::parse(prefix).words().to_vec();
    let Some(last) = typed.pop() else { return Suggestions::default() };
    let before: Vec<_> = typed.into_iter().map(|word| word.text).collect();
    let nearest = |word: &str| Spellings(&[shelf.dictionary()]).nearest(word);
    let before = TypedQuery::parse(&before.join(" ")).respelt(|term| shelf.knows(term), nearest);
    let begins = |product: &&Product| {
        let mut words = before.query.words().iter();
        words.all(|word| product.occurrences(Field::Name, &word.term) > 0)
    };
    let products: Vec<_> = shelf.products().filter(begins).collect();
    let mut texts = Vec::new();
    let mut going_on = Vec::new();
    for word in completions(shelf, &last.text) {
        let has = |product: &&&Product| product.occurrences(Field::Name, &word.term) > 0;
        let having: Vec<_> = products.iter().filter(has).copied().collect();
        if !having.is_empty() {
            let words = before.query.words().iter().map(|word| word.text.as_str());
            let text: Vec<_> = words.chain([word.text.as_str()]).collect();
            texts.push((having.len(), text.join(" ")));
            going_on.extend(having);
        }
    }
    texts.sort_by_key(|(products, _)| Reverse(*products));
    going_on
        .sort_by_key(|product| (Reverse(product.document.popularity), product.document.product));
    going_on.dedup_by_key(|product| product.document.product);
    Suggestions {
        texts: texts.into_iter().take(limit).map(|(_, text)| text).collect(),
        products: going_on.iter().take(limit).map(|product| product.document.product).collect(),
    }
}

/// Words that begin with `start`, of those with one stem the most frequent.
fn completions(shelf: &Shelf, start: &str) -> Vec<TypedWord> {
    let mut texts = Spellings(&[shelf.dictionary()]).completions(start, MAX_COMPLETIONS);
    if start.chars().any(|c| c.is_ascii_digit()) {
        let codes = shelf.products().flat_map(Product::name_terms);
        let codes: BTreeSet<_> = codes.filter(|term| term.starts_with(start)).collect();
        texts = codes.into_iter().take(MAX_COMPLETIONS).map(str::to_owned).collect();
    }
    let mut seen = BTreeSet::new();
    let words = texts.iter().flat_map(|text| TypedQuery::parse(text).words().to_vec());
    words.filter(|word| seen.insert(word.term.clone())).collect()
}
