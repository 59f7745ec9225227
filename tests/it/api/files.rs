//! Catalogue files, in and out.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::harness::api::{Answer, Api};

const NDJSON: &str = "application/x-ndjson";

async fn load(api: &Api, media: &str, body: impl Into<actix_web::web::Bytes>) -> Value {
    let call = api.call(Method::POST, "/admin/imports").staff();
    let answer: Answer = call.content_type(media).bytes(body).await;
    let begun = answer.ok(202);
    let path = format!("/admin/imports/{}", begun["id"].as_str().unwrap());
    assert_eq!(answer.header("location"), Some(&*format!("/api/v1{path}")));
    api.get(&path).staff().await.ok(200)
}

fn figures(import: &Value) -> [i64; 4] {
    ["created", "updated", "unchanged", "failed"].map(|name| import[name].as_i64().unwrap())
}

#[tokio::test(start_paused = true)]
async fn good_lines_go_in_and_bad_ones_are_told_with_their_numbers() {
    let api = Api::open().await;
    let file = [
        json!({"sku": "A", "name": "Widget A", "price": 100, "currency": "USD", "stock": 5})
            .to_string(),
        "{\"sku\": \"broken".to_owned(),
        json!({"sku": "B", "name": "Widget B", "price": -5}).to_string(),
        json!({"sku": "C", "name": "Widget C", "price": 300, "currency": "USD"}).to_string(),
    ]
    .join("\n");
    let import = load(&api, NDJSON, file.clone()).await;
    assert_eq!(import["status"], "completed");
    assert_eq!(figures(&import), [2, 0, 0, 2]);
    let lines: Vec<&Value> =
        import["errors"].as_array().unwrap().iter().map(|error| &error["line"]).collect();
    assert_eq!(lines, [2, 3]);
    assert_eq!(api.level("A").await, (5, 0));
    assert_eq!(figures(&load(&api, NDJSON, file).await), [0, 0, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn csv_is_read_too_and_stock_is_set_where_that_is_asked_for() {
    let api = Api::open().await;
    let file = "sku,name,price,currency,stock\nA,\"Comma, \"\"quoted\"\"\",1234,USD,7\n";
    assert_eq!(figures(&load(&api, "text/csv; charset=utf-8", file).await), [1, 0, 0, 0]);
    assert_eq!(api.level("A").await, (7, 0));
    let more = "sku,name,price,currency,stock\nA,\"Comma, \"\"quoted\"\"\",1234,USD,9\n";
    load(&api, "text/csv", more).await;
    assert_eq!(api.level("A").await, (7, 0));
    let set = api.call(Method::POST, "/admin/imports?stock=set").staff();
    set.content_type("text/csv").bytes(more).await.ok(202);
    assert_eq!(api.level("A").await, (9, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_catalogue_file_is_refused() {
    let api = Api::open().await;
    let call = || api.call(Method::POST, "/admin/imports").staff();
    for media in ["application/json", "text/plain", ""] {
        let answer = call().content_type(media).bytes("x").await;
        answer.refused(415, "unsupported_media_type");
    }
    let stock = api.call(Method::POST, "/admin/imports?stock=add").staff();
    stock.content_type(NDJSON).bytes("").await.refused(400, "validation_failed");
    api.get("/admin/imports/00000000-0000-7000-8000-000000000000")
        .staff()
        .await
        .refused(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn an_export_is_a_file_that_changes_nothing_where_it_came_from() {
    let api = Api::open().await;
    for number in 0..3 {
        api.product(&format!("E-{number}"), 100 + number, 4).await;
    }
    let export = api.get("/admin/exports/products").staff().await;
    assert_eq!((export.status, export.header("content-type")), (200, Some(NDJSON)));
    let lines: Vec<Value> = export
        .body
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!((&lines[0]["sku"], &lines[0]["price"]), (&json!("E-0"), &json!(100)));
    assert_eq!(figures(&load(&api, NDJSON, export.body.clone()).await), [0, 0, 3, 0]);
}

#[tokio::test(start_paused = true)]
async fn each_line_of_a_csv_file_is_counted_whatever_its_quotes_and_line_ends() {
    let api = Api::open().await;
    for (file, expected) in [
        (
            "sku,name,price\nQ-1,Lamp 5\" round,100\nQ-2,Lamp 6\" round,200\nQ-3,Plain,300",
            [3, 0, 0, 0],
        ),
        ("sku,name,price\rV-1,a,1\r", [1, 0, 0, 0]),
        ("sku,name,price\nW-1,a,1\rW-2,b,2\nW-3,c,3\n", [3, 0, 0, 0]),
        ("sku,name,price\nX-1,\"a,1\nX-2,b,2\nX-3,c,3\n", [2, 0, 0, 1]),
    ] {
        assert_eq!(figures(&load(&api, "text/csv", file).await), expected, "{file}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_that_is_wrong_fails_the_import_though_no_line_end_follows() {
    let api = Api::open().await;
    assert_eq!(load(&api, "text/csv", "sku,name").await["status"], "failed");
}
