//! Counts over all hits.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use ::tantivy::DocId;

use super::labels::{Labels, Names};
use super::schema::DIVIDER;
use super::segment::Segment;
use crate::ports::search::{FacetCount, Facets, PriceFacet};

const MAX_CATEGORIES: usize = 50;
const MAX_BRANDS: usize = 50;
const MAX_ATTRIBUTES: usize = 20;
const MAX_VALUES: usize = 20;

/// How often each value was met, by number.
#[derive(Default)]
struct Tally {
    counts: Vec<u32>,
    /// The values whose count is not zero.
    met: Vec<u32>,
}

impl Tally {
    /// Makes room for as many values, all of them at zero.
    fn clear(&mut self, values: usize) {
        for value in self.met.drain(..) {
            if let Some(count) = self.counts.get_mut(value as usize) {
                *count = 0;
            }
        }
        self.counts.resize(values, 0);
    }

    fn add(&mut self, value: u32) {
        if let Some(count) = self.counts.get_mut(value as usize) {
            if *count == 0 {
                self.met.push(value);
            }
            *count += 1;
        }
    }

    fn met(&self) -> impl Iterator<Item = (u32, u32)> {
        self.met
            .iter()
            .map(|value| (*value, self.counts.get(*value as usize).copied().unwrap_or(0)))
    }
}

/// Room to count in, kept from search to search: it has a place for every value of the catalogue.
#[derive(Default)]
pub(super) struct Tallies {
    brands: Tally,
    categories: Tally,
    attributes: Tally,
    attribute_names: Tally,
}

/// Counts hits as they come.
pub(super) struct Counter<'a> {
    labels: &'a Labels,
    tallies: &'a mut Tallies,
    prices: Prices,
}

#[derive(Default)]
struct Prices {
    range: Option<(i64, i64)>,
    sum: i128,
    count: u64,
}

impl<'a> Counter<'a> {
    pub(super) fn new(labels: &'a Labels, tallies: &'a mut Tallies) -> Self {
        tallies.brands.clear(labels.brands.len());
        tallies.categories.clear(labels.categories.len());
        tallies.attributes.clear(labels.attributes.len());
        tallies.attribute_names.clear(labels.attribute_names.len());
        Self { labels, tallies, prices: Prices::default() }
    }

    /// Counts one hit.
    pub(super) fn add(&mut self, segment: &Segment, document: DocId) {
        let tallies = &mut *self.tallies;
        for brand in segment.brands.of(document) {
            tallies.brands.add(*brand);
        }
        for category in segment.categories.of(document) {
            tallies.categories.add(*category);
        }
        let mut last_name = None;
        for value in segment.attributes.of(document) {
            tallies.attributes.add(*value);
            // The values of one attribute lie together, and the product counts for it once.
            let name = self.labels.name_of(*value);
            if last_name.replace(name) != Some(name) {
                tallies.attribute_names.add(name);
            }
        }
        if let Some(price) = segment.price.first(document) {
            self.prices.add(price);
        }
    }

    /// The values that most hits have.
    pub(super) fn finish(&self) -> Facets {
        let labels = self.labels;
        let Tallies { categories, brands, .. } = &*self.tallies;
        let categories = best(categories.met().collect(), &labels.categories, MAX_CATEGORIES);
        let brands = best(brands.met().collect(), &labels.brands, MAX_BRANDS);
        let plain = |(number, count): &(u32, u32)| {
            let brand = labels.brands.text(*number);
            facet(brand, brand, *count)
        };
        let category = |(number, count): &(u32, u32)| {
            facet(labels.categories.text(*number), labels.category_label(*number), *count)
        };
        Facets {
            categories: categories.iter().map(category).collect(),
            brands: brands.iter().map(plain).collect(),
            attributes: self.attributes(),
            price: self.prices.finish(),
        }
    }

    fn attributes(&self) -> BTreeMap<String, Vec<FacetCount>> {
        let labels = self.labels;
        let met = self.tallies.attribute_names.met().collect();
        let shown = best(met, &labels.attribute_names, MAX_ATTRIBUTES);
        let mut values: Vec<Option<Vec<(u32, u32)>>> = vec![None; labels.attribute_names.len()];
        for (name, _) in &shown {
            if let Some(values) = values.get_mut(*name as usize) {
                *values = Some(Vec::new());
            }
        }
        for (value, count) in self.tallies.attributes.met() {
            let name = labels.name_of(value) as usize;
            if let Some(Some(values)) = values.get_mut(name) {
                values.push((value, count));
            }
        }
        let facet_of = |name: u32| {
            let values = values.get(name as usize).cloned().flatten().unwrap_or_default();
            let values = best(values, &labels.attributes, MAX_VALUES);
            values.into_iter().map(|(value, count)| attribute_facet(labels, value, count)).collect()
        };
        shown
            .into_iter()
            .map(|(name, _)| (labels.attribute_names.text(name).to_owned(), facet_of(name)))
            .collect()
    }
}

fn attribute_facet(labels: &Labels, number: u32, count: u32) -> FacetCount {
    let text = labels.attributes.text(number);
    let value = text.split_once(DIVIDER).map_or(text, |(_, value)| value);
    facet(value, value, count)
}

impl Prices {
    fn add(&mut self, price: i64) {
        let (min, max) = self.range.unwrap_or((price, price));
        self.range = Some((min.min(price), max.max(price)));
        self.sum += i128::from(price);
        self.count += 1;
    }

    fn finish(&self) -> PriceFacet {
        let (min, max) = self.range.unwrap_or_default();
        let mean = self.sum.div_euclid(i128::from(self.count.max(1)));
        PriceFacet { min, max, avg: i64::try_from(mean).unwrap_or(max), count: self.count }
    }
}

fn facet(value: &str, label: &str, count: u32) -> FacetCount {
    FacetCount { value: value.to_owned(), label: label.to_owned(), count: u64::from(count) }
}

/// The `limit` values with the highest counts, ties by their text.
fn best(mut values: Vec<(u32, u32)>, names: &Names, limit: usize) -> Vec<(u32, u32)> {
    let order = |(a, a_count): &(u32, u32), (b, b_count): &(u32, u32)| {
        b_count.cmp(a_count).then_with(|| names.text(*a).cmp(names.text(*b)))
    };
    take_first(&mut values, limit, order);
    values
}

/// Leaves the first `limit` of `items` in order, without ordering the others.
pub(super) fn take_first<T>(items: &mut Vec<T>, limit: usize, order: impl Fn(&T, &T) -> Ordering) {
    if limit == 0 {
        items.clear();
    }
    if limit < items.len() {
        items.select_nth_unstable_by(limit, &order);
        items.truncate(limit);
    }
    items.sort_unstable_by(order);
}
