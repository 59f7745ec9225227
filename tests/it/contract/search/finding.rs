use super::*;

pub async fn a_product_is_found_by_every_part_of_it(index: Index) {
    let lamp = SearchDocument {
        brand: Some("Lumière".to_owned()),
        description: "A warm reading light.".to_owned(),
        categories: vec![category("furniture", "Furniture"), category("lamps", "Floor lamps")],
        skus: vec!["ZX-81".to_owned(), "ZX-82".to_owned()],
        attributes: attributes(&[("finish", &["brushed brass"]), ("dimmable", &["yes"])]),
        tags: vec!["bestseller".to_owned()],
        ..product(1, "Tripod")
    };
    fill(&index, [lamp, product(2, "Oak desk")]).await;
    for words in [
        "tripod",
        "LUMIERE",
        "reading",
        "floor",
        "furniture",
        "zx-82",
        "ZX 81",
        "brushed",
        "dimmable",
        "bestseller",
    ] {
        assert_eq!(found(&index, &text(words)).await, [1], "{words}");
    }
}

pub async fn words_may_be_spread_over_fields(index: Index) {
    let spread = SearchDocument {
        brand: Some("Acme".to_owned()),
        description: "Solid brass".to_owned(),
        ..product(1, "Lamp")
    };
    fill(&index, [product(2, "Brass bell"), spread, product(3, "Acme lamp")]).await;
    assert_eq!(found(&index, &text("acme brass lamp")).await[0], 1);
}

pub async fn words_are_found_in_other_forms(index: Index) {
    fill(&index, [product(1, "Batteries"), product(2, "Women's running shoes")]).await;
    assert_eq!(found(&index, &text("battery")).await, [1]);
    assert_eq!(found(&index, &text("womens shoe")).await, [2]);
    assert_eq!(search(&index, &text("BATTERY")).await.did_you_mean, None);
}

pub async fn model_numbers_are_found_whole_and_in_parts(index: Index) {
    fill(
        &index,
        [product(1, "Cartridge C4872A"), product(2, "CAT6 cable"), product(3, "CAT 6 plug")],
    )
    .await;
    assert_eq!(found(&index, &text("c4872a")).await, [1]);
    assert_eq!(found(&index, &text("4872")).await, [1]);
    for words in ["cat6", "cat 6", "CAT-6"] {
        let mut all = found(&index, &text(words)).await;
        all.sort_unstable();
        assert_eq!(all, [2, 3], "{words}");
    }
    let other = search(&index, &text("c4873a")).await;
    assert_eq!((other.total, other.did_you_mean), (0, None), "another number is another product");
}

pub async fn numbers_are_found_with_and_without_a_space_before_their_unit(index: Index) {
    fill(&index, [product(1, "Disk 1 TB"), product(2, "Disk 1TB"), product(3, "Plug 3.5mm")]).await;
    for words in ["1tb", "1 tb", "disk 1TB"] {
        let mut all = found(&index, &text(words)).await;
        all.sort_unstable();
        assert_eq!(all, [1, 2], "{words}");
    }
    assert_eq!(found(&index, &text("3.5 mm")).await, [3]);
}

pub async fn a_typing_error_is_forgiven_and_told(index: Index) {
    fill(&index, [product(1, "Wireless headphones"), product(2, "Oak desk")]).await;
    for typed in ["haedphones", "headphnes", "headdphones", "headphonez"] {
        let hits = search(&index, &text(&format!("Wireless {typed}"))).await;
        assert_eq!(numbers(&hits), [1], "{typed}");
        assert_eq!(hits.did_you_mean.as_deref(), Some("wireless headphones"), "{typed}");
    }
    let right = search(&index, &text("wireless headphones")).await;
    assert_eq!(right.did_you_mean, None);
}

pub async fn a_known_word_is_never_respelt(index: Index) {
    let many = (2..30).map(|number| product(number, "Lamp"));
    fill(&index, many.chain([product(1, "Damp meter")])).await;
    let hits = search(&index, &text("damp")).await;
    assert_eq!((numbers(&hits), hits.did_you_mean), (vec![1], None));
}

pub async fn a_word_of_another_language_is_found(index: Index) {
    fill(
        &index,
        [product(1, "Настольная лампа"), product(2, "電気スタンド"), product(3, "Straße")],
    )
    .await;
    assert_eq!(found(&index, &text("ЛАМПА")).await, [1]);
    assert_eq!(found(&index, &text("電気スタンド")).await, [2]);
    assert_eq!(found(&index, &text("strasse")).await, [3]);
}

pub async fn full_matches_come_before_partial_ones(index: Index) {
    let often =
        SearchDocument { description: "lamp lamp lamp lamp".to_owned(), ..product(1, "Lamp lamp") };
    let both = SearchDocument {
        description: format!("brass {} lamp", "and many other words ".repeat(20)),
        ..product(2, "Thing")
    };
    fill(&index, [often, both, product(3, "Brass")]).await;
    let hits = found(&index, &text("brass lamp")).await;
    assert_eq!(hits[0], 2);
    assert_eq!(hits.len(), 3);
}

pub async fn partial_matches_are_left_out_where_full_ones_are_enough(index: Index) {
    let full = (1..=12).map(|number| product(number, "Brass lamp"));
    let partial = (13..=20).map(|number| product(number, "Lamp"));
    fill(&index, full.chain(partial)).await;
    assert_eq!(search(&index, &text("brass lamp")).await.total, 12);
    // Filters narrow what was found; they never make the words matter less.
    let dear = SearchQuery { price_min: Some(1_200), ..text("brass lamp") };
    assert_eq!(found(&index, &dear).await, [12]);
}

pub async fn the_products_of_a_category_come_first_where_it_is_asked_for(index: Index) {
    let held = SearchDocument {
        categories: vec![category("floor-lamps", "Floor lamps")],
        ..product(9, "Tripod for corners, with a shade of linen and a long cord")
    };
    fill(&index, [product(1, "Floor lamps"), held]).await;
    assert_eq!(found(&index, &text("floor lamp")).await, [9, 1]);
}

pub async fn popularity_decides_between_equals(index: Index) {
    let sold = SearchDocument { popularity: 5_000, ..product(2, "Brass lamp") };
    fill(&index, [product(1, "Brass lamp"), sold]).await;
    assert_eq!(found(&index, &text("brass lamp")).await, [2, 1]);
    let poor = SearchDocument { popularity: 1_000_000, ..product(3, "Brass bell") };
    fill(&index, [poor]).await;
    assert_eq!(found(&index, &text("brass lamp")).await, [2, 1, 3], "it lifts no poor match");
}

pub async fn words_written_apart_find_the_word_written_as_one(index: Index) {
    fill(&index, [product(1, "Wi-Fi router"), product(2, "Bluetooth headset")]).await;
    assert_eq!(found(&index, &text("wifi router")).await[0], 1);
    assert_eq!(found(&index, &text("head set")).await, [2]);
}

pub async fn an_empty_query_gives_everything_most_popular_first(index: Index) {
    let popular = SearchDocument { popularity: 7, ..product(2, "Desk") };
    fill(&index, [product(1, "Lamp"), popular, product(3, "Shelf")]).await;
    for words in ["", "  \t "] {
        assert_eq!(found(&index, &text(words)).await, [2, 1, 3]);
    }
}

pub async fn signs_without_a_word_find_nothing(index: Index) {
    fill(&index, [product(1, "Lamp")]).await;
    assert_eq!(search(&index, &text("!?")).await.total, 0);
}

pub async fn an_unknown_word_finds_nothing(index: Index) {
    fill(&index, [product(1, "Lamp")]).await;
    assert_eq!(search(&index, &text("xylophone")).await, SearchHits::default());
    assert_eq!(
        found(&index, &text("xylophone lamp")).await,
        [1],
        "but does not hide what is there"
    );
}

pub async fn hostile_text_is_only_text(index: Index) {
    fill(&index, [product(1, "Lamp")]).await;
    let texts = [
        "\"lamp".to_owned(),
        "(lamp OR [".to_owned(),
        "name:lamp^1000 AND NOT *".to_owned(),
        "lamp~2 \\ / {} + - && || !".to_owned(),
        "lamp\0\u{1}\u{7f}\u{1f}\r\n".to_owned(),
        "😀 lamp 👩‍👩‍👧 \u{202e}".to_owned(),
        "ﷺ".repeat(300),
        "a".repeat(10_000),
        "lamp ".repeat(2_000),
        "é\u{301}\u{301}\u{301}".repeat(3_000),
        "' OR 1=1; --".to_owned(),
        "\u{feff}\u{200b}lamp".to_owned(),
    ];
    for hostile in texts {
        let hits = search(&index, &text(&hostile)).await;
        assert!(hits.total <= 1, "{hostile:.40}");
        index.suggest(&hostile, 10).await.unwrap();
        let filtered = SearchQuery {
            category: Some(hostile.clone()),
            brands: vec![hostile.clone()],
            attributes: BTreeMap::from([(hostile.clone(), vec![hostile])]),
            ..text("lamp")
        };
        assert_eq!(search(&index, &filtered).await.total, 0);
    }
    for plain in ["\"lamp\"", "lamp*", "+lamp", "lamp😀"] {
        assert_eq!(found(&index, &text(plain)).await, [1], "{plain}");
    }
}
