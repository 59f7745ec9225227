//! Finding products.

use serde_json::{Value, json};

use crate::harness::api::Api;

/// A shop with lamps in the index.
async fn lamps() -> Api {
    let api = Api::open().await;
    for (sku, name, brand, color, cents) in [
        ("A", "Brass lamp", "Acme", "brass", 4_999),
        ("B", "Steel lamp", "Acme", "steel", 2_999),
        ("C", "Steel table", "Bolt", "steel", 9_999),
    ] {
        let body = json!({
            "name": name, "brand": brand, "status": "active", "attributes": {"color": color},
            "category_path": ["Home", if name.ends_with("lamp") { "Lamps" } else { "Tables" }],
            "variants": [{"sku": sku, "price": {"amount": cents, "currency": "USD"}}],
        });
        api.post("/admin/products", body).staff().await.ok(201);
    }
    api.adjust("A", 5).await;
    let rebuilt = api.call(actix_web::http::Method::POST, "/admin/search/reindex").staff().await;
    assert_eq!(rebuilt.ok(200)["products"], 3);
    api
}

async fn names(api: &Api, query: &str) -> Vec<String> {
    let found = api.get(&format!("/search?{query}")).await.ok(200);
    let items = found["items"].as_array().unwrap();
    items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn hits_carry_scores_and_all_that_match_are_counted() {
    let api = lamps().await;
    let found = api.get("/search?q=lamp&limit=1").await.ok(200);
    assert_eq!(found["total"], 2);
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let hit = &found["items"][0];
    assert!(hit["score"].as_f64().unwrap() > 0.0 && hit["price"]["amount"].is_i64());
    assert_eq!((&found["degraded"], &found["did_you_mean"]), (&json!(false), &json!(null)));
    assert!(found["took_ms"].is_u64());
    let facets = &found["facets"];
    assert_eq!(facets["brands"], json!([{"value": "Acme", "label": "Acme", "count": 2}]));
    let price = json!({"min": 2999, "max": 4999, "avg": 3999, "count": 2});
    assert_eq!(facets["price"], price);
    let colors: Vec<&Value> =
        facets["attributes"]["color"].as_array().unwrap().iter().map(|c| &c["value"]).collect();
    assert_eq!(colors.len(), 2);
    let next = api.get("/search?q=lamp&limit=1&offset=1").await.ok(200);
    assert_ne!(next["items"][0]["id"], hit["id"]);
}

#[tokio::test(start_paused = true)]
async fn filters_narrow_and_orders_order() {
    let api = lamps().await;
    let cases = [
        ("brand=Bolt", vec!["Steel table"]),
        ("brand=Bolt&brand=Acme&sort=price", vec!["Steel lamp", "Brass lamp", "Steel table"]),
        ("category=lamps&sort=-price", vec!["Brass lamp", "Steel lamp"]),
        ("price_min=3000&price_max=5000", vec!["Brass lamp"]),
        ("attr.color=steel&sort=price", vec!["Steel lamp", "Steel table"]),
        (
            "attr.color=steel&attr.color=brass&category=lamps&sort=price",
            vec!["Steel lamp", "Brass lamp"],
        ),
        ("in_stock=true", vec!["Brass lamp"]),
        ("q=lmap&sort=price", vec!["Steel lamp", "Brass lamp"]),
        ("q=nothing-like-it", vec![]),
    ];
    for (query, expected) in cases {
        assert_eq!(names(&api, query).await, expected, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_typed_is_completed() {
    let api = lamps().await;
    let found = api.get("/search/suggest?q=bra").await.ok(200);
    assert!(found["suggestions"].is_array());
    assert_eq!(found["items"][0]["name"], "Brass lamp");
    assert_eq!(api.get("/search/suggest?q=zzz").await.ok(200)["items"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_query_keeps_to_its_bounds() {
    let api = Api::open().await;
    let long = format!("q={}", "x".repeat(201));
    let queries = [
        "limit=0",
        "limit=101",
        "offset=-1",
        "offset=10001",
        "price_min=-1",
        "price_max=1.5",
        "in_stock=yes",
        "sort=name",
        "category=A%20B",
        "q=a&q=b",
        &long,
    ];
    for query in queries {
        api.get(&format!("/search?{query}")).await.refused(400, "validation_failed");
    }
    let many: Vec<String> = (0..21).map(|number| format!("attr.a{number}=x")).collect();
    api.get(&format!("/search?{}", many.join("&"))).await.refused(400, "validation_failed");
    api.get("/search/suggest").await.refused(400, "validation_failed");
    api.get("/search?q=&offset=10000").await.ok(200);
}
