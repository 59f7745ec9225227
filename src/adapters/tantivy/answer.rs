//! From a query to its hits, counted and ordered.

use ::tantivy::DocId;

use super::facets::{Counter, Tallies, take_first};
use super::filter::Filter;
use super::matching::{Found, Match, match_text};
use super::segment::Segment;
use super::view::View;
use crate::domain::search::{Field, Respelling, Spellings, TypedQuery};
use crate::domain::shared::ProductId;
use crate::ports::search::{SearchHit, SearchHits, SearchQuery, SearchSort};

/// A hit with what it is ordered by: higher keys first, then lower ids.
struct Ranked {
    key: i64,
    product: ProductId,
    score: f32,
}

/// Answers a query over one view; `tallies` is room to count in.
pub(super) fn search(
    view: &View,
    query: &SearchQuery,
    tallies: &mut Tallies,
) -> ::tantivy::Result<SearchHits> {
    let typed = TypedQuery::parse(&query.text);
    let sort = match query.sort {
        SearchSort::Relevance if typed.is_blank() => SearchSort::Popularity,
        sort => sort,
    };
    let (matches, did_you_mean) = if typed.is_blank() {
        (everything(view), None)
    } else {
        let respelling = respell(view, typed);
        (match_text(view, &respelling.query)?, respelling.did_you_mean)
    };
    let labels = view.labels();
    let filter = Filter::new(query, &labels);
    let mut counter = Counter::new(&labels, tallies);
    let mut ranked = Vec::with_capacity(matches.iter().map(Vec::len).sum());
    for (part, matches) in view.parts.iter().zip(&matches) {
        for found in matches.iter().filter(|found| filter.passes(&part.segment, found.document)) {
            counter.add(&part.segment, found.document);
            ranked.extend(rank(&part.segment, found, sort));
        }
    }
    Ok(SearchHits {
        total: ranked.len() as u64,
        facets: counter.finish(),
        hits: page(ranked, query.offset as usize, query.limit as usize),
        did_you_mean,
    })
}

/// Respells the words that no product has.
pub(super) fn respell(view: &View, typed: TypedQuery) -> Respelling {
    let dictionaries = view.dictionaries();
    let spellings = Spellings(&dictionaries);
    // A term that cannot be looked up is left as it is; the search itself will report why.
    let known =
        |term: &str| Found::look_up(view, term, &Field::ALL).map_or(true, |found| found.exists());
    typed.respelt(known, |word| spellings.nearest(word))
}

fn everything(view: &View) -> Vec<Vec<Match>> {
    view.parts.iter().map(|part| part.products().map(Match::unscored).collect()).collect()
}

fn rank(segment: &Segment, found: &Match, sort: SearchSort) -> Option<Ranked> {
    let key = sort_key(segment, found.document, sort);
    Some(Ranked {
        // Scores are never negative, and the bits of such floats are ordered as they are.
        key: key.unwrap_or_else(|| i64::from(found.score.to_bits())),
        product: segment.product(found.document)?,
        score: found.score,
    })
}

/// What a document is ordered by, higher first; nothing where it is its score.
fn sort_key(segment: &Segment, document: DocId, sort: SearchSort) -> Option<i64> {
    let price = || segment.price.first(document).unwrap_or_default();
    match sort {
        SearchSort::Relevance => None,
        SearchSort::PriceAscending => Some(price().saturating_neg()),
        SearchSort::PriceDescending => Some(price()),
        SearchSort::Popularity => {
            let sold = segment.popularity.first(document).unwrap_or_default();
            Some(i64::try_from(sold).unwrap_or(i64::MAX))
        }
        SearchSort::Newest => Some(segment.released_at.first(document).unwrap_or(i64::MIN)),
    }
}

fn page(mut ranked: Vec<Ranked>, offset: usize, limit: usize) -> Vec<SearchHit> {
    let order = |a: &Ranked, b: &Ranked| b.key.cmp(&a.key).then_with(|| a.product.cmp(&b.product));
    take_first(&mut ranked, offset.saturating_add(limit), order);
    ranked
        .into_iter()
        .skip(offset)
        .map(|hit| SearchHit { product: hit.product, score: hit.score })
        .collect()
}
