//! A shop in Postgres: brought to its schema, served, and worked on by a process that serves nothing.

use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};

use super::{FILE, Running, Serving, Temporary, ecicomm, exchange, run, told};
use crate::harness::servers::Database;

/// So many that nobody buys the last.
const LARGE: &str = r#"{"sku":"A-1","name":"Anvil","price":1000,"stock":1000000}"#;
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// An order of two anvils.
fn order() -> Value {
    json!({
        "lines": [{"sku": "A-1", "quantity": 2}],
        "email": "ada@example.com",
        "shipping_address": {
            "name": "Ada Buyer", "line1": "1 Main Street", "city": "Springfield",
            "region": "IL", "postal_code": "62701", "country": "US",
        },
        "payment": {"method": "card", "token": "pm_card_visa"},
    })
}

/// The command on a database, on whose provider nobody waits for long.
fn over(database: &Database, args: &[&str]) -> Command {
    let mut command = ecicomm(args);
    command.env("DATABASE_URL", database.url()).envs([
        ("ECICOMM__ADMIN__EMAIL", "boss@example.com"),
        ("ECICOMM__ADMIN__PASSWORD", "B0ss!pass-word"),
        ("ECICOMM__PAYMENT__TIMEOUT_MS", "300"),
        ("ECICOMM__PAYMENT__GIVE_UP_SECONDS", "2"),
    ]);
    command
}

fn done(database: &Database, args: &[&str]) -> (Option<i32>, String, String) {
    told(over(database, args).output().unwrap())
}

async fn connect(database: &Database) -> PgConnection {
    PgConnection::connect(database.url()).await.unwrap()
}

/// The migrations with when each was done, and everything that they made, each as text.
async fn schema(database: &Database) -> Vec<String> {
    let all = "SELECT m::text FROM _sqlx_migrations m UNION ALL
        SELECT c.oid || ' ' || c.relname || ' ' || c.relfilenode FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace UNION ALL
        SELECT p.oid || ' ' || p.proname || ' ' || p.xmin FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace ORDER BY 1";
    let rows = connect(database).await.fetch_all(all).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_brought_to_the_schema_once() {
    let database = Database::empty().await;
    let (code, out, err) = done(&database, &["doctor"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("schema 0") && err.contains("migrate it"), "{err}");
    let told = (Some(0), "the database has the schema of this version\n".to_owned(), String::new());
    assert_eq!(done(&database, &["migrate"]), told);
    let after = schema(&database).await;
    assert!(after.len() > 50, "{after:?}");
    assert_eq!(done(&database, &["migrate"]), told);
    assert_eq!(schema(&database).await, after, "nothing is done twice");
    let (code, out, err) = done(&database, &["doctor"]);
    assert!(code == Some(0) && out.contains("everything agrees"), "{out}{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_later_version_is_left_alone_and_served() {
    let database = Database::new().await;
    let later = "INSERT INTO _sqlx_migrations
        (version, description, success, checksum, execution_time) VALUES (9999, 'later', true, '', 0)";
    connect(&database).await.execute(later).await.unwrap();
    let before = schema(&database).await;
    let (code, out, err) = done(&database, &["migrate"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("a later version") && err.contains("schema 9999"), "{err}");
    assert_eq!(schema(&database).await, before);
    // Servers of both versions run while the later one rolls out.
    let file = Temporary::new("later.ndjson", FILE.as_bytes());
    let bind = ["serve", "--bind", "127.0.0.1:0", "--import", file.path()];
    let serving = Serving::of(over(&database, &bind));
    assert_eq!(serving.ask("GET", "/api/v1/products", "").0, 200);
    assert_eq!(serving.stop().0, Some(0));
}

/// What the database knows of the shop, with the transaction that wrote it.
async fn of_shop(database: &Database) -> Option<(String, String)> {
    let row = "SELECT currency, xmin::text FROM shop";
    let row = connect(database).await.fetch_optional(row).await.unwrap();
    row.map(|row| (row.get(0), row.get(1)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_keeps_its_currency_whoever_starts_beside_it() {
    let database = Database::new().await;
    let (code, out, err) = done(&database, &["doctor"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert_eq!(of_shop(&database).await, None, "who only looks settles nothing");
    let file = Temporary::new("currency.ndjson", FILE.as_bytes());
    let serve = ["serve", "--bind", "127.0.0.1:0", "--import", file.path()];
    let mut server = over(&database, &serve);
    server.env("ECICOMM__SHOP__CURRENCY", "EUR");
    let serving = Serving::of(server);
    let before = of_shop(&database).await;
    assert_eq!(before.as_ref().map(|(currency, _)| currency.as_str()), Some("EUR"));

    for args in [&["doctor"][..], &["doctor", "--repair"], &["export"]] {
        let (code, out, err) = done(&database, args);
        assert_eq!(code, Some(0), "{args:?}: {out}{err}");
        let mut other = over(&database, args);
        let (code, out, err) = told(other.env("ECICOMM__SHOP__CURRENCY", "USD").output().unwrap());
        assert_eq!((code, out.as_str()), (Some(1), ""), "{args:?}: {err}");
        for part in ["ECICOMM__SHOP__CURRENCY is USD", "this shop is in EUR"] {
            assert!(err.contains(part), "{args:?}: {err}");
        }
    }
    let worker = Running::start(over(&database, &["worker"]), &["working"]);
    assert_eq!(worker.stop().0, Some(0));
    assert_eq!(of_shop(&database).await, before, "nobody wrote it again");
    let (status, products) = serving.ask("GET", "/api/v1/products", "");
    assert_eq!((status, products["items"].as_array().unwrap().len()), (200, 2), "{products}");
    assert_eq!(serving.stop().0, Some(0));
}

#[test]
fn what_needs_a_database_says_so() {
    let (code, out, err) = run(&["migrate"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("DATABASE_URL"), "{err}");
    let (code, out, err) = run(&["worker"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("DATABASE_URL"), "{err}");
    let mut nowhere = ecicomm(&["migrate"]);
    nowhere.env("DATABASE_URL", "postgres://shop:hush@127.0.0.1:1/shop");
    let (code, out, err) = told(nowhere.output().unwrap());
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(!err.is_empty() && !err.contains("hush"), "{err}");
}

/// The phase of the one order, and whether its checkout is over.
async fn checkout(database: &Database) -> (String, bool) {
    let state = "SELECT o.phase, s.over FROM orders o JOIN sagas s ON s.order_id = o.id";
    let row = connect(database).await.fetch_one(state).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_finishes_what_a_server_left() {
    let database = Database::new().await;
    // It takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_url = format!("http://{}", silent.local_addr().unwrap());
    let file = Temporary::new("worker.ndjson", FILE.as_bytes());
    let serve = ["serve", "--bind", "127.0.0.1:0", "--import", file.path()];
    let mut server = over(&database, &serve);
    server.env("ECICOMM__PAYMENT__SANDBOX_URL", &silent_url);
    let serving = Serving::of(server);
    let key = [("idempotency-key", "worker-key-0000000001")];
    let (status, pending) = serving.ask_with("POST", "/api/v1/orders", &key, &order().to_string());
    assert_eq!((status, &pending["status"]), (202, &json!("pending")), "{pending}");
    assert_eq!(serving.stop().0, Some(0));
    assert_eq!(checkout(&database).await, ("pending".to_owned(), false));

    let ledger = Temporary::new("worker-ledger.ndjson", b"");
    let sandbox = ["sandbox", "--bind", "127.0.0.1:0", "--ledger", ledger.path()];
    let sandbox = Running::start(ecicomm(&sandbox), &["http://"]);
    let address = sandbox.said.split("http://").nth(1).unwrap();
    let address = address.split([',', '/', ' ', '\n']).next().unwrap();
    let mut worker = over(&database, &["worker"]);
    worker.env("ECICOMM__PAYMENT__SANDBOX_URL", format!("http://{address}"));
    let worker = Running::start(worker, &["working"]);
    let began = Instant::now();
    // The provider never heard of the payment, so it is called off.
    while checkout(&database).await != ("failed".to_owned(), true) {
        assert!(began.elapsed() < PATIENCE, "nobody finishes it: {:?}", checkout(&database).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(worker.stop(), (Some(0), String::new()));
    let held = "SELECT on_hand, reserved FROM stock WHERE sku = 'A-1'";
    let held = connect(&database).await.fetch_one(held).await.unwrap();
    assert_eq!((held.get::<i64, _>(0), held.get::<i64, _>(1)), (3, 0), "nothing is held any more");
    let (code, out, err) = done(&database, &["doctor"]);
    assert!(code == Some(0) && out.contains("everything agrees"), "{out}{err}");
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_leave_the_work_to_workers() {
    let database = Database::new().await;
    let file = Temporary::new("works.ndjson", FILE.as_bytes());
    let mut server = over(&database, &["serve", "--bind", "127.0.0.1:0", "--import", file.path()]);
    server.env("ECICOMM__JOBS__SERVE", "false");
    let serving = Serving::of(server);
    let key = [("idempotency-key", "works-key-00000000001")];
    let (status, placed) = serving.ask_with("POST", "/api/v1/orders", &key, &order().to_string());
    assert_eq!((status, &placed["status"]), (201, &json!("confirmed")), "{placed}");
    let at_work = async || {
        let handled = "SELECT count(*) FROM consumers WHERE position > 0";
        connect(&database).await.fetch_one(handled).await.unwrap().get::<i64, _>(0)
    };
    assert_eq!(at_work().await, 0, "the server hands out events");

    let worker = Running::start(over(&database, &["worker"]), &["working"]);
    let began = Instant::now();
    while at_work().await == 0 {
        assert!(began.elapsed() < PATIENCE, "nobody hands out events");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(worker.stop(), (Some(0), String::new()));
    assert_eq!(serving.stop().0, Some(0));
}

/// The figure of a series that a process tells at its management address, one of those that count.
fn figure(address: &str, series: &str) -> u64 {
    let (status, text) = exchange(address, ("GET", "/metrics"), &[], "");
    assert_eq!(status, 200, "{text}");
    let told = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    told.unwrap_or_else(|| panic!("no {series}: {text}")).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_tells_how_its_connections_and_the_log_do() {
    let database = Database::new().await;
    // Nobody gives events their positions while another has the row.
    let mut beside = connect(&database).await;
    beside.execute("BEGIN; SELECT FROM event_head FOR UPDATE").await.unwrap();
    let told = "SELECT tell('promotion', 'a', 'changed', now(), NULL) FROM generate_series(1, 3)";
    connect(&database).await.execute(told).await.unwrap();

    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut worker = over(&database, &["worker"]);
    worker.env("ECICOMM__MANAGEMENT__BIND", &free);
    worker.env("ECICOMM__POSTGRES__MAX_CONNECTIONS", "7");
    let worker = Running::start(worker, &["working"]);
    // A machine at work may take longer than a scrape waits for the store, which is asked again then.
    let began = Instant::now();
    while figure(&free, "ecicomm_store_up") < 1 {
        assert!(began.elapsed() < PATIENCE, "the store tells nothing");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(figure(&free, "ecicomm_events_waiting"), 3);
    let pool = |figure: &str| format!("ecicomm_pool_{figure}{{pool=\"postgres\"}}");
    assert_eq!(figure(&free, &pool("connections_max")), 7);
    let open = figure(&free, &pool("connections"));
    assert!((1..=7).contains(&open), "{open}");
    assert!(figure(&free, &pool("connections_in_use")) <= open);
    assert_eq!(exchange(&free, ("GET", "/api/v1/products"), &[], "").0, 404, "it serves no shop");
    beside.execute("ROLLBACK").await.unwrap();
    assert_eq!(worker.stop().0, Some(0));
    TcpStream::connect(&free).unwrap_err();
}

/// Asks for a page, makes a cart and buys until told to stop; how often.
fn shop(serving: &Serving, stop: &AtomicBool) -> u64 {
    let mut rounds = 0;
    while !stop.load(Ordering::Relaxed) {
        rounds += 1;
        let (status, answer) = serving.ask("GET", "/api/v1/products?limit=1", "");
        assert_eq!(status, 200, "{answer}");
        let (status, answer) = serving.ask("POST", "/api/v1/carts", "{}");
        assert_eq!(status, 201, "{answer}");
        let key = format!("migrating-key-{rounds:016}");
        let key = [("idempotency-key", key.as_str())];
        let (status, answer) =
            serving.ask_with("POST", "/api/v1/orders", &key, &order().to_string());
        assert_eq!(status, 201, "{answer}");
    }
    rounds
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_serves_on_while_its_database_is_migrated_again() {
    let database = Database::empty().await;
    let file = Temporary::new("migrating.ndjson", LARGE.as_bytes());
    let serve = ["serve", "--bind", "127.0.0.1:0", "--import", file.path()];
    let serving = Serving::of(over(&database, &serve));
    let stop = AtomicBool::new(false);
    let rounds = std::thread::scope(|scope| {
        let shopper = scope.spawn(|| shop(&serving, &stop));
        for _ in 0..3 {
            let both = [(), ()].map(|()| scope.spawn(|| done(&database, &["migrate"])));
            for migrated in both {
                assert_eq!(migrated.join().unwrap().0, Some(0));
            }
        }
        stop.store(true, Ordering::Relaxed);
        shopper.join().unwrap()
    });
    assert!(rounds > 0);
    assert_eq!(serving.stop().0, Some(0));
}
