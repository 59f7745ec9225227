//! The contract of `ports::search`. The cases know no adapter; the list at the end runs all of them
//! over each.

mod changes;
mod finding;
mod narrowing;
mod suggesting;

use std::collections::BTreeMap;
use std::sync::Arc;

use ecicomm::domain::shared::{Currency, Money, ProductId, Slug, Timestamp};
use ecicomm::ports::search::{
    CategoryLabel, FacetCount, IndexChange, SearchDocument, SearchHits, SearchIndex, SearchQuery,
};
use uuid::Uuid;

type Index = Arc<dyn SearchIndex>;

fn id(number: u128) -> ProductId {
    ProductId::new(Uuid::from_u128(number))
}

/// A plain product: its number is its id and, in order, its price, popularity and release.
fn product(number: u32, name: &str) -> SearchDocument {
    SearchDocument {
        product: id(number.into()),
        version: 1,
        name: name.to_owned(),
        brand: None,
        description: String::new(),
        categories: Vec::new(),
        skus: vec![format!("SKU-{number}")],
        attributes: BTreeMap::new(),
        tags: Vec::new(),
        price: Money::new(i64::from(number) * 100, Currency::USD),
        prices: vec![i64::from(number) * 100],
        in_stock: true,
        popularity: 0,
        released_at: Timestamp::from_micros(0),
    }
}

fn category(slug: &str, name: &str) -> CategoryLabel {
    CategoryLabel { slug: Slug::try_new(slug).unwrap(), name: name.to_owned() }
}

fn attributes(pairs: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    pairs.iter().map(|(name, values)| ((*name).to_owned(), owned(values))).collect()
}

fn put(document: SearchDocument) -> IndexChange {
    IndexChange::Put(Box::new(document))
}

fn delete(number: u32, version: u64) -> IndexChange {
    IndexChange::Delete { product: id(number.into()), version }
}

async fn fill(index: &Index, documents: impl IntoIterator<Item = SearchDocument>) {
    index.apply(documents.into_iter().map(put).collect()).await.unwrap();
}

fn text(text: &str) -> SearchQuery {
    SearchQuery { text: text.to_owned(), limit: 100, ..Default::default() }
}

async fn search(index: &Index, query: &SearchQuery) -> SearchHits {
    let hits = index.search(query).await.unwrap();
    assert_eq!(hits.facets.price.count, hits.total, "every hit has a price");
    assert!(hits.hits.len() as u64 <= hits.total);
    hits
}

/// The numbers of the hits, in order.
async fn found(index: &Index, query: &SearchQuery) -> Vec<u128> {
    numbers(&search(index, query).await)
}

fn numbers(hits: &SearchHits) -> Vec<u128> {
    hits.hits.iter().map(|hit| hit.product.uuid().as_u128()).collect()
}

fn counts(facet: &[FacetCount]) -> Vec<(&str, u64)> {
    facet.iter().map(|count| (count.value.as_str(), count.count)).collect()
}

/// The tests of one adapter, from the list of cases.
macro_rules! suite {
    ($adapter:ident, $fresh:expr; $($group:ident: $($case:ident)*;)*) => {
        mod $adapter {
            $($(
                #[tokio::test]
                async fn $case() {
                    let backend = $fresh;
                    super::$group::$case(backend.index()).await;
                }
            )*)*
        }
    };
}

/// The list of cases, run over the adapter that `fresh` makes.
macro_rules! contract {
    ($adapter:ident, $fresh:expr) => {
        suite! {
            $adapter, $fresh;
            finding:
                a_product_is_found_by_every_part_of_it
                words_may_be_spread_over_fields
                words_are_found_in_other_forms
                model_numbers_are_found_whole_and_in_parts
                numbers_are_found_with_and_without_a_space_before_their_unit
                a_typing_error_is_forgiven_and_told
                a_known_word_is_never_respelt
                a_word_of_another_language_is_found
                full_matches_come_before_partial_ones
                partial_matches_are_left_out_where_full_ones_are_enough
                the_products_of_a_category_come_first_where_it_is_asked_for
                popularity_decides_between_equals
                words_written_apart_find_the_word_written_as_one
                an_empty_query_gives_everything_most_popular_first
                signs_without_a_word_find_nothing
                an_unknown_word_finds_nothing
                hostile_text_is_only_text;
            narrowing:
                a_category_holds_its_subtree
                brands_are_alternatives
                a_price_filter_matches_any_variant
                only_what_is_in_stock
                values_of_one_attribute_are_alternatives_and_attributes_are_not
                filters_narrow_text_and_each_other
                facets_count_all_hits_exactly
                facets_are_bounded_and_ordered
                facets_of_nothing_are_empty
                every_sort_has_its_order_and_ties_go_by_id
                pages_do_not_overlap_and_lack_nothing
                a_page_beyond_the_hits_is_empty;
            changes:
                a_change_is_found_when_apply_returns
                a_product_is_replaced
                a_late_version_is_passed_over
                repeating_changes_changes_nothing
                a_deleted_product_is_gone
                a_late_put_does_not_bring_a_deleted_product_back
                a_deleted_product_may_return_later
                changes_of_one_batch_apply_in_order
                many_small_changes_stay_exact
                a_renamed_category_shows_its_new_name
                a_rebuild_serves_the_old_index_until_it_is_published
                changes_during_a_rebuild_are_in_both
                a_dropped_rebuild_leaves_everything_as_it_was
                there_is_one_rebuild_at_a_time
                searches_and_changes_may_run_at_once;
            suggesting:
                a_prefix_is_completed
                earlier_words_narrow_completions
                an_error_in_a_prefix_is_forgiven
                a_model_number_is_completed
                suggestions_are_bounded
                nothing_typed_gives_no_suggestion
                hostile_prefixes_are_only_text;
        }
    };
}

/// Holds the index of one test, and what must be cleared away after it.
struct Backend {
    index: Index,
    #[expect(dead_code, reason = "held for its end")]
    folder: Option<Folder>,
}

impl Backend {
    fn index(&self) -> Index {
        Arc::clone(&self.index)
    }

    fn of(index: impl SearchIndex + 'static) -> Self {
        Self { index: Arc::new(index), folder: None }
    }
}

/// A folder that goes with its test.
struct Folder(std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

contract!(memory, super::Backend::of(ecicomm::adapters::memory::MemorySearch::new()));

#[cfg(feature = "tantivy")]
mod agreement;
#[cfg(feature = "tantivy")]
mod embedded;
#[cfg(feature = "tantivy")]
contract!(tantivy_in_memory, super::embedded::in_memory());
#[cfg(feature = "tantivy")]
contract!(tantivy_in_folder, super::embedded::in_folder());
