//! What repeating a request comes to.

use std::sync::Arc;

use async_trait::async_trait;
use ecicomm::domain::order::{CheckoutState, SagaPlan};
use ecicomm::domain::shared::{OrderId, PaymentId, Span};
use ecicomm::ports::PortError;
use ecicomm::ports::payment::{
    ChargeOutcome, ChargeRecord, ChargeRequest, PaymentGateway, RefundOutcome, RefundRequest,
    VoidOutcome,
};
use futures_util::future::{Either, join_all, poll_immediate, select};
use serde_json::json;
use tokio::sync::Notify;

use super::{each, effects};
use crate::api::order::lamps;
use crate::harness::api::{Answer, Api, order_of, until_it_waits};

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

/// A provider that tells when a charge waits for its answer.
struct Telling {
    inner: Arc<dyn PaymentGateway>,
    waits: Arc<Notify>,
}

#[async_trait]
impl PaymentGateway for Telling {
    async fn charge(&self, request: &ChargeRequest) -> Result<ChargeOutcome, PortError> {
        let mut charge = self.inner.charge(request);
        if let Some(outcome) = poll_immediate(&mut charge).await {
            return outcome;
        }
        self.waits.notify_one();
        charge.await
    }

    async fn resume(&self, payment: PaymentId) -> Result<ChargeOutcome, PortError> {
        self.inner.resume(payment).await
    }

    async fn look_up(&self, payment: PaymentId) -> Result<ChargeRecord, PortError> {
        self.inner.look_up(payment).await
    }

    async fn void(&self, payment: PaymentId, order: OrderId) -> Result<VoidOutcome, PortError> {
        self.inner.void(payment, order).await
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundOutcome, PortError> {
        self.inner.refund(request).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_cut_off_is_taken_up_under_its_key() {
    let waits = Arc::new(Notify::new());
    let api = Api::cut_off_with(|ports| {
        let (inner, waits) = (ports.gateway.clone(), waits.clone());
        ports.gateway = Arc::new(Telling { inner, waits });
    })
    .await;
    api.product("LAMP-1", 4_999, 10).await;
    let cart = api.cart(&[("LAMP-1", 1)]).await;
    let key = api.key();
    let token = "pm_sandbox_timeout_then_captured";
    let place = || api.post("/orders", order_of(&cart, token)).key(&key);
    let first = place().into_future();
    match select(first, Box::pin(waits.notified())).await {
        Either::Left((answer, _)) => panic!("it is answered: {answer:?}"),
        // The request goes here, in the middle of the charge.
        Either::Right(((), first)) => drop(first),
    }
    place().await.refused(409, "request_in_progress");
    api.wait(Span::minutes(1)).await;
    let open = api.shop.ports.sagas.open(None, 9).await.unwrap().items;
    let left: Vec<_> = open.iter().map(|saga| (&saga.plan, saga.attempts)).collect();
    let paying = SagaPlan::Checkout(CheckoutState::Paying);
    assert_eq!(left, [(&paying, 0)], "nobody went on with it");
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
