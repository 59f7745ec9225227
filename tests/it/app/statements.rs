//! What a checkout asks of Postgres, counted on the wire.

use std::collections::BTreeMap;

use ecicomm::app::Shop;
use ecicomm::app::cart::{AddItem, ItemRef};
use ecicomm::app::order::{BasketSource, PlaceOrderCommand};
use ecicomm::domain::order::OrderStatus;
use ecicomm::domain::shared::{CartId, Quantity};
use ecicomm::ports::idempotency::Outcome;
use ecicomm::settings::Settings;

use super::support::{card_order, draft, key, receive, sku};
use crate::harness::servers::Database;
use crate::harness::wire::{Said, Wire};

/// What a checkout of a cart sends, by a word that tells each statement, in order: four looks, and the
/// two commits beside the payment.
const CHECKOUT: [&str; 6] = [
    "FROM carts",
    "shown_by_variants",
    "FROM stock",
    "FROM promotions",
    "place_order",
    "step_saga",
];

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
    for (name, code) in [("Lamp", "LAMP"), ("Rug", "RUG")] {
        shop.catalog.create(draft(name, code, 1_000)).await.unwrap();
        receive(&shop, code, "main", 1_000).await;
    }
    shop
}

/// A cart with two lines.
async fn cart(shop: &Shop) -> CartId {
    let id = shop.carts.create(None).await.unwrap().cart.id();
    for code in ["LAMP", "RUG"] {
        let one = Quantity::try_new(1).unwrap();
        let item = AddItem { what: ItemRef::Sku(sku(code)), quantity: one };
        shop.carts.add(id, item, None).await.unwrap();
    }
    id
}

async fn check_out(shop: &Shop, cart: CartId) {
    let command = PlaceOrderCommand {
        source: BasketSource::Cart { id: cart, version: None },
        ..card_order("LAMP", 1, "pm_card_visa")
    };
    let fresh = shop.ports.ids.next().to_string();
    match shop.orders.place(command, key(&fresh)).await.unwrap().outcome {
        Outcome::Order(order) => assert_eq!(order.status(), OrderStatus::Confirmed),
        other => panic!("no order: {other:?}"),
    }
}

/// Whether a statement is part of the log's own work, which goes on beside all requests.
fn is_beside(statement: &str) -> bool {
    statement.contains("sequence_events") || statement.is_empty() || statement == "SELECT"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkout_asks_for_no_more_than_it_needs() {
    let database = Database::new().await;
    // From behind whom to what, as in `user:password@host:port/name`.
    let (before, server) = database.url().rsplit_once('@').unwrap();
    let (server, name) = server.split_once('/').unwrap();
    let wire = Wire::to(server).await;
    let mark = if name.contains('?') { '&' } else { '?' };
    let shop = shop(format!("{before}@{}/{name}{mark}sslmode=disable", wire.address())).await;
    for _ in 0..20 {
        let cart = cart(&shop).await;
        check_out(&shop, cart).await;
    }
    let cart = cart(&shop).await;
    // What lies behind is told before what comes.
    shop.ports.events.head().await.unwrap();
    wire.take();

    check_out(&shop, cart).await;
    let mut statements = Vec::new();
    let mut round_trips: BTreeMap<u32, usize> = BTreeMap::new();
    let mut beside: BTreeMap<u32, bool> = BTreeMap::new();
    for (connection, said) in wire.take() {
        match said {
            Said::Prepared | Said::Tried => {}
            Said::Statement(text) => {
                beside.insert(connection, is_beside(&text));
                if !is_beside(&text) {
                    statements.push(text);
                }
            }
            Said::RoundTrip if beside.get(&connection) == Some(&true) => {}
            Said::RoundTrip => *round_trips.entry(connection).or_default() += 1,
        }
    }
    println!("a checkout: {} statements: {statements:#?}", statements.len());
    let told: Vec<&str> = statements
        .iter()
        .map(|text| CHECKOUT.into_iter().find(|word| text.contains(word)).unwrap_or(text))
        .collect();
    assert_eq!(told, CHECKOUT);
    let round_trips: usize = round_trips.values().sum();
    assert_eq!(round_trips, CHECKOUT.len(), "each statement is one round trip");
}
