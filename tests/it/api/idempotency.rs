//! Idempotency keys, on every operation of the API document that asks for one.

use std::collections::BTreeSet;
use std::pin::Pin;

use actix_web::http::Method;
use ecicomm::domain::shared::Span;
use futures_util::future::{join_all, poll_immediate};
use serde_json::{Value, json};

use super::order::{lamps, order_lines};
use crate::harness::api::{Answer, Api, Bought, Call, order_of, with};

/// A request that succeeds, and everything that it needs.
struct Ready {
    path: String,
    body: Value,
    who: Who,
}

/// Who sends it, and so whose its key is.
enum Who {
    /// Whoever knows the cart that the body names.
    Anyone,
    /// Whoever has the order's token.
    Buyer(String),
    /// A member of staff.
    Staff,
}

impl Ready {
    fn staff(path: String, body: Value) -> Self {
        Self { path, body, who: Who::Staff }
    }

    /// The request, without a key.
    fn call(&self, api: &Api) -> Call {
        let call = api.post(&self.path, self.body.clone());
        match &self.who {
            Who::Anyone => call,
            Who::Buyer(token) => call.token(token),
            Who::Staff => call.staff(),
        }
    }

    fn under(&self, api: &Api, key: &str) -> Call {
        self.call(api).key(key)
    }
}

type Prepare = for<'a> fn(&'a Api) -> Pin<Box<dyn Future<Output = Ready> + 'a>>;

/// Every operation that asks for a key, and how to get ready for it.
const OPERATIONS: [(&str, Prepare); 14] = [
    ("/orders", |api| {
        Box::pin(async {
            let cart = api.cart(&[("LAMP-1", 1)]).await;
            Ready {
                path: "/orders".into(),
                body: order_of(&cart, "pm_card_visa"),
                who: Who::Anyone,
            }
        })
    }),
    ("/orders/{order_id}/cancel", |api| {
        Box::pin(async { buyer(&bought(api).await, "cancel", json!({"reason": "no"})) })
    }),
    ("/orders/{order_id}/returns", |api| {
        Box::pin(async { buyer(&shipped(api).await, "returns", json!({"reason": "no"})) })
    }),
    ("/orders/{order_id}/payment/confirm", |api| {
        Box::pin(async {
            let cart = api.cart(&[("LAMP-1", 1)]).await;
            let order = api.place(order_of(&cart, "pm_card_authenticationRequired")).await.ok(202);
            let (id, token) = (&order["id"], order["access_token"].as_str().unwrap());
            let path = format!("/orders/{}/payment/confirm", id.as_str().unwrap());
            Ready { path, body: json!({}), who: Who::Buyer(token.to_owned()) }
        })
    }),
    ("/admin/inventory/{sku}/receipts", |api| {
        Box::pin(async { stock(api, "receipts", json!({"quantity": 5})).await })
    }),
    ("/admin/inventory/{sku}/adjustments", |api| {
        Box::pin(async { stock(api, "adjustments", json!({"quantity": -1, "reason": "x"})).await })
    }),
    ("/admin/orders/{order_id}/shipments", |api| {
        Box::pin(async { staff(&bought(api).await, "shipments", json!({"carrier": "DHL"})) })
    }),
    ("/admin/orders/{order_id}/shipments/{shipment_id}/deliver", |api| {
        Box::pin(async {
            let bought = shipped(api).await;
            let shipment = part(api, &bought, "shipments").await;
            staff(&bought, &format!("shipments/{shipment}/deliver"), json!({}))
        })
    }),
    ("/admin/orders/{order_id}/cancel", |api| {
        Box::pin(async { staff(&bought(api).await, "cancel", json!({"reason": "fraud"})) })
    }),
    ("/admin/orders/{order_id}/refunds", |api| {
        Box::pin(async {
            let amount = json!({"amount": 100, "currency": "USD"});
            staff(&bought(api).await, "refunds", json!({"amount": amount}))
        })
    }),
    ("/admin/orders/{order_id}/payments/{payment_id}/capture", |api| {
        Box::pin(async { invoice(api, "capture").await })
    }),
    ("/admin/orders/{order_id}/payments/{payment_id}/void", |api| {
        Box::pin(async { invoice(api, "void").await })
    }),
    ("/admin/orders/{order_id}/returns/{return_id}/receive", |api| {
        Box::pin(async {
            let bought = shipped(api).await;
            let ask = buyer(&bought, "returns", json!({"reason": "no"}));
            ask.under(api, &api.key()).await.json();
            let asked = part(api, &bought, "returns").await;
            staff(&bought, &format!("returns/{asked}/receive"), json!({"restock": true}))
        })
    }),
    ("/admin/orders/{order_id}/notes", |api| {
        Box::pin(async { staff(&bought(api).await, "notes", json!({"text": "Call back."})) })
    }),
];

async fn bought(api: &Api) -> Bought {
    api.buy(&[("LAMP-1", 1)]).await
}

async fn shipped(api: &Api) -> Bought {
    let bought = bought(api).await;
    let answer = staff(&bought, "shipments", json!({})).under(api, &api.key()).await;
    assert!(answer.status < 300, "{answer:?}");
    bought
}

async fn part(api: &Api, bought: &Bought, list: &str) -> String {
    api.order(&bought.id).await[list][0]["id"].as_str().unwrap().to_owned()
}

async fn invoice(api: &Api, act: &str) -> Ready {
    let payment = json!({"payment": {"method": "invoice"}});
    let bought = api.bought(with(order_lines(&[("LAMP-1", 1)]), payment)).await;
    let id = part(api, &bought, "payments").await;
    staff(&bought, &format!("payments/{id}/{act}"), json!({}))
}

async fn stock(api: &Api, act: &str, body: Value) -> Ready {
    let sku = format!("NEW-{}", api.key());
    api.product(&sku, 100, 10).await;
    Ready::staff(format!("/admin/inventory/{sku}/{act}"), body)
}

fn staff(bought: &Bought, tail: &str, body: Value) -> Ready {
    Ready::staff(format!("/admin/orders/{}/{tail}", bought.id), body)
}

fn buyer(bought: &Bought, tail: &str, body: Value) -> Ready {
    let who = Who::Buyer(bought.token.clone());
    Ready { path: format!("/orders/{}/{tail}", bought.id), body, who }
}

/// Everything that an operation could have done: all orders, all stock, and the provider's ledger.
async fn effects(api: &Api) -> [Value; 3] {
    let lists = ["/admin/orders", "/admin/inventory", "/admin/sandbox/ledger"];
    let pages = lists.map(|list| api.get(&format!("{list}?limit=100")).staff().into_future());
    let pages: Vec<Answer> = join_all(pages).await;
    [pages[0].ok(200), pages[1].ok(200), pages[2].ok(200)]
}

fn is_in_progress(answer: &Answer) -> bool {
    answer.status == 409 && answer.json()["code"] == "request_in_progress"
}

/// Tries every operation in a shop of its own.
async fn each(test: impl AsyncFn(&str, Api, Ready)) {
    for (operation, prepare) in OPERATIONS {
        let api = lamps().await;
        let ready = prepare(&api).await;
        test(operation, api, ready).await;
    }
}

#[test]
fn every_operation_that_asks_for_a_key_is_tried_here() {
    let document = ecicomm::adapters::http::document();
    let mut asking = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let mut keys = parameters.filter(|parameter| parameter["name"] == "Idempotency-Key");
            if keys.any(|key| key["required"] == true) {
                assert_eq!(method, "post");
                asking.insert(path.trim_start_matches("/api/v1").to_owned());
            }
        }
    }
    let tried = OPERATIONS.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(asking, tried);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_key_does_nothing() {
    each(async |operation, api, ready| {
        let before = effects(&api).await;
        ready.call(&api).await.refused(400, "idempotency_key_missing");
        assert_eq!(effects(&api).await, before, "{operation}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_no_key_is_refused() {
    let wrong =
        ["", "fifteen-letters", &"x".repeat(256), "sixteen letters!", "sechzehn-zeichen\u{e9}"];
    each(async |operation, api, ready| {
        let before = effects(&api).await;
        for key in wrong {
            let problem = ready.under(&api, key).await.refused(400, "validation_failed");
            assert_eq!(problem["errors"][0]["parameter"], "Idempotency-Key", "{operation}");
        }
        let two = ready.under(&api, &api.key()).key(&api.key()).await;
        two.refused(400, "validation_failed");
        assert_eq!(effects(&api).await, before, "{operation}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn keys_of_the_shortest_and_the_longest_kind_are_taken() {
    for key in ["~".repeat(16), "!".repeat(255)] {
        each(async |operation, api, ready| {
            let answer = ready.under(&api, &key).await;
            assert!(answer.status < 300, "{operation}: {answer:?}");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_request_has_the_same_bytes_and_does_nothing_more() {
    each(async |operation, api, ready| {
        let key = api.key();
        let first = ready.under(&api, &key).await;
        assert!(first.status < 300 && !first.replayed(), "{operation}: {first:?}");
        let after = effects(&api).await;
        for _ in 0..3 {
            let again = ready.under(&api, &key).await;
            assert_eq!((again.status, &again.body), (first.status, &first.body), "{operation}");
            assert!(again.replayed(), "{operation}");
            for name in ["location", "etag", "content-type"] {
                assert_eq!(again.header(name), first.header(name), "{operation}: {name}");
            }
        }
        assert_eq!(effects(&api).await, after, "{operation}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_repeated_request_is_answered_as_it_was_though_the_thing_changed() {
    each(async |operation, api, ready| {
        let key = api.key();
        let first = ready.under(&api, &key).await;
        api.settle().await;
        api.wait(Span::hours(25)).await;
        let orders = api.get("/admin/orders").staff().await.ok(200);
        for order in orders["items"].as_array().unwrap() {
            let path = format!("/admin/orders/{}/notes", order["id"].as_str().unwrap());
            let note = api.post(&path, json!({"text": "later"})).staff().key(&api.key());
            assert!(note.await.status < 300);
        }
        let again = ready.under(&api, &key).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{operation}");
        assert!(again.replayed(), "{operation}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_served_another_request_is_refused() {
    each(async |operation, api, ready| {
        let key = api.key();
        assert!(ready.under(&api, &key).await.status < 300, "{operation}");
        let after = effects(&api).await;
        let spaced = format!("{} ", ready.body);
        ready.under(&api, &key).raw(&spaced).await.refused(422, "idempotency_key_reused");
        let elsewhere = Ready { path: format!("{}?page=2", ready.path), ..ready };
        elsewhere.under(&api, &key).await.refused(422, "idempotency_key_reused");
        assert_eq!(effects(&api).await, after, "{operation}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_key_is_bound_to_its_caller() {
    for (operation, prepare) in OPERATIONS {
        let api = lamps().await;
        let (one, other) = (prepare(&api).await, prepare(&api).await);
        let key = api.key();
        assert!(one.under(&api, &key).await.status < 300, "{operation}");
        let answer = other.under(&api, &key).await;
        match other.who {
            // Another cart or another token is another caller; staff are the same on another path.
            Who::Anyone | Who::Buyer(_) => {
                assert!(answer.status < 300 && !answer.replayed(), "{operation}: {answer:?}");
            }
            Who::Staff => {
                answer.refused(422, "idempotency_key_reused");
                let token = api.colleague().await;
                let call = api.post(&other.path, other.body.clone()).bearer(&token).key(&key);
                let answer = call.await;
                assert!(answer.status < 300 && !answer.replayed(), "{operation}: {answer:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_before_it_ran_leaves_its_key_free() {
    each(async |operation, api, ready| {
        let key = api.key();
        let before = effects(&api).await;
        for raw in ["{\"", "[]", r#"{"surprise": 1}"#] {
            let answer = ready.under(&api, &key).raw(raw).await;
            assert_eq!(answer.status, 400, "{operation}: {raw}");
        }
        match &ready.who {
            Who::Anyone => {}
            Who::Buyer(_) => {
                let stranger = api.post(&ready.path, ready.body.clone()).key(&key);
                stranger.await.refused(404, "not_found");
            }
            Who::Staff => {
                let stranger = api.post(&ready.path, ready.body.clone()).key(&key);
                stranger.await.refused(401, "unauthenticated");
            }
        }
        assert_eq!(effects(&api).await, before, "{operation}");
        let answer = ready.under(&api, &key).await;
        assert!(answer.status < 300 && !answer.replayed(), "{operation}: {answer:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_shop_is_told_the_same_again() {
    let refused = std::cell::Cell::new(0);
    each(async |operation, api, ready| {
        assert!(ready.under(&api, &api.key()).await.status < 300, "{operation}");
        let key = api.key();
        let first = ready.under(&api, &key).header("X-Request-Id", "one").await;
        if first.status < 300 {
            return;
        }
        refused.set(refused.get() + 1);
        assert_eq!((first.status, first.replayed()), (409, false), "{operation}: {first:?}");
        api.wait(Span::hours(1)).await;
        let again = ready.under(&api, &key).header("X-Request-Id", "two").await;
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{operation}");
        assert!(again.replayed(), "{operation}");
    })
    .await;
    assert_eq!(refused.get(), 9, "what can be done once only");
}

#[tokio::test(start_paused = true)]
async fn equal_requests_at_the_same_moment_do_it_once() {
    each(async |operation, api, ready| {
        let key = api.key();
        let calls = (0..6).map(|_| ready.under(&api, &key).into_future());
        let answers: Vec<Answer> = join_all(calls).await;
        let (waiting, done): (Vec<_>, Vec<_>) = answers.iter().partition(|a| is_in_progress(a));
        assert!(waiting.iter().all(|answer| answer.header("retry-after").is_some()));
        let first = done.iter().filter(|answer| !answer.replayed()).collect::<Vec<_>>();
        assert_eq!(first.len(), 1, "{operation}: {answers:?}");
        assert!(done.iter().all(|answer| answer.body == first[0].body), "{operation}");
        let after = effects(&api).await;
        let last = ready.under(&api, &key).await;
        assert_eq!((last.replayed(), &last.body), (true, &first[0].body), "{operation}");
        assert_eq!(effects(&api).await, after, "{operation}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_key_is_forgotten_after_a_week() {
    each(async |operation, api, ready| {
        let key = api.key();
        assert!(ready.under(&api, &key).await.status < 300, "{operation}");
        api.wait(Span::seconds(7 * 86_400 - 1)).await;
        assert!(ready.under(&api, &key).await.replayed(), "{operation}");
        api.wait(Span::seconds(2)).await;
        assert!(!ready.under(&api, &key).await.replayed(), "{operation}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_first_is_under_way_is_told_to_wait() {
    let api = lamps().await;
    let cart = api.cart(&[("LAMP-1", 1)]).await;
    let key = api.key();
    let place = || api.post("/orders", order_of(&cart, "pm_sandbox_slow")).key(&key);
    let mut first = place().into_future();
    assert!(poll_immediate(&mut first).await.is_none(), "the provider takes its time");
    let second = place().await;
    second.refused(409, "request_in_progress");
    assert!(second.header("retry-after").is_some());
    let other = api.post("/orders", order_of(&cart, "pm_card_visa")).key(&key).await;
    other.refused(422, "idempotency_key_reused");
    assert_eq!(first.await.status, 202);
    assert_eq!(api.level("LAMP-1").await, (10, 1));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_cut_off_is_taken_up_under_its_key() {
    let api = lamps().await;
    let cart = api.cart(&[("LAMP-1", 1)]).await;
    let key = api.key();
    let token = "pm_sandbox_timeout_then_captured";
    let place = || api.post("/orders", order_of(&cart, token)).key(&key);
    let mut first = place().into_future();
    assert!(poll_immediate(&mut first).await.is_none(), "the provider does not answer");
    drop(first);
    place().await.refused(409, "request_in_progress");
    api.wait(Span::minutes(1)).await;
    let taken_up = place().await;
    assert!(matches!(taken_up.status, 201 | 202), "{taken_up:?}");
    api.wait(Span::minutes(1)).await;
    api.settle().await;
    let last = place().await.ok(201);
    assert_eq!((&last["status"], &last["id"]), (&json!("confirmed"), &taken_up.json()["id"]));
    let [orders, _, ledger] = effects(&api).await;
    assert_eq!(orders["items"].as_array().unwrap().len(), 1);
    let rows = ledger["items"].as_array().unwrap();
    assert_eq!(rows.iter().filter(|row| row["kind"] == "captured").count(), 1);
    assert_eq!(api.level("LAMP-1").await, (9, 0));
}

#[tokio::test(start_paused = true)]
async fn an_order_of_lines_is_bound_to_its_address() {
    let api = lamps().await;
    let key = api.key();
    let place = |email: &str| {
        let body = with(order_lines(&[("LAMP-1", 1)]), json!({"email": email}));
        api.call(Method::POST, "/orders").json(&body).key(&key)
    };
    let first = place("ada@example.com").await;
    first.ok(201);
    assert!(place("ada@example.com").await.replayed());
    let other = place("bob@example.com").await;
    assert_eq!((other.status, other.replayed()), (201, false));
    place("ADA@example.com").await.refused(422, "idempotency_key_reused");
    assert_eq!(api.level("LAMP-1").await, (8, 0));
}
