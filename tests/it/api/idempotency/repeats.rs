//! What repeating a request comes to.

use ecicomm::domain::shared::Span;
use futures_util::future::join_all;
use serde_json::json;

use super::{each, effects};
use crate::api::order::lamps;
use crate::harness::api::{Answer, order_of, until_it_waits};

fn is_in_progress(answer: &Answer) -> bool {
    answer.status == 409 && answer.json()["code"] == "request_in_progress"
}

/// Whether an answer says that the order is not decided yet, which the same key tells later.
fn is_undecided(answer: &Answer) -> bool {
    answer.status == 202 && answer.json()["status"] == "pending"
}

#[tokio::test(start_paused = true)]
async fn a_repeated_request_has_the_same_bytes_and_does_nothing_more() {
    each(async |operation, api, ready| {
        let key = api.key();
        let first = ready.under(api, &key).await;
        assert!(first.status < 300 && !first.replayed(), "{operation}: {first:?}");
        let after = effects(api).await;
        for _ in 0..3 {
            let again = ready.under(api, &key).await;
            assert_eq!((again.status, &again.body), (first.status, &first.body), "{operation}");
            assert!(again.replayed(), "{operation}");
            for name in ["location", "etag", "content-type"] {
                assert_eq!(again.header(name), first.header(name), "{operation}: {name}");
            }
        }
        assert_eq!(effects(api).await, after, "{operation}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_repeated_request_is_answered_as_it_was_though_the_thing_changed() {
    each(async |operation, api, ready| {
        let key = api.key();
        let first = ready.under(api, &key).await;
        api.settle().await;
        api.wait(Span::hours(25)).await;
        let orders = api.get("/admin/orders").staff().await.ok(200);
        for order in orders["items"].as_array().unwrap() {
            let path = format!("/admin/orders/{}/notes", order["id"].as_str().unwrap());
            let note = api.post(&path, json!({"text": "later"})).staff().key(&api.key());
            assert!(note.await.status < 300);
        }
        let again = ready.under(api, &key).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{operation}");
        assert!(again.replayed(), "{operation}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_shop_is_told_the_same_again() {
    let refused = std::cell::Cell::new(0);
    each(async |operation, api, ready| {
        assert!(ready.under(api, &api.key()).await.status < 300, "{operation}");
        let key = api.key();
        let first = ready.under(api, &key).header("X-Request-Id", "one").await;
        if first.status < 300 {
            return;
        }
        refused.set(refused.get() + 1);
        assert_eq!((first.status, first.replayed()), (409, false), "{operation}: {first:?}");
        api.wait(Span::hours(1)).await;
        let again = ready.under(api, &key).header("X-Request-Id", "two").await;
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{operation}");
        assert!(again.replayed(), "{operation}");
    })
    .await;
    assert_eq!(refused.get(), 10, "what can be done once only");
}

#[tokio::test(start_paused = true)]
async fn equal_requests_at_the_same_moment_do_it_once() {
    each(async |operation, api, ready| {
        let key = api.key();
        let calls = (0..6).map(|_| ready.under(api, &key).into_future());
        let answers: Vec<Answer> = join_all(calls).await;
        let (waiting, rest): (Vec<&Answer>, Vec<&Answer>) =
            answers.iter().partition(|answer| is_in_progress(answer));
        assert!(waiting.iter().all(|answer| answer.header("retry-after").is_some()));
        let (undecided, done): (Vec<&Answer>, Vec<&Answer>) =
            rest.into_iter().partition(|answer| is_undecided(answer));
        let pays = operation.ends_with("/payment/confirm");
        assert!(undecided.is_empty() || pays, "{operation}: {answers:?}");
        let first = done.iter().filter(|answer| !answer.replayed()).collect::<Vec<_>>();
        assert_eq!(first.len(), 1, "{operation}: {answers:?}");
        assert!(done.iter().all(|answer| answer.body == first[0].body), "{operation}");
        let after = effects(api).await;
        let last = ready.under(api, &key).await;
        assert_eq!((last.replayed(), &last.body), (true, &first[0].body), "{operation}");
        assert_eq!(effects(api).await, after, "{operation}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_key_is_forgotten_after_a_week() {
    each(async |operation, api, ready| {
        let key = api.key();
        assert!(ready.under(api, &key).await.status < 300, "{operation}");
        api.wait(Span::seconds(7 * 86_400 - 1)).await;
        assert!(ready.under(api, &key).await.replayed(), "{operation}");
        api.wait(Span::seconds(2)).await;
        assert!(!ready.under(api, &key).await.replayed(), "{operation}");
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
    until_it_waits(&mut first).await;
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
    until_it_waits(&mut first).await;
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
