//! E8: the payment provider, or what keeps the carts, is away in every manner, and the shop goes on.

use std::time::{Duration, Instant};

use super::backend::Place;
use super::book::Book;
use super::breaker::Watcher;
use super::check::Checker;
use super::fleet::{Fleet, Opening, SHORT_TIMEOUT, Troubled};
use super::goods::Goods;
use super::load::{Crowd, Load, announce_coupon};
use super::prober::{BEFORE, Prober};
use super::proxy::Manner;
use super::report::Report;
use super::verdict::Verdict;

/// How long after the provider is back an order is confirmed again.
const BACK_WITHIN: Duration = Duration::from_secs(10);
/// How many orders must be under way while the provider is in trouble.
const LEAST_ORDERS: u64 = 10;

/// A trouble with the provider.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    name: &'static str,
    manner: Manner,
    /// What it does instead every other second.
    and: Option<Manner>,
}

impl Cell {
    /// Whether no call gets through, so that whoever calls must come to leave it alone. That holds
    /// of what is slow, too: its answers take twice as long as a call may. What flaps lets calls
    /// through every other second, after each of which failures are counted anew.
    fn fails_every_call(&self) -> bool {
        self.and.is_none()
    }
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

/// Those of Redis, whose protocol has no 500. Its commands may take half a second.
pub const REDIS_CELLS: [Cell; 7] = [
    cell("black hole", Manner::BlackHole),
    cell("reset mid-body", Manner::Reset),
    cell("refused", Manner::Refuse),
    cell("mute", Manner::Mute),
    cell("slow", Manner::Slow(Duration::from_secs(1))),
    Cell { name: "flapping", manner: Manner::Refuse, and: Some(Manner::Pass) },
    cell("garbage", Manner::Garbage),
];

/// What is in trouble, how, and for how long each time.
#[derive(Clone, Copy)]
pub struct Troubles<'a> {
    pub troubled: Troubled,
    pub cells: &'a [Cell],
    pub each: Duration,
    /// Whether the shop is held to its times, too.
    pub full: bool,
}

/// A run, while cells go by.
struct Run<'a> {
    crowd: Crowd,
    troubles: Troubles<'a>,
    fleet: Fleet,
    book: Book,
    prober: Prober,
    watcher: Watcher,
    /// How long what goes on took before any trouble.
    before: Vec<Duration>,
    report: Report,
}

/// Goes through the cells one by one.
pub async fn run(crowd: Crowd, troubles: Troubles<'_>, verdict: &Verdict) -> Report {
    let redis = troubles.troubled == Troubled::Redis;
    let goods = Goods::hot_and_cold();
    let book = Book::new(verdict.clone());
    let fleet = Fleet::open(Opening {
        name: format!("cells-{:?}-{}", troubles.troubled, crowd.seed).to_lowercase(),
        goods: &goods,
        place: if redis { Place::Postgres } else { Place::Folder },
        servers: 1,
        payment_timeout: SHORT_TIMEOUT,
        redis,
        drain_seconds: 0,
        verdict,
    })
    .await;
    announce_coupon(&fleet).await;
    let name = if redis { "E8 Redis" } else { "E8 payment provider" };
    let mut report = Report::new(name, crowd.seed, verdict);
    let prober = Prober::new("E8", troubles.troubled, &fleet, &book).await;
    let watcher = Watcher::new(&fleet, troubles.troubled);
    let load = Load::begin(&fleet, &book, &goods, crowd);
    let before = prober.probe(troubles.each).await.unaffected;
    report.timed(BEFORE, before.iter().copied());
    let mut run =
        Run { crowd, troubles, fleet, book: book.clone(), prober, watcher, before, report };
    for cell in troubles.cells {
        run.cell(cell).await;
    }
    let Run { mut fleet, mut report, .. } = run;
    let calm = Instant::now();
    load.end().await;
    let checker = Checker::new(&fleet, &book, &goods).await;
    report.timed(super::crash::AT_REST, [checker.rest(calm).await]);
    let sums = checker.everything(&fleet).await;
    report.lines.push(sums.to_string());
    fleet.stop(0).await;
    checker.stopped(&fleet).await;
    report.tally = book.tally();
    report
}

impl Run<'_> {
    /// One trouble, from its begin until every buyer has got over it.
    async fn cell(&mut self, cell: &Cell) {
        let before = self.book.tally();
        self.trouble(cell).await;
        let closing = self.watcher.closing();
        let after = self.book.tally();
        let carts = self.prober.fills_carts_again(BACK_WITHIN).await;
        let back = self.prober.confirmed_again(BACK_WITHIN).await;
        closing.note(cell.name, self.troubles.full, &mut self.report).await;
        let attempted = after.attempted - before.attempted;
        let pending = after.pending - before.pending;
        // Shoppers whose orders are pending ask on for them, and begin no others.
        let enough = attempted > 0 && attempted + pending >= LEAST_ORDERS;
        let verdict = &self.report.verdict;
        verdict
            .check("E8", enough, || format!("only {attempted} ordered while it was {}", cell.name));
        let redis = self.troubles.troubled == Troubled::Redis;
        let sold = after.acknowledged - before.acknowledged;
        verdict.check("E8", !redis || sold >= LEAST_ORDERS, || {
            format!("only {sold} were sold while it was {}", cell.name)
        });
        self.prober.all_buy_again(u64::try_from(self.crowd.shoppers).unwrap()).await;
        self.report.lines.push(format!(
            "{}: {attempted} attempted, {pending} pending, {sold} acknowledged; the next confirmed \
             after {back:.1?}, a cart made after {carts:.1?}",
            cell.name,
        ));
    }

    /// The trouble itself: it begins, what has nothing to do with it goes on, and it ends.
    async fn trouble(&mut self, cell: &Cell) {
        let Troubles { troubled, each, full, .. } = self.troubles;
        let opening = cell.fails_every_call().then(|| self.watcher.opening());
        let probed = match cell.and {
            None => {
                self.fleet.proxy(troubled).treat(cell.manner);
                self.prober.probe(each).await
            }
            Some(other) => self.prober.flap(&self.fleet, [cell.manner, other], each).await,
        };
        if let Some(opening) = opening {
            opening.note(cell.name, full, &mut self.report).await;
        }
        self.fleet.proxy(troubled).treat(Manner::Pass);
        probed.note_meanwhile(&mut self.report);
        if full {
            self.report.keeps_pace(cell.name, &self.before, &probed.unaffected);
        }
    }
}
