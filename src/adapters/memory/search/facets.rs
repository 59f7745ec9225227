use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::ports::search::{FacetCount, Facets, PriceFacet, SearchDocument};

const MAX_CATEGORIES: usize = 50;
const MAX_BRANDS: usize = 50;
const MAX_ATTRIBUTES: usize = 20;
const MAX_VALUES: usize = 20;

/// Values with what people read of each and how many products have it.
type Tally<'a> = BTreeMap<&'a str, (&'a str, u64)>;

/// Counts over all of these.
pub(super) fn count(documents: &[&SearchDocument]) -> Facets {
    let (mut categories, mut brands) = (Tally::new(), Tally::new());
    let mut attributes: BTreeMap<&str, (u64, Tally<'_>)> = BTreeMap::new();
    for document in documents {
        let distinct: BTreeMap<_, _> =
            document.categories.iter().map(|category| (&category.slug, &category.name)).collect();
        for (slug, name) in distinct {
            add(&mut categories, slug.as_str(), name);
        }
        if let Some(brand) = &document.brand {
            add(&mut brands, brand, brand);
        }
        for (name, values) in document.attributes.iter().filter(|(_, values)| !values.is_empty()) {
            let (products, tally) = attributes.entry(name).or_default();
            *products += 1;
            for value in values.iter().collect::<BTreeSet<_>>() {
                add(tally, value, value);
            }
        }
    }
    let mut names: Vec<_> = attributes.into_iter().collect();
    names.sort_by_key(|(name, (products, _))| (Reverse(*products), *name));
    names.truncate(MAX_ATTRIBUTES);
    Facets {
        categories: best(categories, MAX_CATEGORIES),
        brands: best(brands, MAX_BRANDS),
        attributes: names
            .into_iter()
            .map(|(name, (_, tally))| (name.to_owned(), best(tally, MAX_VALUES)))
            .collect(),
        price: prices(documents),
    }
}

fn add<'a>(tally: &mut Tally<'a>, value: &'a str, label: &'a str) {
    let (_, count) = tally.entry(value).or_insert((label, 0));
    *count += 1;
}

fn best(tally: Tally<'_>, limit: usize) -> Vec<FacetCount> {
    let mut values: Vec<_> = tally.into_iter().collect();
    values.sort_by_key(|(value, (_, count))| (Reverse(*count), *value));
    let facet = |(value, (label, count)): (&str, (&str, u64))| FacetCount {
        value: value.to_owned(),
        label: label.to_owned(),
        count,
    };
    values.into_iter().take(limit).map(facet).collect()
}

fn prices(documents: &[&SearchDocument]) -> PriceFacet {
    let prices = || documents.iter().map(|document| document.price.amount());
    let count = documents.len() as u64;
    let sum: i128 = prices().map(i128::from).sum();
    let max = prices().max().unwrap_or_default();
    let avg = i64::try_from(sum.div_euclid(i128::from(count.max(1)))).unwrap_or(max);
    PriceFacet { min: prices().min().unwrap_or_default(), max, avg, count }
}
