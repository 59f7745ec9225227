//! Stock by hand: what comes in, is counted, and is told of it.

use ecicomm::domain::catalog::ProductContent;
use ecicomm::domain::inventory::{StockEvent, StockEventKind, StockItem};
use ecicomm::domain::shared::{Location, Sku, StockPolicy, Version};
use ecicomm::ports::store::{Conflict, StockMovement, Write};

use super::Backend;
use crate::harness::build::{
    at, bundle, location, order, product, product_id, revised, save_product, sku, variant,
};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            stock,
            [
                a_counted_sku_begins_with_nothing_at_the_main_location,
                movements_make_the_figures_and_the_ledger,
                what_is_not_there_is_empty_at_its_place,
                nothing_moves_that_no_variant_has,
                a_movement_on_another_version_is_stale,
                a_place_that_is_new_to_a_sku_has_the_first_version,
                an_adjustment_cannot_take_what_is_not_free,
                the_policy_follows_the_product,
                locations_come_with_the_main_one_first,
                a_list_goes_through_skus_in_order,
                a_list_of_low_stock_leaves_the_rest_out,
                a_ledger_is_read_in_pages,
                a_sku_that_left_its_product_keeps_its_ledger_and_cannot_be_sold,
                a_sku_with_stock_anywhere_stays_with_its_product,
                a_sku_that_leaves_while_units_come_in_ends_in_exactly_one_way,
            ]
        );
    };
}
pub(crate) use cases;

/// Moves stock of a SKU at the main location by hand.
pub fn moved(code: &str, kind: StockEventKind, quantity: i64) -> Write {
    Write::MoveStock(movement(code, kind, quantity))
}

fn movement(code: &str, kind: StockEventKind, quantity: i64) -> StockMovement {
    let (sku, location) = (sku(code), Location::main());
    StockMovement { sku, location, kind, quantity, reason: None, expected: None }
}

pub fn received(code: &str, quantity: i64) -> Write {
    moved(code, StockEventKind::Received, quantity)
}

/// The stock of a SKU at its only location.
pub async fn item(b: &Backend, code: &str) -> StockItem {
    let mut items = b.stock.stock(&[sku(code)]).await.unwrap().remove(0);
    assert_eq!(items.len(), 1);
    items.remove(0)
}

/// On hand and reserved.
pub async fn figures(b: &Backend, code: &str) -> (i64, i64) {
    let item = item(b, code).await;
    (item.on_hand(), item.reserved())
}

/// The whole ledger of a SKU.
pub async fn ledger(b: &Backend, code: &str) -> Vec<StockEvent> {
    b.stock.events(&sku(code), None, usize::MAX).await.unwrap().items
}

pub async fn a_counted_sku_begins_with_nothing_at_the_main_location(b: Backend) {
    let backorder = StockPolicy::Backorder { limit: 2 };
    b.commit([
        product(1).policy(backorder).save(),
        product(2).policy(StockPolicy::Untracked).save(),
        product(3).variants(vec![bundle(3, "SKU-3", &[("SKU-1", 1)])]).save(),
    ])
    .await;
    let empty = StockItem::new(sku("SKU-1"), Location::main(), backorder);
    let stock = b.stock.stock(&["sku-1", "SKU-2", "SKU-3"].map(sku)).await.unwrap();
    assert_eq!(stock, [vec![empty], vec![], vec![]]);
    assert_eq!(ledger(&b, "SKU-1").await, []);
}

pub async fn movements_make_the_figures_and_the_ledger(b: Backend) {
    b.commit([product(1).save()]).await;
    b.commit_at(5, vec![received("SKU-1", 10)]).await;
    let mut counted = movement("SKU-1", StockEventKind::Adjusted, -3);
    counted.reason = Some("broken".to_owned());
    counted.expected = Some(Version::new(2));
    b.commit_at(6, vec![Write::MoveStock(counted)]).await;

    let kept = item(&b, "SKU-1").await;
    assert_eq!((kept.on_hand(), kept.reserved(), kept.version()), (7, 0, Version::new(3)));
    let event = |kind, quantity, reason: Option<&str>, seconds| StockEvent {
        sku: sku("SKU-1"),
        location: Location::main(),
        kind,
        quantity,
        order: None,
        reason: reason.map(str::to_owned),
        at: at(seconds),
    };
    let expected = [
        event(StockEventKind::Received, 10, None, 5),
        event(StockEventKind::Adjusted, -3, Some("broken"), 6),
    ];
    assert_eq!(ledger(&b, "SKU-1").await, expected);
}

pub async fn what_is_not_there_is_empty_at_its_place(b: Backend) {
    b.commit([product(1).save()]).await;
    let stock = b.stock.stock(&[sku("NONE"), sku("SKU-1")]).await.unwrap();
    assert_eq!((stock[0].len(), stock[1].len()), (0, 1));
    assert_eq!(ledger(&b, "NONE").await, []);
    assert_eq!(b.stock.reservations(order(1).placed.id).await.unwrap(), []);
    assert_eq!(b.stock.claim_overdue(at(1_000_000), at(1_000_000), 10).await.unwrap(), []);
}

pub async fn nothing_moves_that_no_variant_has(b: Backend) {
    assert_eq!(b.refusal(received("SKU-1", 1)).await, Conflict::NoStock(sku("SKU-1")));
    b.commit([product(1).save(), received("SKU-1", 1)]).await;
    assert_eq!(figures(&b, "SKU-1").await, (1, 0));
}

pub async fn a_movement_on_another_version_is_stale(b: Backend) {
    b.commit([product(1).save(), received("SKU-1", 1)]).await;
    let mut late = movement("SKU-1", StockEventKind::Adjusted, 5);
    late.expected = Some(Version::new(1));
    assert_eq!(b.refusal(Write::MoveStock(late)).await, Conflict::Stale("stock"));
    assert_eq!(figures(&b, "SKU-1").await, (1, 0));
}

pub async fn a_place_that_is_new_to_a_sku_has_the_first_version(b: Backend) {
    b.commit([product(1).save()]).await;
    let first = StockMovement {
        location: location("annex"),
        expected: Some(Version::FIRST),
        ..movement("SKU-1", StockEventKind::Received, 2)
    };
    let late = StockMovement { expected: Some(Version::new(2)), ..first.clone() };
    assert_eq!(b.refusal(Write::MoveStock(late)).await, Conflict::Stale("stock"));
    b.commit([Write::MoveStock(first.clone())]).await;
    assert_eq!(b.refusal(Write::MoveStock(first)).await, Conflict::Stale("stock"));
    let items = b.stock.stock(&[sku("SKU-1")]).await.unwrap().remove(0);
    let figures: Vec<i64> = items.iter().map(StockItem::on_hand).collect();
    assert_eq!(figures, [0, 2]);
}

pub async fn an_adjustment_cannot_take_what_is_not_free(b: Backend) {
    b.commit([product(1).save(), received("SKU-1", 5)]).await;
    b.commit([order(1).of(&[("SKU-1", 3)]).place()]).await;
    let below = Conflict::BelowZero { sku: sku("SKU-1") };
    assert_eq!(b.refusal(moved("SKU-1", StockEventKind::Adjusted, -3)).await, below);
    b.commit([moved("SKU-1", StockEventKind::Adjusted, -2)]).await;
    assert_eq!(figures(&b, "SKU-1").await, (3, 3));
    assert_eq!(ledger(&b, "SKU-1").await.len(), 3);
}

pub async fn the_policy_follows_the_product(b: Backend) {
    let first = product(1).build();
    b.commit([save_product(&first), received("SKU-1", 1)]).await;
    let backorder = StockPolicy::Backorder { limit: 4 };
    let changed = revised(&first, |content| content.variants[0].stock_policy = backorder);
    b.commit([save_product(&changed)]).await;
    let kept = item(&b, "SKU-1").await;
    assert_eq!((kept.policy(), kept.available(), kept.version()), (backorder, 5, Version::new(2)));
}

pub async fn locations_come_with_the_main_one_first(b: Backend) {
    b.commit([product(1).save()]).await;
    for code in ["zoo", "annex"] {
        let there = StockMovement {
            location: location(code),
            ..movement("SKU-1", StockEventKind::Received, 1)
        };
        b.commit([Write::MoveStock(there)]).await;
    }
    let items = b.stock.stock(&[sku("SKU-1")]).await.unwrap().remove(0);
    let codes: Vec<&str> = items.iter().map(|item| item.location().as_str()).collect();
    assert_eq!(codes, ["main", "annex", "zoo"]);
    let locations: Vec<String> =
        ledger(&b, "SKU-1").await.iter().map(|event| event.location.as_str().to_owned()).collect();
    assert_eq!(locations, ["zoo", "annex"], "the ledger of a SKU is one");
}

pub async fn a_list_goes_through_skus_in_order(b: Backend) {
    assert_eq!(b.stock.list(None, 10).await.unwrap().items.len(), 0);
    let variants = ["b", "C", "A"].map(|code| variant(1, code, 1));
    b.commit([product(1).variants(variants.to_vec()).save()]).await;
    let mut seen: Vec<Sku> = Vec::new();
    let mut mark = None;
    loop {
        let page = b.stock.list(mark, 1).await.unwrap();
        seen.push(page.items[0][0].sku().clone());
        mark = page.next;
        if mark.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["A", "b", "C"].map(sku));
    assert_eq!(b.stock.list(None, 3).await.unwrap().next, None);
}

pub async fn a_list_of_low_stock_leaves_the_rest_out(b: Backend) {
    b.commit((1..=4).map(|number| product(number).save())).await;
    for (code, quantity) in [("SKU-1", 2), ("SKU-2", 9), ("SKU-3", 8)] {
        b.commit([received(code, quantity)]).await;
    }
    b.commit([order(1).of(&[("SKU-3", 4)]).place()]).await;
    let page = b.stock.low(5, None, 2).await.unwrap();
    let skus: Vec<&Sku> = page.items.iter().map(|items| items[0].sku()).collect();
    assert_eq!(skus, [&sku("SKU-1"), &sku("SKU-3")]);
    let rest = b.stock.low(5, page.next, 2).await.unwrap();
    assert_eq!((rest.items[0][0].sku(), rest.next), (&sku("SKU-4"), None));
}

pub async fn a_ledger_is_read_in_pages(b: Backend) {
    b.commit([product(1).save()]).await;
    b.commit((1..=3).map(|quantity| received("SKU-1", quantity))).await;
    let quantities = async |after, limit| {
        let page = b.stock.events(&sku("sku-1"), after, limit).await.unwrap();
        let quantities: Vec<i64> = page.items.iter().map(|event| event.quantity).collect();
        (quantities, page.next)
    };
    let (first, one) = quantities(None, 1).await;
    let (second, two) = quantities(one, 1).await;
    assert_eq!((first, second), (vec![1], vec![2]));
    assert!(one.is_some() && one < two, "{one:?}, {two:?}");
    assert_eq!(quantities(one, 1).await, (vec![2], two), "a page is read again");
    assert_eq!(quantities(two, 1).await, (vec![3], None));
    assert_eq!(quantities(one, 2).await, (vec![2, 3], None));
    assert_eq!(quantities(Some(u64::MAX), 1).await, (vec![], None));
    assert_eq!(quantities(None, 3).await, (vec![1, 2, 3], None));
}

pub async fn a_sku_that_left_its_product_keeps_its_ledger_and_cannot_be_sold(b: Backend) {
    let first = product(1).build();
    b.commit([save_product(&first), received("SKU-1", 4)]).await;
    b.commit([moved("SKU-1", StockEventKind::Adjusted, -4)]).await;
    let without = revised(&first, |content| content.variants = vec![variant(2, "SKU-2", 1)]);
    b.commit([save_product(&without)]).await;

    assert_eq!((figures(&b, "SKU-1").await, ledger(&b, "SKU-1").await.len()), ((0, 0), 2));
    assert_eq!(b.refusal(received("SKU-1", 1)).await, Conflict::NoStock(sku("SKU-1")));
    let none = Conflict::OutOfStock { sku: sku("SKU-1"), available: 0 };
    assert_eq!(b.refusal(order(1).place()).await, none);

    b.commit([product(3).variants(vec![variant(3, "SKU-1", 1)]).save()]).await;
    b.commit([received("SKU-1", 1), order(1).place()]).await;
    assert_eq!(figures(&b, "SKU-1").await, (1, 1));
    let owner = b.catalog.by_skus(&[sku("SKU-1")]).await.unwrap()[0].clone().unwrap();
    assert_eq!(owner.product.id(), product_id(3));
}

pub async fn a_sku_with_stock_anywhere_stays_with_its_product(b: Backend) {
    let backorder = StockPolicy::Backorder { limit: 2 };
    let first = product(1).policy(backorder).build();
    let east = |quantity, kind| {
        let place = location("east");
        Write::MoveStock(StockMovement { location: place, ..movement("SKU-1", kind, quantity) })
    };
    b.commit([save_product(&first), east(3, StockEventKind::Received)]).await;
    let other = |content: &mut ProductContent| content.variants = vec![variant(2, "SKU-2", 1)];
    let left = Conflict::StockLeft(sku("SKU-1"));
    assert_eq!(b.refusal(save_product(&revised(&first, other))).await, left);
    b.commit([east(-3, StockEventKind::Adjusted)]).await;

    // Held though none is on hand.
    b.commit([order(1).place()]).await;
    assert_eq!(b.refusal(save_product(&revised(&first, other))).await, left);
    assert!(b.catalog.by_skus(&[sku("SKU-2")]).await.unwrap()[0].is_none());

    // Other edits go through, and so does the SKU in other letters.
    let renamed = revised(&first, |content| content.variants[0].sku = sku("sku-1"));
    b.commit([save_product(&renamed)]).await;
    assert_eq!(b.refusal(save_product(&revised(&renamed, other))).await, left);
}

pub async fn a_sku_that_leaves_while_units_come_in_ends_in_exactly_one_way(b: Backend) {
    for number in 1..=8_u128 {
        let (code, other) = (format!("SKU-{number}"), format!("OTHER-{number}"));
        let first = product(number).build();
        b.commit([save_product(&first)]).await;
        let variants = vec![variant(number + 100, &other, 1)];
        let without = revised(&first, |content| content.variants = variants);
        let race = b.race(vec![vec![save_product(&without)], vec![received(&code, 1)]]).await;
        match (&race[0], &race[1]) {
            (Ok(()), Err(lost)) => assert_eq!(*lost, Conflict::NoStock(sku(&code))),
            (Err(lost), Ok(())) => assert_eq!(*lost, Conflict::StockLeft(sku(&code))),
            both => panic!("both went the same way: {both:?}"),
        }
    }
}
