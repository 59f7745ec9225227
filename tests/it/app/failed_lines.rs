//! Lines of catalogue files that fail, and leave nothing behind.

use ecicomm::app::Shop;
use ecicomm::ports::catalog::CategoryNode;

use super::import::{errors, line};
use super::support::{
    Trouble, TroubledStore, figures, import, product_of, saves_products, shop, shop_with,
};

/// The names of all categories, parents first.
async fn categories(shop: &Shop) -> Vec<String> {
    fn names(nodes: &[CategoryNode]) -> Vec<String> {
        let of =
            |node: &CategoryNode| [vec![node.category.name.to_string()], names(&node.children)];
        nodes.iter().flat_map(of).flatten().collect()
    }
    names(&shop.ports.catalog.category_tree().await.unwrap())
}

#[tokio::test]
async fn a_line_that_fails_makes_no_categories() {
    let mut counted = None;
    let count = |ports: &mut _| {
        counted = Some(TroubledStore::wrap(ports, saves_products, Trouble::Refuse, &[]));
    };
    let shop = shop_with(count).await;
    let under = |sku: &str, slug: &str, path: &str| {
        line(sku, sku, 1, &format!(r#", "slug": "{slug}", "category_path": {path}"#))
    };
    let text = [
        under("A", "lamp", r#"["Lighting"]"#),
        under("B", "lamp", r#"["Lighting", "Empty", "Below"]"#),
        under("C", "lamp", r#"["Chairs"]"#),
        under("D", "chair", r#"["Chairs"]"#),
    ];
    let report = import(&shop, &text.join("\n")).await;
    assert_eq!(errors(&report), [(2, "slug lamp is taken"), (3, "slug lamp is taken")]);
    assert_eq!(categories(&shop).await, ["Chairs", "Lighting"]);
    let chair = product_of(&shop, "D").await;
    assert_eq!(chair.path.last().unwrap().slug.as_str(), "chairs");
    assert_eq!(counted.unwrap().seen(), 1, "the good lines went in together");
}

#[tokio::test]
async fn a_line_that_fails_holds_no_slug() {
    let shop = shop().await;
    let shirt = |sku: &str, slug: &str| {
        let more = format!(
            r#", "product_key": "shirt", "options": {{"size": "M"}}, "slug": "{slug}"
            , "category_path": ["Shirts"]"#
        );
        line(sku, "Shirt", 1, &more.replace('\n', " "))
    };
    import(&shop, &shirt("A", "shirt")).await;
    let text = [shirt("B", "fine"), line("C", "Other", 1, r#", "slug": "fine""#)].join("\n");
    let report = import(&shop, &text).await;
    assert_eq!(errors(&report), [(1, "options are those of another variant of the product")]);
    assert_eq!(product_of(&shop, "C").await.product.content().slug.as_str(), "fine");
}

#[tokio::test]
async fn a_line_that_fails_uses_up_no_number_of_a_slug() {
    let shop = shop().await;
    let images = (0..200).map(|n| format!(r#""/media/{n}.webp""#)).collect::<Vec<_>>().join(", ");
    let text = [
        line("A", "Lamp", 1, ""),
        line("B", "Lamp", 1, &format!(r#", "image_urls": [{images}]"#)),
        line("C", "Lamp", 1, ""),
    ];
    let report = import(&shop, &text.join("\n")).await;
    assert_eq!(figures(&report), (2, 0, 0, 1));
    assert_eq!(product_of(&shop, "C").await.product.content().slug.as_str(), "lamp-2");
}
