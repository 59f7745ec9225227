//! What answers a search while the index is away: a bounded look through the catalog's own list.

use std::sync::Arc;

use super::SearchAnswer;
use crate::domain::catalog::pick;
use crate::domain::shared::Slug;
use crate::ports::PortError;
use crate::ports::catalog::{CatalogQueries, ListQuery, ListSort, ProductView, ReadContext};
use crate::ports::search::{Facets, SearchQuery, SearchSort};

/// The most products that are looked at.
const MOST_LOOKED_AT: usize = 2_000;
/// How many are read at once.
const PAGE: usize = 200;

/// Products whose name, brand or SKU has every word of the query, and that pass its filters.
pub(super) async fn search(
    catalog: &dyn CatalogQueries,
    query: &SearchQuery,
    context: &ReadContext,
) -> Result<SearchAnswer, PortError> {
    let degraded = SearchAnswer { degraded: true, ..SearchAnswer::default() };
    let category = match &query.category {
        None => None,
        Some(slug) => match category_of(catalog, slug).await? {
            Some(id) => Some(id),
            None => return Ok(degraded),
        },
    };
    let sort = sort_of(query.sort);
    let mut list = ListQuery { category, sort, after: None, limit: PAGE };
    let (mut looked_at, mut found) = (0, Vec::new());
    let words = words_of(&query.text);
    while looked_at < MOST_LOOKED_AT {
        let page = catalog.list(&list).await?;
        looked_at += page.items.len();
        found.extend(page.items.into_iter().filter(|view| matches(view, &words, query, context)));
        list.after = page.next;
        if list.after.is_none() {
            break;
        }
    }
    let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let (offset, limit) = (index(query.offset), index(query.limit));
    let items = found.into_iter().skip(offset).take(limit).map(|view| (view, 0.0)).collect();
    Ok(SearchAnswer { items, total, facets: Facets::default(), ..degraded })
}

async fn category_of(
    catalog: &dyn CatalogQueries,
    slug: &str,
) -> Result<Option<crate::domain::shared::CategoryId>, PortError> {
    let Ok(slug) = Slug::try_new(slug) else { return Ok(None) };
    Ok(catalog.category_by_slug(&slug).await?.map(|category| category.id))
}

const fn sort_of(sort: SearchSort) -> ListSort {
    match sort {
        SearchSort::Relevance | SearchSort::Popularity => ListSort::Popularity,
        SearchSort::PriceAscending => ListSort::PriceAscending,
        SearchSort::PriceDescending => ListSort::PriceDescending,
        SearchSort::Newest => ListSort::Newest,
    }
}

fn words_of(text: &str) -> Vec<String> {
    text.to_lowercase().split_whitespace().map(str::to_owned).collect()
}

fn matches(
    view: &Arc<ProductView>,
    words: &[String],
    query: &SearchQuery,
    context: &ReadContext,
) -> bool {
    has_words(view, words)
        && (query.brands.is_empty()
            || view.product.brand().is_some_and(|brand| query.brands.iter().any(|b| b == brand)))
        && (!query.in_stock || view.best_availability().is_sellable())
        && has_price(view, query, context)
        && has_attributes(view, query)
}

fn has_words(view: &ProductView, words: &[String]) -> bool {
    let content = view.product.content();
    let mut text = content.name.as_str().to_lowercase();
    text.push(' ');
    text.push_str(&view.product.brand().unwrap_or_default().to_lowercase());
    for variant in &content.variants {
        text.push(' ');
        text.push_str(&variant.sku.as_str().to_lowercase());
    }
    words.iter().all(|word| text.contains(word))
}

fn has_price(view: &ProductView, query: &SearchQuery, context: &ReadContext) -> bool {
    if query.price_min.is_none() && query.price_max.is_none() {
        return true;
    }
    let asked = context.price_at();
    let variants = view.product.content().variants.iter();
    variants.filter_map(|variant| pick(&variant.prices, &asked)).any(|row| {
        let price = row.amount().amount();
        query.price_min.is_none_or(|min| min <= price)
            && query.price_max.is_none_or(|max| price <= max)
    })
}

fn has_attributes(view: &ProductView, query: &SearchQuery) -> bool {
    let content = view.product.content();
    query.attributes.iter().all(|(wanted, values)| {
        let options = content.variants.iter().flat_map(|variant| variant.options.iter());
        let mut pairs = content.attributes.iter().chain(options);
        pairs.any(|(name, value)| name == wanted && values.iter().any(|one| one == value))
    })
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
