//! Products: what staff write, and what the shop shows of it.

use actix_web::http::Method;
use ecicomm::domain::shared::Span;
use serde_json::{Value, json};

use crate::harness::api::{Api, with};

fn lamp() -> Value {
    json!({
        "name": "Brass lamp", "description": "A warm reading lamp.", "brand": "Acme",
        "status": "active", "category_path": ["Lighting", "Table lamps"],
        "attributes": {"color": "brass"}, "tags": ["new"], "metadata": {"shelf": "7"},
        "images": [{"url": "/media/demo/lamp.svg", "alt": "A lamp"}],
        "variants": [{
            "sku": "LAMP-1", "price": {"amount": 4999, "currency": "USD"},
            "compare_at": {"amount": 5999, "currency": "USD"},
        }],
    })
}

async fn made(api: &Api, body: Value) -> Value {
    api.post("/admin/products", body).staff().await.ok(201)
}

fn admin(product: &Value) -> String {
    format!("/admin/products/{}", product["id"].as_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_product_is_created_read_back_and_shown() {
    let api = Api::open().await;
    let answer = api.post("/admin/products", lamp()).staff().await;
    let product = answer.ok(201);
    assert_eq!(answer.header("location"), Some(&*format!("/api/v1{}", admin(&product))));
    assert_eq!(answer.header("etag"), Some("\"1\""));
    assert_eq!(product["slug"], "brass-lamp");
    assert_eq!(product["metadata"], json!({"shelf": "7"}));
    assert_eq!(product["variants"][0]["stock_policy"], json!({"type": "tracked"}));
    assert_eq!(api.get(&admin(&product)).staff().await.ok(200), product);

    let page = api.get("/products/brass-lamp").await.ok(200);
    assert_eq!(page["id"], product["id"]);
    assert_eq!(page["price"], json!({"amount": 4999, "currency": "USD"}));
    assert_eq!(page["variants"][0]["compare_at"]["amount"], 5999);
    assert_eq!(page["availability"], "out_of_stock");
    let path: Vec<&Value> =
        page["category_path"].as_array().unwrap().iter().map(|label| &label["slug"]).collect();
    assert_eq!(path, ["lighting", "table-lamps"]);
    assert!(page.get("metadata").is_none(), "metadata is for staff alone");
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_product_is_told_with_its_place() {
    let api = Api::open().await;
    let variant = |more: Value| json!({"variants": [with(json!({"sku": "A"}), more)]});
    let cases = [
        (json!({"name": ""}), "/name"),
        (json!({"name": null}), "/name"),
        (json!({"price": 1}), "/price"),
        (json!({"status": "sold"}), "/status"),
        (json!({"variants": []}), "/variants"),
        (json!({"attributes": {"color": ""}}), "/attributes/color"),
        (json!({"images": [{"url": "http://example.com/x"}]}), "/images/0/url"),
        (variant(json!({"price": {"amount": -1, "currency": "USD"}})), "/variants/0/price/amount"),
        (variant(json!({"price": {"amount": 1, "currency": "usd"}})), "/variants/0/price/currency"),
        (variant(json!({"weight_grams": 1.5})), "/variants/0/weight_grams"),
        (variant(json!({"stock_policy": {"type": "endless"}})), "/variants/0/stock_policy/type"),
        (variant(json!({"options": []})), "/variants/0/options"),
        (variant(json!({"cost": 1})), "/variants/0/cost"),
    ];
    for (change, pointer) in cases {
        let answer = api.post("/admin/products", with(lamp(), change.clone())).staff().await;
        assert_eq!(answer.pointers(), [pointer], "{change}");
    }
    assert_eq!(api.get("/admin/products").staff().await.ok(200)["items"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_sku_or_slug_that_is_taken_and_a_category_that_is_not_there_are_conflicts() {
    let api = Api::open().await;
    made(&api, lamp()).await;
    let again = api.post("/admin/products", lamp()).staff().await;
    again.refused(409, "duplicate_sku");
    let other =
        with(lamp(), json!({"variants": [{"sku": "B"}], "slug": "brass-lamp", "status": "draft"}));
    api.post("/admin/products", other).staff().await.refused(409, "duplicate_slug");
    let ids =
        json!({"category_ids": ["00000000-0000-7000-8000-000000000000"], "category_path": null});
    let lost = with(with(lamp(), ids), json!({"variants": [{"sku": "C"}], "status": "draft"}));
    let problem = api.post("/admin/products", lost).staff().await.refused(409, "unknown_reference");
    assert_eq!(problem["errors"][0]["pointer"], "/category_ids/0");
}

#[tokio::test(start_paused = true)]
async fn an_edit_needs_the_tag_of_the_version_it_was_made_on() {
    let api = Api::open().await;
    let path = admin(&made(&api, lamp()).await);
    let edit = || api.patch(&path, json!({"description": "New."})).staff();
    edit().await.refused(428, "precondition_required");
    for stale in ["\"stale\"", "\"2\"", "W/\"1\""] {
        edit().header("If-Match", stale).await.refused(412, "precondition_failed");
    }
    edit().header("If-Match", "1").await.refused(400, "validation_failed");
    let edited = edit().header("If-Match", "\"1\"").await;
    assert_eq!(edited.ok(200)["description"], "New.");
    assert_eq!(edited.header("etag"), Some("\"2\""));
    edit().header("If-Match", "\"1\"").await.refused(412, "precondition_failed");
    edit().header("If-Match", "*").await.ok(200);
    let nobody = "/admin/products/00000000-0000-7000-8000-000000000000";
    api.patch(nobody, json!({})).staff().await.refused(404, "not_found");
    api.patch("/admin/products/lamp", json!({})).staff().await.refused(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn an_edit_is_a_merge_patch_over_what_was_written() {
    let api = Api::open().await;
    let product = made(&api, lamp()).await;
    let patch = |patch: Value| api.patch(&admin(&product), patch).staff().header("If-Match", "*");
    let edited = patch(json!({
        "brand": null, "attributes": {"color": null, "form": "round"}, "tags": ["old", "sale"],
    }));
    let edited = edited.await.ok(200);
    assert_eq!(edited["brand"], json!(null));
    assert_eq!(edited["attributes"], json!({"form": "round"}));
    assert_eq!(edited["tags"], json!(["old", "sale"]));
    assert_eq!(edited["description"], product["description"]);
    assert_eq!(edited["variants"], product["variants"]);
    assert_eq!(edited["category_ids"], product["category_ids"]);

    let moved = patch(json!({"category_path": ["Sale"]})).await.ok(200);
    assert_ne!(moved["category_ids"], product["category_ids"]);
    for (wrong, pointer) in [
        (json!({"sold_by": "me"}), "/sold_by"),
        (json!({"sold_by": null}), "/sold_by"),
        (json!({"name": null}), "/name"),
        (
            json!({"variants": [{"sku": "LAMP-1", "price": {"amount": 1}}]}),
            "/variants/0/price/currency",
        ),
    ] {
        assert_eq!(patch(wrong).await.pointers(), [pointer]);
    }
    let as_merge_patch = patch(json!({})).content_type("application/merge-patch+json").await;
    as_merge_patch.ok(200);
}

/// The lines of the export, as SKU, price, currency and former price.
async fn exported_prices(api: &Api) -> Vec<(String, i64, String, Option<i64>)> {
    let export = api.get("/admin/exports/products").staff().await;
    let lines = export.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let read = lines.map(|line| {
        let line: Value = serde_json::from_slice(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        let price = line["price"].as_i64().unwrap();
        (text("sku"), price, text("currency"), line["compare_at"].as_i64())
    });
    read.collect()
}

#[tokio::test(start_paused = true)]
async fn an_edit_leaves_the_prices_in_other_currencies_alone() {
    let api = Api::open().await;
    let file = [
        r#"{"sku": "A", "name": "Lamp", "price": 110, "currency": "USD", "compare_at": 150}"#,
        r#"{"sku": "A", "name": "Lamp", "price": 90, "currency": "EUR", "compare_at": 120}"#,
    ];
    let load = api.call(Method::POST, "/admin/imports").staff();
    load.content_type("application/x-ndjson").bytes(file.join("\n")).await.ok(202);
    let product = api.get("/admin/products").staff().await.ok(200)["items"][0].clone();
    let patch = async |patch: Value| {
        let edit = api.patch(&admin(&product), patch).staff().header("If-Match", "*");
        edit.await.ok(200);
        exported_prices(&api).await
    };
    let row = |price: i64, currency: &str, was: Option<i64>| {
        ("A".to_owned(), price, currency.to_owned(), was)
    };
    let euro = row(90, "EUR", Some(120));
    let both = [row(110, "USD", Some(150)), euro.clone()];
    assert_eq!(patch(json!({"tags": ["new"]})).await, both);
    let priced = |price: Value| json!({"variants": [with(json!({"sku": "A"}), price)]});
    let dollars = json!({"price": {"amount": 99, "currency": "USD"}});
    assert_eq!(patch(priced(dollars.clone())).await, [row(99, "USD", None), euro.clone()]);
    let yen = json!({"price": {"amount": 7, "currency": "JPY"}});
    let three = [row(99, "USD", None), euro, row(7, "JPY", None)];
    assert_eq!(patch(priced(yen)).await, three);
    let other = json!({"sku": "B", "price": {"amount": 5, "currency": "USD"}});
    let other = with(other, json!({"options": {"size": "B"}}));
    let unpriced = patch(json!({"variants": [{"sku": "A"}, other]})).await;
    assert_eq!(unpriced, [("B".to_owned(), 5, "USD".to_owned(), None)]);
}

#[tokio::test(start_paused = true)]
async fn a_page_is_known_by_its_tag_until_it_changes() {
    let api = Api::open().await;
    let product = made(&api, lamp()).await;
    let page = api.get("/products/brass-lamp").await;
    let tag = page.header("etag").unwrap().to_owned();
    let again = || api.get("/products/brass-lamp").header("If-None-Match", &tag);
    let known = again().await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    assert_eq!(known.header("etag"), Some(&*tag));
    let edit = api.patch(&admin(&product), json!({"name": "Bright lamp"})).staff();
    edit.header("If-Match", "*").await.ok(200);
    let changed = again().await;
    assert_eq!(changed.ok(200)["name"], "Bright lamp");
    assert_ne!(changed.header("etag"), Some(&*tag));
    let list = api.get("/products").await;
    let list_tag = list.header("etag").unwrap();
    assert_eq!(api.get("/products").header("If-None-Match", list_tag).await.status, 304);
}

#[tokio::test(start_paused = true)]
async fn a_band_of_stock_that_changes_changes_the_page() {
    let api = Api::open().await;
    made(&api, lamp()).await;
    let band = async || api.get("/products/brass-lamp").await.ok(200)["availability"].clone();
    assert_eq!(band().await, "out_of_stock");
    api.adjust("LAMP-1", 3).await;
    assert_eq!(band().await, "low_stock");
    api.adjust("LAMP-1", 30).await;
    assert_eq!(band().await, "in_stock");
    assert_eq!(api.get("/products").await.ok(200)["items"][0]["availability"], "in_stock");
}

#[tokio::test(start_paused = true)]
async fn a_draft_is_shown_once_it_is_published_and_no_longer_once_it_is_archived() {
    let api = Api::open().await;
    let product = made(&api, with(lamp(), json!({"status": "draft"}))).await;
    let path = format!("/products/{}", product["id"].as_str().unwrap());
    api.get(&path).await.refused(404, "not_found");
    let act = |step: &str| api.post(&format!("{}/{step}", admin(&product)), json!({})).staff();
    act("publish").header("If-Match", "\"9\"").await.refused(412, "precondition_failed");
    assert_eq!(act("publish").await.ok(200)["status"], "active");
    api.get(&path).await.ok(200);
    assert_eq!(act("archive").header("If-Match", "\"2\"").await.ok(200)["status"], "archived");
    api.get(&path).await.refused(404, "not_found");
    api.get("/products/brass-lamp").await.refused(404, "not_found");
    assert_eq!(api.get("/products").await.ok(200)["items"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_former_slug_leads_to_the_new_one() {
    let api = Api::open().await;
    let product = made(&api, lamp()).await;
    let edit = api.patch(&admin(&product), json!({"slug": "bright-lamp"})).staff();
    edit.header("If-Match", "*").await.ok(200);
    let moved = api.get("/products/brass-lamp").await;
    assert_eq!(
        (moved.status, moved.header("location")),
        (308, Some("/api/v1/products/bright-lamp"))
    );
    api.get("/products/bright-lamp").await.ok(200);
}

#[tokio::test(start_paused = true)]
async fn a_list_is_walked_by_cursors_in_its_order_each_product_once() {
    let api = Api::open().await;
    for number in 0..25 {
        api.wait(Span::seconds(1)).await;
        let sku = format!("W-{number:02}");
        let body = json!({
            "name": format!("Widget {number:02}"), "status": "active", "category_path": ["Widgets"],
            "variants": [{"sku": sku, "price": {"amount": 1000 - number, "currency": "USD"}}],
        });
        made(&api, body).await;
    }
    for (sort, first) in [
        ("name", "Widget 00"),
        ("price", "Widget 24"),
        ("-price", "Widget 00"),
        ("newest", "Widget 24"),
    ] {
        let mut names = Vec::new();
        let mut path = format!("/products?category=widgets&sort={sort}&limit=10");
        for size in [10, 10, 5] {
            let answer = api.get(&path).await;
            let page = answer.ok(200);
            let items = page["items"].as_array().unwrap();
            assert_eq!(items.len(), size, "{sort}");
            names.extend(items.iter().map(|item| item["name"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            let next = format!("/products?category=widgets&sort={sort}&limit=10&cursor={cursor}");
            let link = format!("</api/v1{next}>; rel=\"next\"");
            assert_eq!(answer.header("link"), Some(&*link));
            path = next;
        }
        assert_eq!(names[0], first, "{sort}");
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 25, "{sort}");
    }
    assert_eq!(api.get("/products").await.ok(200)["items"].as_array().unwrap().len(), 20);
    assert_eq!(api.get("/products?category=nothing").await.ok(200)["items"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_cursor_is_good_for_the_list_it_came_from_alone() {
    let api = Api::open().await;
    for sku in ["A", "B"] {
        api.product(sku, 100, 0).await;
    }
    let page = api.get("/products?limit=1").await.ok(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    api.get(&format!("/products?limit=2&cursor={cursor}")).await.ok(200);
    for query in [
        format!("sort=name&cursor={cursor}"),
        format!("category=lamps&cursor={cursor}"),
        format!("cursor={cursor}x"),
        "cursor=AAAA".to_owned(),
    ] {
        let problem =
            api.get(&format!("/products?{query}")).await.refused(400, "validation_failed");
        assert_eq!(problem["errors"][0]["parameter"], "cursor");
    }
    api.get(&format!("/admin/products?cursor={cursor}"))
        .staff()
        .await
        .refused(400, "validation_failed");
}

#[tokio::test(start_paused = true)]
async fn a_drawn_picture_is_found_by_sku_and_kept_for_a_day() {
    let api = Api::open().await;
    made(&api, lamp()).await;
    let get = |file: &str| api.at(&format!("/media/demo/{file}"));
    let picture = get("lamp-1.svg").await;
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/svg+xml")));
    assert!(String::from_utf8_lossy(&picture.body).contains("Brass lamp"));
    assert_eq!(picture.header("cache-control"), Some("public, max-age=86400"));
    let known = get("lamp-1.svg").header("If-None-Match", picture.header("etag").unwrap()).await;
    assert_eq!(known.status, 304);
    for file in ["lamp-1", "lamp-2.svg", "lamp-1.png", ".svg"] {
        get(file).await.refused(404, "not_found");
    }
}

#[tokio::test(start_paused = true)]
async fn a_variant_is_added_to_a_product() {
    let api = Api::open().await;
    let lamp = json!({
        "name": "Lamp", "variants": [{"sku": "LAMP-S", "price": {"amount": 900, "currency": "USD"},
        "options": {"size": "S"}}],
    });
    let made = api.post("/admin/products", lamp).staff().await.ok(201);
    let path = format!("/admin/products/{}/variants", made["id"].as_str().unwrap());
    let large = json!({"sku": "LAMP-L", "options": {"size": "L"}});
    let added = api.post(&path, large.clone()).staff().await.ok(201);
    let skus: Vec<&Value> =
        added["variants"].as_array().unwrap().iter().map(|variant| &variant["sku"]).collect();
    assert_eq!(skus, ["LAMP-S", "LAMP-L"]);
    assert_eq!(added["variants"][0], made["variants"][0]);
    api.post(&path, large)
        .staff()
        .header("If-Match", "\"1\"")
        .await
        .refused(412, "precondition_failed");
    let same = json!({"sku": "LAMP-M", "options": {"size": "S"}});
    assert_eq!(api.post(&path, same).staff().await.pointers(), ["/options"]);
    let taken = json!({"sku": "LAMP-S", "options": {"size": "M"}});
    let twice = api.post(&path, taken).staff().await;
    assert_eq!(twice.status, 400, "{twice:?}");
}
