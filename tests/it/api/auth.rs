//! Signing in, and who may do what.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::harness::api::Api;

const EMAIL: &str = "boss@example.com";
const PASSWORD: &str = "B0ss!pass-word";

#[tokio::test(start_paused = true)]
async fn who_knows_the_password_gets_a_token_that_opens_staff_operations() {
    let api = Api::closed().await;
    api.shop.staff.ensure_administrator(EMAIL, PASSWORD).await.unwrap();
    let signed =
        api.post("/auth/login", json!({"email": EMAIL, "password": PASSWORD})).await.ok(200);
    assert_eq!(signed["token_type"], "Bearer");
    assert!(signed["expires_in"].as_i64().unwrap() > 0);
    let token = signed["access_token"].as_str().unwrap();
    api.get("/admin/orders").bearer(token).await.ok(200);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_address_and_a_wrong_password_are_one_answer() {
    let api = Api::closed().await;
    api.shop.staff.ensure_administrator(EMAIL, PASSWORD).await.unwrap();
    let bodies = [
        json!({"email": EMAIL, "password": "Wr0ng!pass-word"}),
        json!({"email": "nobody@example.com", "password": PASSWORD}),
    ];
    let mut told = Vec::new();
    for body in bodies {
        let answer = api.post("/auth/login", body).header("X-Request-Id", "same").await;
        answer.refused(401, "unauthenticated");
        told.push(answer.body);
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test(start_paused = true)]
async fn credentials_are_checked_for_their_form() {
    let api = Api::closed().await;
    let cases = [
        (json!({"email": "x", "password": "y"}), "/email"),
        (json!({"email": EMAIL}), "/password"),
        (json!({"email": EMAIL, "password": ""}), "/password"),
        (json!({"email": EMAIL, "password": "x", "role": "administrator"}), "/role"),
    ];
    for (body, pointer) in cases {
        assert_eq!(api.post("/auth/login", body).await.pointers(), [pointer]);
    }
}

#[tokio::test(start_paused = true)]
async fn staff_operations_refuse_strangers_before_they_look_at_anything() {
    let api = Api::open().await;
    let document = ecicomm::adapters::http::document();
    let nobody = "00000000-0000-7000-8000-000000000000";
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(rest) = path.strip_prefix("/api/v1/admin") else { continue };
        for (method, _) in item.as_object().unwrap().iter().filter(|(_, value)| is_operation(value))
        {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let parts =
                rest.split('/').map(|part| if part.starts_with('{') { nobody } else { part });
            let path = format!("/admin{}", parts.collect::<Vec<_>>().join("/"));
            let answer = api.call(method.clone(), &path).await;
            answer.refused(401, "unauthenticated");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            let forged = api.call(method, &path).bearer("eyJhbGciOiJub25lIn0.e30.").await;
            forged.refused(401, "unauthenticated");
            asked += 1;
        }
    }
    assert!(asked > 40, "only {asked} operations were asked");
}

fn is_operation(value: &Value) -> bool {
    value.get("operationId").is_some()
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_right_does_not_keep_anybody_out_of_the_shop() {
    let api = Api::open().await;
    api.get("/products").bearer("stale").await.ok(200);
    api.get("/products").header("Authorization", "Basic YTpi").await.ok(200);
}
