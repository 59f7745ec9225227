//! A shop in Postgres whose lists are read from a replica: what is written is read back whatever the
//! replica does, and the server tells how that does.

use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{FILE, Serving, Temporary, ecicomm, exchange, told};
use crate::harness::servers::{Database, Pair};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// The command on a pair's database.
fn over(pair: &Pair, args: &[&str]) -> Command {
    let mut command = ecicomm(args);
    command.envs([
        ("DATABASE_URL", pair.primary.url("shop").as_str()),
        ("DATABASE_READ_URL", pair.replica.url("shop").as_str()),
        ("ECICOMM__ADMIN__EMAIL", "boss@example.com"),
        ("ECICOMM__ADMIN__PASSWORD", "B0ss!pass-word"),
    ]);
    command
}

/// A server of a shop with some products on a pair of its own, and someone who signed in.
struct Shop {
    pair: Pair,
    serving: Serving,
    /// Where metrics are.
    management: String,
    bearer: String,
}

impl Shop {
    async fn open(lag_ms: &str) -> Self {
        let pair = Pair::start();
        pair.primary.create("shop", None).await;
        let migrated = told(over(&pair, &["migrate"]).output().unwrap());
        assert_eq!(migrated.0, Some(0), "{migrated:?}");
        pair.caught_up().await;
        let file = Temporary::new("replica.ndjson", FILE.as_bytes());
        let serve = ["serve", "--bind", "127.0.0.1:0", "--import", file.path()];
        let mut command = over(&pair, &serve);
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let management = free.to_string();
        command.env("ECICOMM__POSTGRES__REPLICA_LAG_MS", lag_ms);
        command.env("ECICOMM__MANAGEMENT__BIND", &management);
        let serving = Serving::of(command);
        let sign_in = json!({"email": "boss@example.com", "password": "B0ss!pass-word"});
        let (status, answer) = serving.ask("POST", "/api/v1/auth/login", &sign_in.to_string());
        assert_eq!(status, 200, "{answer}");
        let bearer = format!("Bearer {}", answer["access_token"].as_str().unwrap());
        let shop = Self { pair, serving, management, bearer };
        shop.pair.caught_up().await;
        shop.until("well").await;
        shop
    }

    /// The body of an answer to staff that must have this status.
    #[track_caller]
    fn ok(&self, status: u16, request: (&str, &str), more: &[(&str, &str)], body: &str) -> Value {
        let headers = [&[("authorization", self.bearer.as_str())], more].concat();
        let (method, path) = request;
        let path = format!("/api/v1{path}");
        let (told, answer) = self.serving.ask_with(method, &path, &headers, body);
        assert_eq!(told, status, "{method} {path}: {answer}");
        answer
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        self.ok(200, ("GET", path), &[], "")
    }

    /// How many entries a list has.
    #[track_caller]
    fn count(&self, path: &str) -> usize {
        self.get(path)["items"].as_array().unwrap_or_else(|| panic!("{path} lists")).len()
    }

    /// How the server says that its replica does.
    fn state(&self) -> String {
        let (status, ready) = self.serving.ask("GET", "/ready", "");
        assert_eq!(status, 200, "a replica never keeps it from serving: {ready}");
        let all = ready["dependencies"].as_array().unwrap();
        let replica = all.iter().find(|one| one["name"] == "replica").expect("it is told");
        replica["state"].as_str().unwrap().to_owned()
    }

    async fn until(&self, state: &str) {
        let began = Instant::now();
        while self.state() != state {
            assert!(began.elapsed() < PATIENCE, "it should be {state}, and is {}", self.state());
            tokio::time::sleep(PAUSE).await;
        }
    }
}

const LAMP: &str = r#"{
    "name": "Lamp", "slug": "lamp", "status": "active",
    "variants": [{"sku": "L-1", "price": {"amount": 700, "currency": "USD"}}]
}"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_read_back_though_the_replica_stands_still() {
    let shop = Shop::open("600000").await;
    let (listed, staffed) = (shop.count("/products"), shop.count("/admin/products"));
    shop.pair.pause().await;

    // A product is made, edited on the version that was read, and shown as it was edited.
    let made = shop.ok(201, ("POST", "/admin/products"), &[], LAMP);
    let path = format!("/admin/products/{}", made["id"].as_str().unwrap());
    for (version, name) in [(1, "Lantern"), (2, "Lamp of brass")] {
        let tag = format!("\"{version}\"");
        let body = json!({"name": name}).to_string();
        shop.ok(200, ("PATCH", &path), &[("if-match", &tag)], &body);
        assert_eq!(shop.get(&path)["name"], name);
        assert_eq!(shop.get("/products/lamp")["name"], name);
    }
    let stock = json!({"quantity": 5, "reason": "count"}).to_string();
    let key = [("idempotency-key", "replica-key-stock-0001")];
    shop.ok(201, ("POST", "/admin/inventory/L-1/adjustments"), &key, &stock);
    assert_eq!(shop.get("/admin/inventory/L-1")["on_hand"], 5);

    // A cart is filled, ordered and paid, and the order is there for its buyer and for staff.
    let cart = shop.ok(201, ("POST", "/carts"), &[], "{}");
    let cart = cart["id"].as_str().unwrap();
    let address = json!({
        "name": "Ada Buyer", "line1": "1 Main Street", "city": "Springfield", "region": "IL",
        "postal_code": "62701", "country": "US",
    });
    let at = format!("/carts/{cart}/shipping-address");
    shop.ok(200, ("PUT", &at), &[], &address.to_string());
    let item = json!({"sku": "L-1", "quantity": 2}).to_string();
    shop.ok(200, ("POST", &format!("/carts/{cart}/items")), &[], &item);
    let order = json!({
        "cart_id": cart, "email": "ada@example.com",
        "payment": {"method": "card", "token": "pm_card_visa"},
    });
    let key = [("idempotency-key", "replica-key-order-0001")];
    let order = shop.ok(201, ("POST", "/orders"), &key, &order.to_string());
    assert_eq!(order["status"], "confirmed");
    let id = order["id"].as_str().unwrap();
    assert_eq!(shop.get(&format!("/admin/orders/{id}"))["status"], "confirmed");
    assert!(shop.count(&format!("/admin/orders/{id}/events")) > 1);
    assert_eq!(shop.get("/admin/inventory/L-1")["on_hand"], 3);

    // Lists are as they were, which is how it is known that they come from the replica.
    assert_eq!(shop.state(), "well");
    assert_eq!((shop.count("/products"), shop.count("/admin/products")), (listed, staffed));
    assert_eq!(shop.count("/admin/orders"), 0);
    assert_eq!(shop.count("/admin/inventory/L-1/events"), 0);

    // The doctor looks at the primary alone, and an export waits for nobody.
    let (code, out, err) = told(over(&shop.pair, &["doctor"]).output().unwrap());
    assert!(code == Some(0) && out.contains("everything agrees"), "{out}{err}");
    let (code, out, err) = told(over(&shop.pair, &["export"]).output().unwrap());
    assert!(
        code == Some(0) && out.contains("L-1"),
        "as of when the replica is nobody knows: {err}"
    );

    shop.pair.resume().await;
    shop.pair.caught_up().await;
    assert_eq!((shop.count("/products"), shop.count("/admin/products")), (listed + 1, staffed + 1));
    assert_eq!(shop.count("/admin/orders"), 1);
    assert_eq!(shop.serving.stop().0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_tells_how_its_replica_does_and_lists_on_whatever_that_is() {
    let shop = Shop::open("1000").await;
    let listed = shop.count("/products");
    shop.pair.pause().await;
    shop.ok(201, ("POST", "/admin/products"), &[], LAMP);
    shop.until("behind").await;
    assert_eq!(shop.count("/products"), listed + 1, "the primary tells");
    shop.pair.resume().await;
    shop.until("well").await;
    assert_eq!(shop.count("/products"), listed + 1);

    let (status, figures) = exchange(&shop.management, ("GET", "/metrics"), &[], "");
    assert_eq!(status, 200);
    for series in [
        "ecicomm_dependency_state{dependency=\"replica\"} 0",
        "ecicomm_dependency_refused_total{dependency=\"replica\"}",
        "ecicomm_pool_connections_max{pool=\"postgres\"} 20",
        "ecicomm_pool_connections_max{pool=\"postgres_replica\"} 20",
        "ecicomm_pool_connections{pool=\"postgres_replica\"}",
    ] {
        assert!(figures.contains(series), "{series}: {figures}");
    }

    shop.pair.replica.server().kill();
    for _ in 0..20 {
        assert_eq!(shop.count("/products"), listed + 1);
    }
    shop.until("away").await;
    assert_eq!(shop.count("/products"), listed + 1);
    shop.pair.replica.server().restart();
    shop.until("well").await;
    assert_eq!(shop.count("/products"), listed + 1);
    assert_eq!(shop.serving.stop().0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_that_cannot_be_meant_is_refused_and_one_that_is_away_is_not() {
    let pair = Pair::shared();
    let database = Database::on(&pair.primary).await;
    pair.caught_up().await;
    let doctor = |url: &str| {
        let mut command = ecicomm(&["doctor"]);
        told(
            command
                .envs([("DATABASE_URL", database.url()), ("DATABASE_READ_URL", url)])
                .output()
                .unwrap(),
        )
    };
    for (url, why) in [
        (database.url().to_owned(), "no replica"),
        (pair.replica.url("postgres"), "another database"),
    ] {
        let (code, out, err) = doctor(&url);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
        assert!(err.contains("DATABASE_READ_URL") && err.contains(why), "{err}");
    }
    let (code, out, err) = doctor("postgres://shop:hush@127.0.0.1:1/shop");
    assert!(code == Some(0) && out.contains("everything agrees"), "{out}{err}");
    assert!(err.contains("the replica is away") && !err.contains("hush"), "{err}");
    let (code, out, err) = doctor(&pair.replica.url(database.name()));
    assert!(code == Some(0) && out.contains("everything agrees"), "{out}{err}");
    let mut alone = ecicomm(&["doctor"]);
    alone.env("DATABASE_READ_URL", "postgres://shop:hush@127.0.0.1:1/shop");
    let (code, _, err) = told(alone.output().unwrap());
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("DATABASE_READ_URL") && !err.contains("hush"), "{err}");
}
