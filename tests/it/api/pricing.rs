//! Promotions, tax rates and shipping methods.

use serde_json::{Value, json};

use crate::harness::api::{Api, with};

fn usd(amount: i64) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

/// What can be made, and a change of it.
fn kinds() -> [(&'static str, Value, Value); 3] {
    [
        (
            "promotions",
            json!({"name": "A tenth off", "code": "TEN", "type": "percentage", "percent": 12.5}),
            json!({"percent": 33.33}),
        ),
        (
            "tax-rates",
            json!({"name": "VAT", "country": "DE", "rate": 19, "tax_category": "standard"}),
            json!({"rate": 8.875, "region": "BY"}),
        ),
        (
            "shipping-methods",
            json!({"code": "express", "name": "Express", "type": "flat", "price": usd(1500)}),
            json!({"price": {"amount": 900}, "active": false}),
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn each_is_made_read_changed_listed_and_deleted() {
    let api = Api::open().await;
    for (kind, body, change) in kinds() {
        let list = format!("/admin/{kind}");
        let made = api.post(&list, body.clone()).staff().await.ok(201);
        for (name, value) in body.as_object().unwrap() {
            assert!(same(&made[name], value), "{kind} {name}: {made}");
        }
        let path = format!("{list}/{}", made["id"].as_str().unwrap());
        let read = api.get(&path).staff().await;
        assert_eq!((read.ok(200), read.header("etag")), (made.clone(), Some("\"1\"")));
        assert_eq!(api.get(&path).staff().header("If-None-Match", "\"1\"").await.status, 304);

        api.patch(&path, change.clone()).staff().await.refused(428, "precondition_required");
        let changed = api.patch(&path, change.clone()).staff().header("If-Match", "\"1\"").await;
        let changed = changed.ok(200);
        for (name, value) in change.as_object().unwrap() {
            let expected = if value.is_object() {
                with(made[name].clone(), value.clone())
            } else {
                value.clone()
            };
            assert!(same(&changed[name], &expected), "{kind} {name}: {changed}");
        }
        assert_eq!(changed["name"], made["name"], "{kind}");

        let all = api.get(&format!("{list}?limit=100")).staff().await.ok(200);
        let listed = all["items"].as_array().unwrap().iter().any(|item| item["id"] == made["id"]);
        assert!(listed, "{kind}");
        api.delete(&path)
            .staff()
            .header("If-Match", "\"1\"")
            .await
            .refused(412, "precondition_failed");
        assert_eq!(api.delete(&path).staff().header("If-Match", "\"2\"").await.status, 204);
        api.get(&path).staff().await.refused(404, "not_found");
    }
}

/// Whether two values are the same, numbers by what they say.
fn same(found: &Value, expected: &Value) -> bool {
    match (found.as_f64(), expected.as_f64()) {
        (Some(found), Some(expected)) => (found - expected).abs() < 1e-9,
        _ => found == expected,
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_the_type_is_refused_with_its_place() {
    let api = Api::open().await;
    let promotion = |more: Value| with(json!({"name": "P"}), more);
    let method = |more: Value| with(json!({"code": "m", "name": "M"}), more);
    let cases = [
        ("promotions", promotion(json!({"type": "percentage"})), "/percent"),
        ("promotions", promotion(json!({"type": "percentage", "percent": 0})), "/percent"),
        ("promotions", promotion(json!({"type": "percentage", "percent": 12.345})), "/percent"),
        ("promotions", promotion(json!({"type": "percentage", "percent": "10"})), "/percent"),
        (
            "promotions",
            promotion(json!({"type": "fixed_amount", "amount": usd(0)})),
            "/amount/amount",
        ),
        ("promotions", promotion(json!({"type": "free_shipping", "percent": 5})), "/percent"),
        ("promotions", promotion(json!({"type": "half_price"})), "/type"),
        (
            "promotions",
            promotion(json!({"type": "free_shipping", "usage_limit": 0})),
            "/usage_limit",
        ),
        ("tax-rates", json!({"name": "T", "country": "Germany", "rate": 1}), "/country"),
        ("tax-rates", json!({"name": "T", "country": "DE", "rate": 100.5}), "/rate"),
        ("tax-rates", json!({"name": "T", "country": "DE"}), "/rate"),
        ("shipping-methods", method(json!({"type": "flat"})), "/price"),
        (
            "shipping-methods",
            method(json!({"type": "by_weight", "weight_steps": []})),
            "/weight_steps",
        ),
        ("shipping-methods", method(json!({"type": "flat", "price": usd(-1)})), "/price/amount"),
    ];
    for (kind, body, pointer) in cases {
        let answer = api.post(&format!("/admin/{kind}"), body.clone()).staff().await;
        assert_eq!(answer.pointers(), [pointer], "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_taken_is_a_conflict() {
    let api = Api::open().await;
    let body = json!({"name": "P", "code": "once", "type": "free_shipping"});
    api.post("/admin/promotions", body.clone()).staff().await.ok(201);
    let again = with(body, json!({"code": "ONCE"}));
    api.post("/admin/promotions", again).staff().await.refused(409, "duplicate_code");
}

#[tokio::test(start_paused = true)]
async fn the_same_tax_is_not_set_twice() {
    let api = Api::open().await;
    let body = json!({"name": "VAT", "country": "DE", "rate": 19});
    api.post("/admin/tax-rates", body.clone()).staff().await.ok(201);
    api.post("/admin/tax-rates", body.clone()).staff().await.refused(409, "duplicate_value");
    let reduced = with(body, json!({"rate": 7, "tax_category": "reduced"}));
    let made = api.post("/admin/tax-rates", reduced).staff().await.ok(201);
    let path = format!("/admin/tax-rates/{}", made["id"].as_str().unwrap());
    let change = api.patch(&path, json!({"tax_category": "standard"})).staff();
    change.header("If-Match", "\"1\"").await.refused(409, "duplicate_value");
}

#[tokio::test(start_paused = true)]
async fn a_promotion_names_categories_and_products_that_exist() {
    let api = Api::open().await;
    api.post("/admin/categories", json!({"name": "Lamps"})).staff().await.ok(201);
    let body = json!({"name": "P", "type": "percentage", "percent": 10, "categories": ["lamps"]});
    let made = api.post("/admin/promotions", body.clone()).staff().await.ok(201);
    assert_eq!(made["category_ids"].as_array().unwrap().len(), 1);
    let path = format!("/admin/promotions/{}", made["id"].as_str().unwrap());
    let renamed = api.patch(&path, json!({"name": "Q"})).staff().header("If-Match", "\"1\"").await;
    assert_eq!(renamed.ok(200)["category_ids"], made["category_ids"]);
    for (member, value) in [
        ("categories", json!(["gone"])),
        ("products", json!(["00000000-0000-7000-8000-000000000000"])),
    ] {
        let lost = json!({"name": "P", "type": "percentage", "percent": 10, member: value});
        let problem = api.post("/admin/promotions", lost).staff().await;
        let problem = problem.refused(409, "unknown_reference");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{member}/0"));
    }
}

#[tokio::test(start_paused = true)]
async fn tables_of_prices_are_kept_row_by_row() {
    let api = Api::open().await;
    let rows =
        json!([{"up_to_grams": 1000, "price": usd(500)}, {"up_to_grams": 5000, "price": usd(900)}]);
    let body = json!({
        "code": "parcel", "name": "Parcel", "type": "by_weight", "countries": ["US", "CA"],
        "weight_steps": rows,
    });
    let made = api.post("/admin/shipping-methods", body).staff().await.ok(201);
    assert_eq!((&made["weight_steps"], &made["price"]), (&rows, &json!(null)));
    assert_eq!(made["countries"], json!(["CA", "US"]));
    let path = format!("/admin/shipping-methods/{}", made["id"].as_str().unwrap());
    let change = json!({"type": "free_above", "weight_steps": null, "price": usd(700), "threshold": usd(5000)});
    let changed = api.patch(&path, change).staff().header("If-Match", "\"1\"").await.ok(200);
    assert_eq!((&changed["type"], &changed["threshold"]), (&json!("free_above"), &usd(5000)));
    assert_eq!(changed["weight_steps"], json!(null));
}
