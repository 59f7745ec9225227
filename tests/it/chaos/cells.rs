//! E8, for the payment provider: it is away in every manner, and the shop goes on.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time;

use super::book::{Book, Kind};
use super::check::Checker;
use super::client::{Caller, Request};
use super::fleet::{Fleet, Opening, SHORT_TIMEOUT};
use super::goods::Goods;
use super::load::{Crowd, Load, announce_coupon};
use super::proxy::Manner;
use super::report::Report;
use super::shopper::address;
use super::verdict::Verdict;

/// How long after the provider is back an order is confirmed again.
const BACK_WITHIN: Duration = Duration::from_secs(10);
/// How long after that every buyer has got to the next order.
const ALL_BACK_WITHIN: Duration = Duration::from_mins(1);
/// How many orders must be under way while the provider is in trouble.
const LEAST_ORDERS: u64 = 10;
/// How often the provider that flaps goes and comes back.
const FLAP: Duration = Duration::from_secs(1);
const BETWEEN_PROBES: Duration = Duration::from_millis(20);

/// A trouble with the provider.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    name: &'static str,
    manner: Manner,
    /// What it does instead every other second.
    and: Option<Manner>,
}

const fn cell(name: &'static str, manner: Manner) -> Cell {
    Cell { name, manner, and: None }
}

/// All of them.
pub const CELLS: [Cell; 7] = [
    cell("reset mid-body", Manner::Reset),
    cell("black hole", Manner::BlackHole),
    cell("refused", Manner::Refuse),
    cell("500s", Manner::Fail),
    cell("slow", Manner::Slow(SHORT_TIMEOUT.saturating_mul(2))),
    Cell { name: "flapping", manner: Manner::Refuse, and: Some(Manner::Pass) },
    cell("garbage", Manner::Garbage),
];

/// Goes through the cells one by one, each for so long.
pub async fn run(crowd: Crowd, cells: &[Cell], each: Duration, verdict: &Verdict) -> Report {
    let goods = Goods::hot_and_cold();
    let book = Book::new(verdict.clone());
    let mut fleet = Fleet::open(Opening {
        name: format!("cells-{}", crowd.seed),
        goods: &goods,
        servers: 1,
        payment_timeout: SHORT_TIMEOUT,
        drain_seconds: 0,
        verdict,
    })
    .await;
    announce_coupon(&fleet).await;
    let mut report = Report::new("E8 payment provider", crowd.seed, verdict);
    let mut prober = Prober::new(&fleet, &book).await;
    let load = Load::begin(&fleet, &book, &goods, crowd);
    report.timed("probes before", prober.probe(each).await);
    for cell in cells {
        let before = book.tally();
        let probes = match cell.and {
            None => {
                fleet.proxy().treat(cell.manner);
                prober.probe(each).await
            }
            Some(other) => prober.flap(&fleet, [cell.manner, other], each).await,
        };
        fleet.proxy().treat(Manner::Pass);
        let after = book.tally();
        let back = prober.confirmed_again().await;
        let attempted = after.attempted - before.attempted;
        verdict.check("E8", attempted >= LEAST_ORDERS, || {
            format!("only {attempted} ordered while it was {}", cell.name)
        });
        prober.all_buy_again(u64::try_from(crowd.shoppers).unwrap()).await;
        report.lines.push(format!(
            "{}: {} attempted, {} pending, {} acknowledged; the next confirmed after {back:.1?}",
            cell.name,
            attempted,
            after.pending - before.pending,
            after.acknowledged - before.acknowledged,
        ));
        report.timed("probes meanwhile", probes);
    }
    let calm = Instant::now();
    load.end().await;
    let checker = Checker::new(&fleet, &book, &goods).await;
    report.timed(super::crash::AT_REST, [checker.rest(calm).await]);
    let sums = checker.everything(&fleet).await;
    report.lines.push(sums.to_string());
    fleet.stop(0).await;
    checker.stopped(&fleet);
    report.tally = book.tally();
    report
}

/// A client of what has nothing to do with payments.
struct Prober {
    caller: Caller,
    book: Book,
    read_order: Request,
    orders: u64,
}

impl Prober {
    /// With an order that it can read.
    async fn new(fleet: &Fleet, book: &Book) -> Self {
        let (caller, book) = (fleet.caller(), book.clone());
        let read_order = Request::default();
        let mut prober = Self { caller, book, read_order, orders: 0 };
        let request = prober.order();
        let answer = prober.caller.ask(&request).await;
        prober.book.settle(&request, &answer, Duration::ZERO);
        let order = answer.json();
        let text = |name: &str| order[name].as_str().unwrap().to_owned();
        prober.read_order =
            Request::get(format!("/orders/{}", text("id"))).with_token(text("access_token"));
        prober
    }

    /// An order of its own.
    fn order(&mut self) -> Request {
        let wish = self.book.wish();
        self.orders += 1;
        let body = json!({
            "lines": [{"sku": "CHAOS-099", "quantity": 1}],
            "email": "prober@chaos.example",
            "shipping_address": address(wish),
            "payment": {"method": "card", "token": "pm_card_visa"},
        });
        let request = Request::post("/orders", &body);
        let request = request.under(format!("chaos-prober-{:06}", self.orders));
        self.book.open(Kind::Order { wish }, &request);
        request
    }

    /// Looks, fills carts and reads for so long: all of it must go on. How long each took.
    async fn probe(&self, length: Duration) -> Vec<Duration> {
        let (began, mut took) = (Instant::now(), Vec::new());
        while began.elapsed() < length {
            for (request, wanted) in [
                (&Request::get("/products?limit=20"), 200),
                (&Request::get("/search?q=ware"), 200),
                (&Request::post("/carts", &json!({})), 201),
                (&self.read_order, 200),
            ] {
                let sent = Instant::now();
                let status = self.caller.send(request).await.ok().map(|answer| answer.status);
                took.push(sent.elapsed());
                self.book.verdict.check("E8", status == Some(wanted), || {
                    format!("{} is {status:?} while the provider is away", request.path)
                });
            }
            time::sleep(BETWEEN_PROBES).await;
        }
        took
    }

    /// The same while the provider changes its manner every second.
    async fn flap(&self, fleet: &Fleet, manners: [Manner; 2], length: Duration) -> Vec<Duration> {
        let (began, mut took) = (Instant::now(), Vec::new());
        for manner in manners.into_iter().cycle() {
            if began.elapsed() >= length {
                break;
            }
            fleet.proxy().treat(manner);
            took.extend(self.probe(FLAP.min(length)).await);
        }
        took
    }

    /// How long it takes until an order is confirmed again.
    async fn confirmed_again(&mut self) -> Duration {
        let (began, request) = (Instant::now(), self.order());
        loop {
            let answer = self.caller.ask(&request).await;
            let took = began.elapsed();
            if answer.status == 201 {
                self.book.settle(&request, &answer, took);
            }
            if answer.status == 201 || took > BACK_WITHIN {
                self.book.verdict.check("E8", took <= BACK_WITHIN, || {
                    format!("no order is confirmed {took:?} after the provider is back")
                });
                return took;
            }
            time::sleep(BETWEEN_PROBES).await;
        }
    }

    /// Waits until as many orders were acknowledged as there are buyers, so that none of them is
    /// still held up when the next trouble begins.
    async fn all_buy_again(&self, buyers: u64) {
        let (began, before) = (Instant::now(), self.book.tally().acknowledged);
        while self.book.tally().acknowledged < before + 2 * buyers {
            let took = began.elapsed();
            if took > ALL_BACK_WITHIN {
                self.book.verdict.check("E8", false, || {
                    format!("not all buy again {took:?} after the provider is back")
                });
                return;
            }
            time::sleep(BETWEEN_PROBES).await;
        }
    }
}
