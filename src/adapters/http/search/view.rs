use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::adapters::http::catalog::SummaryBody;
use crate::ports::search::{FacetCount, Facets, PriceFacet};

/// What a search found, as the document describes it. The answer is written piece by piece, because
/// the products in it are rendered already.
#[derive(ToSchema)]
#[schema(as = SearchResult)]
#[expect(dead_code, reason = "it only describes the answer")]
pub struct SearchBody<'a> {
    items: Vec<HitBody<'a>>,
    /// How many products match.
    total: u64,
    facets: FacetsBody<'a>,
    /// How long the search took.
    took_ms: u64,
    /// Whether the index was away and a plain look through the catalog answered.
    degraded: bool,
    /// The text that was searched for instead, where a word was respelt.
    did_you_mean: Option<String>,
}

/// A product that was found.
#[derive(ToSchema)]
#[schema(as = SearchHit)]
#[expect(dead_code, reason = "it only describes the answer")]
pub struct HitBody<'a> {
    #[schema(inline)]
    #[serde(flatten)]
    product: SummaryBody<'a>,
    /// How well it matches; comparable within one answer only.
    score: f32,
}

/// What follows the products in an answer.
#[derive(Serialize)]
pub struct TailBody<'a> {
    pub total: u64,
    pub facets: FacetsBody<'a>,
    pub took_ms: u64,
    pub degraded: bool,
    pub did_you_mean: Option<&'a str>,
}

/// Counts over all that match, not only over the page.
#[derive(Serialize, ToSchema)]
#[schema(as = Facets)]
pub struct FacetsBody<'a> {
    /// By slug; a category counts what lies below it.
    categories: Vec<FacetBody<'a>>,
    brands: Vec<FacetBody<'a>>,
    /// The values of each attribute, by its name.
    attributes: BTreeMap<&'a str, Vec<FacetBody<'a>>>,
    price: PriceFacetBody,
}

/// A value with the number of products that have it.
#[derive(Serialize, ToSchema)]
#[schema(as = FacetCount)]
pub struct FacetBody<'a> {
    /// What a filter takes.
    value: &'a str,
    /// What people read.
    label: &'a str,
    count: u64,
}

/// The prices shown of all that match, in minor units.
#[derive(Serialize, ToSchema)]
#[schema(as = PriceFacet)]
pub struct PriceFacetBody {
    min: i64,
    max: i64,
    /// Rounded down.
    avg: i64,
    /// How many have a price.
    count: u64,
}

/// What to offer while someone types.
#[derive(ToSchema)]
#[schema(as = Suggestions)]
#[expect(dead_code, reason = "it only describes the answer")]
pub struct SuggestionsBody<'a> {
    /// Completions of what was typed, best first.
    suggestions: Vec<String>,
    /// Products whose name goes on from it, best first.
    items: Vec<SummaryBody<'a>>,
}

impl<'a> From<&'a Facets> for FacetsBody<'a> {
    fn from(facets: &'a Facets) -> Self {
        let counts = |counts: &'a [FacetCount]| counts.iter().map(FacetBody::from).collect();
        Self {
            categories: counts(&facets.categories),
            brands: counts(&facets.brands),
            attributes: facets
                .attributes
                .iter()
                .map(|(name, values)| (name.as_str(), counts(values)))
                .collect(),
            price: facets.price.into(),
        }
    }
}

impl<'a> From<&'a FacetCount> for FacetBody<'a> {
    fn from(facet: &'a FacetCount) -> Self {
        Self { value: &facet.value, label: &facet.label, count: facet.count }
    }
}

impl From<PriceFacet> for PriceFacetBody {
    fn from(facet: PriceFacet) -> Self {
        Self { min: facet.min, max: facet.max, avg: facet.avg, count: facet.count }
    }
}
