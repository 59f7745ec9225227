//! A buyer with a key for each wish, as persistent as real clients: it asks again under the same
//! key until it knows, unless it lost interest.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time;

use super::book::{Book, Kind};
use super::client::{Answer, Caller, Request, Unanswered};
use super::goods::{COUPON, Goods};
use crate::simulation::rng::Rng;

/// How long a client asks for the outcome of one request: longer than any series of faults. How soon
/// after these it must be known is the checker's to judge.
const PATIENCE: Duration = Duration::from_mins(20);
/// The longest pause before a client asks again, in milliseconds.
const LONGEST_PAUSE: i64 = 400;
/// The longest that a client thinks between two wishes, in milliseconds.
const LONGEST_THOUGHT: i64 = 60;
/// The longest that is waited by those who do not wait, in microseconds.
const LONGEST_HELD: u64 = 40_000;
/// How often a client tries to fill a cart.
const CART_TRIES: usize = 8;

/// What any client has.
pub struct Client {
    pub caller: Caller,
    pub book: Book,
    pub goods: Goods,
    pub rng: Rng,
    pub id: usize,
    pub stopped: watch::Receiver<bool>,
    /// How many of a hundred times it does not do what its bank asks.
    pub idle_percent: u32,
    /// How many of a hundred times it hangs up before the answer.
    pub hung_up_percent: u32,
    keys: u64,
}

/// What is known after asking.
pub enum Known {
    /// The final answer.
    Final(Answer),
    /// Nobody will ask any more: the buyer lost interest, or the answer made no sense.
    Never,
}

impl Client {
    pub fn new(
        (caller, book, goods): (Caller, Book, Goods),
        seed: u64,
        id: usize,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let rng = Rng::fork(seed, &format!("client {id}"));
        Self { caller, book, goods, rng, id, stopped, idle_percent: 0, hung_up_percent: 0, keys: 0 }
    }

    pub fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }

    /// A key never used before.
    pub fn key(&mut self) -> String {
        self.keys += 1;
        format!("chaos-client-{:04}-{:06}", self.id, self.keys)
    }

    /// A while that passes between two things a client does.
    pub async fn think(&mut self, most_millis: i64) {
        let millis = self.rng.between(1, most_millis);
        time::sleep(Duration::from_millis(u64::try_from(millis).unwrap())).await;
    }

    /// Sends a request until its outcome is known.
    pub async fn persist(&mut self, request: &Request) -> Known {
        let (began, mut pause) = (Instant::now(), 10);
        loop {
            let sent = Instant::now();
            let answer = self.send(request).await;
            match answer {
                Ok(answer) if is_final(&answer) => {
                    self.book.settle(request, &answer, sent.elapsed());
                    return Known::Final(answer);
                }
                Ok(answer) if !leaves_open(&answer) => {
                    self.senseless(request, &answer);
                    return Known::Never;
                }
                answer => {
                    self.book.doubt(request, answer.as_ref().map_err(|why| *why));
                    let asks = answer.ok().filter(|answer| answer.status == 202);
                    let asks = asks.map(|answer| answer.json()).filter(wants_buyer);
                    if let Some(order) = asks
                        && !self.act(&order).await
                    {
                        self.book.abandon();
                        return Known::Never;
                    }
                }
            }
            if began.elapsed() > PATIENCE {
                let verdict = self.book.verdict.clone();
                verdict.check("I7", false, || format!("never answered: {request:?}"));
                return Known::Never;
            }
            self.think(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Sends it once; now and then the client hangs up before the answer, in order or not.
    async fn send(&mut self, request: &Request) -> Result<Answer, Unanswered> {
        if self.rng.percent(self.hung_up_percent) {
            let patience = Duration::from_micros(self.rng.below(LONGEST_HELD));
            return if self.rng.percent(50) {
                self.caller.break_off_within(request, patience).await
            } else {
                self.caller.send_within(request, patience).await
            };
        }
        self.caller.send(request).await
    }

    fn senseless(&self, request: &Request, answer: &Answer) {
        self.book
            .verdict
            .check("answers", false, || format!("{} was answered {}", request.path, answer.text()));
    }

    /// What a buyer does whom the bank asks something: most act. Whether this one did.
    async fn act(&mut self, order: &Value) -> bool {
        if self.rng.percent(self.idle_percent) {
            return false;
        }
        let (Some(id), Some(token)) = (order["id"].as_str(), order["access_token"].as_str()) else {
            return false;
        };
        let path = format!("/orders/{id}/payment/confirm");
        let request = Request::post(path, &json!({})).under(self.key()).with_token(token);
        // Whatever it answers, the order's own key tells.
        if let Ok(answer) = self.caller.send(&request).await {
            let sense = answer.status < 300 || is_final(&answer) || leaves_open(&answer);
            if !sense {
                self.senseless(&request, &answer);
            }
        }
        true
    }

    /// The same request five times at the same moment.
    async fn at_once(&mut self, request: &Request) {
        let sent = Instant::now();
        let answers = join_all((0..5).map(|_| self.caller.send(request))).await;
        for answer in answers {
            match answer {
                Ok(answer) if is_final(&answer) => {
                    self.book.settle(request, &answer, sent.elapsed());
                }
                Ok(answer) if !leaves_open(&answer) => self.senseless(request, &answer),
                answer => self.book.doubt(request, answer.as_ref().map_err(|why| *why)),
            }
        }
    }
}

/// Whether an answer says how the request ended.
pub fn is_final(answer: &Answer) -> bool {
    match answer.status {
        200 | 201 | 402 => true,
        409 => answer.code() != "request_in_progress",
        422 => answer.code() == "coupon_not_applicable",
        _ => false,
    }
}

/// Whether an answer says that the outcome is told later.
fn leaves_open(answer: &Answer) -> bool {
    matches!(answer.status, 202 | 503)
        || answer.status == 409 && answer.code() == "request_in_progress"
}

fn wants_buyer(order: &Value) -> bool {
    order["payment"]["status"] == "requires_action"
}

/// Buys until it is told to stop, and knows about everything when it does.
pub async fn shop(mut client: Client) {
    let mut bought: Vec<(String, String)> = Vec::new();
    while !client.is_stopped() {
        if let Some(order) = client.buy().await {
            bought.push(order);
        }
        if client.rng.percent(20) && !bought.is_empty() {
            let (id, token) = client.rng.pick(&bought).clone();
            client.look_at(&id, &token).await;
        }
        client.think(LONGEST_THOUGHT).await;
    }
}

impl Client {
    /// One wish, to its end: the order that was acknowledged, with the token that opens it.
    async fn buy(&mut self) -> Option<(String, String)> {
        let wish = self.book.wish();
        let request = self.wished(wish).await?;
        self.book.open(Kind::Order { wish }, &request);
        if self.rng.percent(1) {
            self.at_once(&request).await;
        }
        let Known::Final(answer) = self.persist(&request).await else { return None };
        if self.rng.percent(5) {
            self.persist(&request).await;
        }
        if answer.status != 201 {
            return None;
        }
        let order = answer.json();
        let text = |name: &str| order[name].as_str().unwrap_or_default().to_owned();
        let (id, token) = (text("id"), text("access_token"));
        self.book.saw(self.id, &order);
        if self.rng.percent(5) {
            self.cancel(&id, &token).await;
        }
        Some((id, token))
    }

    async fn cancel(&mut self, id: &str, token: &str) {
        let request = Request::post(format!("/orders/{id}/cancel"), &json!({"reason": "changed"}));
        let request = request.under(self.key()).with_token(token);
        self.book.open(Kind::Other("cancel"), &request);
        self.persist(&request).await;
    }

    /// I4 while faults go on: what was acknowledged can be read.
    async fn look_at(&mut self, id: &str, token: &str) {
        let request = Request::get(format!("/orders/{id}")).with_token(token);
        let Ok(answer) = self.caller.send(&request).await else { return };
        if answer.status == 503 {
            return;
        }
        self.book.verdict.check("I4", answer.status == 200, || {
            format!("order {id} was acknowledged and is {}", answer.text())
        });
        if answer.status != 200 {
            return;
        }
        let order = answer.json();
        self.book.saw(self.id, &order);
        if order["status"] == "delivered" && order["returns"] == json!([]) && self.rng.percent(50) {
            let body = json!({"reason": "too bright"});
            let request = Request::post(format!("/orders/{id}/returns"), &body).under(self.key());
            let request = request.with_token(token);
            self.book.open(Kind::Other("return"), &request);
            self.persist(&request).await;
        }
    }

    /// The request of a new wish; none where its cart could not be filled.
    async fn wished(&mut self, wish: u64) -> Option<Request> {
        let mut body = json!({
            "email": format!("client-{}@chaos.example", self.id),
            "shipping_address": address(wish),
            "payment": {"method": "card", "token": self.token()},
        });
        let lines = self.lines();
        if self.rng.percent(25) {
            body["cart_id"] = json!(self.cart(&lines).await?);
        } else {
            let line = |(sku, quantity): &(String, u64)| json!({"sku": sku, "quantity": quantity});
            body["lines"] = lines.iter().map(line).collect();
        }
        Some(Request::post("/orders", &body).under(self.key()))
    }

    /// One to three lines, now and then two of one SKU.
    fn lines(&mut self) -> Vec<(String, u64)> {
        let count = *self.rng.pick(&[1, 1, 1, 2, 3]);
        (0..count)
            .map(|_| (self.goods.pick(&mut self.rng).sku.clone(), 1 + self.rng.below(3)))
            .collect()
    }

    /// How the card turns out: 5 % are declined, 2 % run into timeouts, 2 % ask the buyer.
    fn token(&mut self) -> &'static str {
        match self.rng.below(100) {
            0..=2 => "pm_card_chargeDeclined",
            3..=4 => "pm_card_chargeDeclinedInsufficientFunds",
            5 => "pm_sandbox_timeout_then_captured",
            6 if self.rng.percent(50) => "pm_sandbox_timeout_not_captured",
            6 => "pm_sandbox_slow",
            7..=8 => "pm_card_authenticationRequired",
            _ => "pm_card_visa",
        }
    }

    /// A cart with these lines, half of the time with a coupon, where that went in time.
    async fn cart(&mut self, lines: &[(String, u64)]) -> Option<String> {
        let made = self.step(&Request::post("/carts", &json!({})), 201).await?;
        let id = made.json()["id"].as_str()?.to_owned();
        for (sku, quantity) in lines {
            let item = json!({"sku": sku, "quantity": quantity});
            self.step(&Request::post(format!("/carts/{id}/items"), &item), 200).await?;
        }
        if self.rng.percent(50) {
            let coupon = Request::post(format!("/carts/{id}/coupons"), &json!({"code": COUPON}));
            // Without it the wish costs more, and that is all.
            let _ = self.caller.send(&coupon).await;
        }
        Some(id)
    }

    /// A request without a key, which is sent until it is answered: it may be done twice.
    async fn step(&mut self, request: &Request, wanted: u16) -> Option<Answer> {
        for _ in 0..CART_TRIES {
            match self.caller.send(request).await {
                Ok(answer) if answer.status == wanted => return Some(answer),
                // Sold out; the next wish may be luckier.
                Ok(answer) if answer.status == 409 => return None,
                Ok(answer) if !leaves_open(&answer) => {
                    self.senseless(request, &answer);
                    return None;
                }
                _ => self.think(LONGEST_PAUSE).await,
            }
        }
        None
    }
}

/// Where a wish is sent to.
pub fn address(wish: u64) -> Value {
    json!({
        "name": "Ada Buyer", "line1": format!("wish {wish}"), "city": "Springfield",
        "region": "IL", "postal_code": "62701", "country": "US",
    })
}
