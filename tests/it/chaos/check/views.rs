use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::time;

use super::super::client::{Caller, Request};
use super::super::fleet::Fleet;
use super::{BETWEEN_LOOKS, Checker, Left, items, text};

/// How long after quiescence what is read lags at most.
const LAG: Duration = Duration::from_secs(5);

impl Checker<'_> {
    /// I11: search finds what is on sale, and as in stock what can be bought, on each server: each
    /// may have an index of its own.
    pub(super) async fn views(&self, fleet: &Fleet, left: &Left) {
        for server in fleet.callers() {
            self.views_of(&server, left).await;
        }
        self.nothing_given_up().await;
    }

    async fn views_of(&self, server: &Caller, left: &Left) {
        let all: BTreeSet<&str> = left.shelves.keys().map(String::as_str).collect();
        let sellable: BTreeSet<&str> = left
            .shelves
            .iter()
            .filter(|(_, shelf)| shelf.row["available"].as_i64() > Some(0))
            .map(|(sku, _)| sku.as_str())
            .collect();
        for (query, wanted) in [("", &all), ("&in_stock=true", &sellable)] {
            let path = format!("/search?limit=100{query}");
            let began = Instant::now();
            let found = loop {
                let found = server.ask(&Request::get(&path)).await.json();
                if skus(&found) == *wanted || began.elapsed() > LAG {
                    break found;
                }
                time::sleep(BETWEEN_LOOKS).await;
            };
            let found = skus(&found);
            self.verdict.check("I11", found == *wanted, || {
                let difference: Vec<_> = found.symmetric_difference(wanted).collect();
                format!("{path} differs from the stock by {difference:?}")
            });
        }
    }

    /// I9: no consumer gave an event up.
    async fn nothing_given_up(&self) {
        let consumers = self.get("/admin/dead-letters").await;
        for consumer in items(&consumers, "items") {
            let letters =
                self.get(&format!("/admin/dead-letters/{}", text(consumer, "name"))).await;
            let none = items(&letters, "items").next().is_none();
            self.verdict.check("I9", none, || format!("given up: {letters}"));
        }
    }
}

fn skus(found: &Value) -> BTreeSet<&str> {
    items(found, "items").map(|item| text(item, "sku")).collect()
}
