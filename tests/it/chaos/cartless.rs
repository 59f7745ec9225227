//! E8: what keeps the carts is killed, again and again, under load, and comes back as its disk has it.

use std::time::{Duration, Instant};

use super::backend::Place;
use super::book::Book;
use super::breaker::Watcher;
use super::check::Checker;
use super::crash::AT_REST;
use super::fleet::{Fleet, Opening, SHORT_TIMEOUT, Troubled};
use super::goods::Goods;
use super::load::{Crowd, Load, announce_coupon};
use super::prober::{BEFORE, MEANWHILE, Prober};
use super::report::Report;
use super::verdict::Verdict;
use crate::simulation::rng::Rng;

/// How long it takes until a cart is made again, from when Redis takes connections.
pub const CARTS_BACK: &str = "carts back";
/// How many servers there are.
const SERVERS: usize = 2;
/// How long Redis is away.
const AWAY: Duration = Duration::from_secs(3);
/// How soon carts are back after it is.
const BACK_WITHIN: Duration = Duration::from_secs(10);
/// How many orders must be sold meanwhile.
const LEAST_ORDERS: u64 = 10;

/// What the trouble is called.
const KILLED: &str = "killed";

/// Kills Redis so many times. Where the run is in `full`, the shop is held to its times, too.
pub async fn run(crowd: Crowd, kills: u64, full: bool, verdict: &Verdict) -> Report {
    let goods = Goods::hot_and_cold();
    let book = Book::new(verdict.clone());
    let mut fleet = Fleet::open(Opening {
        name: format!("cartless-{}", crowd.seed),
        goods: &goods,
        place: Place::Postgres,
        servers: SERVERS,
        payment_timeout: SHORT_TIMEOUT,
        redis: true,
        drain_seconds: 0,
        verdict,
    })
    .await;
    announce_coupon(&fleet).await;
    let mut report = Report::new("E8 kill -9 of Redis", crowd.seed, verdict);
    let mut prober = Prober::new("E8", Troubled::Redis, &fleet, &book).await;
    let watcher = Watcher::new(&fleet, Troubled::Redis);
    let mut rng = Rng::fork(crowd.seed, "cartless");
    let load = Load::begin(&fleet, &book, &goods, crowd);
    for _ in 0..kills {
        let millis = rng.between(50, 1_500);
        let calm = prober.probe(Duration::from_millis(u64::try_from(millis).unwrap())).await;
        report.timed(BEFORE, calm.unaffected);
        let cart = prober.cart().await;
        let before = book.tally();
        fleet.redis().kill();
        let opening = watcher.opening();
        report.kills += 1;
        prober.carts_are_away(&cart).await;
        prober.probe(AWAY).await.note_meanwhile(&mut report);
        opening.note(KILLED, full, &mut report).await;
        let sold = book.tally().acknowledged - before.acknowledged;
        verdict.check("E8", sold >= LEAST_ORDERS, || format!("only {sold} were sold without it"));
        fleet.redis().restart();
        let closing = watcher.closing();
        report.timed(CARTS_BACK, [prober.fills_carts_again(BACK_WITHIN).await]);
        closing.note(KILLED, full, &mut report).await;
        prober.cart_is_there(&cart).await;
        prober.confirmed_again(BACK_WITHIN).await;
        prober.all_buy_again(u64::try_from(crowd.shoppers).unwrap()).await;
    }
    if full {
        report.keeps_pace(KILLED, &report.times[BEFORE], &report.times[MEANWHILE]);
    }
    let calm = Instant::now();
    load.end().await;
    let checker = Checker::new(&fleet, &book, &goods).await;
    report.timed(AT_REST, [checker.rest(calm).await]);
    let sums = checker.everything(&fleet).await;
    report.lines.push(sums.to_string());
    for slot in fleet.slots() {
        fleet.stop(slot).await;
    }
    checker.stopped(&fleet).await;
    report.tally = book.tally();
    report
}
