//! Carts, from the outside.

use ecicomm::app::pricing::{PromotionDraft, PromotionType};
use ecicomm::domain::shared::Span;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::api::{Answer, Api, address, order_of, with};
use crate::harness::build::usd;

/// Totals agree with the lines and with each other, to the cent.
pub fn adds_up(priced: &Value) -> bool {
    let units = |name: &str| priced[name]["amount"].as_i64().unwrap();
    let of = |line: &Value, name: &str| line[name]["amount"].as_i64().unwrap();
    let lines = priced["lines"].as_array().unwrap();
    let sum = |part: &dyn Fn(&Value) -> i64| lines.iter().map(part).sum::<i64>();
    let full = |line: &Value| of(line, "unit_price") * line["quantity"].as_i64().unwrap();
    let goods = units("subtotal") - units("discount_total");
    units("total") == goods + units("shipping_total") + units("tax_total")
        && units("subtotal") == sum(&full)
        && sum(&|line| of(line, "total")) == goods
        && lines.iter().all(|line| of(line, "total") == full(line) - of(line, "discount"))
}

fn quantities(cart: &Value) -> Vec<(&str, i64)> {
    let lines = cart["lines"].as_array().unwrap().iter();
    lines.map(|l| (l["sku"].as_str().unwrap(), l["quantity"].as_i64().unwrap())).collect()
}

fn problem_of(cart: &Value, index: usize) -> Option<&str> {
    cart["lines"][index]["problem"]["code"].as_str()
}

/// A shop with a lamp for 49.99, of which there are ten, and a cart with two of them.
async fn lamps() -> (Api, String) {
    let api = Api::open().await;
    api.product("LAMP-1", 4_999, 10).await;
    let cart = api.cart(&[("LAMP-1", 2)]).await;
    (api, format!("/carts/{cart}"))
}

async fn coupon(api: &Api, code: &str, percent: &str, least: Option<i64>) {
    let draft = PromotionDraft {
        code: Some(code.to_owned()),
        percent: Some(percent.to_owned()),
        minimum_subtotal: least.map(usd),
        ..PromotionDraft::new(code, PromotionType::Percentage)
    };
    api.shop.pricing.create_promotion(draft).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_cart_begins_empty_and_tells_where_it_is() {
    let api = Api::open().await;
    let answer = api.post("/carts", json!({})).await;
    let cart = answer.ok(201);
    let id = cart["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), Some(format!("/api/v1/carts/{id}").as_str()));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let tag = answer.header("etag").unwrap();
    assert!(tag.starts_with(&format!("\"{}-", cart["version"])), "{tag}");
    let nothing = json!({"amount": 0, "currency": "USD"});
    assert_eq!(cart["currency"], "USD");
    assert_eq!(
        (&cart["lines"], &cart["coupons"], &cart["total"]),
        (&json!([]), &json!([]), &nothing)
    );
    assert_eq!(cart["estimated"], true);
    assert_eq!(api.get(&format!("/carts/{id}")).await.ok(200), cart);
}

#[tokio::test(start_paused = true)]
async fn a_cart_keeps_the_currency_that_it_was_begun_in() {
    let api = Api::open().await;
    let cart = api.post("/carts", json!({"currency": "EUR"})).await.ok(201);
    assert_eq!(cart["total"]["currency"], "EUR");
    assert_eq!(api.post("/carts", json!({"currency": "???"})).await.pointers(), ["/currency"]);
}

#[tokio::test(start_paused = true)]
async fn a_sku_that_is_added_twice_is_one_line() {
    let (api, cart) = lamps().await;
    let added = api.post(&format!("{cart}/items"), json!({"sku": "lamp-1", "quantity": 1})).await;
    let shown = added.ok(200);
    assert_eq!(quantities(&shown), [("LAMP-1", 3)]);
    assert_eq!(shown["subtotal"]["amount"], 3 * 4_999);
    assert!(adds_up(&shown));
    let variant = shown["lines"][0]["variant_id"].as_str().unwrap();
    let item = json!({"variant_id": variant, "quantity": 2});
    let by_variant = api.post(&format!("{cart}/items"), item).await.ok(200);
    assert_eq!(quantities(&by_variant), [("LAMP-1", 5)]);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_item_is_refused_with_its_place_and_leaves_no_trace() {
    let (api, cart) = lamps().await;
    let before = api.get(&cart).await.ok(200);
    let items = format!("{cart}/items");
    for quantity in ["0", "-1", "1.5", "\"2\"", "1e20", "null", "100000000000000000000"] {
        let body = format!(r#"{{"sku": "LAMP-1", "quantity": {quantity}}}"#);
        let answer = api.post(&items, json!({})).raw(&body).await;
        assert_eq!(answer.pointers(), ["/quantity"], "{quantity}");
    }
    for (body, place) in [
        (json!({"quantity": 1}), ""),
        (json!({"sku": "LAMP-1"}), "/quantity"),
        (
            json!({"sku": "LAMP-1", "variant_id": before["lines"][0]["variant_id"], "quantity": 1}),
            "",
        ),
        (json!({"sku": "LAMP-1", "quantity": 1, "unit_price": 1}), "/unit_price"),
        (json!({"sku": "two words", "quantity": 1}), "/sku"),
        (json!({"sku": null, "quantity": 1}), "/sku"),
        (json!({"variant_id": "7", "quantity": 1}), "/variant_id"),
    ] {
        assert_eq!(api.post(&items, body.clone()).await.pointers(), [place], "{body}");
    }
    let twice = r#"{"sku": "LAMP-1", "quantity": 1, "quantity": 2}"#;
    assert_eq!(api.post(&items, json!({})).raw(twice).await.pointers(), ["/quantity"]);
    api.post(&items, json!({})).raw("{\"sku\": ").await.refused(400, "malformed_json");
    assert_eq!(api.get(&cart).await.ok(200), before);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_had_is_refused_by_name() {
    let (api, cart) = lamps().await;
    let items = format!("{cart}/items");
    let problem = api.post(&items, json!({"sku": "LAMP-1", "quantity": 9})).await;
    let problem = problem.refused(409, "insufficient_stock");
    assert_eq!((&problem["sku"], &problem["available"]), (&json!("LAMP-1"), &json!(10)));
    let unknown = api.post(&items, json!({"sku": "NONE-1", "quantity": 1})).await;
    assert_eq!(unknown.refused(409, "product_unavailable")["sku"], "NONE-1");
    assert_eq!(quantities(&api.get(&cart).await.ok(200)), [("LAMP-1", 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_cart_that_nobody_has_is_not_found() {
    let api = Api::open().await;
    for id in ["00000000-0000-7000-8000-000000000000", "7", "%00", "LAMP-1"] {
        api.get(&format!("/carts/{id}")).await.refused(404, "not_found");
        let item = json!({"sku": "LAMP-1", "quantity": 1});
        api.post(&format!("/carts/{id}/coupons"), json!({"code": "X"}))
            .await
            .refused(404, "not_found");
        let answer = api.post(&format!("/carts/{id}/items"), item).await;
        assert!(matches!(answer.status, 404 | 409), "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_units_of_a_line_are_set_and_the_line_is_taken_out() {
    let (api, cart) = lamps().await;
    let shown = api.get(&cart).await.ok(200);
    let line = format!("{cart}/items/{}", shown["lines"][0]["variant_id"].as_str().unwrap());
    let set = |quantity: i64| api.patch(&line, json!({"quantity": quantity}));
    assert_eq!(quantities(&set(5).await.ok(200)), [("LAMP-1", 5)]);
    set(11).await.refused(409, "insufficient_stock");
    assert_eq!(set(0).await.pointers(), ["/quantity"]);
    assert_eq!(quantities(&set(1).await.ok(200)), [("LAMP-1", 1)]);
    assert_eq!(api.delete(&line).await.ok(200)["lines"], json!([]));
    api.delete(&line).await.refused(404, "not_found");
    set(1).await.refused(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn lowering_a_line_is_never_refused_for_stock() {
    let (api, cart) = lamps().await;
    let variant = api.get(&cart).await.ok(200)["lines"][0]["variant_id"].clone();
    let line = format!("{cart}/items/{}", variant.as_str().unwrap());
    api.patch(&line, json!({"quantity": 6})).await.ok(200);
    api.adjust("LAMP-1", -9).await;
    let shown = api.patch(&line, json!({"quantity": 4})).await.ok(200);
    assert_eq!(problem_of(&shown, 0), Some("insufficient_stock"));
    assert_eq!(shown["lines"][0]["problem"]["available"], 1);
    api.patch(&line, json!({"quantity": 5})).await.refused(409, "insufficient_stock");
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_a_cart_that_changed_meanwhile_is_refused_where_it_says_what_it_saw() {
    let (api, cart) = lamps().await;
    let seen = api.get(&cart).await.header("etag").unwrap().to_owned();
    let add = || api.post(&format!("{cart}/items"), json!({"sku": "LAMP-1", "quantity": 1}));
    add().header("If-Match", &seen).await.ok(200);
    add().header("If-Match", &seen).await.refused(412, "precondition_failed");
    add().header("If-Match", "\"stale\"").await.refused(412, "precondition_failed");
    add().header("If-Match", "W/\"1\"").await.refused(412, "precondition_failed");
    add().header("If-Match", "*").await.ok(200);
    assert_eq!(quantities(&add().await.ok(200)), [("LAMP-1", 5)]);
    for (path, body) in
        [("coupons", json!({"code": "X"})), ("items", json!({"sku": "LAMP-1", "quantity": 1}))]
    {
        let stale = api.post(&format!("{cart}/{path}"), body).header("If-Match", &seen).await;
        stale.refused(412, "precondition_failed");
    }
    for (path, body) in
        [("shipping-address", address()), ("shipping-option", json!({"code": "standard"}))]
    {
        let stale = api.put(&format!("{cart}/{path}"), body).header("If-Match", &seen).await;
        stale.refused(412, "precondition_failed");
    }
}

#[tokio::test(start_paused = true)]
async fn edits_at_the_same_moment_lose_no_line_and_no_unit() {
    let api = Api::open().await;
    for number in 0..4 {
        api.product(&format!("C-{number}"), 100, 50).await;
    }
    let cart = api.cart(&[]).await;
    let adds = (0..16).map(|number| {
        let item = json!({"sku": format!("C-{}", number % 4), "quantity": 1});
        api.post(&format!("/carts/{cart}/items"), item).into_future()
    });
    let answers: Vec<Answer> = join_all(adds).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let shown = api.get(&format!("/carts/{cart}")).await.ok(200);
    let mut lines = quantities(&shown);
    lines.sort_unstable();
    assert_eq!(lines, [("C-0", 4), ("C-1", 4), ("C-2", 4), ("C-3", 4)]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_has_the_cart_already_is_told_so() {
    let (api, cart) = lamps().await;
    let first = api.get(&cart).await;
    let tag = first.header("etag").unwrap();
    let again = api.get(&cart).header("If-None-Match", tag).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    api.adjust("LAMP-1", -9).await;
    let changed = api.get(&cart).header("If-None-Match", tag).await;
    assert_eq!(problem_of(&changed.ok(200), 0), Some("insufficient_stock"));
}

#[tokio::test(start_paused = true)]
async fn a_coupon_is_used_once_and_taken_out_again() {
    let (api, cart) = lamps().await;
    coupon(&api, "TENTH", "10", None).await;
    let apply = |code: &str| api.post(&format!("{cart}/coupons"), json!({"code": code}));
    let shown = apply("tenth").await.ok(200);
    assert_eq!(shown["discount_total"]["amount"], 1_000);
    assert_eq!(shown["coupons"][0]["amount"]["amount"], 1_000);
    assert_eq!(shown["promotions"][0]["code"], shown["coupons"][0]["code"]);
    assert!(adds_up(&shown));
    assert_eq!(apply("TENTH").await.ok(200)["discount_total"]["amount"], 1_000);
    let out = api.delete(&format!("{cart}/coupons/Tenth")).await.ok(200);
    assert_eq!((&out["coupons"], &out["discount_total"]["amount"]), (&json!([]), &json!(0)));
    api.delete(&format!("{cart}/coupons/TENTH")).await.refused(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn a_coupon_that_does_not_apply_is_refused_with_the_reason() {
    let (api, cart) = lamps().await;
    coupon(&api, "BIG", "50", Some(50_000)).await;
    let apply = |code: &str| api.post(&format!("{cart}/coupons"), json!({"code": code}));
    for code in ["BIG", "NOBODY-MADE-IT"] {
        let problem = apply(code).await.refused(422, "coupon_not_applicable");
        assert_eq!(problem["coupon"].as_str().map(str::to_uppercase).as_deref(), Some(code));
    }
    assert_eq!(apply("two words").await.pointers(), ["/code"]);
    assert_eq!(api.get(&cart).await.ok(200)["coupons"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn an_address_ends_the_estimate() {
    let api = Api::open().await;
    let cart = api.post("/carts", json!({})).await.ok(201);
    let path = format!("/carts/{}/shipping-address", cart["id"].as_str().unwrap());
    let shown = api.put(&path, address()).await.ok(200);
    assert_eq!(shown["estimated"], false);
    assert_eq!(shown["shipping_address"]["city"], "Springfield");
    assert_eq!(
        api.put(&path, with(address(), json!({"country": "USA"}))).await.pointers(),
        ["/country"]
    );
    assert_eq!(api.put(&path, with(address(), json!({"name": " "}))).await.pointers(), ["/name"]);
    assert_eq!(api.put(&path, with(address(), json!({"planet": 3}))).await.pointers(), ["/planet"]);
}

#[tokio::test(start_paused = true)]
async fn the_cheapest_shipping_counts_until_one_is_chosen() {
    let (api, cart) = lamps().await;
    let options = api.get(&format!("{cart}/shipping-options")).await.ok(200)["items"].clone();
    assert_eq!(options.as_array().unwrap().len(), 1);
    let shown = api.get(&cart).await.ok(200);
    assert_eq!(shown["shipping_total"], options[0]["price"]);
    assert_eq!(shown["shipping_option"]["chosen"], false);
    let choose = |code: &str| api.put(&format!("{cart}/shipping-option"), json!({"code": code}));
    let chosen = choose("standard").await.ok(200);
    assert_eq!(chosen["shipping_option"]["chosen"], true);
    assert!(adds_up(&chosen));
    choose("teleport").await.refused(409, "no_shipping_option");
    assert_eq!(choose("").await.pointers(), ["/code"]);
}

#[tokio::test(start_paused = true)]
async fn a_choice_that_does_not_go_to_the_new_address_says_so() {
    let (api, cart) = lamps().await;
    let method = json!({
        "name": "Within the country", "code": "inland", "type": "flat", "price": {"amount": 300, "currency": "USD"},
        "countries": ["US"],
    });
    api.post("/admin/shipping-methods", method).staff().await.ok(201);
    let option = format!("{cart}/shipping-option");
    let chosen = api.put(&option, json!({"code": "inland"})).await.ok(200);
    assert_eq!(
        (&chosen["shipping_total"]["amount"], &chosen["shipping_problem"]),
        (&json!(300), &json!(null))
    );
    let abroad = with(address(), json!({"country": "DE"}));
    let gone = api.put(&format!("{cart}/shipping-address"), abroad).await.ok(200);
    assert_eq!(
        (&gone["shipping_problem"], &gone["shipping_option"]),
        (&json!("option_unavailable"), &json!(null))
    );
    let order = order_of(cart.trim_start_matches("/carts/"), "pm_card_visa");
    let refused = api.place(order).await.refused(409, "no_shipping_option");
    assert!(refused["detail"].as_str().unwrap().contains("inland"), "{refused}");
    let standard = api.put(&option, json!({"code": "standard"})).await.ok(200);
    assert_eq!(standard["shipping_problem"], json!(null));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_left_the_shop_stays_and_counts_nothing() {
    let (api, cart) = lamps().await;
    let product = api.get(&cart).await.ok(200)["lines"][0]["product_id"].clone();
    let id = ecicomm::domain::shared::ProductId::parse(product.as_str().unwrap()).unwrap();
    let version = api.shop.catalog.product(id).await.unwrap().product.version();
    api.shop.catalog.archive(id, version).await.unwrap();
    let shown = api.get(&cart).await.ok(200);
    assert_eq!(problem_of(&shown, 0), Some("product_unavailable"));
    assert_eq!(shown["subtotal"]["amount"], 0);
    let order = order_of(cart.trim_start_matches("/carts/"), "pm_card_visa");
    assert_eq!(api.place(order).await.refused(409, "product_unavailable")["sku"], "LAMP-1");
}

#[tokio::test(start_paused = true)]
async fn an_ordered_cart_does_not_change_any_more() {
    let (api, cart) = lamps().await;
    let order = order_of(cart.trim_start_matches("/carts/"), "pm_card_visa");
    api.bought(order).await;
    let item = json!({"sku": "LAMP-1", "quantity": 1});
    api.post(&format!("{cart}/items"), item).await.refused(409, "cart_ordered");
    api.put(&format!("{cart}/shipping-address"), address()).await.refused(409, "cart_ordered");
}

#[tokio::test(start_paused = true)]
async fn a_cart_is_forgotten_a_day_after_its_last_change() {
    let (api, cart) = lamps().await;
    api.wait(Span::hours(23)).await;
    api.put(&format!("{cart}/shipping-address"), address()).await.ok(200);
    api.wait(Span::hours(23)).await;
    api.get(&cart).await.ok(200);
    api.wait(Span::hours(2)).await;
    api.get(&cart).await.refused(404, "not_found");
}
