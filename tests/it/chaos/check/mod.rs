//! What must hold once everything came to rest: the invariants, each by its number.
//!
//! The checker is a client too: it reads the shop by its API, the provider's ledger by the
//! provider's, and adds up by its own arithmetic. Only what no API shows is read from what the
//! stopped shop kept.

mod kept;
mod money;
mod orders;
mod promises;
mod stock;
mod views;

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use ecicomm::domain::order::Saga;
use ecicomm::ports::payment::LedgerRow;
use serde_json::Value;
use tokio::time;

use super::book::{Book, Promise};
use super::client::{Caller, Request};
use super::fleet::{Fleet, HOLD};
use super::goods::Goods;
use super::verdict::Verdict;

/// I7: how long after the last fault everything is over.
pub const MINUTE: Duration = Duration::from_mins(1);
/// How long the shop may take beyond what it is allowed, before nobody waits any more.
const GRACE: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// A SKU with its ledger.
struct Shelf {
    row: Value,
    events: Vec<Value>,
}

/// What a run left behind.
struct Left {
    /// By id.
    orders: BTreeMap<String, Value>,
    /// By SKU.
    shelves: BTreeMap<String, Shelf>,
    ledger: Vec<LedgerRow>,
    promises: Vec<Promise>,
}

/// Everything that holds a run to its rules.
pub struct Checker<'a> {
    verdict: Verdict,
    caller: Caller,
    book: &'a Book,
    goods: &'a Goods,
    bearer: String,
}

impl<'a> Checker<'a> {
    pub async fn new(fleet: &Fleet, book: &'a Book, goods: &'a Goods) -> Self {
        let caller = fleet.caller();
        let bearer = caller.sign_in().await;
        Self { verdict: book.verdict.clone(), caller, book, goods, bearer }
    }

    /// Waits until nothing is under way any more, which must be so within a minute of `calm`, or of
    /// the end of the time that buyers have. When that was.
    pub async fn rest(&self, calm: Instant) -> Duration {
        let last = calm + MINUTE + HOLD + GRACE;
        let mut allowed = MINUTE;
        loop {
            let open = self.under_way().await;
            let took = calm.elapsed();
            if open.is_empty() {
                self.verdict.check("I7", took <= allowed, || format!("at rest after {took:?}"));
                return took;
            }
            if open.iter().any(|what| what.waits_for_buyer) {
                allowed = MINUTE + HOLD;
            }
            if Instant::now() > last {
                self.verdict.check("I7", false, || format!("never at rest: {open:?}"));
                return took;
            }
            time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// What is not over yet.
    async fn under_way(&self) -> Vec<Open> {
        let pending = self.all("/admin/orders?status=pending").await;
        let open: Vec<Open> = pending
            .iter()
            .map(|order| Open {
                what: order["id"].to_string(),
                waits_for_buyer: order["payment"]["status"] == "requires_action",
            })
            .collect();
        if !open.is_empty() {
            return open;
        }
        let consumers = self.get("/admin/dead-letters").await;
        let head = &consumers["head"];
        let behind = consumers["items"].as_array().into_iter().flatten();
        let behind = behind.filter(|consumer| consumer["position"] != *head);
        let mut open: Vec<Open> = behind.map(Open::of).collect();
        if open.is_empty() {
            let orders = self.all("/admin/orders").await;
            let refunds = orders.iter().filter_map(|order| order["refunds"].as_array());
            let refunds = refunds.flatten().filter(|refund| refund["status"] == "pending");
            open.extend(refunds.map(Open::of));
        }
        open
    }

    /// Everything that the running shop shows, at rest.
    pub async fn everything(&self, fleet: &Fleet) -> Sums {
        let left = self.gather(fleet).await;
        self.orders(&left);
        self.stock(&left);
        self.money(&left);
        self.promises(&left);
        self.repeat(&left).await;
        self.views(fleet, &left).await;
        let standing = left.orders.values().filter(|order| stands(order)).count();
        Sums { orders: left.orders.len(), standing, ledger: left.ledger.len() }
    }

    /// Everything that is read of the stopped shop; the sagas, with what they did and when.
    pub async fn stopped(&self, fleet: &Fleet) -> Vec<Saga> {
        let kept = fleet.backend().read().await;
        self.kept(&kept);
        fleet.no_session_was_poisoned(&self.verdict);
        let (well, said) = fleet.doctor();
        self.verdict.check("doctor", well, || said);
        kept.sagas
    }

    async fn gather(&self, fleet: &Fleet) -> Left {
        let mut left = Left {
            orders: BTreeMap::new(),
            shelves: BTreeMap::new(),
            ledger: fleet.ledger().await,
            promises: self.book.promises(),
        };
        for order in self.all("/admin/orders").await {
            let id = text(&order, "id").to_owned();
            let twice = left.orders.insert(id, order).is_some();
            self.verdict.check("I13", !twice, || "an order is listed twice".to_owned());
        }
        for ware in &self.goods.0 {
            let row = self.get(&format!("/admin/inventory/{}", ware.sku)).await;
            let events = self.all(&format!("/admin/inventory/{}/events", ware.sku)).await;
            left.shelves.insert(ware.sku.clone(), Shelf { row, events });
        }
        left
    }

    async fn get(&self, path: &str) -> Value {
        let request = Request { bearer: Some(self.bearer.clone()), ..Request::get(path) };
        let answer = self.caller.ask(&request).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    async fn all(&self, path: &str) -> Vec<Value> {
        self.caller.all(path, &self.bearer).await
    }
}

/// How much there was to check.
#[derive(Clone, Copy, Debug)]
pub struct Sums {
    pub orders: usize,
    /// Orders that were confirmed, whatever happened to them since.
    pub standing: usize,
    pub ledger: usize,
}

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "left behind: {} orders, {} of them confirmed", self.orders, self.standing)?;
        write!(f, ", {} rows in the provider's ledger", self.ledger)
    }
}

/// Something that is under way.
#[derive(Debug)]
struct Open {
    #[expect(dead_code, reason = "it is shown where nothing comes to rest")]
    what: String,
    waits_for_buyer: bool,
}

impl Open {
    fn of(value: &Value) -> Self {
        Self { what: value.to_string(), waits_for_buyer: false }
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn amount(value: &Value) -> i64 {
    value["amount"].as_i64().unwrap_or_default()
}

fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value[name].as_array().into_iter().flatten()
}

/// Whether an order was confirmed, whatever happened to it since.
fn stands(order: &Value) -> bool {
    !matches!(text(order, "status"), "pending" | "failed" | "attention")
}
