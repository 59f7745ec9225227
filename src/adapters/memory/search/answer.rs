use std::cmp::Ordering;

use super::facets::count;
use super::shelf::{Product, Shelf};
use crate::domain::search::{Field, JOINED_WEIGHT, Spellings, TypedQuery, required_words};
use crate::ports::search::{SearchHit, SearchHits, SearchQuery, SearchSort};

/// How fast more occurrences of a word stop counting.
const SATURATION: f32 = 1.2;
/// Added for each word that a product has: more than words can score.
const WORD_BONUS: f32 = 50.0;
/// Added to the products of a category that the query asks for as a whole.
const CATEGORY_BONUS: f32 = 2.0;
/// What words that stand together add.
const PAIR_BONUS: f32 = 1.0;
/// Added for each order of magnitude of units sold.
const POPULARITY_BONUS: f32 = 0.05;

/// A product that matches.
pub(super) struct Match<'a> {
    pub(super) product: &'a Product,
    pub(super) score: f32,
    words: usize,
}

/// A word by its term, the joined terms that stand for it too, and how telling it is.
struct Word {
    terms: Vec<(String, f32)>,
    rarity: f32,
}

pub(super) fn search(shelf: &Shelf, query: &SearchQuery) -> SearchHits {
    let typed = TypedQuery::parse(&query.text);
    let blank = typed.is_blank();
    let (mut matches, did_you_mean) = if blank {
        let unscored = |product| Match { product, score: 0.0, words: 0 };
        (shelf.products().map(unscored).collect(), None)
    } else {
        let nearest = |word: &str| Spellings(&[shelf.dictionary()]).nearest(word);
        let respelling = typed.respelt(|term| shelf.knows(term), nearest);
        (match_text(shelf, &respelling.query), respelling.did_you_mean)
    };
    matches.retain(|found| passes(query, found.product));
    let sort = match query.sort {
        SearchSort::Relevance if blank => SearchSort::Popularity,
        sort => sort,
    };
    // Products come by id and the sort is stable, so ties stay in that order.
    matches.sort_by(|a, b| order(sort, a, b));
    let products: Vec<_> = matches.iter().map(|found| &found.product.document).collect();
    let hit = |found: &Match<'_>| SearchHit {
        product: found.product.document.product,
        score: found.score,
    };
    let (offset, limit) = (query.offset as usize, query.limit as usize);
    SearchHits {
        hits: matches.iter().skip(offset).take(limit).map(hit).collect(),
        total: matches.len() as u64,
        facets: count(&products),
        did_you_mean,
    }
}

fn match_text<'a>(shelf: &'a Shelf, query: &TypedQuery) -> Vec<Match<'a>> {
    let terms = query.terms();
    let all = shelf.products().count() as f32;
    let word = |term: &&str| {
        let having = shelf.products().filter(|product| product.has(term)).count() as f32;
        let rarity = (1.0 + (all - having + 0.5) / (having + 0.5)).ln();
        Word { terms: vec![((*term).to_owned(), 1.0)], rarity }
    };
    let mut words: Vec<_> = terms.iter().map(word).collect();
    let mut matches = find(shelf, &words);
    if required(&matches, words.len()) < words.len() {
        for (joined, pair) in query.joined() {
            for (_, word) in terms.iter().zip(&mut words).filter(|(term, _)| pair.contains(*term)) {
                word.terms.push((joined.clone(), JOINED_WEIGHT));
            }
        }
        matches = find(shelf, &words);
    }
    let required = required(&matches, words.len());
    matches.retain(|found| found.words >= required);
    let (joined, key) = (query.joined(), query.key());
    for found in &mut matches {
        let together =
            |(joined, _): &&(String, _)| found.product.occurrences(Field::Joined, joined) > 0;
        found.score += PAIR_BONUS * joined.iter().filter(together).count() as f32;
        if found.product.is_in(&key) {
            found.score += CATEGORY_BONUS;
        }
        let sold = found.product.document.popularity as f32;
        found.score += POPULARITY_BONUS * (sold + 1.0).log10();
    }
    matches
}

/// Every product that has any of the words.
fn find<'a>(shelf: &'a Shelf, words: &[Word]) -> Vec<Match<'a>> {
    let mut matches = Vec::new();
    for product in shelf.products() {
        let mut found = Match { product, score: 0.0, words: 0 };
        for score in words.iter().map(|word| word.score(product)).filter(|score| *score > 0.0) {
            found.score += WORD_BONUS + score;
            found.words += 1;
        }
        if found.words > 0 {
            matches.push(found);
        }
    }
    matches
}

fn required(matches: &[Match<'_>], words: usize) -> usize {
    let mut counts = vec![0; words + 1];
    for found in matches {
        if let Some(count) = counts.get_mut(found.words) {
            *count += 1;
        }
    }
    required_words(&counts)
}

impl Word {
    /// How much the word counts in the product: in its best field.
    fn score(&self, product: &Product) -> f32 {
        let mut best = 0.0_f32;
        for (term, weight) in &self.terms {
            for field in Field::ALL {
                let occurrences = product.occurrences(field, term) as f32;
                let share = occurrences / (occurrences + SATURATION);
                best = best.max(weight * field.weight() * self.rarity * share);
            }
        }
        best
    }
}

fn order(sort: SearchSort, a: &Match<'_>, b: &Match<'_>) -> Ordering {
    let (one, other) = (&a.product.document, &b.product.document);
    match sort {
        SearchSort::Relevance => b.score.total_cmp(&a.score),
        SearchSort::PriceAscending => one.price.amount().cmp(&other.price.amount()),
        SearchSort::PriceDescending => other.price.amount().cmp(&one.price.amount()),
        SearchSort::Popularity => other.popularity.cmp(&one.popularity),
        SearchSort::Newest => other.released_at.cmp(&one.released_at),
    }
}

fn passes(query: &SearchQuery, product: &Product) -> bool {
    let document = &product.document;
    let category = |slug: &String| document.categories.iter().any(|c| c.slug.as_str() == slug);
    let brand = || document.brand.as_ref().is_some_and(|brand| query.brands.contains(brand));
    let attribute = |(name, wanted): (&String, &Vec<String>)| {
        let held = document.attributes.get(name);
        wanted.is_empty() || held.is_some_and(|held| held.iter().any(|v| wanted.contains(v)))
    };
    let priced = query.price_min.is_some() || query.price_max.is_some();
    let range = query.price_min.unwrap_or(i64::MIN)..=query.price_max.unwrap_or(i64::MAX);
    query.category.as_ref().is_none_or(category)
        && (query.brands.is_empty() || brand())
        && query.attributes.iter().all(attribute)
        && (!priced || document.prices.iter().any(|price| range.contains(price)))
        && (!query.in_stock || document.in_stock)
}
