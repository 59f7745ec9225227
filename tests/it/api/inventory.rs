//! Stock, from the outside.

use serde_json::{Value, json};

use crate::harness::api::{Answer, Api, Call, order_of};
use crate::harness::build::sku;

/// A shop with a lamp of which there are ten.
async fn lamps() -> Api {
    let api = Api::open().await;
    api.product("LAMP-1", 4_999, 10).await;
    api
}

fn receive(api: &Api, sku: &str, body: Value) -> Call {
    api.post(&format!("/admin/inventory/{sku}/receipts"), body).staff().key(&api.key())
}

fn adjust(api: &Api, sku: &str, body: Value) -> Call {
    api.post(&format!("/admin/inventory/{sku}/adjustments"), body).staff().key(&api.key())
}

fn skus(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["sku"].as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn shoppers_are_told_to_the_unit_what_can_be_bought() {
    let api = lamps().await;
    api.product("LAST-1", 100, 1).await;
    api.product("NONE-1", 100, 0).await;
    let page =
        api.get("/availability?sku=LAST-1&sku=lamp-1&sku=NONE-1&sku=UNKNOWN&sku=LAST-1").await;
    let told = json!([
        {"sku": "LAST-1", "availability": "low_stock", "available": 1},
        {"sku": "LAMP-1", "availability": "in_stock", "available": 10},
        {"sku": "NONE-1", "availability": "out_of_stock", "available": 0},
    ]);
    assert_eq!(page.ok(200)["items"], told);
}

#[tokio::test(start_paused = true)]
async fn a_question_about_nothing_or_too_much_is_refused() {
    let api = lamps().await;
    let refused = |answer: Answer| {
        let problem = answer.refused(400, "validation_failed");
        assert_eq!(problem["errors"][0]["parameter"], "sku");
    };
    refused(api.get("/availability").await);
    refused(api.get("/availability?sku=").await);
    refused(api.get("/availability?sku=two%20words").await);
    let many: Vec<String> = (0..101).map(|number| format!("sku=S-{number}")).collect();
    refused(api.get(&format!("/availability?{}", many.join("&"))).await);
}

#[tokio::test(start_paused = true)]
async fn staff_alone_see_and_move_stock() {
    let api = lamps().await;
    for path in ["", "/low-stock", "/LAMP-1", "/LAMP-1/events"] {
        api.get(&format!("/admin/inventory{path}")).await.refused(401, "unauthenticated");
    }
    for path in ["receipts", "adjustments"] {
        let path = format!("/admin/inventory/LAMP-1/{path}");
        let answer = api.post(&path, json!({"quantity": 1, "reason": "x"})).key(&api.key()).await;
        answer.refused(401, "unauthenticated");
    }
    assert_eq!(api.level("LAMP-1").await, (10, 0));
}

#[tokio::test(start_paused = true)]
async fn stock_is_received_and_adjusted() {
    let api = lamps().await;
    let received = receive(&api, "lamp-1", json!({"quantity": 5, "reason": "delivery"})).await;
    let stock = received.ok(201);
    assert_eq!(received.header("location"), Some("/api/v1/admin/inventory/lamp-1"));
    assert_eq!((&stock["sku"], &stock["on_hand"]), (&json!("LAMP-1"), &json!(15)));
    assert_eq!((&stock["reserved"], &stock["available"]), (&json!(0), &json!(15)));
    let adjusted = adjust(&api, "LAMP-1", json!({"quantity": -3, "reason": "broken"})).await;
    assert_eq!(adjusted.ok(201)["on_hand"], 12);
    let shown = api.get("/admin/inventory/LAMP-1").staff().await.ok(200);
    assert_eq!(shown, adjusted.json());
}

#[tokio::test(start_paused = true)]
async fn stock_never_falls_below_zero() {
    let api = lamps().await;
    let key = api.key();
    let lose = || {
        let body = json!({"quantity": -11, "reason": "lost"});
        api.post("/admin/inventory/LAMP-1/adjustments", body).staff().key(&key)
    };
    let refused = lose().await;
    assert_eq!(refused.refused(409, "stock_below_zero")["sku"], "LAMP-1");
    let again = lose().await;
    assert_eq!((again.replayed(), &again.body), (true, &refused.body));
    assert_eq!(api.level("LAMP-1").await, (10, 0));
}

#[tokio::test(start_paused = true)]
async fn stock_goes_only_where_the_shop_has_a_location() {
    let api = lamps().await;
    let body = json!({"quantity": 3, "reason": "x", "location": "mian"});
    for answer in [receive(&api, "LAMP-1", body.clone()).await, adjust(&api, "LAMP-1", body).await]
    {
        let problem = answer.refused(409, "unknown_reference");
        assert_eq!(problem["errors"][0]["pointer"], "/location");
        let detail = "the shop has no location mian; it has main";
        assert_eq!(problem["errors"][0]["detail"], detail);
    }
    let shown = api.get("/admin/inventory/LAMP-1").staff().await.ok(200);
    assert_eq!(shown["locations"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sku_of_which_there_is_stock_is_not_renamed() {
    let api = lamps().await;
    let owner = api.shop.ports.catalog.by_skus(&[sku("LAMP-1")]).await.unwrap()[0].clone().unwrap();
    let path = format!("/admin/products/{}", owner.product.id());
    let variant = owner.product.content().variants[0].id;
    let price = json!({"amount": 4_999, "currency": "USD"});
    let rename = || {
        let variants = json!([{"id": variant.to_string(), "sku": "LAMP-2", "price": price}]);
        api.patch(&path, json!({"variants": variants})).staff().header("If-Match", "\"1\"")
    };
    let problem = rename().await.refused(409, "in_use");
    let detail = "Units of LAMP-1 are on hand or held for orders; adjust its stock to zero at every \
                  location first, or archive the product instead.";
    assert_eq!(problem["detail"], detail);
    adjust(&api, "LAMP-1", json!({"quantity": -10, "reason": "renamed"})).await.ok(201);
    rename().await.ok(200);
    receive(&api, "LAMP-2", json!({"quantity": 10, "reason": "renamed"})).await.ok(201);
}

#[tokio::test(start_paused = true)]
async fn a_movement_that_says_which_version_it_saw_is_refused_where_others_were_faster() {
    let api = lamps().await;
    let shown = api.get("/admin/inventory/LAMP-1").staff().await.ok(200);
    let version = shown["locations"][0]["version"].clone();
    let body = json!({"quantity": 1, "reason": "found", "expected_version": version});
    adjust(&api, "LAMP-1", body.clone()).await.ok(201);
    adjust(&api, "LAMP-1", body).await.refused(412, "precondition_failed");
    assert_eq!(api.level("LAMP-1").await, (11, 0));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_movement_is_refused_with_its_place() {
    let api = lamps().await;
    let most = 1_000_000_000_i64;
    for quantity in [json!(0), json!(-1), json!(1.5), json!("2"), json!(most + 1), json!(null)] {
        let answer = receive(&api, "LAMP-1", json!({"quantity": quantity})).await;
        assert_eq!(answer.pointers(), ["/quantity"], "{quantity}");
    }
    for (body, place) in [
        (json!({"quantity": 0, "reason": "x"}), "/quantity"),
        (json!({"quantity": -most - 1, "reason": "x"}), "/quantity"),
        (json!({"quantity": 1}), "/reason"),
        (json!({"quantity": 1, "reason": " "}), "/reason"),
        (json!({"quantity": 1, "reason": "x", "location": "No Where"}), "/location"),
        (json!({"quantity": 1, "reason": "x", "expected_version": 0}), "/expected_version"),
        (json!({"quantity": 1, "reason": "x", "on_hand": 7}), "/on_hand"),
    ] {
        assert_eq!(adjust(&api, "LAMP-1", body.clone()).await.pointers(), [place], "{body}");
    }
    assert_eq!(api.level("LAMP-1").await, (10, 0));
}

#[tokio::test(start_paused = true)]
async fn a_sku_that_nobody_stocks_is_not_found() {
    let api = lamps().await;
    for sku in ["NONE-1", "two%20words", "%00"] {
        for path in ["", "/events"] {
            let path = format!("/admin/inventory/{sku}{path}");
            api.get(&path).staff().await.refused(404, "not_found");
        }
        receive(&api, sku, json!({"quantity": 1})).await.refused(404, "not_found");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sku_of_reserved_characters_is_reached_by_its_escapes() {
    let api = Api::open().await;
    for (sku, path) in
        [("A/B", "A%2FB"), ("50%", "50%25"), ("A?B#C", "A%3FB%23C"), ("A+B;C", "A+B;C")]
    {
        api.product(sku, 100, 3).await;
        let shown = api.get(&format!("/admin/inventory/{path}")).staff().await.ok(200);
        assert_eq!((&shown["sku"], &shown["on_hand"]), (&json!(sku), &json!(3)));
        let received = receive(&api, path, json!({"quantity": 2})).await.ok(201);
        assert_eq!((&received["sku"], &received["on_hand"]), (&json!(sku), &json!(5)));
        let query = path.replace('+', "%2B");
        let told = api.get(&format!("/availability?sku={query}")).await.ok(200);
        assert_eq!(told["items"][0]["sku"], sku);
    }
}

#[tokio::test(start_paused = true)]
async fn the_ledger_tells_the_life_of_a_sku_and_sums_to_its_stock() {
    let api = lamps().await;
    adjust(&api, "LAMP-1", json!({"quantity": -1, "reason": "broken"})).await.ok(201);
    let bought = api.buy(&[("LAMP-1", 2)]).await;
    let cancel = api.post(&format!("/orders/{}/cancel", bought.id), json!({"reason": "no"}));
    cancel.token(&bought.token).key(&api.key()).await.ok(200);
    let cart = api.cart(&[("LAMP-1", 1)]).await;
    api.place(order_of(&cart, "pm_card_chargeDeclined")).await.refused(402, "payment_declined");
    let page = api.get("/admin/inventory/LAMP-1/events?limit=100").staff().await.ok(200);
    let told: Vec<(&str, i64)> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["kind"].as_str().unwrap(), e["quantity"].as_i64().unwrap()))
        .collect();
    let life = [
        ("adjusted", 10),
        ("adjusted", -1),
        ("reserved", 2),
        ("committed", 2),
        ("cancelled", 2),
        ("reserved", 1),
        ("released", 1),
    ];
    assert_eq!(told, life);
    assert_eq!(page["items"][1]["reason"], "broken");
    assert_eq!(page["items"][2]["order_id"], bought.id.as_str());
    assert_eq!(api.level("LAMP-1").await, (9, 0));
}

#[tokio::test(start_paused = true)]
async fn lists_of_stock_are_told_a_page_at_a_time() {
    let api = Api::open().await;
    for number in 0..5 {
        api.product(&format!("S-{number}"), 100, 50 * i64::from(number % 2)).await;
    }
    let first = api.get("/admin/inventory?limit=3").staff().await;
    let page = first.ok(200);
    assert_eq!(skus(&page), ["S-0", "S-1", "S-2"]);
    let cursor = page["next_cursor"].as_str().unwrap();
    let link = format!("</api/v1/admin/inventory?limit=3&cursor={cursor}>; rel=\"next\"");
    assert_eq!(first.header("link"), Some(link.as_str()));
    let rest = api.get(&format!("/admin/inventory?limit=3&cursor={cursor}")).staff().await.ok(200);
    assert_eq!((skus(&rest), &rest["next_cursor"]), (vec!["S-3", "S-4"], &json!(null)));
    let low = api.get("/admin/inventory/low-stock").staff().await.ok(200);
    assert_eq!(skus(&low), ["S-0", "S-2", "S-4"]);
    let foreign = api.get(&format!("/admin/inventory/low-stock?cursor={cursor}")).staff().await;
    assert_eq!(foreign.refused(400, "validation_failed")["errors"][0]["parameter"], "cursor");
    let forged = api.get(&format!("/admin/inventory?cursor=A{cursor}")).staff().await;
    forged.refused(400, "validation_failed");
    for limit in ["0", "101", "x", "+5"] {
        let answer = api.get(&format!("/admin/inventory?limit={limit}")).staff().await;
        assert_eq!(answer.refused(400, "validation_failed")["errors"][0]["parameter"], "limit");
    }
}

#[tokio::test(start_paused = true)]
async fn stock_that_did_not_change_is_not_sent_again() {
    let api = lamps().await;
    let first = api.get("/admin/inventory/LAMP-1").staff().await;
    let tag = first.header("etag").expect("a tag");
    let again = || api.get("/admin/inventory/LAMP-1").staff().header("If-None-Match", tag);
    assert_eq!(again().await.status, 304);
    api.adjust("LAMP-1", -1).await;
    assert_eq!(again().await.ok(200)["on_hand"], 9);
}
