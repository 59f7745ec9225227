//! The plain engine looks at every product, so it is hard to get wrong: the embedded one, which
//! counts and filters in quite another way, must agree with it on any shop.

use ecicomm::adapters::memory::MemorySearch;
use ecicomm::adapters::tantivy::TantivyIndex;
use ecicomm::ports::search::SearchSort;
use proptest::prelude::*;

use super::*;

/// No two of them are near enough to be taken for each other.
const WORDS: [&str; 8] =
    ["lamp", "bookshelf", "wireless", "cartridge", "C4872A", "brass", "usb", "mousepad"];

fn phrase(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..=most)
        .prop_map(|words| words.join(" "))
}

fn document() -> impl Strategy<Value = SearchDocument> {
    let numbers = (1_u32..30, 1_u64..4, 0_i64..50, 0_u64..3);
    let facets = (0_u8..4, proptest::collection::vec(0_u8..5, 0..3), any::<bool>());
    (phrase(4), phrase(6), numbers, facets).prop_map(|(name, description, numbers, facets)| {
        let ((number, version, price, popularity), (brand, values, in_stock)) = (numbers, facets);
        let slug = |value: &u8| category(&format!("c-{value}"), &format!("Kind {value}"));
        SearchDocument {
            version,
            description,
            brand: (brand > 0).then(|| format!("Brand {brand}")),
            categories: values.iter().map(slug).collect(),
            attributes: BTreeMap::from([(
                format!("a{}", brand % 3),
                values.iter().map(|value| format!("v{value}")).collect(),
            )]),
            price: Money::new(price, Currency::USD),
            prices: vec![price, price * 3],
            in_stock,
            popularity,
            released_at: Timestamp::from_micros(price % 7),
            ..product(number, &name)
        }
    })
}

fn change() -> impl Strategy<Value = IndexChange> {
    prop_oneof![
        6 => document().prop_map(put),
        1 => (1_u32..30, 1_u64..5).prop_map(|(number, version)| delete(number, version)),
    ]
}

fn query() -> impl Strategy<Value = SearchQuery> {
    let sort = proptest::sample::select(vec![
        SearchSort::PriceAscending,
        SearchSort::PriceDescending,
        SearchSort::Popularity,
        SearchSort::Newest,
    ]);
    let some = proptest::option::weighted(0.3, 0_u8..5);
    let prices = proptest::option::weighted(0.3, 0_i64..100);
    (phrase(3), sort, some.clone(), some.clone(), some, prices, any::<bool>(), 0_u32..10).prop_map(
        |(text, sort, brand, slug, value, price_min, in_stock, offset)| SearchQuery {
            text,
            category: slug.map(|value| format!("c-{value}")),
            brands: brand.map(|brand| format!("Brand {brand}")).into_iter().collect(),
            price_min,
            price_max: price_min.map(|least| least + 60),
            in_stock: in_stock && price_min.is_some(),
            attributes: value
                .map(|value| ("a1".to_owned(), vec![format!("v{value}"), "v0".to_owned()]))
                .into_iter()
                .collect(),
            sort,
            offset,
            limit: 7,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn both_engines_agree_on_any_shop(
        batches in proptest::collection::vec(proptest::collection::vec(change(), 1..25), 1..4),
        queries in proptest::collection::vec(query(), 12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let plain: Index = Arc::new(MemorySearch::new());
            let embedded: Index = Arc::new(TantivyIndex::in_memory().unwrap());
            for batch in batches {
                plain.apply(batch.clone()).await.unwrap();
                embedded.apply(batch).await.unwrap();
            }
            assert_eq!(embedded.count().await.unwrap(), plain.count().await.unwrap());
            for query in queries {
                let (one, other) = (search(&plain, &query).await, search(&embedded, &query).await);
                assert_eq!(numbers(&one), numbers(&other), "{query:?}");
                assert_eq!((one.total, one.facets), (other.total, other.facets), "{query:?}");
                assert_eq!(one.did_you_mean, other.did_you_mean, "{query:?}");
            }
        });
    }
}
