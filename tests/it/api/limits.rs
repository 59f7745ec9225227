//! How often a client may ask, and what it is told of that.

use std::num::NonZeroU32;
use std::sync::Arc;

use actix_web::test::TestRequest;
use ecicomm::adapters::limits::Limiter;
use ecicomm::domain::shared::{Span, Timestamp};
use ecicomm::ports::limits::Policy;
use ecicomm::ports::system::Clock;
use serde_json::json;

use crate::harness::api::{Answer, Api, Call};

fn policy(rate: u32, burst: u32) -> Policy {
    Policy::new(NonZeroU32::new(rate).unwrap(), NonZeroU32::new(burst).unwrap())
}

/// Tells how many more requests the answer allows, and when there is another one.
fn left(answer: &Answer) -> (u32, u32) {
    let told = answer.header("ratelimit").unwrap();
    let (remaining, seconds) =
        told.strip_prefix("\"default\";r=").and_then(|rest| rest.split_once(";t=")).unwrap();
    (remaining.parse().unwrap(), seconds.parse().unwrap())
}

/// Uses up what the caller has left.
async fn use_up(api: &Api) {
    while api.get("/categories").await.status == 200 {}
}

fn from(api: &Api, peer: &str) -> Call {
    let peer = format!("{peer}:4711").parse().unwrap();
    api.request(TestRequest::with_uri("/api/v1/categories").peer_addr(peer))
}

#[tokio::test(start_paused = true)]
async fn a_burst_passes_and_the_rest_is_told_when_to_come_back() {
    let api = Api::limited(policy(2, 3), 0).await;
    for remaining in [2, 1, 0] {
        let answer = api.get("/categories").await;
        answer.ok(200);
        assert_eq!(left(&answer), (remaining, 1));
        assert_eq!(answer.header("ratelimit-policy"), Some("\"default\";q=3;w=2"));
        assert_eq!(answer.header("retry-after"), None);
    }
    let refused = api.get("/categories").header("X-Request-Id", "check-1").await;
    let problem = refused.refused(429, "rate_limited");
    assert_eq!(problem["instance"], "/api/v1/categories");
    assert_eq!(problem["request_id"], "check-1");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("ratelimit-policy"), Some("\"default\";q=3;w=2"));
    assert_eq!(left(&refused), (0, 1));
    assert!(refused.header("x-content-type-options").is_some());
}

#[tokio::test(start_paused = true)]
async fn what_is_used_up_is_regained_at_the_rate_and_never_beyond_the_burst() {
    let api = Api::limited(policy(2, 3), 0).await;
    use_up(&api).await;
    api.wait(Span::micros(499_999)).await;
    api.get("/categories").await.refused(429, "rate_limited");
    api.wait(Span::micros(1)).await;
    assert_eq!(left(&api.get("/categories").await), (0, 1));
    api.get("/categories").await.refused(429, "rate_limited");
    api.wait(Span::minutes(60)).await;
    assert_eq!(left(&api.get("/categories").await), (2, 1));
}

/// A clock that was set back, and stands still until it is past where it was.
struct SetBack(Timestamp);

impl Clock for SetBack {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_clock_that_was_set_back() {
    let limits = Arc::new(Limiter::alone(policy(2, 3)));
    let api = Api::over(|ports| {
        ports.limits = Some(limits);
        ports.clock = Arc::new(SetBack(ports.clock.now()));
    })
    .await;
    use_up(&api).await;
    api.wait(Span::millis(500)).await;
    api.get("/categories").await.ok(200);
}

#[tokio::test(start_paused = true)]
async fn as_many_pass_as_an_answer_says_and_not_one_more() {
    let api = Api::limited(policy(1, 40), 0).await;
    for requests in [1, 7, 20] {
        for _ in 0..requests {
            api.get("/categories").await;
        }
        api.wait(Span::seconds(3)).await;
    }
    let (remaining, _) = left(&api.get("/categories").await);
    for _ in 0..remaining {
        api.get("/categories").await.ok(200);
    }
    api.get("/categories").await.refused(429, "rate_limited");
}

#[tokio::test(start_paused = true)]
async fn every_answer_is_counted_and_tells_what_is_left() {
    let api = Api::limited(policy(1, 100), 0).await;
    let calls = [
        api.get("/categories"),
        api.get("/no-such-thing"),
        api.get("/admin/orders"),
        api.delete("/search"),
        api.post("/carts", json!({})),
        api.post("/carts", json!({"nonsense": 1})),
        api.get("/openapi.json"),
        api.at("/docs"),
        api.at("/nowhere"),
    ];
    for (before, call) in calls.into_iter().enumerate() {
        let answer = call.await;
        assert_eq!(left(&answer).0, 99 - u32::try_from(before).unwrap(), "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_at_the_process_is_never_limited() {
    let api = Api::limited(policy(1, 2), 0).await;
    for _ in 0..5 {
        for path in ["/health", "/ready"] {
            let answer = api.at(path).await;
            answer.ok(200);
            assert_eq!(answer.header("ratelimit"), None);
        }
    }
    use_up(&api).await;
    api.at("/health").await.ok(200);
    api.at("/ready").await.ok(200);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_leaves_the_key_free() {
    let api = Api::limited(policy(1, 2), 0).await;
    api.product("LAMP", 1_000, 0).await;
    use_up(&api).await;
    let key = api.key();
    let receive = |quantity: u32| {
        let body = json!({"quantity": quantity});
        api.post("/admin/inventory/LAMP/receipts", body).staff().key(&key)
    };
    receive(3).await.refused(429, "rate_limited");
    assert_eq!(api.level("LAMP").await, (0, 0));
    api.wait(Span::seconds(1)).await;
    let answer = receive(5).await;
    answer.ok(201);
    assert!(!answer.replayed());
    assert_eq!(api.level("LAMP").await, (5, 0));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_the_client_makes_up_is_not_believed() {
    let api = Api::limited(policy(1, 3), 0).await;
    for number in 0..3 {
        let made_up = format!("1.1.1.{number}");
        from(&api, "10.0.0.1").header("X-Forwarded-For", &made_up).await.ok(200);
    }
    let call = from(&api, "10.0.0.1").header("X-Forwarded-For", "2.2.2.2");
    call.await.refused(429, "rate_limited");
    from(&api, "10.0.0.2").await.ok(200);
}

#[tokio::test(start_paused = true)]
async fn behind_a_proxy_clients_are_told_apart_by_what_it_says_and_by_nothing_before() {
    let api = Api::limited(policy(1, 2), 1).await;
    let told = |entries: &str| from(&api, "10.0.0.1").header("X-Forwarded-For", entries);
    told("1.1.1.1").await.ok(200);
    told("9.9.9.9, 1.1.1.1").await.ok(200);
    told("8.8.8.8, 1.1.1.1").await.refused(429, "rate_limited");
    told("1.1.1.1, 2.2.2.2").await.ok(200);
}

#[tokio::test(start_paused = true)]
async fn staff_are_counted_by_who_they_are_once_their_token_was_found_good() {
    let api = Api::limited(policy(1, 4), 0).await;
    let colleague = api.colleague().await;
    // Not known yet: these count for the address.
    assert_eq!(left(&api.get("/admin/orders").staff().await).0, 3);
    assert_eq!(left(&api.get("/admin/orders").bearer(&colleague).await).0, 2);
    assert_eq!(left(&api.get("/admin/orders").staff().await).0, 3);
    assert_eq!(left(&api.get("/admin/orders").bearer(&colleague).await).0, 3);
    assert_eq!(left(&api.get("/categories").staff().await).0, 2);
    for number in 0..2 {
        let made_up = format!("made-up-{number}");
        api.get("/admin/orders").bearer(&made_up).await.refused(401, "unauthenticated");
    }
    api.get("/admin/orders").bearer("made-up-3").await.refused(429, "rate_limited");
    api.get("/admin/orders").staff().await.ok(200);
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_limited_nothing_is_told_of_limits() {
    let api = Api::open().await;
    for _ in 0..50 {
        let answer = api.get("/categories").await;
        answer.ok(200);
        let told = (answer.header("ratelimit"), answer.header("ratelimit-policy"));
        assert_eq!(told, (None, None));
    }
}

#[tokio::test]
async fn a_rate_of_zero_limits_nobody() {
    use ecicomm::settings::Settings;

    let limited = |rate: &str| {
        let variables = [("ECICOMM__LIMITS__RATE".to_owned(), rate.to_owned())];
        let settings = Settings::from_variables(&variables.into()).unwrap();
        async move { ecicomm::bootstrap::build(&settings).await.unwrap().ports.limits.is_some() }
    };
    assert!(limited("7").await);
    assert!(!limited("0").await);
}
