//! What holds of every request: ids, headers, methods, media types, sizes.

use std::sync::Arc;

use actix_web::http::Method;
use ecicomm::ports::PortError;
use serde_json::json;

use crate::harness::api::Api;
use crate::harness::behind::{Behind, Named, Passage};

#[tokio::test(start_paused = true)]
async fn an_unknown_address_is_a_404_problem_with_the_id_of_the_request() {
    let api = Api::open().await;
    let answer = api.get("/no-such-thing").header("X-Request-Id", "check-1").await;
    let problem = answer.refused(404, "not_found");
    assert_eq!(problem["instance"], "/api/v1/no-such-thing");
    assert_eq!(problem["request_id"], "check-1");
    assert_eq!(problem["type"], "urn:ecicomm:problem:not_found");
    assert_eq!(answer.header("x-request-id"), Some("check-1"));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_not_plain_or_too_long_is_replaced() {
    let api = Api::open().await;
    for given in ["", "with space", "größe", &"x".repeat(129)] {
        let answer = api.get("/categories").header("X-Request-Id", given).await;
        let id = answer.header("x-request-id").unwrap();
        assert!(!id.is_empty() && id != given && id.len() == 36, "{given}: {id}");
    }
    let answer = api.get("/categories").header("X-Request-Id", &"x".repeat(128)).await;
    assert_eq!(answer.header("x-request-id"), Some(&*"x".repeat(128)));
}

#[tokio::test(start_paused = true)]
async fn a_known_address_refuses_other_methods_and_names_its_own() {
    let api = Api::open().await;
    let cases = [
        ("/search", Method::DELETE, "GET, HEAD, OPTIONS"),
        ("/search", Method::TRACE, "GET, HEAD, OPTIONS"),
        ("/auth/login", Method::GET, "OPTIONS, POST"),
        ("/auth/login", Method::HEAD, "OPTIONS, POST"),
        ("/admin/promotions", Method::PATCH, "GET, HEAD, OPTIONS, POST"),
        ("/products/lamp", Method::from_bytes(b"QUERY").unwrap(), "GET, HEAD, OPTIONS"),
    ];
    for (path, method, allow) in cases {
        let answer = api.call(method, path).await;
        answer.refused(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some(allow), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn options_lists_the_methods_and_head_is_answered_like_get() {
    let api = Api::open().await;
    let options = api.call(Method::OPTIONS, "/carts").await;
    assert_eq!((options.status, options.header("allow")), (204, Some("OPTIONS, POST")));
    let (head, get) = (api.call(Method::HEAD, "/categories").await, api.get("/categories").await);
    assert_eq!((head.status, head.header("etag")), (200, get.header("etag")));
}

#[tokio::test(start_paused = true)]
async fn every_answer_carries_the_headers_that_protect_it() {
    let api = Api::open().await;
    let answers = [
        api.get("/categories").await,
        api.get("/no-such-thing").await,
        api.get("/admin/orders").await,
        api.post("/carts", json!({})).await,
        api.call(Method::OPTIONS, "/carts").await,
    ];
    for answer in answers {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(answer.header("cache-control").is_some());
        assert!(answer.header("x-request-id").is_some());
        assert_eq!(answer.header("server"), None);
        assert_eq!(answer.header("strict-transport-security"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_private_is_not_stored_and_what_is_public_is_for_a_moment() {
    let api = Api::open().await;
    let cart = api.post("/carts", json!({})).await;
    assert_eq!(cart.header("cache-control"), Some("no-store"));
    let orders = api.get("/admin/orders").staff().await;
    assert_eq!(orders.header("cache-control"), Some("no-store"));
    let page = api.get("/products").await;
    assert_eq!(page.header("cache-control"), Some("public, max-age=2"));
    assert_eq!(page.header("vary"), Some("accept-encoding"));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_none_of_what_is_written_is_told_so() {
    let api = Api::open().await;
    for accept in ["application/xml", "text/html", "image/*", "application/json;q=0", "nonsense"] {
        api.get("/categories").header("Accept", accept).await.refused(406, "not_acceptable");
    }
    for accept in
        ["*/*", "application/json", "application/*", "text/html, */*;q=0.8", "APPLICATION/JSON"]
    {
        api.get("/categories").header("Accept", accept).await.ok(200);
    }
    let coded = api.get("/categories").header("Accept-Encoding", "identity;q=0, x-unknown").await;
    coded.refused(406, "not_acceptable");
}

#[tokio::test(start_paused = true)]
async fn bodies_of_other_media_types_and_codings_are_refused() {
    let api = Api::open().await;
    for media in ["text/plain", "application/xml", "application/json; charset=latin1", ""] {
        let call = api.post("/carts", json!({"currency": "USD"}));
        call.content_type(media).await.refused(415, "unsupported_media_type");
    }
    for media in ["application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\""] {
        api.post("/carts", json!({})).content_type(media).await.ok(201);
    }
    let coded = api.post("/carts", json!({})).header("Content-Encoding", "gzip").await;
    coded.refused(415, "unsupported_media_type");
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_is_refused_before_it_is_kept() {
    let api = Api::open().await;
    let body = json!({"currency": "x".repeat(300 * 1024)});
    api.post("/carts", body).await.refused(413, "content_too_large");
    let query = format!("/search?q={}", "x".repeat(9 * 1024));
    api.get(&query).await.refused(414, "uri_too_long");
    let long = "x".repeat(40 * 1024);
    api.get("/categories").header("X-Long", &long).await.refused(431, "headers_too_large");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_json_or_nested_too_deep_is_malformed() {
    let api = Api::open().await;
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for body in ["{\"name\": ", "", "{} {}", "\u{feff}{}", &deep] {
        let answer = api.post("/admin/products", json!({})).raw(body).staff().await;
        assert_eq!(answer.status, 400, "{}", &body[..body.len().min(20)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_parameter_that_takes_one_value_is_not_taken_twice() {
    let api = Api::open().await;
    for query in ["limit=5&limit=6", "sort=name&sort=name", "category=a&category=a"] {
        let problem =
            api.get(&format!("/products?{query}")).await.refused(400, "validation_failed");
        let name = query.split('=').next().unwrap();
        assert_eq!(problem["errors"][0]["parameter"], name);
    }
    for query in
        ["limit=0", "limit=101", "limit=x", "limit=%2B5", "limit=", "sort=dear", "category=A"]
    {
        api.get(&format!("/products?{query}")).await.refused(400, "validation_failed");
    }
    api.get("/products?utm_source=letter&utm_source=letter").await.ok(200);
}

#[tokio::test(start_paused = true)]
async fn large_answers_are_compressed_for_who_can_read_it_and_small_ones_are_not() {
    let api = Api::open().await;
    for coding in ["gzip", "br"] {
        let document = api.get("/openapi.json").header("Accept-Encoding", coding).await;
        assert_eq!(document.header("content-encoding"), Some(coding));
        assert!(document.body.len() < 60_000, "{}", document.body.len());
        let small = api.get("/categories").header("Accept-Encoding", coding).await;
        assert_eq!(small.header("content-encoding"), None);
        small.ok(200);
    }
}

#[tokio::test(start_paused = true)]
async fn the_process_tells_that_it_lives_and_may_serve() {
    let api = Api::open().await;
    let health = api.at("/health").await.ok(200);
    assert_eq!(health["status"], "ok");
    assert_eq!(health["durability"], api.profile.durability());
    let ready = api.at("/ready").await.ok(200);
    let names = api.profile.dependencies().iter();
    let well: Vec<_> = names.map(|name| json!({"name": name, "state": "well"})).collect();
    assert_eq!(ready, json!({"status": "ready", "dependencies": well}));
}

/// A store that fails at one thing that it is asked.
struct FailsAt(&'static str);

impl Passage for FailsAt {
    async fn call<T: Send, E: Named>(
        &self,
        _: &'static str,
        op: &'static str,
        work: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        if op == self.0 {
            return Err(PortError::unavailable("not just now").into());
        }
        work.await
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_is_ready_though_events_wait_for_their_positions() {
    let passage = Arc::new(FailsAt("event head"));
    let api = Api::over(|ports| ports.events = Behind::new(&passage, ports.events.clone())).await;
    assert_eq!(api.at("/ready").await.ok(200)["status"], "ready");
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_store_takes_no_changes_is_not_ready_and_lives() {
    let passage = Arc::new(FailsAt("event head so far"));
    let api = Api::over(|ports| ports.events = Behind::new(&passage, ports.events.clone())).await;
    let problem = api.at("/ready").await.refused(503, "unavailable");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("store") && !detail.contains("not just now"), "{detail}");
    api.at("/health").await.ok(200);
    api.get("/products").await.ok(200);
}

#[tokio::test(start_paused = true)]
async fn the_pages_bring_their_own_scripts() {
    let api = Api::open().await;
    let page = api.at("/docs").await;
    let text = String::from_utf8(page.body.to_vec()).unwrap();
    assert_eq!(page.status, 200);
    assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"));
    for name in text.split('"').filter(|part| part.starts_with("/docs/")) {
        assert_eq!(api.at(name).await.status, 200, "{name}");
    }
    let script = api.at("/docs/swagger-initializer.js").await;
    assert!(String::from_utf8_lossy(&script.body).contains("/api/v1/openapi.json"));
    let missing = api.at("/docs/..%2Fsecret").await;
    missing.refused(404, "not_found");
}
