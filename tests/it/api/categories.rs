//! The tree of categories.

use serde_json::{Value, json};

use crate::harness::api::Api;

async fn made(api: &Api, body: Value) -> Value {
    api.post("/admin/categories", body).staff().await.ok(201)
}

#[tokio::test(start_paused = true)]
async fn categories_are_made_moved_and_counted() {
    let api = Api::open().await;
    let lighting = made(&api, json!({"name": "Lighting"})).await;
    let lamps = made(&api, json!({"name": "Lamps", "parent_id": lighting["id"]})).await;
    assert_eq!(lamps["slug"], "lamps");
    let body = json!({
        "name": "Lamp", "status": "active", "category_ids": [lamps["id"]],
        "variants": [{"sku": "A", "price": {"amount": 1, "currency": "USD"}}],
    });
    api.post("/admin/products", body).staff().await.ok(201);
    let tree = api.get("/categories").await.ok(200);
    let top = &tree["items"][0];
    assert_eq!((&top["slug"], &top["product_count"]), (&json!("lighting"), &json!(1)));
    assert_eq!(top["children"][0]["name"], "Lamps");

    let path = format!("/admin/categories/{}", lamps["id"].as_str().unwrap());
    let moved = api.patch(&path, json!({"parent_id": null, "position": -1})).staff();
    assert_eq!(moved.header("If-Match", "\"1\"").await.ok(200)["parent_id"], json!(null));
    let tree = api.get("/categories").await.ok(200);
    assert_eq!(tree["items"][0]["slug"], "lamps");
    let all = api.get("/admin/categories").staff().await.ok(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_category_that_is_in_use_stays_and_an_empty_one_goes() {
    let api = Api::open().await;
    let top = made(&api, json!({"name": "Top"})).await;
    let below = made(&api, json!({"name": "Below", "parent_id": top["id"]})).await;
    let path = |category: &Value| format!("/admin/categories/{}", category["id"].as_str().unwrap());
    let delete = |category: &Value| api.delete(&path(category)).staff();
    delete(&top).await.refused(428, "precondition_required");
    delete(&top).header("If-Match", "\"2\"").await.refused(412, "precondition_failed");
    delete(&top).header("If-Match", "\"1\"").await.refused(409, "in_use");
    let gone = delete(&below).header("If-Match", "\"1\"").await;
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    api.get(&path(&below)).staff().await.refused(404, "not_found");
    delete(&below).header("If-Match", "*").await.refused(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn a_category_cannot_lie_below_itself_or_below_what_is_not_there() {
    let api = Api::open().await;
    let top = made(&api, json!({"name": "Top"})).await;
    let below = made(&api, json!({"name": "Below", "parent_id": top["id"]})).await;
    let path = format!("/admin/categories/{}", top["id"].as_str().unwrap());
    let circle = api.patch(&path, json!({"parent_id": below["id"]})).staff();
    assert_eq!(circle.header("If-Match", "*").await.pointers(), ["/parent_id"]);
    let nowhere = json!({"name": "X", "parent_id": "00000000-0000-7000-8000-000000000000"});
    let problem =
        api.post("/admin/categories", nowhere).staff().await.refused(409, "unknown_reference");
    assert_eq!(problem["errors"][0]["pointer"], "/parent_id");
    let malformed = api.post("/admin/categories", json!({"name": "X", "parent_id": "x"})).staff();
    assert_eq!(malformed.await.pointers(), ["/parent_id"]);
}
