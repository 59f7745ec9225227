//! Rows that a database keeps beside a record, or beside the events, and that disagree with them.

use ecicomm::ports::order::OrderFilter;

use super::super::support::draft;
use super::postgres::{LAMP_3, Planted};
use super::{examined, order_of};
use crate::harness::build::sku;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_that_is_gone_everywhere_is_there_again() {
    let planted = Planted::new().await;
    let stock =
        async |code: &str| planted.shop.ports.stock.stock(&[sku(code)]).await.unwrap().remove(0);
    let before = stock("LAMP-5").await;
    assert_eq!(before[0].on_hand(), 20);
    planted.mends("DELETE FROM stock WHERE sku_key = 'lamp-5'", &["stock of LAMP-5 at main"]).await;
    assert_eq!(stock("LAMP-5").await, before);

    // Nothing ever happened to it, so that no ledger tells of it.
    planted.shop.catalog.create(draft("Desk lamp", "DESK-1", 2_000)).await.unwrap();
    let before = stock("DESK-1").await;
    assert_eq!((before.len(), before[0].on_hand()), (1, 0));
    planted.mends("DELETE FROM stock WHERE sku_key = 'desk-1'", &["stock of DESK-1 at main"]).await;
    assert_eq!(stock("DESK-1").await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_a_product_become_what_its_record_tells() {
    let planted = Planted::new().await;
    for set in [
        "id = '00000000-0000-0000-0000-000000000007'",
        "sku = 'Lamp-3'",
        "policy = 'untracked'",
        "ordinal = 2",
    ] {
        let statement = format!("UPDATE variants SET {set} WHERE sku_key = 'lamp-3'");
        planted.mends(&statement, &["variants of product"]).await;
    }
    for statement in [
        "DELETE FROM variants WHERE sku_key = 'lamp-3'",
        "UPDATE variant_prices SET amount = 1 WHERE variant = 'lamp-3'",
        "UPDATE variant_prices SET holds_until = now() WHERE variant = 'lamp-3'",
        "DELETE FROM variant_prices WHERE variant = 'lamp-3'",
        "INSERT INTO bundle_parts VALUES ('lamp-3', 1, 'lamp-4', 1)",
        "UPDATE stock SET product = NULL WHERE sku_key = 'lamp-3'",
        "UPDATE stock SET policy = 'backorder', backorder_limit = 9 WHERE sku_key = 'lamp-3'",
    ] {
        planted.mends(statement, &["variants of product"]).await;
    }
    for set in [
        "slug = 'other'",
        "import_key = 'other'",
        "version = version + 1",
        "starting_popularity = 9",
    ] {
        let statement = format!("UPDATE products SET {set} WHERE id = {LAMP_3}");
        planted.mends(&statement, &["what it is found by of product"]).await;
    }
    let statement = format!("INSERT INTO former_slugs SELECT 'ghost', {LAMP_3}");
    planted.mends(&statement, &["what it is found by of product"]).await;
    let view = planted.shop.ports.catalog.by_skus(&[sku("LAMP-3")]).await.unwrap().remove(0);
    assert_eq!(view.unwrap().product.content().slug.as_str(), "lamp-3");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saga_is_kept_as_it_says_itself() {
    let planted = Planted::new().await;
    let waiting = order_of(&planted.shop, "bank").await.id();
    for set in [
        "version = version + 2",
        "due = due + interval '1 day'",
        "due = due - interval '1 day'",
        "over = true, open = false",
    ] {
        let statement = format!("UPDATE sagas SET {set} WHERE order_id = '{waiting}'");
        planted.mends(&statement, &["checkout of order"]).await;
    }
    let sold = order_of(&planted.shop, "sold").await.id();
    for set in ["over = false, open = true", "open = true", "version = version + 1"] {
        let statement = format!("UPDATE sagas SET {set} WHERE order_id = '{sold}' AND kind = 1");
        planted.mends(&statement, &["refund "]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uses_are_those_of_orders_that_took_one_and_did_not_give_it_back() {
    let planted = Planted::new().await;
    // Declined, and so given back; and cancelled later.
    for buyer in ["broke", "regret"] {
        let statement = format!(
            "UPDATE promotion_uses SET uses = 1 WHERE customer_key = '{buyer}@example.com'"
        );
        planted.mends(&statement, &["by a customer"]).await;
    }
    let sold = order_of(&planted.shop, "sold").await.id();
    let broke = order_of(&planted.shop, "broke").await.id();
    for statement in [
        format!("DELETE FROM order_uses WHERE order_id = '{sold}'"),
        format!("UPDATE order_uses SET customer_key = 'eve' WHERE order_id = '{sold}'"),
        format!(
            "INSERT INTO order_uses SELECT order_id, 2, promotion, customer_key FROM order_uses
             WHERE order_id = '{broke}'"
        ),
    ] {
        planted.mends(&statement, &["as it is found"]).await;
    }
    assert_eq!(examined(&planted.shop).await.findings, []);
    planted
        .mends(
            "INSERT INTO promotion_uses SELECT promotion, 'nobody@example.com', 2
             FROM promotion_totals",
            &["by a customer"],
        )
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_found_by_what_it_was_placed_with() {
    let planted = Planted::new().await;
    let sold = order_of(&planted.shop, "sold").await.id();
    for set in [
        "email = 'eve@example.com'",
        "number = '0000000000'",
        "customer = '00000000-0000-0000-0000-000000000007'",
        "placed_at = placed_at - interval '1 year'",
        "email = 'eve@example.com', status = 'pending'",
    ] {
        let statement = format!("UPDATE orders SET {set} WHERE id = '{sold}'");
        planted.mends(&statement, &["as it is found"]).await;
    }
    assert_eq!(order_of(&planted.shop, "sold").await.id(), sold);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_listed_at_another_time_hides_no_other() {
    let planted = Planted::new().await;
    let (orders, sold) = (&planted.shop.ports.orders, order_of(&planted.shop, "sold").await.id());
    let earlier = "placed_at = placed_at - interval '1 year'";
    planted.plant(&format!("UPDATE orders SET {earlier} WHERE id <> '{sold}'")).await;
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = orders.orders(&OrderFilter::default(), after, 1).await.unwrap();
        listed.extend(page.items.iter().map(|order| order.id()));
        assert!(listed.len() <= 6, "the pages lead back: {listed:?}");
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed.len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_of_which_it_is_not_kept_how_it_is_shown_is_shown_again() {
    let planted = Planted::new().await;
    let catalog = &planted.shop.ports.catalog;
    let view = async |code: &str| catalog.by_skus(&[sku(code)]).await.unwrap().remove(0).unwrap();
    // One that nobody bought, and one whose popularity is mended with it.
    for code in ["LAMP-3", "LAMP-1"] {
        let before = view(code).await;
        let product = before.product.id();
        let statement = format!("DELETE FROM product_views WHERE product = '{product}'");
        planted.mends(&statement, &["page of product"]).await;
        let after = view(code).await;
        assert!(after.version > before.version);
        assert_eq!(after.availability, before.availability);
        assert_eq!(after.popularity, before.popularity);
    }
}
