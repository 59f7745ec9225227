//! What narrows hits down beside their text.

use ::tantivy::DocId;

use super::labels::Labels;
use super::segment::{Rows, Segment};
use crate::ports::search::SearchQuery;

/// The filters of a query by the numbers of facet values.
pub(super) struct Filter {
    /// Where there is such a filter: at least one of these.
    brands: Option<Vec<u32>>,
    categories: Option<Vec<u32>>,
    /// At least one of each row.
    attributes: Vec<Vec<u32>>,
    prices: Option<(i64, i64)>,
    in_stock: bool,
}

impl Filter {
    pub(super) fn new(query: &SearchQuery, labels: &Labels) -> Self {
        // A value that no product has gets no number, and its filter lets nothing pass.
        let brands = query.brands.iter().filter_map(|brand| labels.brands.find(brand)).collect();
        let category = |slug: &String| labels.categories.find(slug).into_iter().collect();
        let any_value = |(name, values): (&String, &Vec<String>)| {
            values.iter().filter_map(|value| labels.find_attribute(name, value)).collect()
        };
        let asked = query.attributes.iter().filter(|(_, values)| !values.is_empty());
        let priced = query.price_min.is_some() || query.price_max.is_some();
        let range = (query.price_min.unwrap_or(i64::MIN), query.price_max.unwrap_or(i64::MAX));
        Self {
            brands: (!query.brands.is_empty()).then_some(brands),
            categories: query.category.as_ref().map(category),
            attributes: asked.map(any_value).collect(),
            prices: priced.then_some(range),
            in_stock: query.in_stock,
        }
    }

    /// Whether the product passes all of them.
    pub(super) fn passes(&self, segment: &Segment, document: DocId) -> bool {
        let has = |rows: &Rows, wanted: &[u32]| {
            rows.of(document).iter().any(|value| wanted.contains(value))
        };
        let priced = |(least, most): &(i64, i64)| {
            segment.prices.values_for_doc(document).any(|price| (*least..=*most).contains(&price))
        };
        self.brands.as_ref().is_none_or(|wanted| has(&segment.brands, wanted))
            && self.categories.as_ref().is_none_or(|wanted| has(&segment.categories, wanted))
            && self.attributes.iter().all(|wanted| has(&segment.attributes, wanted))
            && self.prices.as_ref().is_none_or(priced)
            && (!self.in_stock || segment.in_stock.first(document) == Some(true))
    }
}
