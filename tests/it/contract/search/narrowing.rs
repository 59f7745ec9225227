use ecicomm::ports::search::{PriceFacet, SearchSort};

use super::*;

fn lighting() -> [CategoryLabel; 3] {
    [
        category("home", "Home"),
        category("lighting", "Lighting"),
        category("floor-lamps", "Floor lamps"),
    ]
}

/// Twelve lamps and one desk that differ in what filters ask for.
fn shop() -> Vec<SearchDocument> {
    let [home, lights, floor] = lighting();
    let lamp = |number: u32| SearchDocument {
        brand: Some(if number.is_multiple_of(3) { "Acme" } else { "Lumen" }.to_owned()),
        categories: match number % 2 {
            0 => vec![home.clone(), lights.clone(), floor.clone()],
            _ => vec![home.clone(), lights.clone()],
        },
        attributes: attributes(&[
            ("color", if number <= 4 { &["red", "brass"] } else { &["brass"] }),
            ("size", if number.is_multiple_of(4) { &["L"] } else { &["M"] }),
        ]),
        in_stock: number <= 10,
        ..product(number, "Lamp")
    };
    let desk = SearchDocument {
        categories: vec![home.clone(), category("desks", "Desks")],
        ..product(13, "Desk")
    };
    (1..=12).map(lamp).chain([desk]).collect()
}

async fn total(index: &Index, query: SearchQuery) -> u64 {
    search(index, &query).await.total
}

pub async fn a_category_holds_its_subtree(index: Index) {
    fill(&index, shop()).await;
    for (slug, expected) in [("home", 13), ("lighting", 12), ("floor-lamps", 6), ("none", 0)] {
        let query = SearchQuery { category: Some(slug.to_owned()), ..text("") };
        assert_eq!(total(&index, query).await, expected, "{slug}");
    }
}

pub async fn brands_are_alternatives(index: Index) {
    fill(&index, shop()).await;
    let brands = |brands: &[&str]| SearchQuery {
        brands: brands.iter().map(|brand| (*brand).to_owned()).collect(),
        ..text("")
    };
    assert_eq!(total(&index, brands(&["Acme"])).await, 4);
    assert_eq!(total(&index, brands(&["Acme", "Lumen"])).await, 12);
    assert_eq!(total(&index, brands(&["Acme", "nobody"])).await, 4);
    assert_eq!(total(&index, brands(&["acme"])).await, 0, "as written");
}

pub async fn a_price_filter_matches_any_variant(index: Index) {
    let two = SearchDocument { prices: vec![1_000, 9_000], ..product(10, "Lamp") };
    fill(&index, [two, product(50, "Lamp")]).await;
    let range = |min, max| SearchQuery { price_min: min, price_max: max, ..text("lamp") };
    for (min, max, expected) in [
        (Some(9_000), Some(9_000), vec![10]),
        (None, Some(5_000), vec![10, 50]),
        (Some(5_001), None, vec![10]),
        (Some(1_001), Some(4_999), vec![]),
        (Some(2), Some(1), vec![]),
        (Some(i64::MIN), Some(i64::MAX), vec![10, 50]),
    ] {
        let mut hits = found(&index, &range(min, max)).await;
        hits.sort_unstable();
        assert_eq!(hits, expected, "{min:?} to {max:?}");
    }
}

pub async fn only_what_is_in_stock(index: Index) {
    fill(&index, shop()).await;
    assert_eq!(total(&index, SearchQuery { in_stock: true, ..text("lamp") }).await, 10);
}

pub async fn values_of_one_attribute_are_alternatives_and_attributes_are_not(index: Index) {
    fill(&index, shop()).await;
    let having =
        |pairs: &[(&str, &[&str])]| SearchQuery { attributes: attributes(pairs), ..text("") };
    assert_eq!(total(&index, having(&[("color", &["red"])])).await, 4);
    assert_eq!(total(&index, having(&[("color", &["red", "brass"])])).await, 12);
    assert_eq!(total(&index, having(&[("color", &["red"]), ("size", &["L"])])).await, 1);
    assert_eq!(total(&index, having(&[("color", &["L"])])).await, 0);
    assert_eq!(total(&index, having(&[("shape", &["round"])])).await, 0);
}

pub async fn filters_narrow_text_and_each_other(index: Index) {
    fill(&index, shop()).await;
    let query = SearchQuery {
        category: Some("floor-lamps".to_owned()),
        brands: vec!["Lumen".to_owned()],
        price_min: Some(300),
        in_stock: true,
        attributes: attributes(&[("size", &["M"])]),
        ..text("lamp")
    };
    assert_eq!(found(&index, &query).await, [10]);
}

pub async fn facets_count_all_hits_exactly(index: Index) {
    fill(&index, shop()).await;
    let hits = search(&index, &SearchQuery { limit: 1, ..text("lamp") }).await;
    let facets = &hits.facets;
    assert_eq!((hits.hits.len(), hits.total), (1, 12));
    assert_eq!(counts(&facets.categories), [("home", 12), ("lighting", 12), ("floor-lamps", 6)]);
    assert_eq!(facets.categories[2].label, "Floor lamps");
    assert_eq!(counts(&facets.brands), [("Lumen", 8), ("Acme", 4)]);
    assert_eq!(counts(&facets.attributes["color"]), [("brass", 12), ("red", 4)]);
    assert_eq!(counts(&facets.attributes["size"]), [("M", 9), ("L", 3)]);
    assert_eq!(facets.price, PriceFacet { min: 100, max: 1_200, avg: 650, count: 12 });
    let narrowed = SearchQuery { brands: vec!["Acme".to_owned()], ..text("lamp") };
    let facets = search(&index, &narrowed).await.facets;
    assert_eq!(counts(&facets.attributes["size"]), [("M", 3), ("L", 1)]);
    assert_eq!(facets.price, PriceFacet { min: 300, max: 1_200, avg: 750, count: 4 });
}

pub async fn facets_are_bounded_and_ordered(index: Index) {
    let slug = |number: u32| format!("c-{number:03}");
    let many = (1..=60_u32).map(|number| SearchDocument {
        brand: Some(format!("Brand {number:03}")),
        categories: vec![category(&slug(number), "Shelf")],
        attributes: (0..30_u32)
            .filter(|attribute| number > *attribute)
            .map(|attribute| (format!("a{attribute:02}"), vec![format!("v{number:03}")]))
            .chain(
                (number <= 20)
                    .then(|| ("many".to_owned(), ["x", "y", "z"].map(str::to_owned).into())),
            )
            .collect(),
        ..product(number, "Lamp")
    });
    fill(&index, many).await;
    let again = (1..=60).filter(|number| number % 20 == 0).map(|number| SearchDocument {
        brand: Some(format!("Brand {number:03}")),
        ..product(number + 100, "Lamp")
    });
    fill(&index, again).await;
    let facets = search(&index, &text("lamp")).await.facets;
    let brands = counts(&facets.brands);
    assert_eq!(brands.len(), 50);
    assert_eq!(
        brands[..4],
        [("Brand 020", 2), ("Brand 040", 2), ("Brand 060", 2), ("Brand 001", 1)]
    );
    assert_eq!(facets.categories.len(), 50);
    assert_eq!(facets.categories[0].value, slug(1));
    let names: Vec<_> = facets.attributes.keys().cloned().collect();
    let expected: Vec<_> = (0..20).map(|attribute| format!("a{attribute:02}")).collect();
    assert_eq!(names, expected, "those that most hits have, each hit once");
    let values = counts(&facets.attributes["a00"]);
    assert_eq!((values.len(), values[0]), (20, ("v001", 1)));
}

pub async fn facets_of_nothing_are_empty(index: Index) {
    assert_eq!(search(&index, &text("")).await, SearchHits::default());
    fill(&index, shop()).await;
    let none = SearchQuery { brands: vec!["nobody".to_owned()], ..text("lamp") };
    assert_eq!(search(&index, &none).await, SearchHits::default());
}

pub async fn every_sort_has_its_order_and_ties_go_by_id(index: Index) {
    let lamp = |number: u32, price: i64, popularity: u64, day: i64| SearchDocument {
        price: Money::new(price, Currency::USD),
        prices: vec![price],
        popularity,
        released_at: Timestamp::from_micros(day),
        ..product(number, "Lamp")
    };
    fill(&index, [lamp(4, 500, 1, -7), lamp(2, 300, 9, 30)]).await;
    fill(&index, [lamp(3, 500, 9, 20), lamp(1, 700, 5, 20)]).await;
    for (sort, expected) in [
        (SearchSort::PriceAscending, [2, 3, 4, 1]),
        (SearchSort::PriceDescending, [1, 3, 4, 2]),
        (SearchSort::Popularity, [2, 3, 1, 4]),
        (SearchSort::Newest, [2, 1, 3, 4]),
    ] {
        for words in ["", "lamp"] {
            let query = SearchQuery { sort, ..text(words) };
            assert_eq!(found(&index, &query).await, expected, "{sort:?} {words}");
        }
    }
    let equals = (11..=15).rev().map(|number| lamp(number, 100, 3, 0));
    fill(&index, equals).await;
    let query = SearchQuery { price_max: Some(100), ..text("lamp") };
    assert_eq!(found(&index, &query).await, [11, 12, 13, 14, 15], "relevance");
}

pub async fn pages_do_not_overlap_and_lack_nothing(index: Index) {
    let lamps = (1..=47).map(|number| product(number, "Brass lamp"));
    fill(&index, lamps).await;
    for sort in [SearchSort::Relevance, SearchSort::PriceDescending, SearchSort::Popularity] {
        let mut all = Vec::new();
        for offset in (0..60).step_by(10) {
            let page = SearchQuery { offset, limit: 10, sort, ..text("lamp") };
            let hits = search(&index, &page).await;
            assert_eq!(hits.total, 47);
            all.extend(numbers(&hits));
        }
        let whole = SearchQuery { sort, ..text("lamp") };
        assert_eq!(all, found(&index, &whole).await, "{sort:?}");
        all.sort_unstable();
        assert_eq!(all, (1..=47).collect::<Vec<_>>(), "{sort:?}");
    }
}

pub async fn a_page_beyond_the_hits_is_empty(index: Index) {
    fill(&index, shop()).await;
    for (offset, limit) in [(12, 10), (u32::MAX, u32::MAX), (0, 0)] {
        let hits = search(&index, &SearchQuery { offset, limit, ..text("lamp") }).await;
        assert_eq!((hits.hits.len(), hits.total), (0, 12), "{offset} {limit}");
    }
}
