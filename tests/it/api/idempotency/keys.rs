//! Which keys are taken, and whose they are.

use actix_web::http::Method;
use serde_json::json;

use super::{OPERATIONS, Ready, Who, each, effects};
use crate::api::order::{lamps, order_lines};
use crate::harness::api::with;

#[tokio::test(start_paused = true)]
async fn a_request_without_a_key_does_nothing() {
    each(async |operation, api, ready| {
        let before = effects(api).await;
        ready.call(api).await.refused(400, "idempotency_key_missing");
        assert_eq!(effects(api).await, before, "{operation}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_no_key_is_refused() {
    let wrong =
        ["", "fifteen-letters", &"x".repeat(256), "sixteen letters!", "sechzehn-zeichen\u{e9}"];
    each(async |operation, api, ready| {
        let before = effects(api).await;
        for key in wrong {
            let problem = ready.under(api, key).await.refused(400, "validation_failed");
            assert_eq!(problem["errors"][0]["parameter"], "Idempotency-Key", "{operation}");
        }
        let two = ready.under(api, &api.key()).key(&api.key()).await;
        two.refused(400, "validation_failed");
        assert_eq!(effects(api).await, before, "{operation}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn keys_of_the_shortest_and_the_longest_kind_are_taken() {
    for (letter, length) in [('~', 16), ('!', 255)] {
        let count = std::cell::Cell::new(0);
        each(async |operation, api, ready| {
            // The same caller sends several of them.
            count.set(count.get() + 1);
            let number = format!("{:02}", count.get());
            let key = letter.to_string().repeat(length - number.len()) + &number;
            let answer = ready.under(api, &key).await;
            assert!(answer.status < 300, "{operation}: {answer:?}");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_served_another_request_is_refused() {
    each(async |operation, api, ready| {
        let key = api.key();
        assert!(ready.under(api, &key).await.status < 300, "{operation}");
        let after = effects(api).await;
        let spaced = format!("{} ", ready.body);
        ready.under(api, &key).raw(&spaced).await.refused(422, "idempotency_key_reused");
        let elsewhere = Ready { path: format!("{}?page=2", ready.path), ..ready };
        elsewhere.under(api, &key).await.refused(422, "idempotency_key_reused");
        assert_eq!(effects(api).await, after, "{operation}");
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
        let before = effects(api).await;
        for raw in ["{\"", "[]", r#"{"surprise": 1}"#] {
            let answer = ready.under(api, &key).raw(raw).await;
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
        assert_eq!(effects(api).await, before, "{operation}");
        let answer = ready.under(api, &key).await;
        assert!(answer.status < 300 && !answer.replayed(), "{operation}: {answer:?}");
    })
    .await;
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
