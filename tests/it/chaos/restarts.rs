//! E11: servers are stopped as platforms stop them and come back, one after the other, under load.

use std::time::{Duration, Instant};

use tokio::time;

use super::backend::Place;
use super::book::Book;
use super::check::Checker;
use super::crash::{AT_REST, READY};
use super::fleet::{Fleet, Opening, SHORT_TIMEOUT};
use super::goods::Goods;
use super::load::{Crowd, Load, announce_coupon};
use super::report::Report;
use super::verdict::Verdict;

/// How many servers there are, where the place can have several.
pub const SERVERS: usize = 3;
/// How long all serve between two restarts.
const BETWEEN: Duration = Duration::from_millis(500);

/// Restarts all servers so many times.
pub async fn run(place: Place, crowd: Crowd, rounds: u64, verdict: &Verdict) -> Report {
    let goods = Goods::hot_and_cold();
    let book = Book::new(verdict.clone());
    let mut fleet = Fleet::open(Opening {
        name: format!("restarts-{}", crowd.seed),
        goods: &goods,
        place,
        servers: SERVERS,
        payment_timeout: SHORT_TIMEOUT,
        redis: false,
        drain_seconds: 1,
        verdict,
    })
    .await;
    announce_coupon(&fleet).await;
    let load = Load::begin(&fleet, &book, &goods, crowd);
    for _ in 0..rounds {
        for slot in fleet.slots() {
            time::sleep(BETWEEN).await;
            fleet.no_session_is_poisoned(verdict).await;
            fleet.stop(slot).await;
            fleet.start(slot).await;
        }
    }
    let calm = Instant::now();
    load.end().await;
    let checker = Checker::new(&fleet, &book, &goods).await;
    let rest = checker.rest(calm).await;
    let sums = checker.everything(&fleet).await;
    for slot in fleet.slots() {
        fleet.stop(slot).await;
    }
    checker.stopped(&fleet).await;
    let name = match place {
        Place::Folder => "E11 restarts of the one server",
        Place::Postgres => "E11 rolling restarts of three servers",
    };
    let mut report = Report::new(name, crowd.seed, verdict);
    report.tally = book.tally();
    report.timed(READY, fleet.starts.iter().copied());
    report.timed(AT_REST, [rest]);
    report.lines.push(sums.to_string());
    // A server that stops takes every request to its end, and those that come while it drains.
    let lost = report.tally.lost;
    verdict.check("E11", lost == 0, || format!("{lost} requests were not answered"));
    // These were answered: who came while no server was up waited for one, and is not among them.
    let away = &report.tally.away;
    verdict.check("E11", away.is_empty(), || format!("503, though nothing was away: {away:?}"));
    report
}
