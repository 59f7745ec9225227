//! What to offer while someone types.

use std::collections::BTreeSet;

use super::answer::respell;
use super::facets::take_first;
use super::matching::{Found, Match, Word, match_all};
use super::view::View;
use crate::domain::search::{Field, Spellings, TypedQuery};
use crate::domain::shared::ProductId;
use crate::ports::search::Suggestions;

/// How many completions of the last word are tried.
const MAX_COMPLETIONS: usize = 16;

/// A word that goes on from what was typed, with the term it is found by.
struct Completion {
    text: String,
    term: String,
}

/// Completes the last word of `prefix`, with the words before it as they are.
pub(super) fn suggest(view: &View, prefix: &str, limit: usize) -> ::tantivy::Result<Suggestions> {
    let mut typed: Vec<_> = TypedQuery::parse(prefix).words().to_vec();
    let Some(last) = typed.pop() else { return Ok(Suggestions::default()) };
    let before: Vec<_> = typed.into_iter().map(|word| word.text).collect();
    let before = respell(view, TypedQuery::parse(&before.join(" "))).query;
    let mut words = Vec::new();
    for word in before.words() {
        words.push(vec![(in_name(view, &word.term)?, 1.0)]);
    }
    let completions = completions(view, &last.text)?;
    let mut texts = Vec::new();
    for completion in &completions {
        words.push(vec![(in_name(view, &completion.term)?, 1.0)]);
        let products: usize = match_all(view, &words)?.iter().map(Vec::len).sum();
        words.pop();
        if products > 0 {
            let words = before.words().iter().map(|word| word.text.as_str());
            let text: Vec<_> = words.chain([completion.text.as_str()]).collect();
            texts.push((products, text.join(" ")));
        }
    }
    // A stable sort: equals stay in the order of the dictionary.
    texts.sort_by_key(|(products, _)| std::cmp::Reverse(*products));
    words.push(any_of(view, &completions)?);
    Ok(Suggestions {
        texts: texts.into_iter().take(limit).map(|(_, text)| text).collect(),
        products: most_popular(view, &match_all(view, &words)?, limit),
    })
}

fn in_name(view: &View, term: &str) -> ::tantivy::Result<Found> {
    Found::look_up(view, term, &[Field::Name])
}

/// One word found by any of the completions, none of them more telling than another.
fn any_of(view: &View, completions: &[Completion]) -> ::tantivy::Result<Word> {
    let terms = completions.iter().map(|completion| in_name(view, &completion.term));
    terms.map(|found| found.map(|found| (found.evenly(), 1.0))).collect()
}

/// Words that begin with `start`, of those with one stem the most frequent.
fn completions(view: &View, start: &str) -> ::tantivy::Result<Vec<Completion>> {
    let dictionaries = view.dictionaries();
    let mut texts = Spellings(&dictionaries).completions(start, MAX_COMPLETIONS);
    if start.chars().any(|c| c.is_ascii_digit()) {
        texts = codes(view, start)?;
    }
    let mut seen = BTreeSet::new();
    let words = texts.iter().flat_map(|text| TypedQuery::parse(text).words().to_vec());
    let words = words.filter(|word| seen.insert(word.term.clone()));
    Ok(words.map(|word| Completion { text: word.text, term: word.term }).collect())
}

/// Numbers and model numbers of titles that begin with `start`; they are their own stems.
fn codes(view: &View, start: &str) -> ::tantivy::Result<Vec<String>> {
    let mut codes = BTreeSet::new();
    for part in &view.parts {
        let Some(field) = part.segment.fields.get(Field::Name.index()) else { continue };
        let mut terms = field.postings.terms().range().ge(start).into_stream()?;
        for _ in 0..MAX_COMPLETIONS {
            if !terms.advance() || !terms.key().starts_with(start.as_bytes()) {
                break;
            }
            codes.insert(String::from_utf8_lossy(terms.key()).into_owned());
        }
    }
    Ok(codes.into_iter().take(MAX_COMPLETIONS).collect())
}

/// Most sold first, then best match, then lower id.
fn most_popular(view: &View, matches: &[Vec<Match>], limit: usize) -> Vec<ProductId> {
    let mut ranked: Vec<(u64, u32, ProductId)> = Vec::new();
    for (part, matches) in view.parts.iter().zip(matches) {
        for found in matches {
            let sold = part.segment.popularity.first(found.document).unwrap_or_default();
            let product = part.segment.product(found.document);
            ranked.extend(product.map(|product| (sold, found.score.to_bits(), product)));
        }
    }
    take_first(&mut ranked, limit, |a, b| (b.0, b.1, a.2).cmp(&(a.0, a.1, b.2)));
    ranked.into_iter().map(|(_, _, product)| product).collect()
}
