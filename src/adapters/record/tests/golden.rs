//! What version 1 means: lines that must be read, and written again as they are, for ever. Where
//! the domain moves on, a line here stays as it is and what reads it changes.

use std::sync::Arc;

use crate::adapters::record::{KeyRecord, Record};
use crate::domain::cart::Cart;
use crate::domain::catalog::{Category, Product};
use crate::domain::customer::StaffMember;
use crate::domain::inventory::{Reservation, StockEvent, StockItem};
use crate::domain::order::{Note, Order, OrderEvent, Placed, Saga};
use crate::domain::pricing::{Promotion, ShippingMethod, TaxRate};
use crate::domain::shared::{Currency, Money, OrderId, Timestamp, Version};
use crate::ports::PortError;
use crate::ports::events::{Event, EventBody, ParkedEvent};
use crate::ports::imports::ImportReport;

/// A kind of record: its name, lines of it, and how one is read and written again.
pub struct Kind {
    pub name: &'static str,
    pub lines: &'static str,
    pub rewrite: fn(&[u8]) -> Result<Vec<u8>, PortError>,
}

/// A kind with its lines, by the type.
macro_rules! kind {
    ($value:ident, $file:literal) => {
        Kind {
            name: $value::NAME,
            lines: include_str!(concat!("golden/", $file, ".jsonl")),
            rewrite: |bytes| $value::decode(bytes)?.encode(),
        }
    };
}

/// Every kind that there is.
pub const KINDS: [Kind; 17] = [
    kind!(Product, "product"),
    kind!(Category, "category"),
    kind!(Promotion, "promotion"),
    kind!(TaxRate, "tax_rate"),
    kind!(ShippingMethod, "shipping_method"),
    kind!(StaffMember, "staff_member"),
    kind!(StockItem, "stock_item"),
    kind!(StockEvent, "stock_event"),
    kind!(Reservation, "reservation"),
    kind!(OrderEvent, "order_event"),
    kind!(Saga, "saga"),
    kind!(Cart, "cart"),
    kind!(ImportReport, "import"),
    kind!(EventBody, "event_body"),
    kind!(Event, "event"),
    kind!(ParkedEvent, "parked_event"),
    Kind {
        name: "idempotency key",
        lines: include_str!("golden/idempotency_key.jsonl"),
        rewrite: rewrite_key,
    },
];

/// Every line of every kind.
pub fn every_line() -> impl Iterator<Item = (&'static Kind, &'static str)> {
    KINDS.iter().flat_map(|kind| kind.lines.lines().map(move |line| (kind, line)))
}

fn rewrite_key(bytes: &[u8]) -> Result<Vec<u8>, PortError> {
    let record = KeyRecord::decode(bytes)?;
    let order = record.order().map(|(id, version)| Arc::new(order(id, version)));
    KeyRecord::encode(&record.row(order)?)
}

/// An order of so many events.
fn order(id: OrderId, version: Version) -> Order {
    let at = Timestamp::from_micros(0);
    let note = || OrderEvent::Noted(Note { text: String::new(), author: String::new(), at });
    let placed = OrderEvent::Placed(Arc::new(Placed { id, ..placed() }));
    let notes = (1..version.number().min(9)).map(|_| note());
    let events: Vec<OrderEvent> = std::iter::once(placed).chain(notes).collect();
    Order::fold(&events).unwrap()
}

/// What the first line of an order's events agreed.
fn placed() -> Placed {
    let line = include_str!("golden/order_event.jsonl").lines().next().unwrap();
    match OrderEvent::decode(line.as_bytes()).unwrap() {
        OrderEvent::Placed(placed) => placed.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn version_1_is_read_and_written_as_it_always_was() {
    for (kind, line) in every_line() {
        let bytes = (kind.rewrite)(line.as_bytes())
            .unwrap_or_else(|error| panic!("{}: {error}: {line}", kind.name));
        assert_eq!(std::str::from_utf8(&bytes).unwrap(), line);
    }
}

#[test]
fn each_event_of_an_order_has_its_line() {
    let lines = include_str!("golden/order_event.jsonl").lines();
    let names: std::collections::BTreeSet<&str> =
        lines.map(|line| OrderEvent::decode(line.as_bytes()).unwrap().name()).collect();
    assert_eq!(names.len(), 21);
}

#[test]
fn a_line_says_what_it_always_said() {
    let placed = placed();
    assert_eq!(placed.number.as_str(), "0123456789");
    assert_eq!(placed.at, Timestamp::from_micros(1_760_000_000_000_000));
    assert_eq!(placed.totals.total, Money::new(43_078, Currency::USD));
    assert_eq!(placed.shipping_address.unwrap().region(), Some("CA"));
    let line = include_str!("golden/product.jsonl").lines().nth(1).unwrap();
    let product = Product::decode(line.as_bytes()).unwrap();
    assert_eq!(product.former_slugs().len(), 2);
    assert_eq!(product.content().variants[0].prices[1].conditions().min_quantity, 10);
    assert!(!product.content().variants[0].requires_shipping);
    assert!(product.content().variants[1].requires_shipping);
}
