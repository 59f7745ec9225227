//! Units of work: all of one applies at once, or nothing of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ecicomm::domain::inventory::StockEventKind;
use ecicomm::domain::order::SagaId;
use ecicomm::domain::pricing::{UsageLimits, Uses};
use ecicomm::domain::shared::Version;
use ecicomm::ports::catalog::{ListQuery, ListSort};
use ecicomm::ports::order::OrderFilter;
use ecicomm::ports::store::{Conflict, Write};

use super::Backend;
use super::stock::{figures, ledger, moved};
use crate::harness::build::{
    at, category, key, order, order_id, product, product_id, promotion_id, revised, save_category,
    save_product, sku, slug, text,
};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            units,
            [
                a_later_write_of_a_unit_sees_an_earlier_one,
                an_empty_unit_changes_nothing,
                a_unit_whose_last_write_is_refused_leaves_nothing,
                a_refused_order_leaves_nothing,
                no_reader_sees_half_a_unit,
                racing_edits_of_one_version_leave_one,
            ]
        );
    };
}
pub(crate) use cases;

pub async fn a_later_write_of_a_unit_sees_an_earlier_one(b: Backend) {
    let first = product(1).within(&[1]).build();
    b.commit([
        save_category(&category(1, "Beds")),
        save_product(&first),
        moved("SKU-1", StockEventKind::Received, 3),
        save_product(&revised(&first, |content| content.name = text("Bed"))),
        order(1).of(&[("SKU-1", 2)]).place(),
        order(1).of(&[("SKU-1", 2)]).confirm(at(0)),
    ])
    .await;
    assert_eq!(figures(&b, "SKU-1").await, (1, 0));
    let view = b.catalog.product(product_id(1)).await.unwrap().unwrap();
    assert_eq!((view.product.version(), view.path.len()), (Version::new(2), 1));
}

pub async fn an_empty_unit_changes_nothing(b: Backend) {
    b.commit([]).await;
    assert_eq!(b.events.head().await.unwrap(), 0);
}

/// What a unit may leave behind.
async fn remains(b: &Backend) -> (u64, usize, usize, usize, usize) {
    let list = ListQuery { category: None, sort: ListSort::Newest, after: None, limit: 9 };
    (
        b.events.head().await.unwrap(),
        b.catalog.list(&list).await.unwrap().items.len(),
        b.catalog.category_tree().await.unwrap().len(),
        b.orders.orders(&OrderFilter::default(), None, 9).await.unwrap().items.len(),
        b.sagas.open(None, 9).await.unwrap().items.len(),
    )
}

pub async fn a_unit_whose_last_write_is_refused_leaves_nothing(b: Backend) {
    b.commit([product(1).save(), moved("SKU-1", StockEventKind::Received, 9)]).await;
    let view = b.catalog.product(product_id(1)).await.unwrap().unwrap();
    let before = remains(&b).await;
    let unit = vec![
        save_category(&category(1, "Beds")),
        product(2).within(&[1]).save(),
        save_product(&revised(&view.product, |content| content.slug = slug("other"))),
        moved("SKU-1", StockEventKind::Adjusted, -8),
        Write::AddPopularity { product: product_id(1), units: 5 },
        order(1).under(key("one")).place(),
        Write::PutSecret { name: "one".to_owned(), value: vec![1] },
        moved("NONE", StockEventKind::Received, 1),
    ];
    assert_eq!(b.try_at(0, unit).await, Err(Conflict::NoStock(sku("NONE"))));

    assert_eq!(remains(&b).await, before);
    assert_eq!(b.catalog.product(product_id(1)).await.unwrap(), Some(view));
    assert_eq!(b.catalog.by_slug(&slug("other")).await.unwrap(), None);
    assert_eq!(b.catalog.by_skus(&[sku("SKU-2")]).await.unwrap(), [None]);
    assert_eq!(figures(&b, "SKU-1").await, (9, 0));
    assert_eq!(ledger(&b, "SKU-1").await.len(), 1);
    assert_eq!(b.keys.key(&key("one").id, at(0)).await.unwrap(), None);
    assert_eq!(b.store.secret("one").await.unwrap(), None);
}

pub async fn a_refused_order_leaves_nothing(b: Backend) {
    b.commit([product(1).save(), moved("SKU-1", StockEventKind::Received, 2)]).await;
    let before = remains(&b).await;
    let limits = UsageLimits { total: Some(1), per_customer: None };
    let greedy = order(1)
        .of(&[("SKU-1", 1), ("SKU-9", 1)])
        .of_cart(1)
        .using(1, limits)
        .under(key("one"))
        .place();
    let short = Conflict::OutOfStock { sku: sku("SKU-9"), available: 0 };
    assert_eq!(b.refusal(greedy).await, short);

    assert_eq!(remains(&b).await, before);
    assert_eq!(figures(&b, "SKU-1").await, (2, 0));
    assert_eq!(b.keys.key(&key("one").id, at(0)).await.unwrap(), None);
    assert_eq!(b.sagas.saga(SagaId::Checkout(order_id(1))).await.unwrap(), None);
    assert_eq!(b.pricing.uses(promotion_id(1), None).await.unwrap(), Uses::default());
    let again = order(1).of_cart(1).using(1, limits).under(key("one")).place();
    b.commit([again]).await;
}

pub async fn no_reader_sees_half_a_unit(b: Backend) {
    b.commit([product(1).save(), product(2).save()]).await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = {
        let (b, done) = (b.clone(), done.clone());
        tokio::spawn(async move {
            let mut reads = 0_u32;
            while !done.load(Ordering::Acquire) || reads == 0 {
                let stock = b.stock.stock(&[sku("SKU-1"), sku("SKU-2")]).await.unwrap();
                assert_eq!(stock[0][0].on_hand(), stock[1][0].on_hand());
                reads += 1;
                tokio::task::yield_now().await;
            }
        })
    };
    let both = || ["SKU-1", "SKU-2"].map(|code| moved(code, StockEventKind::Received, 1));
    for _ in 0..200 {
        b.commit(both()).await;
    }
    done.store(true, Ordering::Release);
    reader.await.unwrap();
    assert_eq!(figures(&b, "SKU-1").await, (200, 0));
}

pub async fn racing_edits_of_one_version_leave_one(b: Backend) {
    let first = product(1).build();
    b.commit([save_product(&first)]).await;
    let edits = (0..32).map(|number| {
        let name = format!("Edit {number}");
        vec![save_product(&revised(&first, |content| content.name = text(&name)))]
    });
    let outcomes = b.race(edits.collect()).await;
    let winners: Vec<usize> = (0..32).filter(|rival| outcomes[*rival].is_ok()).collect();
    assert_eq!(winners.len(), 1);
    let view = b.catalog.product(product_id(1)).await.unwrap().unwrap();
    assert_eq!(view.product.content().name.as_str(), format!("Edit {}", winners[0]));
}
