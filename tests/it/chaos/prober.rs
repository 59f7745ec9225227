//! A client beside the crowd, which tells how the shop does while something is away.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time;

use super::book::{Book, Kind};
use super::client::{Caller, Request};
use super::fleet::{Fleet, Troubled};
use super::proxy::Manner;
use super::report::Report;
use super::shopper::address;

/// How long what goes on took before any trouble, and while there was.
pub const BEFORE: &str = "probes before";
pub const MEANWHILE: &str = "probes meanwhile";
/// How long it took to be told that something is away.
const TOLD: &str = "probes of what is away";
/// How long after it is back every buyer has got to the next order.
const ALL_BACK_WITHIN: Duration = Duration::from_mins(1);
/// How often a provider that flaps goes and comes back.
const FLAP: Duration = Duration::from_secs(1);
const BETWEEN_PROBES: Duration = Duration::from_millis(20);

/// The client.
pub struct Prober {
    /// What it holds the shop to.
    invariant: &'static str,
    caller: Caller,
    book: Book,
    read_order: Request,
    orders: u64,
    /// What may be in trouble.
    troubled: Troubled,
}

/// How long each answer took.
#[derive(Default)]
pub struct Probed {
    /// To what needs nothing of what may be in trouble.
    pub unaffected: Vec<Duration>,
    /// To what does.
    affected: Vec<Duration>,
}

impl Probed {
    fn add(&mut self, other: Self) {
        self.unaffected.extend(other.unaffected);
        self.affected.extend(other.affected);
    }

    /// Has the report tell it, as of the time of trouble.
    pub fn note_meanwhile(&self, report: &mut Report) {
        report.timed(MEANWHILE, self.unaffected.iter().copied());
        if !self.affected.is_empty() {
            report.timed(TOLD, self.affected.iter().copied());
        }
    }
}

impl Prober {
    /// With an order that it can read.
    pub async fn new(
        invariant: &'static str,
        troubled: Troubled,
        fleet: &Fleet,
        book: &Book,
    ) -> Self {
        let (caller, book) = (fleet.caller(), book.clone());
        let read_order = Request::default();
        let mut prober = Self { invariant, caller, book, read_order, orders: 0, troubled };
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

    /// What it asks for that has nothing to do with payments, and how that is answered.
    pub fn requests(&self) -> [(Request, u16); 4] {
        [
            (Request::get("/products?limit=20"), 200),
            (Request::get("/search?q=ware"), 200),
            (Request::post("/carts", &json!({})), 201),
            (self.read_order.clone(), 200),
        ]
    }

    /// Looks, fills carts and reads for so long: all of it must go on. How long each took.
    pub async fn probe(&self, length: Duration) -> Probed {
        let (began, mut probed) = (Instant::now(), Probed::default());
        while began.elapsed() < length {
            for (request, wanted) in self.requests() {
                let sent = Instant::now();
                let status = self.caller.send(&request).await.ok().map(|answer| answer.status);
                let took = sent.elapsed();
                // Carts are away with what keeps them, and say so.
                let away = self.troubled == Troubled::Redis && request.path == "/carts";
                if away {
                    probed.affected.push(took);
                } else {
                    probed.unaffected.push(took);
                }
                let fine = status == Some(wanted) || away && status == Some(503);
                self.book.verdict.check(self.invariant, fine, || {
                    format!("{} is {status:?} meanwhile", request.path)
                });
            }
            time::sleep(BETWEEN_PROBES).await;
        }
        probed
    }

    /// The same while the provider changes its manner every second.
    pub async fn flap(&self, fleet: &Fleet, manners: [Manner; 2], length: Duration) -> Probed {
        let (began, mut probed) = (Instant::now(), Probed::default());
        for manner in manners.into_iter().cycle() {
            if began.elapsed() >= length {
                break;
            }
            fleet.proxy(self.troubled).treat(manner);
            probed.add(self.probe(FLAP.min(length)).await);
        }
        probed
    }

    /// A cart with something in it.
    pub async fn cart(&self) -> Request {
        let made = self.caller.ask(&Request::post("/carts", &json!({}))).await;
        let path = format!("/carts/{}", made.json()["id"].as_str().unwrap_or_default());
        let item = json!({"sku": "CHAOS-099", "quantity": 1});
        let filled = self.caller.ask(&Request::post(format!("{path}/items"), &item)).await;
        self.book.verdict.check(self.invariant, filled.status == 200, || filled.text());
        Request::get(path)
    }

    /// Carts are away at once, and say so.
    pub async fn carts_are_away(&self, cart: &Request) {
        for request in [cart.clone(), Request::post("/carts", &json!({}))] {
            let answer = self.caller.send(&request).await;
            let told = answer.as_ref().is_ok_and(|answer| answer.status == 503 && answer.says_when);
            self.book
                .verdict
                .check(self.invariant, told, || format!("{} is {answer:?}", request.path));
        }
    }

    /// A cart is there as it was.
    pub async fn cart_is_there(&self, cart: &Request) {
        let answer = self.caller.ask(cart).await;
        let lines = answer.json()["lines"].as_array().map_or(0, Vec::len);
        let whole = answer.status == 200 && lines == 1;
        self.book.verdict.check(self.invariant, whole, || answer.text());
    }

    /// How long it takes until a cart can be made again.
    pub async fn fills_carts_again(&self, within: Duration) -> Duration {
        let (began, request) = (Instant::now(), Request::post("/carts", &json!({})));
        loop {
            let made = self.caller.send(&request).await.is_ok_and(|answer| answer.status == 201);
            let took = began.elapsed();
            if made || took > within {
                self.book.verdict.check(self.invariant, made && took <= within, || {
                    format!("no cart is made {took:?} after it is back")
                });
                return took;
            }
            time::sleep(BETWEEN_PROBES).await;
        }
    }

    /// How long it takes until an order is confirmed again.
    pub async fn confirmed_again(&mut self, within: Duration) -> Duration {
        let (began, request) = (Instant::now(), self.order());
        loop {
            let answer = self.caller.ask(&request).await;
            let took = began.elapsed();
            if answer.status == 201 {
                self.book.settle(&request, &answer, took);
            }
            if answer.status == 201 || took > within {
                self.book.verdict.check(self.invariant, took <= within, || {
                    format!("no order is confirmed {took:?} after it is back")
                });
                return took;
            }
            time::sleep(BETWEEN_PROBES).await;
        }
    }

    /// How long after `back` one server confirms an order, each tried under a key of its own: what
    /// was begun before may wait for longer.
    pub async fn sells_again(
        &mut self,
        caller: &Caller,
        back: Instant,
        within: Duration,
    ) -> Duration {
        loop {
            let (request, sent) = (self.order(), Instant::now());
            let answer = caller.send(&request).await;
            let sold = answer.is_ok_and(|answer| {
                let sold = answer.status == 201;
                if sold {
                    self.book.settle(&request, &answer, sent.elapsed());
                }
                sold
            });
            let took = back.elapsed();
            if sold || took > within {
                self.book.verdict.check(self.invariant, sold && took <= within, || {
                    format!("no order is confirmed {took:?} after it is back")
                });
                return took;
            }
            time::sleep(BETWEEN_PROBES).await;
        }
    }

    /// Waits until as many orders were acknowledged as there are buyers, so that none of them is
    /// still held up when the next trouble begins.
    pub async fn all_buy_again(&self, buyers: u64) {
        let (began, before) = (Instant::now(), self.book.tally().acknowledged);
        while self.book.tally().acknowledged < before + 2 * buyers {
            let took = began.elapsed();
            if took > ALL_BACK_WITHIN {
                self.book.verdict.check(self.invariant, false, || {
                    format!("not all buy again {took:?} after it is back")
                });
                return;
            }
            time::sleep(BETWEEN_PROBES).await;
        }
    }
}
