use std::collections::BTreeSet;
use std::sync::Arc;

use ecicomm::app::AppError;
use ecicomm::app::catalog::{
    CategoriesDraft, CategoryDraft, ImageDraft, ProductDraft, ShopProduct, VariantDraft,
};
use ecicomm::domain::catalog::ProductStatus;
use ecicomm::domain::shared::*;
use ecicomm::ports::catalog::ListSort;
use ecicomm::ports::idempotency::Refusal;
use ecicomm::ports::store::Unique;
use uuid::Uuid;

use super::support::{
    Trouble, TroubledStore, draft, saves_products, shop, shop_with, usd, variant,
};

fn pointers<T: std::fmt::Debug>(refused: Result<T, AppError>) -> Vec<String> {
    let Err(AppError::Invalid(errors) | AppError::Unknown(errors)) = refused else {
        panic!("{refused:?}")
    };
    errors.into_iter().map(|error| error.pointer).collect()
}

fn refusal<T: std::fmt::Debug>(refused: Result<T, AppError>) -> Refusal {
    let Err(AppError::Refused(refusal)) = refused else { panic!("{refused:?}") };
    *refusal
}

fn path(names: &[&str]) -> CategoriesDraft {
    CategoriesDraft::Path(names.iter().map(|name| (*name).to_owned()).collect())
}

fn category(name: &str, parent: Option<CategoryId>) -> CategoryDraft {
    CategoryDraft { name: name.into(), parent, ..CategoryDraft::default() }
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_product_is_told_at_once() {
    let shop = shop().await;
    let wrong = ProductDraft {
        name: String::new(),
        slug: Some("No Slug".into()),
        brand: Some("x".repeat(121)),
        categories: CategoriesDraft::Ids(vec![CategoryId::new(Uuid::nil())]),
        attributes: [("a/b".to_owned(), "x".repeat(10_001)), ("fine".to_owned(), "1".into())]
            .into(),
        tags: vec!["fine".into(), " ".into()],
        metadata: [(" ".to_owned(), "x".to_owned())].into(),
        images: vec![
            ImageDraft { url: "/media/lamp.webp".into(), alt: None },
            ImageDraft { url: "http://example.com/a.png".into(), alt: None },
            ImageDraft { url: "/media/../secret".into(), alt: None },
            ImageDraft { url: "https://".into(), alt: Some("x".repeat(301)) },
        ],
        variants: vec![
            VariantDraft { price: Some(usd(-1)), ..variant("A", 1) },
            VariantDraft { sku: Some("with space".into()), ..variant("B", 1) },
            VariantDraft { price: None, compare_at: Some(usd(1)), ..variant("C", 1) },
            VariantDraft { id: Some(VariantId::new(Uuid::nil())), ..variant("D", 1) },
            VariantDraft { tax_category: Some("!".into()), ..variant("E", 1) },
        ],
        ..ProductDraft::default()
    };
    let found: BTreeSet<String> = pointers(shop.catalog.create(wrong).await).into_iter().collect();
    let expected = [
        "/attributes/a~1b",
        "/brand",
        "/category_ids/0",
        "/images/1/url",
        "/images/2/url",
        "/images/3/alt",
        "/images/3/url",
        "/metadata/ ",
        "/name",
        "/slug",
        "/tags/1",
        "/variants/0/price",
        "/variants/1/sku",
        "/variants/2/compare_at",
        "/variants/3/id",
        "/variants/4/tax_category",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
}

#[tokio::test]
async fn rules_among_the_parts_of_a_product_have_their_places_too() {
    let shop = shop().await;
    let twice = |variants| ProductDraft { variants, ..draft("Lamp", "A", 1) };
    let same_sku = twice(vec![variant("A", 1), variant("a", 1)]);
    assert_eq!(pointers(shop.catalog.create(same_sku).await), ["/variants/1/sku"]);
    let other = VariantDraft { options: variant("A", 1).options, ..variant("B", 1) };
    let same_options = twice(vec![variant("A", 1), other]);
    assert_eq!(pointers(shop.catalog.create(same_options).await), ["/variants/1/options"]);
    assert_eq!(pointers(shop.catalog.create(twice(Vec::new())).await), ["/variants"]);
    let free = VariantDraft { price: None, ..variant("A", 1) };
    assert_eq!(pointers(shop.catalog.create(twice(vec![free])).await), ["/status"]);
    let deep = ProductDraft { categories: path(&["x"; 11]), ..draft("Lamp", "A", 1) };
    assert_eq!(pointers(shop.catalog.create(deep).await), ["/category_path"]);
}

#[tokio::test]
async fn slugs_are_made_of_names_and_made_unique() {
    let shop = shop().await;
    for (sku, expected) in [("A", "brass-lamp"), ("B", "brass-lamp-2"), ("C", "brass-lamp-3")] {
        let made = shop.catalog.create(draft("Brass Lamp!", sku, 1)).await.unwrap();
        assert_eq!(made.product.content().slug.as_str(), expected);
    }
    let asked = ProductDraft { slug: Some("brass-lamp-2".into()), ..draft("Other", "D", 1) };
    let expected = Refusal::Duplicate { what: Unique::ProductSlug, value: "brass-lamp-2".into() };
    assert_eq!(refusal(shop.catalog.create(asked).await), expected);
}

#[tokio::test]
async fn a_sku_is_made_where_none_is_given_and_refused_where_it_is_taken() {
    let shop = shop().await;
    let bare = VariantDraft { sku: None, ..variant("A", 1) };
    let made = ProductDraft { variants: vec![bare], ..draft("Lamp", "A", 1) };
    let made = shop.catalog.create(made).await.unwrap();
    let sku = made.product.content().variants[0].sku.clone();
    assert!(sku.as_str().starts_with("P-") && sku.as_str().len() == 12, "{sku}");
    shop.catalog.create(draft("Lamp", "A", 1)).await.unwrap();
    let expected = Refusal::Duplicate { what: Unique::Sku, value: "a".into() };
    assert_eq!(refusal(shop.catalog.create(draft("Other", "a", 1)).await), expected);
}

#[tokio::test]
async fn a_variant_stays_itself_by_its_id_and_by_its_sku() {
    let shop = shop().await;
    let two = ProductDraft {
        variants: vec![variant("A", 1), variant("B", 2)],
        images: vec![ImageDraft { url: "/media/a.webp".into(), alt: None }],
        ..draft("Shirt", "A", 1)
    };
    let made = shop.catalog.create(two.clone()).await.unwrap();
    let [a, b] = [0, 1].map(|index| made.product.content().variants[index].id);
    let changed = ProductDraft {
        status: None,
        variants: vec![
            variant("b", 3),
            VariantDraft { id: Some(a), sku: None, ..variant("A", 4) },
            variant("C", 5),
        ],
        ..two
    };
    let id = made.product.id();
    let revised = shop.catalog.revise(id, made.product.version(), changed).await.unwrap();
    let content = revised.product.content();
    assert_eq!([content.variants[0].id, content.variants[1].id], [b, a]);
    assert_eq!(content.variants[1].sku.as_str(), "A");
    assert_eq!(content.images, made.product.content().images);
    assert_eq!(content.status, ProductStatus::Active);
    assert!(![a, b].contains(&content.variants[2].id));
}

#[tokio::test]
async fn two_drafts_may_not_claim_one_variant() {
    let shop = shop().await;
    let made = shop.catalog.create(draft("Shirt", "A", 1)).await.unwrap();
    let id = Some(made.product.content().variants[0].id);
    let twice = ProductDraft {
        variants: vec![
            VariantDraft { id, ..variant("X", 1) },
            VariantDraft { id, ..variant("Y", 1) },
        ],
        ..draft("Shirt", "A", 1)
    };
    let refused = shop.catalog.revise(made.product.id(), Version::FIRST, twice).await;
    assert_eq!(pointers(refused), ["/variants/1/id"]);
    let swapped = ProductDraft {
        variants: vec![VariantDraft { id, ..variant("X", 1) }, variant("A", 2)],
        ..draft("Shirt", "A", 1)
    };
    let revised = shop.catalog.revise(made.product.id(), Version::FIRST, swapped).await.unwrap();
    let variants = &revised.product.content().variants;
    assert_eq!(Some(variants[0].id), id);
    assert_ne!(Some(variants[1].id), id);
}

#[tokio::test]
async fn of_two_edits_of_one_version_the_second_fails() {
    let shop = shop().await;
    let made = shop.catalog.create(draft("Lamp", "A", 1)).await.unwrap();
    let (id, seen) = (made.product.id(), made.product.version());
    shop.catalog.revise(id, seen, draft("New lamp", "A", 2)).await.unwrap();
    let stale = shop.catalog.revise(id, seen, draft("Newer lamp", "A", 3)).await;
    assert!(matches!(stale, Err(AppError::PreconditionFailed)));
    let stale = shop.catalog.archive(id, seen).await;
    assert!(matches!(stale, Err(AppError::PreconditionFailed)));
}

#[tokio::test]
async fn a_product_is_published_and_archived_and_never_a_draft_again() {
    let shop = shop().await;
    let written = ProductDraft { status: None, ..draft("Lamp", "A", 1) };
    let made = shop.catalog.create(written.clone()).await.unwrap();
    let id = made.product.id();
    let slug = made.product.content().slug.clone();
    let hidden = shop.catalog.shop_product(slug.as_str()).await;
    assert!(matches!(hidden, Err(AppError::NotFound("product"))));
    let live = shop.catalog.publish(id, made.product.version()).await.unwrap();
    let by_id = shop.catalog.shop_product(&id.to_string()).await.unwrap();
    assert_eq!(by_id, ShopProduct::Here(live.clone()));
    let back = ProductDraft { status: Some(ProductStatus::Draft), ..written };
    let refused = refusal(shop.catalog.revise(id, live.product.version(), back).await);
    assert!(matches!(refused, Refusal::InvalidTransition { .. }));
    let gone = shop.catalog.archive(id, live.product.version()).await.unwrap();
    assert!(!gone.product.is_published());
    assert!(shop.catalog.shop_product(slug.as_str()).await.is_err());
}

#[tokio::test]
async fn a_product_without_a_price_is_not_published() {
    let shop = shop().await;
    let free = VariantDraft { price: None, ..variant("A", 1) };
    let bare = ProductDraft { status: None, variants: vec![free], ..draft("Lamp", "A", 1) };
    let made = shop.catalog.create(bare).await.unwrap();
    let refused = refusal(shop.catalog.publish(made.product.id(), Version::FIRST).await);
    let Refusal::InvalidTransition { detail } = refused else { panic!("{refused:?}") };
    assert_eq!(detail, "A product needs a variant with a price before it is published.");
}

#[tokio::test]
async fn a_former_slug_leads_to_the_product_of_today() {
    let shop = shop().await;
    let made = shop.catalog.create(draft("Lamp", "A", 1)).await.unwrap();
    let renamed = ProductDraft { slug: Some("bright-lamp".into()), ..draft("Lamp", "A", 1) };
    let moved = shop.catalog.revise(made.product.id(), Version::FIRST, renamed).await.unwrap();
    let found = shop.catalog.shop_product("lamp").await.unwrap();
    assert_eq!(found, ShopProduct::Moved(moved));
    let other = shop.catalog.create(draft("Lamp", "B", 1)).await.unwrap();
    assert_eq!(other.product.content().slug.as_str(), "lamp-2");
}

#[tokio::test]
async fn a_path_finds_its_categories_without_regard_to_case_and_makes_what_is_missing() {
    let shop = shop().await;
    let first = ProductDraft { categories: path(&["Home", "Lamps"]), ..draft("Lamp", "A", 1) };
    let second = ProductDraft { categories: path(&["home", "LAMPS"]), ..draft("Lamp", "B", 1) };
    let third = ProductDraft { categories: path(&["Garden", "Lamps"]), ..draft("Lamp", "C", 1) };
    let mut slugs = Vec::new();
    for one in [first, second, third] {
        let made = shop.catalog.create(one).await.unwrap();
        slugs.push(made.path.iter().map(|label| label.slug.to_string()).collect::<Vec<_>>());
    }
    assert_eq!(slugs[0], ["home", "lamps"]);
    assert_eq!(slugs[1], slugs[0]);
    assert_eq!(slugs[2], ["garden", "garden-lamps"]);
    let tree = shop.catalog.category_tree().await.unwrap();
    let counts: Vec<(&str, u64)> =
        tree.iter().map(|node| (node.category.name.as_str(), node.product_count)).collect();
    assert_eq!(counts, [("Garden", 1), ("Home", 2)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn products_made_at_once_share_the_category_that_each_of_them_misses() {
    let shop = Arc::new(shop().await);
    let made = (0..32).map(|n| {
        let shop = shop.clone();
        tokio::spawn(async move {
            let sku = format!("L-{n}");
            let one =
                ProductDraft { categories: path(&["Home", "Lamps"]), ..draft("Lamp", &sku, 1) };
            shop.catalog.create(one).await.unwrap().product.content().slug.to_string()
        })
    });
    let mut slugs = BTreeSet::new();
    for one in made.collect::<Vec<_>>() {
        slugs.insert(one.await.unwrap());
    }
    assert_eq!(slugs.len(), 32);
    let tree = shop.catalog.category_tree().await.unwrap();
    assert_eq!((tree.len(), tree[0].children.len(), tree[0].product_count), (1, 1, 32));
}

#[tokio::test]
async fn a_commit_whose_outcome_is_unknown_is_an_error_and_not_done_twice() {
    let lose = |ports: &mut _| {
        TroubledStore::wrap(ports, saves_products, Trouble::ApplyAndTimeOut, &[1]);
    };
    let shop = shop_with(lose).await;
    assert!(matches!(shop.catalog.create(draft("Lamp", "A", 1)).await, Err(AppError::Port(_))));
    assert_eq!(shop.catalog.scan(None, None, 9).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn categories_are_made_moved_and_deleted() {
    let shop = shop().await;
    let home = shop.catalog.create_category(category("Home", None)).await.unwrap();
    let lamps = shop.catalog.create_category(category("Lamps", Some(home.id))).await.unwrap();
    let same = shop.catalog.create_category(category("lamps", Some(home.id))).await;
    assert!(matches!(refusal(same), Refusal::Duplicate { what: Unique::CategoryName, .. }));
    let circle =
        shop.catalog.revise_category(home.id, home.version, category("Home", Some(lamps.id)));
    assert_eq!(pointers(circle.await), ["/parent_id"]);
    let lost = category("Lost", Some(CategoryId::new(Uuid::nil())));
    assert_eq!(pointers(shop.catalog.create_category(lost).await), ["/parent_id"]);
    let in_use = refusal(shop.catalog.delete_category(home.id, home.version).await);
    assert!(matches!(in_use, Refusal::InUse { .. }));
    let top = CategoryDraft { position: Some(-1), ..category("Lights", None) };
    let moved = shop.catalog.revise_category(lamps.id, lamps.version, top).await.unwrap();
    assert_eq!((moved.parent, moved.position, moved.slug.as_str()), (None, -1, "lamps"));
    let stale = shop.catalog.revise_category(lamps.id, lamps.version, category("Lights", None));
    assert!(matches!(stale.await, Err(AppError::PreconditionFailed)));
    shop.catalog.delete_category(home.id, home.version).await.unwrap();
    let gone = shop.catalog.delete_category(home.id, home.version).await;
    assert!(matches!(gone, Err(AppError::NotFound("category"))));
    let tree = shop.catalog.category_tree().await.unwrap();
    assert_eq!(tree.iter().map(|node| node.category.name.as_str()).collect::<Vec<_>>(), ["Lights"]);
}

#[tokio::test]
async fn a_category_slug_that_was_asked_for_is_not_bent() {
    let shop = shop().await;
    shop.catalog.create_category(category("Lamps", None)).await.unwrap();
    let asked = CategoryDraft { slug: Some("lamps".into()), ..category("Lights", None) };
    let refused = refusal(shop.catalog.create_category(asked).await);
    assert_eq!(refused, Refusal::Duplicate { what: Unique::CategorySlug, value: "lamps".into() });
}

#[tokio::test]
async fn a_list_of_an_unknown_category_is_empty() {
    let shop = shop().await;
    let one = ProductDraft { categories: path(&["Lamps"]), ..draft("Lamp", "A", 1) };
    shop.catalog.create(one).await.unwrap();
    for (category, expected) in
        [(None, 1), (Some("lamps"), 1), (Some("unknown"), 0), (Some("No Slug"), 0)]
    {
        let page = shop.catalog.list(category, ListSort::Newest, None, 9).await.unwrap();
        assert_eq!(page.items.len(), expected, "{category:?}");
    }
}
