//! Orders as staff work on them.

use serde_json::{Value, json};

use super::order::{lamps, order_lines};
use crate::harness::api::{Api, Bought, Call, with};

fn act(api: &Api, bought: &Bought, tail: &str, body: Value) -> Call {
    api.post(&format!("/admin/orders/{}/{tail}", bought.id), body).staff().key(&api.key())
}

fn ask_back(api: &Api, bought: &Bought, body: Value) -> Call {
    let path = format!("/orders/{}/returns", bought.id);
    api.post(&path, body).token(&bought.token).key(&api.key())
}

fn id_in(order: &Value, list: &str, index: usize) -> String {
    order[list][index]["id"].as_str().unwrap().to_owned()
}

fn usd(cents: i64) -> Value {
    json!({"amount": cents, "currency": "USD"})
}

/// The order that a change answers with; one that adds a part is told as 201, with where the order
/// is.
#[track_caller]
fn order_in(answer: &crate::harness::api::Answer) -> Value {
    let order = answer.ok(if answer.header("location").is_some() { 201 } else { 200 });
    if let Some(location) = answer.header("location") {
        assert_eq!(location, format!("/api/v1/admin/orders/{}", order["id"].as_str().unwrap()));
    }
    order
}

#[tokio::test(start_paused = true)]
async fn orders_are_listed_newest_first_and_found_by_what_is_known_of_them() {
    let api = lamps().await;
    let mut numbers = Vec::new();
    for (number, email) in [(0, "ada@example.com"), (1, "bob@example.com"), (2, "ada@example.com")]
    {
        api.wait(ecicomm::domain::shared::Span::seconds(number)).await;
        let body = with(order_lines(&[("LAMP-1", 1)]), json!({"email": email}));
        let bought = api.bought(body).await;
        numbers.insert(0, bought.order["number"].as_str().unwrap().to_owned());
        if number == 1 {
            order_in(&act(&api, &bought, "cancel", json!({"reason": "no"})).await);
        }
    }
    let list = async |query: &str| -> Vec<String> {
        let page = api.get(&format!("/admin/orders{query}")).staff().await.ok(200);
        let items = page["items"].as_array().unwrap().iter();
        items.map(|order| order["number"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(list("").await, numbers);
    assert_eq!(list("?status=cancelled").await, numbers[1..2]);
    assert_eq!(list("?email=ADA%40example.com").await, [numbers[0].clone(), numbers[2].clone()]);
    let number = numbers[2].to_lowercase();
    assert_eq!(list(&format!("?number={number}")).await, numbers[2..3]);
    assert_eq!(list("?placed_to=2023-11-14T22:13:21Z").await, numbers[2..3]);
    assert_eq!(list("?placed_from=2023-11-14T22:13:23Z").await, numbers[0..1]);
    assert_eq!(list("?status=shipped").await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_list_of_orders_goes_on_by_its_own_cursor_alone() {
    let api = lamps().await;
    for _ in 0..3 {
        api.bought(order_lines(&[("LAMP-1", 1)])).await;
    }
    let first = api.get("/admin/orders?limit=2").staff().await.ok(200);
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = api.get(&format!("/admin/orders?limit=2&cursor={cursor}")).staff().await.ok(200);
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &json!(null)));
    let end = cursor.chars().last().unwrap();
    let forged = format!("{}{}", &cursor[..cursor.len() - 1], if end == 'A' { 'Q' } else { 'A' });
    for (query, name) in [
        (format!("cursor={forged}"), "cursor"),
        (format!("status=confirmed&cursor={cursor}"), "cursor"),
        ("status=lost".to_owned(), "status"),
        ("number=7".to_owned(), "number"),
        ("email=nobody".to_owned(), "email"),
        ("placed_from=yesterday".to_owned(), "placed_from"),
        ("status=failed&status=shipped".to_owned(), "status"),
    ] {
        let answer = api.get(&format!("/admin/orders?{query}")).staff().await;
        let problem = answer.refused(400, "validation_failed");
        assert_eq!(problem["errors"][0]["parameter"], name, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_staff_reach_the_work_on_orders() {
    let api = lamps().await;
    let bought = api.buy(&[("LAMP-1", 1)]).await;
    let path = format!("/admin/orders/{}", bought.id);
    let forged = format!("{}AAAA", bought.token);
    for tail in ["", "/events"] {
        let call = || api.get(&format!("{path}{tail}"));
        call().await.refused(401, "unauthenticated");
        call().token(&bought.token).await.refused(401, "unauthenticated");
        call().bearer(&forged).await.refused(401, "unauthenticated");
    }
    for tail in ["shipments", "cancel", "refunds", "notes"] {
        let call = api.post(&format!("{path}/{tail}"), json!({})).key(&api.key());
        call.token(&bought.token).await.refused(401, "unauthenticated");
    }
    let nobody = "/admin/orders/00000000-0000-7000-8000-000000000000";
    api.get(nobody).staff().await.refused(404, "not_found");
    api.get(&format!("{nobody}/events")).staff().await.refused(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn an_order_is_shipped_in_parts_and_delivered() {
    let api = lamps().await;
    api.product("VASE-1", 999, 10).await;
    let bought = api.buy(&[("LAMP-1", 3), ("VASE-1", 1)]).await;
    let part =
        json!({"lines": [{"sku": "lamp-1", "quantity": 2}], "carrier": "DHL", "tracking": "T-1"});
    let shipped = order_in(&act(&api, &bought, "shipments", part.clone()).await);
    assert_eq!(shipped["status"], "partially_shipped");
    let shipment = &shipped["shipments"][0];
    assert_eq!((&shipment["carrier"], &shipment["tracking"]), (&json!("DHL"), &json!("T-1")));
    assert_eq!(shipment["lines"], json!([{"sku": "LAMP-1", "quantity": 2}]));
    assert_eq!(shipped["lines"][0]["shipped"], 2);
    act(&api, &bought, "shipments", part).await.refused(409, "invalid_transition");
    let unknown = json!({"lines": [{"sku": "NONE-1", "quantity": 1}]});
    let unknown = act(&api, &bought, "shipments", unknown).await.refused(409, "unknown_reference");
    assert_eq!(unknown["errors"][0]["pointer"], "/lines/0/sku");
    let late = api.post(&format!("/orders/{}/cancel", bought.id), json!({"reason": "late"}));
    late.token(&bought.token).key(&api.key()).await.refused(409, "invalid_transition");
    let rest = order_in(&act(&api, &bought, "shipments", json!({})).await);
    assert_eq!(rest["status"], "shipped");
    assert_eq!(rest["shipments"].as_array().unwrap().len(), 2);
    act(&api, &bought, "shipments", json!({})).await.refused(409, "invalid_transition");
    for (index, status) in [(0, "shipped"), (1, "delivered")] {
        let tail = format!("shipments/{}/deliver", id_in(&rest, "shipments", index));
        let delivered = order_in(&act(&api, &bought, &tail, json!({})).await);
        assert_eq!(delivered["status"], status);
        assert!(delivered["shipments"][index]["delivered_at"].is_string());
        act(&api, &bought, &tail, json!({})).await.refused(409, "invalid_transition");
    }
    let nothing = "shipments/00000000-0000-7000-8000-000000000000/deliver";
    act(&api, &bought, nothing, json!({})).await.refused(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn units_that_come_back_are_restocked_and_refunded_by_their_share() {
    let api = lamps().await;
    let bought = api.buy(&[("LAMP-1", 3)]).await;
    let one = |quantity: i64| json!({"reason": "too bright", "lines": [{"sku": "LAMP-1", "quantity": quantity}]});
    ask_back(&api, &bought, one(1)).await.refused(409, "invalid_transition");
    order_in(&act(&api, &bought, "shipments", json!({})).await);
    ask_back(&api, &bought, one(4)).await.refused(409, "invalid_transition");
    let asked = order_in(&ask_back(&api, &bought, one(1)).await);
    assert_eq!(asked["returns"][0]["reason"], "too bright");
    assert_eq!(asked["status"], "shipped");
    let tail = format!("returns/{}/receive", id_in(&asked, "returns", 0));
    let received = order_in(&act(&api, &bought, &tail, json!({})).await);
    assert_eq!(
        (&received["status"], &received["lines"][0]["returned"]),
        (&json!("partially_returned"), &json!(1))
    );
    assert_eq!(received["refunds"][0]["amount"], usd(4_999));
    assert_eq!(api.level("LAMP-1").await, (8, 0));
    api.settle().await;
    let after = api.order(&bought.id).await;
    assert_eq!(after["payment"]["status"], "partially_refunded");
    assert_eq!(after["payment"]["refunded"], usd(4_999));
    let rest = order_in(&ask_back(&api, &bought, json!({"reason": "both"})).await);
    let tail = format!("returns/{}/receive", id_in(&rest, "returns", 1));
    let broken = order_in(&act(&api, &bought, &tail, json!({"restock": false})).await);
    assert_eq!(
        (&broken["status"], &broken["returns"][1]["restocked"]),
        (&json!("returned"), &json!(false))
    );
    assert_eq!(api.level("LAMP-1").await, (8, 0));
}

#[tokio::test(start_paused = true)]
async fn no_more_is_paid_back_than_was_paid() {
    let api = lamps().await;
    let bought = api.buy(&[("LAMP-1", 1)]).await;
    let total = bought.order["total"]["amount"].as_i64().unwrap();
    let most = json!({"amount": usd(total * 6 / 10), "reason": "scratched"});
    let refunded = order_in(&act(&api, &bought, "refunds", most.clone()).await);
    assert_eq!(refunded["refunds"][0]["reason"], "scratched");
    act(&api, &bought, "refunds", most).await.refused(409, "invalid_transition");
    for (amount, place) in [
        (json!({"amount": 0, "currency": "USD"}), "/amount/amount"),
        (json!({"amount": -1, "currency": "USD"}), "/amount/amount"),
        (json!(5), "/amount"),
    ] {
        let answer = act(&api, &bought, "refunds", json!({"amount": amount})).await;
        assert_eq!(answer.pointers(), [place], "{amount}");
    }
    let foreign = json!({"amount": {"amount": 1, "currency": "EUR"}});
    act(&api, &bought, "refunds", foreign).await.refused(409, "invalid_transition");
    api.settle().await;
    let after = api.order(&bought.id).await;
    assert_eq!(after["payment"]["refunded"], usd(total * 6 / 10));
    assert_eq!(after["refunds"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refund_that_the_provider_refuses_needs_attention_until_staff_deal_with_it() {
    let api = lamps().await;
    let bought = api
        .bought(with(
            order_lines(&[("LAMP-1", 1)]),
            json!({"payment": {"method": "card", "token": "pm_card_refundFail"}}),
        ))
        .await;
    let refund = json!({"amount": usd(100)});
    act(&api, &bought, "refunds", refund).await.ok(201);
    api.settle().await;
    let stuck = api.order(&bought.id).await;
    assert_eq!(
        (&stuck["status"], &stuck["refunds"][0]["status"]),
        (&json!("attention"), &json!("failed"))
    );
    assert!(stuck["attention"].as_str().unwrap().contains("expired_or_canceled_card"));
    let resolve = |index| format!("refunds/{}/resolve", id_in(&stuck, "refunds", index));
    let odd = act(&api, &bought, &resolve(0), json!({"resolution": "ignore"})).await;
    assert_eq!(odd.pointers(), ["/resolution"]);
    let retried = order_in(&act(&api, &bought, &resolve(0), json!({"resolution": "retry"})).await);
    assert_eq!(
        (&retried["status"], &retried["refunds"][0]["status"]),
        (&json!("confirmed"), &json!("replaced"))
    );
    api.settle().await;
    let again = api.order(&bought.id).await;
    assert_eq!(again["status"], "attention");
    let resolve = format!("refunds/{}/resolve", id_in(&again, "refunds", 1));
    let paid = order_in(&act(&api, &bought, &resolve, json!({"resolution": "paid"})).await);
    assert_eq!((&paid["status"], &paid["attention"]), (&json!("confirmed"), &json!(null)));
    assert_eq!(paid["payment"]["refunded"], usd(100));
    act(&api, &bought, &resolve, json!({"resolution": "dropped"}))
        .await
        .refused(409, "invalid_transition");
}

#[tokio::test(start_paused = true)]
async fn an_invoice_is_confirmed_unpaid_and_settled_by_staff() {
    let api = lamps().await;
    let invoice = with(order_lines(&[("LAMP-1", 1)]), json!({"payment": {"method": "invoice"}}));
    let (paid, lost) = (api.bought(invoice.clone()).await, api.bought(invoice).await);
    assert_eq!(paid.order["payment"]["status"], "pending");
    assert_eq!(paid.order["payment"]["captured"], usd(0));
    let payment = id_in(&api.order(&paid.id).await, "payments", 0);
    let capture = format!("payments/{payment}/capture");
    let captured = order_in(&act(&api, &paid, &capture, json!({})).await);
    assert_eq!(captured["payment"]["status"], "captured");
    assert_eq!(captured["payments"][0]["method"], "invoice");
    act(&api, &paid, &capture, json!({})).await.refused(409, "invalid_transition");
    let void = format!("payments/{payment}/void");
    act(&api, &paid, &void, json!({})).await.refused(409, "invalid_transition");
    act(&api, &lost, &void, json!({})).await.refused(404, "not_found");
    let payment = id_in(&api.order(&lost.id).await, "payments", 0);
    let voided = order_in(&act(&api, &lost, &format!("payments/{payment}/void"), json!({})).await);
    assert_eq!(voided["payment"]["status"], "voided");
    act(&api, &lost, "shipments", json!({})).await.refused(409, "invalid_transition");
}

#[tokio::test(start_paused = true)]
async fn a_card_is_captured_with_its_order_and_by_nobody_else() {
    let api = lamps().await;
    let bought = api.buy(&[("LAMP-1", 1)]).await;
    let payment = id_in(&api.order(&bought.id).await, "payments", 0);
    for tail in ["capture", "void"] {
        let tail = format!("payments/{payment}/{tail}");
        act(&api, &bought, &tail, json!({})).await.refused(409, "invalid_transition");
    }
}

#[tokio::test(start_paused = true)]
async fn notes_are_for_staff_alone() {
    let api = lamps().await;
    let bought = api.buy(&[("LAMP-1", 1)]).await;
    let noted =
        order_in(&act(&api, &bought, "notes", json!({"text": "Asked for wrapping."})).await);
    assert_eq!(noted["notes"][0]["text"], "Asked for wrapping.");
    assert!(noted["notes"][0]["author"].is_string());
    let mine = api.get(&format!("/orders/{}", bought.id)).token(&bought.token).await.ok(200);
    assert_eq!(mine["notes"], json!(null));
    assert_eq!(act(&api, &bought, "notes", json!({"text": " "})).await.pointers(), ["/text"]);
    let path = format!("/admin/orders/{}/notes", bought.id);
    let twice = || api.post(&path, json!({"text": "Call back."})).staff();
    assert!(!twice().await.replayed() && !twice().await.replayed());
    assert_eq!(api.order(&bought.id).await["notes"].as_array().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn staff_cancel_an_order_for_its_buyer() {
    let api = lamps().await;
    let bought = api.buy(&[("LAMP-1", 2)]).await;
    let cancelled = order_in(&act(&api, &bought, "cancel", json!({"reason": "fraud"})).await);
    assert_eq!(
        (&cancelled["status"], &cancelled["reason"]),
        (&json!("cancelled"), &json!("fraud"))
    );
    assert_eq!(api.level("LAMP-1").await, (10, 0));
    act(&api, &bought, "shipments", json!({})).await.refused(409, "invalid_transition");
    assert_eq!(act(&api, &bought, "cancel", json!({})).await.pointers(), ["/reason"]);
}

#[tokio::test(start_paused = true)]
async fn a_note_under_a_key_is_written_once() {
    let api = lamps().await;
    let bought = api.buy(&[("LAMP-1", 1)]).await;
    let path = format!("/admin/orders/{}/notes", bought.id);
    let note = || api.post(&path, json!({"text": "Call back."})).staff();
    let key = api.key();
    let first = note().key(&key).await;
    let again = note().key(&key).await;
    assert_eq!((again.status, again.replayed(), &again.body), (201, true, &first.body));
    note().key("too-short").await.refused(400, "validation_failed");
    assert_eq!(api.order(&bought.id).await["notes"].as_array().unwrap().len(), 1);
}
