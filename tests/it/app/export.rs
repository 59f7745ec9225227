use ecicomm::adapters::record::catalog_file::render_line;
use ecicomm::app::Shop;

use super::import::{line, set_stock};
use super::support::{buy, draft, figures, import, receive, shop, sku};

async fn export(shop: &Shop) -> Vec<String> {
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let page = shop.catalog.export(after, 2).await.unwrap();
        lines.extend(page.items.iter().map(render_line));
        after = page.next;
        if after.is_none() {
            return lines;
        }
    }
}

#[tokio::test]
async fn an_export_changes_nothing_where_it_comes_from_and_makes_an_equal_shop_elsewhere() {
    let source = shop().await;
    let more = r#", "category_path": ["Lighting", "Lamps"], "attributes": {"color": "brass"},
        "compare_at": 150, "released_at": "2024-05-01T00:00:00Z", "stock": 3, "popularity": 8,
        "stock_policy": "backorder:4", "metadata": {"bin": "7"}, "status": "draft""#
        .replace('\n', " ");
    import(&source, &line("A", "Lamp", 100, &more)).await;
    import(&source, &line("A", "Lamp", 95, r#", "currency": "EUR""#)).await;
    let mut shirt = draft("Shirt", "S", 100);
    shirt.variants.push(super::support::variant("M", 100));
    source.catalog.create(shirt).await.unwrap();
    let lines = export(&source).await;
    assert_eq!(lines.len(), 4);
    assert_eq!(figures(import(&source, &lines.join("\n")).await), (0, 0, 4, 0));
    let copy = shop().await;
    assert_eq!(figures(import(&copy, &lines.join("\n")).await), (3, 1, 0, 0));
    let mut copied = export(&copy).await;
    let mut wanted = lines;
    copied.sort();
    wanted.sort();
    assert_eq!(copied, wanted);
}

#[tokio::test]
async fn an_export_with_stock_set_invents_and_loses_none() {
    let shop = shop().await;
    let more = r#", "stock": 2, "stock_policy": "backorder:9""#;
    let text = ["SPREAD", "OWED"].map(|sku| line(sku, sku, 4_999, more)).join("\n");
    import(&shop, &text).await;
    receive(&shop, "SPREAD", "east", 40).await;
    buy(&shop, "OWED", 5, "pm_card_visa").await;
    let before = shop.ports.stock.stock(&["SPREAD", "OWED"].map(sku)).await.unwrap();
    assert_eq!(before[1][0].on_hand(), -3, "a backorder waits");
    let lines = export(&shop).await;
    let stock: Vec<Option<i64>> = lines
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["stock"].as_i64())
        .collect();
    assert_eq!(stock, [Some(2), None]);
    assert_eq!(figures(set_stock(&shop, &lines.join("\n")).await), (0, 0, 2, 0));
    let after = shop.ports.stock.stock(&["SPREAD", "OWED"].map(sku)).await.unwrap();
    assert_eq!(after, before);
}
