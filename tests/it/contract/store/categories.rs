//! The tree of categories.

use std::sync::Arc;

use ecicomm::domain::catalog::{Category, ProductStatus};
use ecicomm::domain::shared::CategoryId;
use ecicomm::ports::catalog::CategoryNode;
use ecicomm::ports::store::{Conflict, Unique, Write};

use super::Backend;
use crate::harness::build::{
    before, category, category_id, product, revised, save_category, save_product, slug,
    subcategory, text,
};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            categories,
            [
                a_category_reads_back_by_id_slug_and_name,
                what_is_not_there_is_none,
                slugs_are_unique_and_names_are_below_one_parent,
                what_is_new_must_not_exist_and_what_is_old_must_have_its_version,
                a_category_can_hang_only_where_the_tree_allows_it,
                a_category_in_use_cannot_go,
                the_tree_stands_in_order_and_counts_each_product_once,
                counts_follow_every_edit,
            ]
        );
    };
}
pub(crate) use cases;

fn next(category: Category) -> Category {
    Category { version: category.version.next(), ..category }
}

pub async fn a_category_reads_back_by_id_slug_and_name(b: Backend) {
    let top = category(1, "Furniture");
    let below = Category { position: -3, ..subcategory(2, "Bunk Beds", category_id(1)) };
    b.commit([&top, &below].map(save_category)).await;
    let kept = Some(Arc::new(below));
    assert_eq!(b.catalog.category(category_id(2)).await.unwrap(), kept);
    assert_eq!(b.catalog.category_by_slug(&slug("bunk-beds")).await.unwrap(), kept);
    let by_name = b.catalog.category_by_name(Some(category_id(1)), "BUNK beds").await.unwrap();
    assert_eq!(by_name, kept);
    let by_name = b.catalog.category_by_name(None, "furniture").await.unwrap();
    assert_eq!(by_name, Some(Arc::new(top)));
}

pub async fn what_is_not_there_is_none(b: Backend) {
    b.commit([save_category(&category(1, "Beds"))]).await;
    assert_eq!(b.catalog.category(category_id(2)).await.unwrap(), None);
    assert_eq!(b.catalog.category_by_slug(&slug("chairs")).await.unwrap(), None);
    assert_eq!(b.catalog.category_by_name(None, "Chairs").await.unwrap(), None);
    let elsewhere = b.catalog.category_by_name(Some(category_id(1)), "Beds").await.unwrap();
    assert_eq!(elsewhere, None);
}

pub async fn slugs_are_unique_and_names_are_below_one_parent(b: Backend) {
    b.commit([category(1, "Beds"), category(2, "Chairs")].iter().map(save_category)).await;
    let same_slug = Category { name: text("Cots"), ..category(3, "Beds") };
    let taken = Conflict::Taken(Unique::CategorySlug, "beds".to_owned());
    assert_eq!(b.refusal(save_category(&same_slug)).await, taken);
    let same_name = Category { slug: slug("cots"), ..category(3, "BEDS") };
    let taken = Conflict::Taken(Unique::CategoryName, "BEDS".to_owned());
    assert_eq!(b.refusal(save_category(&same_name)).await, taken);
    let elsewhere = Category { parent: Some(category_id(2)), ..same_name };
    b.commit([save_category(&elsewhere)]).await;

    let renamed = next(Category { slug: slug("cribs"), ..category(1, "Cribs") });
    b.commit([save_category(&renamed), save_category(&category(4, "Beds"))]).await;
    let owner = b.catalog.category_by_slug(&slug("beds")).await.unwrap().unwrap();
    assert_eq!(owner.id, category_id(4), "what was given up is free");
}

pub async fn what_is_new_must_not_exist_and_what_is_old_must_have_its_version(b: Backend) {
    let first = category(1, "Beds");
    b.commit([save_category(&first)]).await;
    let stale = Conflict::Stale("category");
    assert_eq!(b.refusal(save_category(&category(1, "Cots"))).await, stale);
    let far = next(next(first.clone()));
    assert_eq!(b.refusal(save_category(&far)).await, stale);
    let absent = next(category(2, "Chairs"));
    assert_eq!(b.refusal(save_category(&absent)).await, stale);
    let second = next(first);
    b.commit([save_category(&second)]).await;
    let delete = Write::DeleteCategory { id: second.id, expected: category(1, "Beds").version };
    assert_eq!(b.refusal(delete).await, stale);
}

pub async fn a_category_can_hang_only_where_the_tree_allows_it(b: Backend) {
    let stale = Conflict::Stale("category");
    let orphan = subcategory(2, "Beds", category_id(1));
    assert_eq!(b.refusal(save_category(&orphan)).await, stale);

    let top = category(1, "Level 1");
    b.commit([save_category(&top)]).await;
    for level in 2..=10 {
        let above = category_id(level - 1);
        let below = subcategory(level, &format!("Level {level}"), above);
        b.commit([save_category(&below)]).await;
    }
    let eleventh = subcategory(11, "Level 11", category_id(10));
    assert_eq!(b.refusal(save_category(&eleventh)).await, stale);
    let circle = next(Category { parent: Some(category_id(3)), ..top.clone() });
    assert_eq!(b.refusal(save_category(&circle)).await, stale);
    let own = next(Category { parent: Some(top.id), ..top.clone() });
    assert_eq!(b.refusal(save_category(&own)).await, stale);
    let other = category(12, "Other");
    b.commit([save_category(&other)]).await;
    let deeper = next(Category { parent: Some(other.id), ..top });
    assert_eq!(b.refusal(save_category(&deeper)).await, stale);
}

pub async fn a_category_in_use_cannot_go(b: Backend) {
    let (top, below) = (category(1, "Furniture"), subcategory(2, "Beds", category_id(1)));
    b.commit([&top, &below].map(save_category)).await;
    let bed = product(1).within(&[2]).status(ProductStatus::Draft).build();
    b.commit([save_product(&bed)]).await;
    let delete =
        |category: &Category| Write::DeleteCategory { id: category.id, expected: category.version };
    assert_eq!(b.refusal(delete(&top)).await, Conflict::InUse("category"));
    assert_eq!(b.refusal(delete(&below)).await, Conflict::InUse("category"));

    b.commit([save_product(&revised(&bed, |content| content.categories.clear()))]).await;
    b.commit([delete(&below), delete(&top)]).await;
    assert_eq!(b.catalog.category(top.id).await.unwrap(), None);
    assert_eq!(b.catalog.category_by_slug(&slug("beds")).await.unwrap(), None);
    assert!(b.catalog.category_tree().await.unwrap().is_empty());
    assert_eq!(b.refusal(delete(&top)).await, Conflict::Stale("category"));
    b.commit([save_category(&top)]).await;
}

/// The tree as (category, count) with its depth.
fn flat(nodes: &[CategoryNode], depth: usize) -> Vec<(usize, CategoryId, u64)> {
    let rows = nodes.iter().flat_map(|node| {
        let below = flat(&node.children, depth + 1);
        std::iter::once((depth, node.category.id, node.product_count)).chain(below)
    });
    rows.collect()
}

async fn tree(b: &Backend) -> Vec<(usize, CategoryId, u64)> {
    flat(&b.catalog.category_tree().await.unwrap(), 0)
}

pub async fn the_tree_stands_in_order_and_counts_each_product_once(b: Backend) {
    assert_eq!(tree(&b).await, []);
    let last = Category { position: 5, ..category(1, "Almonds") };
    let categories = [
        last,
        category(2, "Walnuts"),
        category(3, "Beans"),
        subcategory(4, "Green", category_id(3)),
        subcategory(5, "Brown", category_id(3)),
    ];
    b.commit(categories.iter().map(save_category)).await;
    b.commit([
        product(1).within(&[4, 5, 3]).save(),
        product(2).within(&[5, 1]).save(),
        product(3).within(&[4]).status(ProductStatus::Draft).save(),
        product(4).within(&[3]).status(ProductStatus::Archived).save(),
    ])
    .await;
    let rows = [(0, 3, 2), (1, 5, 2), (1, 4, 1), (0, 2, 0), (0, 1, 1)];
    assert_eq!(tree(&b).await, rows.map(|(depth, id, count)| (depth, category_id(id), count)));
}

pub async fn counts_follow_every_edit(b: Backend) {
    let (one, two) = (category(1, "One"), category(2, "Two"));
    b.commit([&one, &two].map(save_category)).await;
    let counts = async || {
        let tree = b.catalog.category_tree().await.unwrap();
        tree.iter().map(|node| node.product_count).collect::<Vec<u64>>()
    };
    let first = product(1).within(&[1]).build();
    b.commit([save_product(&first)]).await;
    assert_eq!(counts().await, [1, 0]);
    let moved = revised(&first, |content| content.categories = vec![category_id(2)]);
    b.commit([save_product(&moved)]).await;
    assert_eq!(counts().await, [0, 1]);
    let below = next(Category { parent: Some(one.id), ..two });
    assert_eq!(before(below.version), Some(one.version));
    b.commit([save_category(&below)]).await;
    assert_eq!(counts().await, [1], "what lies below counts");
    let gone = revised(&moved, |content| content.status = ProductStatus::Archived);
    b.commit([save_product(&gone)]).await;
    assert_eq!(counts().await, [0]);
}
