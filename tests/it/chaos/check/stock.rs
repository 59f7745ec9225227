use std::collections::BTreeMap;

use serde_json::Value;

use super::super::book::Kind;
use super::{Checker, Left, Shelf, items, stands, text};

/// Units by SKU.
type Units = BTreeMap<String, i64>;

/// What orders say that stock did.
#[derive(Default)]
struct Told {
    sold: Units,
    cancelled: Units,
    returned: Units,
}

impl Checker<'_> {
    /// I1, I2, I3: nothing was ever oversold, the ledgers sum to the figures, and both agree with
    /// the orders.
    pub(super) fn stock(&self, left: &Left) {
        let told = told_by(left);
        for (sku, shelf) in &left.shelves {
            self.never_oversold(sku, shelf);
            self.sums_up(sku, shelf, &told);
        }
        self.receipts(left);
        self.holds_ended(left);
    }

    /// I1 at every moment: the ledger is walked entry by entry.
    fn never_oversold(&self, sku: &str, shelf: &Shelf) {
        let (mut on_hand, mut reserved) = (0_i64, 0_i64);
        for event in &shelf.events {
            let (hand, held) = deltas(event);
            on_hand += hand;
            reserved += held;
            self.verdict.check("I1", reserved >= 0 && on_hand >= reserved, || {
                format!("{on_hand} of {sku} on hand and {reserved} reserved after {event}")
            });
        }
        let figures = (shelf.row["on_hand"].as_i64(), shelf.row["reserved"].as_i64());
        self.verdict.check("I2", figures == (Some(on_hand), Some(reserved)), || {
            format!("the ledger of {sku} sums to {on_hand} and {reserved}, not {}", shelf.row)
        });
        self.verdict.check("I3", reserved == 0, || {
            format!("{reserved} of {sku} are held although nothing is under way")
        });
    }

    /// I2 against the orders.
    fn sums_up(&self, sku: &str, shelf: &Shelf, told: &Told) {
        let sum = |kind: &str| -> i64 {
            let of_kind = shelf.events.iter().filter(|event| text(event, "kind") == kind);
            of_kind.map(quantity).sum()
        };
        for (kind, by_orders) in [
            ("committed", &told.sold),
            ("cancelled", &told.cancelled),
            ("returned", &told.returned),
        ] {
            let by_orders = by_orders.get(sku).copied().unwrap_or_default();
            self.verdict.check("I2", sum(kind) == by_orders, || {
                format!("{} of {sku} {kind} in the ledger, {by_orders} by orders", sum(kind))
            });
        }
    }

    /// I2: what came in is what the shop began with and what it acknowledged.
    fn receipts(&self, left: &Left) {
        let received = |shelf: &Shelf| -> i64 {
            let of_kind = shelf.events.iter().filter(|event| text(event, "kind") == "received");
            of_kind.map(quantity).sum()
        };
        let received: i64 = left.shelves.values().map(received).sum();
        let began: i64 = self.goods.0.iter().map(|ware| ware.stock).sum();
        let promised = left.promises.iter().filter_map(|promise| match promise.kind {
            Kind::Receipt { units } => promise.answer.as_ref().map(|_| units),
            _ => None,
        });
        let promised: i64 = promised.sum();
        self.verdict.check("I2", received == began + promised, || {
            format!("{received} came in, {began} were there and {promised} acknowledged")
        });
    }

    /// I3: each order holds what it takes, and the hold ended once, as the order did.
    fn holds_ended(&self, left: &Left) {
        let mut holds: BTreeMap<(&str, &str), Vec<(&str, i64)>> = BTreeMap::new();
        for (sku, shelf) in &left.shelves {
            for event in &shelf.events {
                let kind = text(event, "kind");
                if matches!(kind, "reserved" | "committed" | "released" | "expired") {
                    let place = (text(event, "order_id"), sku.as_str());
                    holds.entry(place).or_default().push((kind, quantity(event)));
                }
            }
        }
        for ((order, sku), held) in &holds {
            let known = left.orders.get(*order);
            self.verdict.check("I3", known.is_some(), || {
                format!("{sku} was held for order {order}, which does not exist")
            });
            let Some(known) = known else { continue };
            let wanted: i64 =
                items(known, "lines").filter(|line| text(line, "sku") == *sku).map(quantity).sum();
            let right = match held.as_slice() {
                [("reserved", all), (end, ended)] => {
                    all == ended && *all == wanted && (*end == "committed") == stands(known)
                }
                _ => false,
            };
            self.verdict.check("I3", right, || {
                format!("order {order} is {}, and of {sku} {held:?}", text(known, "status"))
            });
        }
        for (id, order) in &left.orders {
            for line in items(order, "lines") {
                let held = holds.contains_key(&(id.as_str(), text(line, "sku")));
                self.verdict.check("I3", held, || format!("order {id} never held {line}"));
            }
        }
    }
}

fn quantity(value: &Value) -> i64 {
    value["quantity"].as_i64().unwrap_or_default()
}

fn told_by(left: &Left) -> Told {
    let mut told = Told::default();
    for order in left.orders.values().filter(|order| stands(order)) {
        for line in items(order, "lines") {
            let sku = text(line, "sku").to_owned();
            *told.sold.entry(sku.clone()).or_default() += quantity(line);
            *told.cancelled.entry(sku).or_default() += line["cancelled"].as_i64().unwrap_or(0);
        }
        for back in items(order, "returns").filter(|back| back["restocked"] == true) {
            for part in items(back, "lines") {
                *told.returned.entry(text(part, "sku").to_owned()).or_default() += quantity(part);
            }
        }
    }
    told
}

/// By how much an entry moves on hand and reserved.
fn deltas(event: &Value) -> (i64, i64) {
    let units = quantity(event);
    match text(event, "kind") {
        "reserved" => (0, units),
        "released" | "expired" => (0, -units),
        "committed" => (-units, -units),
        _ => (units, 0),
    }
}
