//! E6: the database is killed, again and again, under load, and comes back as its disk has it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::time;

use super::backend::Place;
use super::book::Book;
use super::check::Checker;
use super::crash::AT_REST;
use super::database::Database;
use super::fleet::{Fleet, Opening, SHORT_TIMEOUT, Troubled};
use super::goods::Goods;
use super::load::{Crowd, Load, announce_coupon};
use super::prober::Prober;
use super::report::Report;
use super::verdict::Verdict;
use crate::simulation::{rng::Rng, step_of};

/// How long it takes until each server sells again, from the database's taking connections.
pub const USABLE: &str = "selling again";
/// How long those wait who are told that the shop cannot answer.
pub const TOLD: &str = "told that it is away";
/// How long the database takes until it takes connections.
const RESTARTED: &str = "database started again";
/// How long it was away, with that.
const DOWN: &str = "database away";
/// How many servers there are.
const SERVERS: usize = 2;
/// How long the database is away at the least. It stays away until every server has noticed.
const AWAY: Duration = Duration::from_secs(1);
/// How long noticing may take.
const NOTICED_WITHIN: Duration = Duration::from_secs(5);
/// How soon each server sells again.
const USABLE_WITHIN: Duration = Duration::from_secs(5);
/// The longest that anyone waits for any answer meanwhile.
const TOLD_WITHIN: Duration = Duration::from_secs(1);

/// A shop whose database is killed.
struct Run {
    fleet: Fleet,
    book: Book,
    prober: Prober,
    rng: Rng,
    report: Report,
}

/// Kills the database so many times.
pub async fn run(crowd: Crowd, kills: u64, verdict: &Verdict) -> Report {
    let goods = Goods::hot_and_cold();
    let book = Book::new(verdict.clone());
    let fleet = Fleet::open(Opening {
        name: format!("outages-{}", crowd.seed),
        goods: &goods,
        place: Place::Postgres,
        servers: SERVERS,
        payment_timeout: SHORT_TIMEOUT,
        redis: false,
        drain_seconds: 0,
        verdict,
    })
    .await;
    announce_coupon(&fleet).await;
    let mut run = Run {
        prober: Prober::new("E6", Troubled::Payment, &fleet, &book).await,
        fleet,
        book: book.clone(),
        rng: Rng::fork(crowd.seed, "outages"),
        report: Report::new("E6 kill -9 of the database", crowd.seed, verdict),
    };
    let load = Load::begin(&run.fleet, &book, &goods, crowd);
    for _ in 0..kills {
        run.outage().await;
    }
    let calm = Instant::now();
    load.end().await;
    let checker = Checker::new(&run.fleet, &book, &goods).await;
    run.report.timed(AT_REST, [checker.rest(calm).await]);
    let sums = checker.everything(&run.fleet).await;
    run.fleet.no_session_is_poisoned(verdict).await;
    for slot in run.fleet.slots() {
        run.fleet.stop(slot).await;
    }
    checker.stopped(&run.fleet).await;
    run.report.tally = book.tally();
    run.report.lines.push(sums.to_string());
    run.report
}

impl Run {
    fn database(&self) -> &Database {
        self.fleet.backend().database().expect("a shop in Postgres")
    }

    /// One life of the database, and the time without it.
    async fn outage(&mut self) {
        let millis = self.rng.between(300, 2_000);
        time::sleep(Duration::from_millis(u64::try_from(millis).unwrap())).await;
        self.fleet.no_session_is_poisoned(&self.book.verdict).await;
        let died = Instant::now();
        self.database().kill();
        self.report.kills += 1;
        self.do_without().await;
        let restarting = Instant::now();
        self.database().restart();
        let back = Instant::now();
        self.report.timed(RESTARTED, [back - restarting]);
        self.report.timed(DOWN, [back - died]);
        for address in self.fleet.addresses() {
            let caller = self.fleet.caller().to_one(address);
            let took = self.prober.sells_again(&caller, back, USABLE_WITHIN).await;
            self.report.timed(USABLE, [took]);
        }
        // What the kill met is still leased to work that ended without the database.
        let open = self.fleet.backend().set_aside().await.open_sagas();
        let steps: BTreeSet<&str> = open.iter().map(step_of).collect();
        for step in steps {
            *self.report.kills_in.entry(step).or_default() += 1;
        }
    }

    /// Until every server has noticed that the database is away: each lives, and answers what needs
    /// no database, and else that it cannot, at once and with a time to ask again.
    async fn do_without(&mut self) {
        let (began, addresses, mut told) = (Instant::now(), self.fleet.addresses(), 0);
        loop {
            for address in &addresses {
                told += self.ask_without(*address).await;
            }
            let noticed = self.nobody_is_ready(&addresses).await;
            let took = began.elapsed();
            if noticed && took >= AWAY || took >= AWAY + NOTICED_WITHIN {
                let verdict = &self.book.verdict;
                verdict.check("E6", noticed, || format!("ready without a database for {took:?}"));
                verdict.check("E6", told > 0, || "nobody noticed an outage".to_owned());
                return;
            }
        }
    }

    /// How many requests were answered that the shop cannot.
    async fn ask_without(&mut self, address: SocketAddr) -> u64 {
        let (caller, verdict) = (self.fleet.caller().to_one(address), self.book.verdict.clone());
        let (sent, mut told) = (Instant::now(), 0);
        let alive = caller.is_alive(address).await && sent.elapsed() <= TOLD_WITHIN;
        verdict.check("E6", alive, || format!("not alive without a database: {address}"));
        for (request, wanted) in self.prober.requests() {
            let sent = Instant::now();
            let answer = caller.send(&request).await;
            let took = sent.elapsed();
            verdict.check("E6", took <= TOLD_WITHIN, || {
                format!("{} took {took:?} without a database", request.path)
            });
            let right = answer.as_ref().is_ok_and(|answer| match answer.status {
                503 => answer.says_when,
                status => status == wanted,
            });
            verdict
                .check("E6", right, || format!("{} without a database: {answer:?}", request.path));
            if answer.is_ok_and(|answer| answer.status == 503) {
                told += 1;
                self.report.timed(TOLD, [took]);
            }
        }
        told
    }

    async fn nobody_is_ready(&self, addresses: &[SocketAddr]) -> bool {
        let caller = self.fleet.caller();
        for address in addresses {
            if caller.is_ready(*address).await {
                return false;
            }
        }
        true
    }
}
