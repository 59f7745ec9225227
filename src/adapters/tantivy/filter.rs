//! What narrows hits down beside their text.

use ::tantivy::DocId;

use super::labels::Labels;
use super::segment::Segment;
use crate::ports::search::SearchQuery;

/// The filters of a query by the numbers of facet values.
pub(super) struct Filter {
    /// Each row: at least one of these brands, categories or attribute values.
    brands: Option<Vec<u32>>,
    category: Option<Option<u32>>,
    attributes: Vec<Vec<u32>>,
    prices: Option<(i64, i64)>,
    in_stock: bool,
}

impl Filter {
    pub(super) fn new(query: &SearchQuery, labels: &Labels) -> Self {
        let brands = query.brands.iter().filter_map(|brand| labels.brands.find(brand)).collect();
        let any_value = |(name, values): (&String, &Vec<String>)| {
            values.iter().filter_map(|value| labels.find_attribute(name, value)).collect()
        };
        let asked = query.attributes.iter().filter(|(_, values)| !values.is_empty());
        let priced = query.price_min.is_some() || query.price_max.is_some();
        let range = (query.price_min.unwrap_or(i64::MIN), query.price_max.unwrap_or(i64::MAX));
        Self {
            brands: (!query.brands.is_empty()).then_some(brands),
            category: query.category.as_ref().map(|slug| labels.categories.find(slug)),
            attributes: asked.map(any_value).collect(),
            prices: priced.then_some(range),
            in_stock: query.in_stock,
        }
    }

    /// Whether the product passes all of them.
    pub(super) fn passes(&self, segment: &Segment, document: DocId) -> bool {
        let has = |values: &[u32], wanted: &[u32]| values.iter().any(|one| wanted.contains(one));
        let brand = |brands: &Vec<u32>| has(segment.brands.of(document), brands);
        let category = |category: &Option<u32>| {
            category.is_some_and(|number| segment.categories.of(document).contains(&number))
        };
        let attribute = |values: &Vec<u32>| has(segment.attributes.of(document), values);
        let price = |(least, most): &(i64, i64)| {
            segment.prices.values_for_doc(document).any(|price| (*least..=*most).contains(&price))
        };
        self.brands.as_ref().is_none_or(brand)
            && self.category.as_ref().is_none_or(category)
            && self.attributes.iter().all(attribute)
            && self.prices.as_ref().is_none_or(price)
            && (!self.in_stock || segment.in_stock.first(document) == Some(true))
    }
}
