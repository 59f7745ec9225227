//! E5: far more buyers than units, all at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::backend::Place;
use super::book::{Book, Kind};
use super::check::Checker;
use super::client::Request;
use super::fleet::{Fleet, LONG_TIMEOUT, Opening};
use super::goods::Goods;
use super::report::Report;
use super::shopper::{Client, address};
use super::verdict::Verdict;

/// How long those wait who get none.
pub const LOSERS: &str = "losers told";

/// A sale.
#[derive(Clone, Copy, Debug)]
pub struct Sale {
    pub seed: u64,
    pub place: Place,
    pub units: u64,
    pub orders: u64,
    pub connections: usize,
}

/// Holds it.
pub async fn run(sale: Sale, verdict: &Verdict) -> Report {
    let goods = Goods::one(i64::try_from(sale.units).unwrap());
    let book = Book::new(verdict.clone());
    let mut fleet = Fleet::open(Opening {
        name: format!("flash-{}", sale.seed),
        goods: &goods,
        place: sale.place,
        servers: 1,
        payment_timeout: LONG_TIMEOUT,
        redis: false,
        drain_seconds: 0,
        verdict,
    })
    .await;
    let began = Instant::now();
    buyers(&fleet, &book, &goods, sale).await;
    let took = began.elapsed();
    let calm = Instant::now();
    let checker = Checker::new(&fleet, &book, &goods).await;
    checker.rest(calm).await;
    let sums = checker.everything(&fleet).await;
    fleet.stop(0).await;
    checker.stopped(&fleet).await;

    let tally = book.tally();
    let sold = tally.acknowledged == sale.units && u64::try_from(sums.standing) == Ok(sale.units);
    verdict.check("E5", sold, || format!("{} units, and {tally}", sale.units));
    let losers = tally.refused.get("insufficient_stock").copied().unwrap_or_default();
    verdict.check("E5", losers == sale.orders - sale.units, || {
        format!("{losers} were told that it is sold out, of {}", sale.orders)
    });
    let name = match sale.place {
        Place::Folder => "E5 flash sale",
        Place::Postgres => "E5 flash sale over Postgres",
    };
    let mut report = Report::new(name, sale.seed, verdict);
    report.tally = tally;
    report.timed(LOSERS, book.refusals());
    report.lines.push(format!(
        "{} units, {} orders over {} connections in {took:.1?}",
        sale.units, sale.orders, sale.connections
    ));
    report
}

async fn buyers(fleet: &Fleet, book: &Book, goods: &Goods, sale: Sale) {
    // Whoever holds the other end never says stop.
    let (_stop, stopped) = watch::channel(false);
    let left = Arc::new(AtomicU64::new(sale.orders));
    let mut buyers = JoinSet::new();
    for id in 0..sale.connections {
        let shop = (fleet.caller(), book.clone(), goods.clone());
        let client = Client::new(shop, sale.seed, id, stopped.clone());
        buyers.spawn(buyer(client, left.clone()));
    }
    while let Some(ended) = buyers.join_next().await {
        ended.unwrap();
    }
}

/// Orders one unit after the other, under a key each, while orders are left.
async fn buyer(mut client: Client, left: Arc<AtomicU64>) {
    let take = |left: u64| left.checked_sub(1);
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
        let wish = client.book.wish();
        let body = json!({
            "lines": [{"sku": client.goods.0[0].sku, "quantity": 1}],
            "email": format!("client-{}@chaos.example", client.id),
            "shipping_address": address(wish),
            "payment": {"method": "card", "token": "pm_card_visa"},
        });
        let request = Request::post("/orders", &body).under(client.key());
        client.book.open(Kind::Order { wish }, &request);
        client.persist(&request).await;
    }
}

/// The time that losers have.
pub const LOSERS_P99: Duration = Duration::from_secs(1);
