//! Orders as buyers see them.

use ecicomm::domain::shared::Span;
use serde_json::{Value, json};

use super::cart::adds_up;
use crate::harness::api::{Answer, Api, Bought, Call, address, order_of, with};

/// A shop with a lamp for 49.99, of which there are ten.
pub async fn lamps() -> Api {
    let api = Api::open().await;
    api.product("LAMP-1", 4_999, 10).await;
    api
}

/// An order of lines, without a cart.
pub fn order_lines(lines: &[(&str, i64)]) -> Value {
    let line = |(sku, quantity): &(&str, i64)| json!({"sku": sku, "quantity": quantity});
    json!({
        "lines": lines.iter().map(line).collect::<Vec<_>>(),
        "email": "ada@example.com",
        "shipping_address": address(),
        "payment": {"method": "card", "token": "pm_card_visa"},
    })
}

fn cancel(api: &Api, bought: &Bought) -> Call {
    let body = json!({"reason": "changed my mind"});
    api.post(&format!("/orders/{}/cancel", bought.id), body).token(&bought.token)
}

#[tokio::test(start_paused = true)]
async fn an_order_is_confirmed_and_tells_everything_once() {
    let api = lamps().await;
    let cart = api.cart(&[("LAMP-1", 2)]).await;
    let answer = api.place(order_of(&cart, "pm_card_visa")).await;
    let order = answer.ok(201);
    let id = order["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), Some(format!("/api/v1/orders/{id}").as_str()));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(
        (&order["status"], &order["email"]),
        (&json!("confirmed"), &json!("ada@example.com"))
    );
    assert_eq!(order["number"].as_str().unwrap().len(), 10);
    assert!(adds_up(&order));
    let total = &order["total"];
    assert_eq!(order["subtotal"]["amount"], 9_998);
    assert_eq!(order["payment"]["status"], "captured");
    assert_eq!((&order["payment"]["captured"], &order["payment"]["authorized"]), (total, total));
    assert_eq!(order["payment"]["refunded"]["amount"], 0);
    let line = &order["lines"][0];
    for progress in ["cancelled", "shipped", "delivered", "returned"] {
        assert_eq!(line[progress], 0, "{progress}");
    }
    for list in ["shipments", "returns", "refunds", "coupons", "promotions", "tax_lines"] {
        assert_eq!(order[list], json!([]), "{list}");
    }
    assert_eq!(order["shipping_address"], order["billing_address"]);
    assert_eq!(order["placed_at"], "2023-11-14T22:13:20.000000Z");
    assert_eq!(api.level("LAMP-1").await, (8, 0));
}

#[tokio::test(start_paused = true)]
async fn an_order_of_lines_needs_no_cart() {
    let api = lamps().await;
    let bought = api.bought(order_lines(&[("LAMP-1", 1), ("lamp-1", 2)])).await;
    assert!(adds_up(&bought.order));
    assert_eq!(api.level("LAMP-1").await, (7, 0));
    let without = with(order_lines(&[("LAMP-1", 1)]), json!({"shipping_address": null}));
    assert_eq!(api.place(without).await.pointers(), ["/shipping_address"]);
    api.place(order_lines(&[("LAMP-1", 8)])).await.refused(409, "insufficient_stock");
    api.place(order_lines(&[("NONE-1", 1)])).await.refused(409, "product_unavailable");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_order_is_refused_with_its_place_and_its_key_stays_free() {
    let api = lamps().await;
    let cart = api.cart(&[("LAMP-1", 1)]).await;
    let right = order_of(&cart, "pm_card_visa");
    let key = api.key();
    let long = "x".repeat(201);
    for (members, place) in [
        (json!({"total": 1}), "/total"),
        (json!({"lines": []}), "/lines"),
        (json!({"lines": [{"sku": "LAMP-1", "quantity": 1}]}), ""),
        (json!({"cart_id": "7"}), "/cart_id"),
        (json!({"cart_version": 0}), "/cart_version"),
        (json!({"expected_total": {"amount": 1, "currency": "???"}}), "/expected_total/currency"),
        (json!({"expected_total": {"amount": 0.5, "currency": "USD"}}), "/expected_total/amount"),
        (json!({"email": "nobody"}), "/email"),
        (json!({"email": null}), "/email"),
        (json!({"shipping_address": {"name": "Ada"}}), "/shipping_address/line1"),
        (
            json!({"billing_address": with(address(), json!({"country": "XX9"}))}),
            "/billing_address/country",
        ),
        (json!({"shipping_option": ""}), "/shipping_option"),
        (json!({"payment": {"method": "card"}}), "/payment/token"),
        (json!({"payment": {"method": "card", "token": long}}), "/payment/token"),
        (json!({"payment": {"method": "invoice", "token": "x"}}), "/payment/token"),
        (json!({"payment": {"method": "barter"}}), "/payment/method"),
        (json!({"payment": {"token": "x"}}), "/payment/method"),
    ] {
        let answer = api.post("/orders", with(right.clone(), members.clone())).key(&key).await;
        assert_eq!(answer.pointers(), [place], "{members}");
    }
    let nobody = with(right.clone(), json!({"cart_id": "00000000-0000-7000-8000-000000000000"}));
    api.post("/orders", nobody).key(&key).await.refused(404, "not_found");
    api.post("/orders", right).key(&key).await.ok(201);
}

#[tokio::test(start_paused = true)]
async fn an_order_without_address_or_goods_is_refused() {
    let api = lamps().await;
    let bare = api.post("/carts", json!({})).await.ok(201)["id"].as_str().unwrap().to_owned();
    let item = json!({"sku": "LAMP-1", "quantity": 1});
    api.post(&format!("/carts/{bare}/items"), item).await.ok(200);
    let answer = api.place(order_of(&bare, "pm_card_visa")).await;
    assert_eq!(answer.pointers(), ["/shipping_address"]);
    let own = with(order_of(&bare, "pm_card_visa"), json!({"shipping_address": address()}));
    let total = api.get(&format!("/carts/{bare}")).await.ok(200)["total"].clone();
    api.place(with(own, json!({"expected_total": total}))).await.ok(201);
    let empty = api.cart(&[]).await;
    let answer = api.place(order_of(&empty, "pm_card_visa")).await;
    answer.refused(409, "invalid_transition");
}

#[tokio::test(start_paused = true)]
async fn a_cart_becomes_one_order() {
    let api = lamps().await;
    let cart = api.cart(&[("LAMP-1", 2)]).await;
    api.bought(order_of(&cart, "pm_card_visa")).await;
    api.place(order_of(&cart, "pm_card_visa")).await.refused(409, "cart_ordered");
    assert_eq!(api.level("LAMP-1").await, (8, 0));
}

#[tokio::test(start_paused = true)]
async fn a_declined_card_is_told_the_same_again_and_frees_the_cart() {
    let api = lamps().await;
    let cart = api.cart(&[("LAMP-1", 1)]).await;
    let key = api.key();
    for (token, reason) in [
        ("pm_card_chargeDeclined", "card_declined"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
    ] {
        let key = format!("{key}-{token}");
        let place = || api.post("/orders", order_of(&cart, token)).key(&key);
        let first = place().header("X-Request-Id", "one").await;
        let problem = first.refused(402, "payment_declined");
        assert_eq!((&problem["reason"], first.replayed()), (&json!(reason), false));
        let again = place().header("X-Request-Id", "two").await;
        assert_eq!((again.status, again.replayed(), &again.body), (402, true, &first.body));
        assert_eq!(api.level("LAMP-1").await, (10, 0));
    }
    api.bought(order_of(&cart, "pm_card_visa")).await;
}

#[tokio::test(start_paused = true)]
async fn an_order_that_differs_from_what_its_buyer_saw_is_refused_with_the_cart() {
    let api = lamps().await;
    let cart = api.cart(&[("LAMP-1", 1)]).await;
    let seen = api.get(&format!("/carts/{cart}")).await.ok(200);
    let item = json!({"sku": "LAMP-1", "quantity": 1});
    let now = api.post(&format!("/carts/{cart}/items"), item).await.ok(200);
    let order = |members: Value| api.place(with(order_of(&cart, "pm_card_visa"), members));
    for members in
        [json!({"cart_version": seen["version"]}), json!({"expected_total": seen["total"]})]
    {
        let problem = order(members).await.refused(409, "cart_changed");
        assert_eq!(problem["cart"]["total"], now["total"]);
    }
    order(json!({"cart_version": now["version"], "expected_total": now["total"]})).await.ok(201);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_one_line_cannot_fill_holds_nothing_of_the_others() {
    let api = lamps().await;
    api.product("DRY-1", 100, 3).await;
    let cart = api.cart(&[("LAMP-1", 2), ("DRY-1", 3)]).await;
    api.adjust("DRY-1", -1).await;
    let problem = api.place(order_of(&cart, "pm_card_visa")).await;
    let problem = problem.refused(409, "insufficient_stock");
    assert_eq!((&problem["sku"], &problem["available"]), (&json!("DRY-1"), &json!(2)));
    assert_eq!((api.level("LAMP-1").await, api.level("DRY-1").await), ((10, 0), (2, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_payment_without_an_answer_is_told_later_under_the_same_key() {
    let api = lamps().await;
    for (token, status, level) in [
        ("pm_sandbox_timeout_then_captured", 201, (9, 0)),
        ("pm_sandbox_timeout_not_captured", 409, (9, 0)),
    ] {
        let cart = api.cart(&[("LAMP-1", 1)]).await;
        let key = api.key();
        let place = || api.post("/orders", order_of(&cart, token)).key(&key);
        let first = place().await;
        let pending = first.ok(202);
        let path = first.header("location").unwrap().trim_start_matches("/api/v1").to_owned();
        let opener = pending["access_token"].as_str().unwrap().to_owned();
        assert_eq!(pending["status"], "pending");
        let again = place().await;
        assert_eq!((again.status, &again.body), (202, &first.body));
        assert_eq!(api.get(&path).token(&opener).await.ok(200)["status"], "pending");
        api.wait(Span::seconds(30)).await;
        api.settle().await;
        api.wait(Span::seconds(30)).await;
        api.settle().await;
        let last = place().await;
        assert_eq!((last.status, last.replayed()), (status, true), "{token}");
        assert_eq!(place().await.body, last.body);
        let ended = if status == 201 { "confirmed" } else { "failed" };
        assert_eq!(api.get(&path).token(&opener).await.ok(200)["status"], ended);
        assert_eq!(api.level("LAMP-1").await, level);
    }
}

#[tokio::test(start_paused = true)]
async fn a_buyer_who_must_act_confirms_afterwards() {
    let api = lamps().await;
    let cart = api.cart(&[("LAMP-1", 1)]).await;
    let pending = api.place(order_of(&cart, "pm_card_authenticationRequired")).await.ok(202);
    assert_eq!(pending["payment"]["status"], "requires_action");
    assert!(pending["payment"]["next_action"].is_string());
    let (id, token) = (pending["id"].as_str().unwrap(), pending["access_token"].as_str().unwrap());
    let key = api.key();
    let confirm =
        || api.post(&format!("/orders/{id}/payment/confirm"), json!({})).token(token).key(&key);
    let first = confirm().await;
    let confirmed = first.ok(200);
    assert_eq!(
        (&confirmed["status"], &confirmed["access_token"]),
        (&json!("confirmed"), &json!(null))
    );
    let again = confirm().await;
    assert_eq!((again.replayed(), &again.body), (true, &first.body));
    assert_eq!(api.level("LAMP-1").await, (9, 0));
}

#[tokio::test(start_paused = true)]
async fn an_order_is_opened_by_its_token_alone() {
    let api = lamps().await;
    let (mine, other) = (api.buy(&[("LAMP-1", 1)]).await, api.buy(&[("LAMP-1", 1)]).await);
    let path = format!("/orders/{}", mine.id);
    let asks = |call: &dyn Fn(Call) -> Call| {
        let reason = json!({"reason": "mischief"});
        [
            call(api.get(&path)),
            call(api.get(&format!("{path}/events"))),
            call(api.post(&format!("{path}/cancel"), reason.clone()).key(&api.key())),
            call(api.post(&format!("{path}/returns"), reason).key(&api.key())),
            call(api.post(&format!("{path}/payment/confirm"), json!({})).key(&api.key())),
        ]
    };
    let wrong = [other.token.clone(), "x".repeat(40), mine.token.to_uppercase(), String::new()];
    for call in asks(&|call| call).into_iter().chain(asks(&|call| call.staff())) {
        call.await.refused(404, "not_found");
    }
    for token in &wrong {
        for call in asks(&|call| call.token(token)) {
            call.await.refused(404, "not_found");
        }
    }
    let order = api.get(&path).token(&mine.token).await.ok(200);
    assert_eq!((&order["number"], &order["status"]), (&mine.order["number"], &json!("confirmed")));
    assert_eq!(order["access_token"], json!(null));
}

#[tokio::test(start_paused = true)]
async fn neither_the_card_nor_the_cart_is_ever_shown_with_an_order() {
    let api = lamps().await;
    let cart = api.cart(&[("LAMP-1", 1)]).await;
    let bought = api.bought(order_of(&cart, "pm_card_visa")).await;
    let path = format!("/orders/{}", bought.id);
    let answers: Vec<Answer> = vec![
        api.get(&path).token(&bought.token).await,
        api.get(&format!("{path}/events")).token(&bought.token).await,
        cancel(&api, &bought).key(&api.key()).await,
        api.get(&format!("/admin{path}")).staff().await,
        api.get(&format!("/admin{path}/events")).staff().await,
        api.get("/admin/orders").staff().await,
    ];
    for answer in &answers {
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 200);
        for secret in ["pm_card_visa", cart.as_str(), bought.token.as_str()] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    assert!(!bought.order.to_string().contains("pm_card_visa"));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_order_gives_back_units_and_money() {
    let api = lamps().await;
    let bought = api.buy(&[("LAMP-1", 3)]).await;
    let cancelled = cancel(&api, &bought).key(&api.key()).await.ok(200);
    assert_eq!(
        (&cancelled["status"], &cancelled["reason"]),
        (&json!("cancelled"), &json!("changed my mind"))
    );
    assert_eq!(cancelled["lines"][0]["cancelled"], 3);
    assert_eq!(cancelled["refunds"][0]["status"], "pending");
    assert_eq!(api.level("LAMP-1").await, (10, 0));
    api.settle().await;
    let after = api.get(&format!("/orders/{}", bought.id)).token(&bought.token).await.ok(200);
    assert_eq!(after["payment"]["status"], "refunded");
    assert_eq!(after["payment"]["refunded"], bought.order["total"]);
    assert_eq!(after["refunds"][0]["status"], "paid");
    cancel(&api, &bought).key(&api.key()).await.refused(409, "invalid_transition");
    assert_eq!(api.level("LAMP-1").await, (10, 0));
}

#[tokio::test(start_paused = true)]
async fn the_history_of_an_order_is_told_in_order_and_keeps_the_notes_of_staff() {
    let api = lamps().await;
    let bought = api.buy(&[("LAMP-1", 1)]).await;
    let path = format!("/orders/{}", bought.id);
    let note = json!({"text": "Asked for gift wrapping."});
    api.post(&format!("/admin{path}/notes"), note).staff().key(&api.key()).await.json();
    let kinds = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["kind"].as_str().unwrap().to_owned()).collect()
    };
    let mine = api.get(&format!("{path}/events")).token(&bought.token).await.ok(200);
    assert_eq!(kinds(&mine).first().map(String::as_str), Some("placed"));
    assert_eq!(kinds(&mine).last().map(String::as_str), Some("confirmed"));
    let all = api.get(&format!("/admin{path}/events")).staff().await.ok(200);
    assert_eq!(kinds(&all).last().map(String::as_str), Some("noted"));
    let first = api.get(&format!("{path}/events?limit=1")).token(&bought.token).await.ok(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = api.get(&format!("{path}/events?limit=1&cursor={cursor}")).token(&bought.token);
    assert_eq!(kinds(&second.await.ok(200)), kinds(&mine)[1..2]);
    let other = api.buy(&[("LAMP-1", 1)]).await;
    let foreign = api.get(&format!("/orders/{}/events?cursor={cursor}", other.id));
    foreign.token(&other.token).await.refused(400, "validation_failed");
}

#[tokio::test(start_paused = true)]
async fn a_list_is_no_object_wherever_an_object_is_meant() {
    let api = lamps().await;
    api.post("/carts", json!([null])).await.refused(400, "validation_failed");
    let order = order_lines(&[("LAMP-1", 1)]);
    for (members, place) in [
        (json!({"payment": ["card", "pm_card_visa"]}), "/payment"),
        (json!({"lines": [["LAMP-1", 1]]}), "/lines/0"),
        (json!({"expected_total": [5_499, "USD"]}), "/expected_total"),
    ] {
        assert_eq!(api.place(with(order.clone(), members)).await.pointers(), [place]);
    }
    api.place(order).await.ok(201);
}
