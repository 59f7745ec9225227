//! What a checkout asks of Postgres, counted on the wire.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use ecicomm::app::Shop;
use ecicomm::app::cart::{AddItem, ItemRef};
use ecicomm::app::order::{BasketSource, PlaceOrderCommand};
use ecicomm::domain::order::{Order, OrderStatus};
use ecicomm::domain::shared::{CartId, Quantity};
use ecicomm::ports::idempotency::{KeyClaim, Outcome};
use ecicomm::settings::Settings;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};

use super::support::{card_order, draft, key, receive, sku};
use crate::harness::pgbench;
use crate::harness::servers::Database;
use crate::harness::wire::{Said, Statement, Wire};

/// What a checkout of a cart sends, by a word that tells each statement, in order: four looks, and the
/// two commits beside the payment.
const CHECKOUT: [&str; 6] = [
    "FROM carts",
    "shown_by_variants",
    "FROM stock_of",
    "FROM promotions",
    "place_order",
    "step_saga",
];

/// So many pairs of products are bought, so that the scripts do not all wait for one row.
const PAIRS: usize = 10;

/// A shop in Postgres with so few connections that each has prepared everything soon.
async fn shop(url: String) -> Shop {
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("ECICOMM__POSTGRES__MAX_CONNECTIONS", "2"),
        ("ECICOMM__POSTGRES__MIN_CONNECTIONS", "0"),
    ];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let settings = Settings::from_variables(&variables.map(owned).into()).unwrap();
    let shop = ecicomm::bootstrap::build(&settings).await.unwrap();
    shop.pricing.set_up().await.unwrap();
    for code in (0..PAIRS).flat_map(pair) {
        shop.catalog.create(draft(&code, &code, 1_000)).await.unwrap();
        receive(&shop, &code, "main", 1_000_000).await;
    }
    shop
}

fn pair(number: usize) -> [String; 2] {
    [format!("LAMP-{number}"), format!("RUG-{number}")]
}

/// A cart with a pair of products.
async fn cart(shop: &Shop, number: usize) -> CartId {
    let id = shop.carts.create(None).await.unwrap().cart.id();
    for code in pair(number) {
        let one = Quantity::try_new(1).unwrap();
        let item = AddItem { what: ItemRef::Sku(sku(&code)), quantity: one };
        shop.carts.add(id, item, None).await.unwrap();
    }
    id
}

async fn check_out(shop: &Shop, cart: CartId) -> (KeyClaim, Arc<Order>) {
    let command = PlaceOrderCommand {
        source: BasketSource::Cart { id: cart, version: None },
        ..card_order("LAMP-0", 1, "pm_card_visa")
    };
    let claim = key(&shop.ports.ids.next().to_string());
    match shop.orders.place(command, claim.clone()).await.unwrap().outcome {
        Outcome::Order(order) => {
            assert_eq!(order.status(), OrderStatus::Confirmed);
            (claim, order)
        }
        other => panic!("no order: {other:?}"),
    }
}

/// Whether a statement is part of the log's own work, which goes on beside all requests.
fn is_beside(statement: &str) -> bool {
    statement.contains("sequence_events") || statement.is_empty() || statement == "SELECT"
}

/// What was said for a request: its statements, and how often an answer was waited for.
fn heard(said: Vec<(u32, Said)>) -> (Vec<Statement>, usize) {
    let (mut statements, mut round_trips) = (Vec::new(), 0);
    let mut beside: BTreeMap<u32, bool> = BTreeMap::new();
    for (connection, said) in said {
        match said {
            Said::Prepared | Said::Tried => {}
            Said::Statement(statement) => {
                beside.insert(connection, is_beside(&statement.text));
                if !is_beside(&statement.text) {
                    statements.push(statement);
                }
            }
            Said::RoundTrip if beside.get(&connection) == Some(&true) => {}
            Said::RoundTrip => round_trips += 1,
        }
    }
    (statements, round_trips)
}

fn told_by(text: &str) -> &str {
    CHECKOUT.into_iter().find(|word| text.contains(word)).unwrap_or(text)
}

/// The checkout as pgbench sends it again and again: what must be unique is drawn anew.
fn script(statements: &[Statement], (claim, order): &(KeyClaim, Arc<Order>)) -> String {
    let placed = order.placed();
    let drawn = [
        (format!("'{}'::uuid", placed.id.uuid()), "md5('order' || :k)::uuid"),
        (format!("'{}'::uuid", placed.cart.unwrap().uuid()), "md5('cart' || :k)::uuid"),
        (format!("'{}'::text", placed.number.as_str()), "md5('number' || :k)"),
        (format!("'{}'::text", claim.id.key), "md5('key' || :k)"),
    ];
    let mut script = "\\set k random(1, 9000000000000000000)\n".to_owned();
    for statement in statements {
        let mut line = pgbench::written(statement);
        if !statement.text.contains("FROM carts") {
            for (once, each) in &drawn {
                line = line.replace(once, each);
            }
        }
        script += &line;
    }
    script
}

/// Runs a script as pgbench does, which makes an order that stands.
async fn run_once(url: &str, script: &str, k: usize) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let (_, statements) = script.split_once('\n').unwrap();
    let statements = statements.replace(":k)", &format!("{k})"));
    // Nothing of it comes from outside.
    connection.execute(AssertSqlSafe(statements)).await.unwrap();
    let made = format!("SELECT status FROM orders WHERE id = md5('order' || {k})::uuid");
    let made = connection.fetch_one(AssertSqlSafe(made)).await.unwrap();
    assert_eq!(made.get::<String, _>(0), "confirmed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkout_asks_for_no_more_than_it_needs() {
    let database = Database::new().await;
    let (wire, url) = Wire::before(database.url()).await;
    let shop = shop(url).await;
    for _ in 0..20 {
        let cart = cart(&shop, 0).await;
        check_out(&shop, cart).await;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("checkout");
    fs::create_dir_all(&folder).unwrap();
    for number in 0..PAIRS {
        let cart = cart(&shop, number).await;
        // What lies behind is told before what comes.
        shop.ports.events.head().await.unwrap();
        wire.take();

        let placed = check_out(&shop, cart).await;
        let (statements, round_trips) = heard(wire.take());
        let told: Vec<&str> = statements.iter().map(|said| told_by(&said.text)).collect();
        assert_eq!(told, CHECKOUT);
        assert_eq!(round_trips, CHECKOUT.len(), "each statement is one round trip");
        let script = script(&statements, &placed);
        assert!(script.matches("md5('order'").count() > 1, "both commits tell the order");
        run_once(database.url(), &script, number).await;
        fs::write(folder.join(format!("{number}.sql")), script).unwrap();
    }
    println!("a checkout is {CHECKOUT:?}; for pgbench: {}", folder.display());
}
