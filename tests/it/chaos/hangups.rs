//! T-C11: most clients hang up, at any moment of what they asked for, and some in the middle of a
//! commit. What the database was asked to commit for them goes on to its end, and no session of it is
//! left in the middle of anything.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time;

use super::backend::Place;
use super::book::Book;
use super::check::Checker;
use super::crash::AT_REST;
use super::fleet::{Fleet, Opening, SHORT_TIMEOUT};
use super::goods::Goods;
use super::load::{Crowd, Load, announce_coupon};
use super::midway;
use super::report::Report;
use super::shopper::Client;
use super::verdict::Verdict;

/// Between two looks at the sessions.
const LOOKS: Duration = Duration::from_millis(100);
/// How long so many clients may take to hang up.
const PATIENCE: Duration = Duration::from_mins(20);

/// Has clients hang up at least so many times.
pub async fn run(crowd: Crowd, hang_ups: u64, verdict: &Verdict) -> Report {
    let goods = Goods::hot_and_cold();
    let book = Book::new(verdict.clone());
    let mut fleet = Fleet::open(Opening {
        name: format!("hang-ups-{}", crowd.seed),
        goods: &goods,
        place: Place::Postgres,
        servers: 1,
        payment_timeout: SHORT_TIMEOUT,
        redis: false,
        drain_seconds: 0,
        verdict,
    })
    .await;
    announce_coupon(&fleet).await;
    // Before anyone else comes, who might want the same.
    midway::run(&fleet, &mut one_more(&fleet, &book, &goods, crowd)).await;
    let (load, began) = (Load::begin(&fleet, &book, &goods, crowd), Instant::now());
    while book.tally().hung_up < hang_ups {
        assert!(began.elapsed() < PATIENCE, "too few hang up: {}", book.tally());
        fleet.no_session_is_poisoned(verdict).await;
        time::sleep(LOOKS).await;
    }
    let calm = Instant::now();
    load.end().await;
    let checker = Checker::new(&fleet, &book, &goods).await;
    let rest = checker.rest(calm).await;
    let sums = checker.everything(&fleet).await;
    fleet.no_session_is_poisoned(verdict).await;
    for slot in fleet.slots() {
        fleet.stop(slot).await;
    }
    checker.stopped(&fleet).await;
    let mut report = Report::new("T-C11 clients that hang up", crowd.seed, verdict);
    report.tally = book.tally();
    report.timed(AT_REST, [rest]);
    report.lines.push(sums.to_string());
    report
}

/// A client beside the crowd.
fn one_more(fleet: &Fleet, book: &Book, goods: &Goods, crowd: Crowd) -> Client {
    // It is asked for one thing at a time, and nobody tells it to stop.
    let (_, stopped) = watch::channel(false);
    let shop = (fleet.caller(), book.clone(), goods.clone());
    Client::new(shop, crowd.seed, crowd.shoppers + crowd.staff, stopped)
}
