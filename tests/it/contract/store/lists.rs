//! The lists of the shop: what they hold, in which order, and how they are paged.

use ecicomm::domain::catalog::{Category, PriceConditions, ProductStatus};
use ecicomm::domain::inventory::StockEventKind;
use ecicomm::domain::shared::ProductId;
use ecicomm::ports::catalog::{ListQuery, ListSort};
use ecicomm::ports::store::Write;

use super::Backend;
use super::stock::moved;
use crate::harness::build::{
    at, category, category_id, euro, price, product, product_id, revised, save_category,
    save_product, subcategory, text, usd, variant,
};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            lists,
            [
                each_order_sorts_with_ties_by_id,
                a_page_of_one_goes_through_every_order_once,
                a_page_that_ends_exactly_tells_of_no_more,
                an_empty_list_is_an_empty_page,
                what_comes_or_goes_between_pages_hides_and_repeats_nothing_else,
                a_list_holds_only_what_is_for_sale_with_a_price,
                a_list_follows_every_edit,
                a_list_by_price_goes_by_the_cheapest_that_can_be_bought,
                a_price_counts_from_when_it_is_saved_within_its_window,
                a_category_lists_what_lies_below_it_once,
                a_moved_category_takes_its_products_along,
            ]
        );
    };
}
pub(crate) use cases;

fn query(sort: ListSort) -> ListQuery {
    ListQuery { category: None, sort, after: None, limit: 100 }
}

async fn listed(b: &Backend, query: &ListQuery) -> Vec<ProductId> {
    let page = b.catalog.list(query).await.unwrap();
    assert_eq!(page.next, None, "the list should fit the page");
    page.items.iter().map(|view| view.product.id()).collect()
}

async fn listed_by(b: &Backend, sort: ListSort) -> Vec<ProductId> {
    listed(b, &query(sort)).await
}

async fn listed_in(b: &Backend, category: u128) -> Vec<ProductId> {
    listed(b, &ListQuery { category: Some(category_id(category)), ..query(ListSort::Name) }).await
}

/// The list in pages of `limit`.
async fn paged(b: &Backend, sort: ListSort, limit: usize) -> Vec<ProductId> {
    let mut seen = Vec::new();
    let mut query = ListQuery { limit, ..query(sort) };
    loop {
        let page = b.catalog.list(&query).await.unwrap();
        assert!(page.items.len() <= limit);
        seen.extend(page.items.iter().map(|view| view.product.id()));
        let Some(next) = page.next else { return seen };
        query.after = Some(next);
    }
}

fn ids<const N: usize>(numbers: [u128; N]) -> [ProductId; N] {
    numbers.map(product_id)
}

/// Five products that each order sorts otherwise: 2 and 4 are alike in all.
async fn assorted(b: &Backend) {
    let rows = [
        (1, "pear", 300, 5, 10),
        (2, "Apple", 100, 0, 30),
        (3, "fig", 500, 9, 20),
        (4, "apple", 100, 0, 30),
        (5, "Zucchini", 200, 7, 40),
    ];
    let saves = rows.map(|(number, name, cents, sold, made)| {
        let made = product(number).named(name).price(cents).made(at(made));
        made.imported(&format!("row-{number}"), sold).save()
    });
    b.commit(saves).await;
}

pub async fn each_order_sorts_with_ties_by_id(b: Backend) {
    assorted(&b).await;
    assert_eq!(listed_by(&b, ListSort::Newest).await, ids([5, 4, 2, 3, 1]));
    assert_eq!(listed_by(&b, ListSort::PriceAscending).await, ids([2, 4, 5, 1, 3]));
    assert_eq!(listed_by(&b, ListSort::PriceDescending).await, ids([3, 1, 5, 4, 2]));
    assert_eq!(listed_by(&b, ListSort::Popularity).await, ids([3, 5, 1, 4, 2]));
    assert_eq!(listed_by(&b, ListSort::Name).await, ids([2, 4, 3, 1, 5]));
}

pub async fn a_page_of_one_goes_through_every_order_once(b: Backend) {
    assorted(&b).await;
    for sort in [
        ListSort::Newest,
        ListSort::PriceAscending,
        ListSort::PriceDescending,
        ListSort::Popularity,
        ListSort::Name,
    ] {
        let whole = listed_by(&b, sort).await;
        assert_eq!(paged(&b, sort, 1).await, whole, "{sort:?}");
        assert_eq!(paged(&b, sort, 2).await, whole, "{sort:?}");
    }
}

pub async fn a_page_that_ends_exactly_tells_of_no_more(b: Backend) {
    assorted(&b).await;
    let five = ListQuery { limit: 5, ..query(ListSort::Name) };
    let page = b.catalog.list(&five).await.unwrap();
    assert_eq!((page.items.len(), page.next), (5, None));
    let four = ListQuery { limit: 4, ..query(ListSort::Name) };
    let page = b.catalog.list(&four).await.unwrap();
    let mark = page.next.unwrap();
    assert_eq!((mark.number, mark.name.as_str(), mark.product), (0, "pear", product_id(1)));
    let rest = b.catalog.list(&ListQuery { after: Some(mark), ..four }).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
}

pub async fn an_empty_list_is_an_empty_page(b: Backend) {
    assert_eq!(listed_by(&b, ListSort::Newest).await, []);
    assert_eq!(listed_in(&b, 1).await, []);
    assorted(&b).await;
    assert_eq!(listed_in(&b, 1).await, []);
}

pub async fn what_comes_or_goes_between_pages_hides_and_repeats_nothing_else(b: Backend) {
    for number in [2, 4, 6, 8] {
        b.commit([product(number).price(i64::try_from(number).unwrap() * 100).save()]).await;
    }
    let two = ListQuery { limit: 2, ..query(ListSort::PriceAscending) };
    let first = b.catalog.list(&two).await.unwrap();
    assert_eq!(first.items.len(), 2);

    // Before the mark, at the mark, and behind it; and the marked product itself goes.
    b.commit([(1, 50), (3, 400), (9, 700)].map(|(n, cents)| product(n).price(cents).save())).await;
    let gone = revised(&product(4).price(400).build(), |content| {
        content.status = ProductStatus::Archived;
    });
    b.commit([save_product(&gone)]).await;

    let rest = ListQuery { after: first.next, limit: 100, ..two };
    assert_eq!(listed(&b, &rest).await, ids([6, 9, 8]));
}

pub async fn a_list_holds_only_what_is_for_sale_with_a_price(b: Backend) {
    b.commit([
        product(1).save(),
        product(2).status(ProductStatus::Draft).save(),
        product(3).status(ProductStatus::Archived).save(),
        product(4).with(|content| content.variants[0].prices = vec![price(1, euro())]).save(),
    ])
    .await;
    assert_eq!(listed_by(&b, ListSort::Newest).await, ids([1]));
    let archived = b.catalog.product(product_id(3)).await.unwrap();
    assert!(archived.is_some(), "what is not listed is still there");
}

pub async fn a_list_follows_every_edit(b: Backend) {
    let first = product(1).named("anvil").price(100).build();
    b.commit([save_product(&first), product(2).named("brick").price(200).save()]).await;

    let dearer = revised(&first, |content| {
        content.name = text("chisel");
        content.variants[0].prices = vec![price(300, usd(0).currency())];
        content.released_at = Some(at(-5));
    });
    b.commit([save_product(&dearer)]).await;
    assert_eq!(listed_by(&b, ListSort::PriceAscending).await, ids([2, 1]));
    assert_eq!(listed_by(&b, ListSort::Name).await, ids([2, 1]));
    assert_eq!(listed_by(&b, ListSort::Newest).await, ids([2, 1]));

    b.commit([Write::AddPopularity { product: product_id(1), units: 3 }]).await;
    assert_eq!(listed_by(&b, ListSort::Popularity).await, ids([1, 2]));

    let gone = revised(&dearer, |content| content.status = ProductStatus::Archived);
    b.commit([save_product(&gone)]).await;
    assert_eq!(listed_by(&b, ListSort::Popularity).await, ids([2]));
    let back = revised(&gone, |content| content.status = ProductStatus::Active);
    b.commit([save_product(&back)]).await;
    assert_eq!(listed_by(&b, ListSort::Popularity).await, ids([1, 2]));
}

pub async fn a_list_by_price_goes_by_the_cheapest_that_can_be_bought(b: Backend) {
    let both = vec![variant(1, "CHEAP", 100), variant(2, "DEAR", 900)];
    b.commit([product(1).variants(both).save(), product(2).price(500).save()]).await;
    b.commit([moved("DEAR", StockEventKind::Received, 1)]).await;
    assert_eq!(listed_by(&b, ListSort::PriceAscending).await, ids([2, 1]));
    b.commit([moved("CHEAP", StockEventKind::Received, 1)]).await;
    assert_eq!(listed_by(&b, ListSort::PriceAscending).await, ids([1, 2]));
}

pub async fn a_price_counts_from_when_it_is_saved_within_its_window(b: Backend) {
    let later = product(1).price(100).with(|content| {
        let conditions = PriceConditions { from: Some(at(60)), ..PriceConditions::NONE };
        let row = &mut content.variants[0].prices[0];
        *row = row.clone().under(conditions).unwrap();
    });
    let later = later.build();
    b.commit([save_product(&later)]).await;
    assert_eq!(listed_by(&b, ListSort::Newest).await, []);
    let touched = revised(&later, |content| content.name = text("Touched"));
    b.commit_at(60, vec![save_product(&touched)]).await;
    assert_eq!(listed_by(&b, ListSort::Newest).await, ids([1]));
}

/// Furniture with beds below it, bunks below those, and a sale beside it.
async fn tree(b: &Backend) {
    let categories = [
        category(1, "Furniture"),
        subcategory(2, "Beds", category_id(1)),
        subcategory(3, "Bunks", category_id(2)),
        category(4, "Sale"),
    ];
    b.commit(categories.iter().map(save_category)).await;
}

pub async fn a_category_lists_what_lies_below_it_once(b: Backend) {
    tree(&b).await;
    b.commit([
        product(1).within(&[3, 4]).save(),
        product(2).within(&[3, 2, 1]).save(),
        product(3).within(&[1]).save(),
        product(4).save(),
    ])
    .await;
    assert_eq!(listed_in(&b, 1).await, ids([1, 2, 3]));
    assert_eq!(listed_in(&b, 2).await, ids([1, 2]));
    assert_eq!(listed_in(&b, 3).await, ids([1, 2]));
    assert_eq!(listed_in(&b, 4).await, ids([1]));
}

pub async fn a_moved_category_takes_its_products_along(b: Backend) {
    tree(&b).await;
    let first = product(1).within(&[3]).build();
    b.commit([save_product(&first), product(2).within(&[3]).save()]).await;
    let beds = subcategory(2, "Beds", category_id(4));
    b.commit([save_category(&Category { version: beds.version.next(), ..beds })]).await;
    assert_eq!(listed_in(&b, 1).await, []);
    assert_eq!(listed_in(&b, 4).await, ids([1, 2]));
    assert_eq!(listed_in(&b, 3).await, ids([1, 2]));

    let elsewhere = revised(&first, |content| content.categories = vec![category_id(1)]);
    b.commit([save_product(&elsewhere)]).await;
    assert_eq!(listed_in(&b, 1).await, ids([1]));
    assert_eq!(listed_in(&b, 4).await, ids([2]));
}
