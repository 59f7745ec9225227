use ecicomm::adapters::record::catalog_file::FileFormat;
use ecicomm::app::Shop;
use ecicomm::app::catalog::{ImportOptions, ImportService};
use ecicomm::domain::inventory::StockEventKind;
use ecicomm::domain::shared::Span;
use ecicomm::ports::imports::{ImportReport, ImportStatus};

use super::support::{
    HandClock, Trouble, TroubledStore, buy, draft, figures, import, import_as, ledger, product_of,
    saves_products, shop, shop_with, sku,
};

const SET_STOCK: ImportOptions = ImportOptions { set_stock: true };

pub fn line(sku: &str, name: &str, price: i64, more: &str) -> String {
    format!(r#"{{"sku": "{sku}", "name": "{name}", "price": {price}{more}}}"#)
}

/// `count` lines of products of their own, numbered from 0.
fn many(count: usize) -> String {
    let lines = (0..count).map(|n| line(&format!("M-{n}"), &format!("Thing {n}"), 100, ""));
    lines.collect::<Vec<_>>().join("\n")
}

pub fn errors(report: &ImportReport) -> Vec<(u64, &str)> {
    report.errors.iter().map(|error| (error.line, error.reason.as_str())).collect()
}

pub async fn set_stock(shop: &Shop, text: &str) -> std::sync::Arc<ImportReport> {
    import_as(shop, FileFormat::Ndjson, SET_STOCK, text).await
}

#[tokio::test]
async fn a_second_import_of_a_file_changes_nothing_and_says_so() {
    let shop = shop().await;
    let more = r#", "category_path": ["Lighting", "Lamps"], "attributes": {"color": "brass"},
        "tags": ["new"], "image_urls": ["/media/lamp.webp"], "stock": 7, "weight_grams": 800,
        "released_at": "2024-05-01T00:00:00Z", "popularity": 40"#
        .replace('\n', " ");
    let text = [line("A", "Lamp", 100, &more), line("B", "Lamp", 200, &more)].join("\n");
    let first = import(&shop, &text).await;
    assert_eq!(first.status, ImportStatus::Completed);
    assert_eq!(figures(&first), (2, 0, 0, 0));
    let before = product_of(&shop, "A").await;
    assert_eq!(before.popularity, 40);
    assert_eq!(before.path.last().unwrap().name, "Lamps");
    assert_eq!(product_of(&shop, "B").await.product.content().slug.as_str(), "lamp-2");
    let head = shop.ports.events.head().await.unwrap();
    assert_eq!(figures(import(&shop, &text).await), (0, 0, 2, 0));
    assert_eq!(product_of(&shop, "A").await, before);
    assert_eq!(shop.ports.events.head().await.unwrap(), head);
}

#[tokio::test]
async fn bad_lines_are_named_with_their_reasons_and_the_good_ones_go_in() {
    let shop = shop().await;
    let text = [
        line("A", "Lamp", 100, ""),
        r#"{"sku": "broken"#.to_owned(),
        r#"{"sku": "NAMELESS", "price": 100}"#.to_owned(),
        String::new(),
        line("NEGATIVE", "Lamp", -5, ""),
        line("B", "Lamp", 100, r#", "attributes": {"color": 3}, "colour": "red""#),
        line("has space", "", 100, r#", "currency": "usd""#),
        line("C", "Lamp", 100, ""),
    ]
    .join("\n");
    let report = import(&shop, &text).await;
    assert_eq!(figures(&report), (2, 0, 0, 5));
    assert_eq!(
        errors(&report),
        [
            (2, "it is not JSON: EOF while parsing a string at column 15"),
            (3, "name is missing"),
            (5, "price must not be negative"),
            (6, "attributes must be an object of strings, each name once; colour is not known"),
            (7, "SKU must consist of visible ASCII characters"),
        ]
    );
    let found = shop.imports.report(report.id).await.unwrap();
    assert_eq!(found, report);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_line_is_told_at_once() {
    let shop = shop().await;
    let wrong = r#", "attributes": {"": "x"}, "image_urls": ["http://a.example/b"], "stock": -1,
        "category_path": ["Lamps", " "], "slug": "Not A Slug""#
        .replace('\n', " ");
    let report = import(&shop, &line("A", "Lamp", -1, &wrong)).await;
    let reason = &report.errors[0].reason;
    for part in [
        "slug must be words",
        "category_path/1: category must not be empty",
        "attributes/: attribute must not be empty",
        "image_urls/0/url: image must be an https address",
        "price must not be negative",
        "stock must be 0 to",
    ] {
        assert!(reason.contains(part), "{part} is not in {reason}");
    }
    assert_eq!(figures(&report), (0, 0, 0, 1));
    assert!(shop.ports.catalog.category_tree().await.unwrap().is_empty());
}

#[tokio::test]
async fn stock_and_popularity_are_what_a_new_sku_starts_with() {
    let shop = shop().await;
    import(&shop, &line("A", "Lamp", 100, r#", "stock": 10, "popularity": 5"#)).await;
    let again = line("A", "Lamp", 100, r#", "stock": 99, "popularity": 77"#);
    assert_eq!(figures(import(&shop, &again).await), (0, 0, 1, 0));
    assert_eq!(ledger(&shop, "A").await, [(StockEventKind::Received, 10)]);
    assert_eq!(product_of(&shop, "A").await.popularity, 5);
    let events = shop.ports.stock.events(&sku("A"), None, 9).await.unwrap().items;
    assert_eq!(events[0].reason.as_deref(), Some("import"));
}

#[tokio::test]
async fn stock_is_set_by_an_adjustment_where_that_is_asked_for() {
    let shop = shop().await;
    import(&shop, &line("A", "Lamp", 100, r#", "stock": 10"#)).await;
    let text = line("A", "Lamp", 100, r#", "stock": 4"#);
    assert_eq!(figures(set_stock(&shop, &text).await), (0, 1, 0, 0));
    assert_eq!(figures(set_stock(&shop, &text).await), (0, 0, 1, 0));
    let expected = [(StockEventKind::Received, 10), (StockEventKind::Adjusted, -6)];
    assert_eq!(ledger(&shop, "A").await, expected);
    let twice = [4, 9].map(|n| line("A", "Lamp", 100, &format!(r#", "stock": {n}"#))).join("\n");
    assert_eq!(figures(set_stock(&shop, &twice).await), (0, 1, 1, 0));
    assert_eq!(ledger(&shop, "A").await[2..], [(StockEventKind::Adjusted, 5)]);
}

#[tokio::test]
async fn stock_that_orders_hold_cannot_be_set_away_and_fails_its_line_alone() {
    let shop = shop().await;
    import(&shop, &line("LAMP-1", "Lamp", 4_999, r#", "stock": 10"#)).await;
    // The buyer is at their bank, so the order holds its units.
    buy(&shop, "LAMP-1", 3, "pm_card_authenticationRequired").await;
    let lines = [
        line("B", "Before", 100, r#", "stock": 1"#),
        line("LAMP-1", "Lamp", 4_999, r#", "stock": 2"#),
        line("C", "Behind", 100, r#", "stock": 1"#),
    ];
    let report = set_stock(&shop, &lines.join("\n")).await;
    assert_eq!(figures(&report), (2, 0, 0, 1));
    assert_eq!(errors(&report), [(2, "stock of LAMP-1 cannot be less than orders hold")]);
}

#[tokio::test]
async fn lines_with_one_key_are_variants_of_one_product_across_imports() {
    let shop = shop().await;
    let of = |sku: &str, name: &str, size: &str| {
        let more = format!(r#", "product_key": "shirt", "options": {{"size": "{size}"}}"#);
        line(sku, name, 100, &more)
    };
    let text = [of("S", "Shirt", "S"), of("M", "Another name", "M")].join("\n");
    assert_eq!(figures(import(&shop, &text).await), (2, 0, 0, 0));
    let first = product_of(&shop, "S").await;
    assert_eq!(first.product.content().name.as_str(), "Shirt");
    assert_eq!(first.product.content().variants.len(), 2);
    assert_eq!(figures(import(&shop, &text).await), (0, 0, 2, 0));
    assert_eq!(figures(import(&shop, &of("L", "Shirt", "L")).await), (1, 0, 0, 0));
    let later = product_of(&shop, "L").await;
    assert_eq!(later.product.id(), first.product.id());
    assert_eq!(later.product.content().variants[..2], first.product.content().variants[..]);
    let repeated = import(&shop, &of("XL", "Shirt", "L")).await;
    assert_eq!(errors(&repeated), [(1, "options are those of another variant of the product")]);
    let renamed = import(&shop, &of("M", "Fine shirt", "M")).await;
    assert_eq!(figures(renamed), (0, 1, 0, 0));
    assert_eq!(product_of(&shop, "S").await.product.content().name.as_str(), "Fine shirt");
}

#[tokio::test]
async fn a_sku_is_not_moved_from_one_product_to_another() {
    let shop = shop().await;
    let keyed =
        |sku: &str, key: &str| line(sku, "Shirt", 1, &format!(r#", "product_key": "{key}""#));
    import(&shop, &[keyed("A", "one"), keyed("B", "two")].join("\n")).await;
    let report = import(&shop, &[keyed("A", "two"), keyed("A", "three")].join("\n")).await;
    assert_eq!(
        errors(&report),
        [
            (1, "sku A belongs to another product than product_key two"),
            (2, "sku A belongs to product_key one"),
        ]
    );
}

#[tokio::test]
async fn a_product_made_by_hand_joins_its_group_with_its_next_change() {
    let shop = shop().await;
    let made = shop.catalog.create(draft("Shirt", "S", 100)).await.unwrap();
    let of = |sku: &str| {
        let more = format!(r#", "product_key": "shirt", "options": {{"kind": "{sku}"}}"#);
        line(sku, "Shirt", 100, &more)
    };
    assert_eq!(figures(import(&shop, &of("S")).await), (0, 0, 1, 0));
    assert_eq!(product_of(&shop, "S").await.product.version(), made.product.version());
    let both = [of("S"), of("M")].join("\n");
    assert_eq!(figures(import(&shop, &both).await), (1, 0, 1, 0));
    assert_eq!(figures(import(&shop, &of("L")).await), (1, 0, 0, 0));
    assert_eq!(product_of(&shop, "L").await.product.id(), made.product.id());
}

#[tokio::test]
async fn what_a_line_leaves_out_stays_and_what_it_empties_goes() {
    let shop = shop().await;
    let more = r#", "slug": "my-lamp", "brand": "Acme", "description": "Warm.", "tags": ["a"],
        "category_path": ["Lamps"], "compare_at": 150, "attributes": {"color": "brass"}"#
        .replace('\n', " ");
    import(&shop, &line("A", "Lamp", 100, &more)).await;
    let before = product_of(&shop, "A").await;
    assert_eq!(figures(import(&shop, &line("A", "Lamp", 100, "")).await), (0, 0, 1, 0));
    let empty = r#", "brand": null, "description": "", "tags": [], "category_path": [],
        "compare_at": null, "attributes": {}"#
        .replace('\n', " ");
    assert_eq!(figures(import(&shop, &line("A", "Lamp", 100, &empty)).await), (0, 1, 0, 0));
    let after = product_of(&shop, "A").await;
    let content = after.product.content();
    assert_eq!(content.slug, before.product.content().slug);
    assert_eq!((&content.brand, &content.description), (&None, &None));
    assert!(content.tags.is_empty() && content.categories.is_empty());
    assert_eq!(content.variants[0].prices[0].compare_at(), None);
    assert_eq!(content.attributes.iter().count(), 0);
}

#[tokio::test]
async fn a_price_in_another_currency_stands_beside_the_first() {
    let shop = shop().await;
    import(&shop, &line("A", "Lamp", 100, r#", "currency": "USD""#)).await;
    import(&shop, &line("A", "Lamp", 90, r#", "currency": "EUR""#)).await;
    import(&shop, &line("A", "Lamp", 110, "")).await;
    let prices = &product_of(&shop, "A").await.product.content().variants[0].prices.clone();
    let amounts: Vec<String> = prices.iter().map(|row| format!("{:?}", row.amount())).collect();
    assert_eq!(amounts, ["110 USD", "90 EUR"]);
}

#[tokio::test]
async fn a_slug_that_another_product_has_fails_the_line() {
    let shop = shop().await;
    let more = r#", "slug": "lamp""#;
    let text = [line("A", "Lamp", 1, more), line("B", "Other", 1, more)].join("\n");
    let report = import(&shop, &text).await;
    assert_eq!(errors(&report), [(2, "slug lamp is taken")]);
    assert_eq!(figures(import(&shop, &line("A", "Lamp", 1, more)).await), (0, 0, 1, 0));
}

#[tokio::test]
async fn a_refused_batch_goes_in_line_by_line() {
    let refuse = |ports: &mut _| {
        TroubledStore::wrap(ports, saves_products, Trouble::Refuse, &[1, 3, 4]);
    };
    let shop = shop_with(refuse).await;
    assert_eq!(figures(import(&shop, &many(50)).await), (50, 0, 0, 0));
    assert_eq!(figures(import(&shop, &many(50)).await), (0, 0, 50, 0));
}

#[tokio::test]
async fn an_import_that_the_store_fails_under_can_be_broken_off_and_done_again() {
    let lose = |ports: &mut _| {
        TroubledStore::wrap(ports, saves_products, Trouble::ApplyAndTimeOut, &[2]);
    };
    let shop = shop_with(lose).await;
    let options = ImportOptions::default();
    let mut session = shop.imports.begin(options).await.unwrap();
    let mut failed = false;
    let text = many(450);
    let mut reader = ecicomm::adapters::record::catalog_file::LineReader::new(FileFormat::Ndjson);
    for read in reader.push(text.as_bytes()) {
        failed |= session.push(read.number, read.line).await.is_err();
    }
    assert!(failed);
    let report = session.abort().await.unwrap();
    assert_eq!(report.status, ImportStatus::Failed);
    assert_eq!(figures(&report), (200, 0, 0, 0));
    // What timed out was applied, and is found so.
    assert_eq!(figures(import(&shop, &text).await), (50, 0, 400, 0));
}

#[tokio::test]
async fn at_most_a_thousand_reasons_are_kept_and_all_bad_lines_are_counted() {
    let shop = shop().await;
    let report = import(&shop, &"[]\n".repeat(1_234)).await;
    assert_eq!(figures(&report), (0, 0, 0, 1_234));
    assert_eq!(report.errors.len(), ImportReport::MAX_ERRORS);
    assert_eq!(report.errors.last().unwrap().line, 1_000);
}

#[tokio::test]
async fn an_import_tells_of_itself_while_it_runs() {
    let shop = shop().await;
    let mut session = shop.imports.begin(ImportOptions::default()).await.unwrap();
    let running = shop.imports.report(session.id()).await.unwrap();
    assert_eq!(running.status, ImportStatus::Running);
    let text = many(1_100);
    let mut reader = ecicomm::adapters::record::catalog_file::LineReader::new(FileFormat::Ndjson);
    for read in reader.push(text.as_bytes()) {
        session.push(read.number, read.line).await.unwrap();
    }
    let running = shop.imports.report(session.id()).await.unwrap();
    assert_eq!((running.status, running.created), (ImportStatus::Running, 1_000));
}

#[tokio::test]
async fn an_import_that_is_not_heard_of_again_has_failed() {
    let clock = HandClock::new();
    let shop = shop_with(|ports| ports.clock = clock.clone()).await;
    let session = shop.imports.begin(ImportOptions::default()).await.unwrap();
    let status = async || shop.imports.report(session.id()).await.unwrap().status;
    clock.advance(ImportService::LOST_AFTER.plus(Span::seconds(-1)));
    assert_eq!(status().await, ImportStatus::Running);
    clock.advance(Span::seconds(1));
    assert_eq!(status().await, ImportStatus::Failed);
}

#[tokio::test]
async fn an_import_is_heard_of_however_slowly_its_lines_come() {
    let clock = HandClock::new();
    let shop = shop_with(|ports| ports.clock = clock.clone()).await;
    let mut session = shop.imports.begin(ImportOptions::default()).await.unwrap();
    let mut reader = ecicomm::adapters::record::catalog_file::LineReader::new(FileFormat::Ndjson);
    clock.advance(Span::seconds(60));
    for read in reader.push(format!("{}\n", many(200)).as_bytes()) {
        session.push(read.number, read.line).await.unwrap();
    }
    let running = shop.imports.report(session.id()).await.unwrap();
    assert_eq!((running.created, running.updated_at), (200, shop.ports.clock.now()));
}

#[tokio::test]
async fn csv_carries_the_same_columns() {
    let shop = shop().await;
    let text = concat!(
        "\u{feff}sku,name,price,currency,stock,category_path,attributes.color,tags,options\r\n",
        "A,\"Comma, \"\"quoted\"\"\",1234,USD,7,Lighting > Lamps,brass,\"x|y\",\r\n",
        "B,\"Two\nlines\",5,,,\"[\"\"Lighting\"\",\"\"Lamps\"\"]\",,,\"{\"\"size\"\":\"\"S\"\"}\"\r\n",
        "C,No price,,,,,,,\n",
        "D,Short,1\n",
        "E,Last,1,USD,,,,,",
    );
    let report = import_as(&shop, FileFormat::Csv, ImportOptions::default(), text).await;
    assert_eq!(
        errors(&report),
        [(5, "price is missing"), (6, "it has 3 values, the header names 9")]
    );
    assert_eq!(figures(&report), (3, 0, 0, 2));
    let a = product_of(&shop, "A").await;
    assert_eq!(a.product.content().name.as_str(), r#"Comma, "quoted""#);
    assert_eq!(a.product.content().attributes.iter().next(), Some(("color", "brass")));
    let b = product_of(&shop, "B").await;
    assert_eq!(b.path, a.path);
    assert_eq!(b.product.content().name.as_str(), "Two\nlines");
    assert_eq!(ledger(&shop, "A").await, [(StockEventKind::Received, 7)]);
}

#[tokio::test]
async fn a_file_with_a_wrong_header_fails_as_a_whole() {
    let shop = shop().await;
    let text = "sku,name,prize\nA,Lamp,1\n";
    let report = import_as(&shop, FileFormat::Csv, ImportOptions::default(), text).await;
    assert_eq!(report.status, ImportStatus::Failed);
    assert_eq!(errors(&report), [(1, "the header names a column 'prize', which is not known")]);
}

#[tokio::test]
async fn two_hundred_lines_are_one_commit() {
    let mut counted = None;
    let count = |ports: &mut _| {
        counted = Some(TroubledStore::wrap(ports, saves_products, Trouble::Refuse, &[]));
    };
    let shop = shop_with(count).await;
    import(&shop, &many(450)).await;
    assert_eq!(counted.unwrap().seen(), 3);
}
