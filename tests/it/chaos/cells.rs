//! E8: the payment provider, or what keeps the carts, is away in every manner, and the shop goes on.

use std::time::{Duration, Instant};

use super::backend::Place;
use super::book::Book;
use super::check::Checker;
use super::fleet::{Fleet, Opening, SHORT_TIMEOUT, Troubled};
use super::goods::Goods;
use super::load::{Crowd, Load, announce_coupon};
use super::prober::Prober;
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

/// Goes through the cells one by one, each for so long.
pub async fn run(
    crowd: Crowd,
    troubled: Troubled,
    cells: &[Cell],
    each: Duration,
    verdict: &Verdict,
) -> Report {
    let redis = troubled == Troubled::Redis;
    let goods = Goods::hot_and_cold();
    let book = Book::new(verdict.clone());
    let mut fleet = Fleet::open(Opening {
        name: format!("cells-{troubled:?}-{}", crowd.seed).to_lowercase(),
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
    let mut report =
        Report::new(if redis { "E8 Redis" } else { "E8 payment provider" }, crowd.seed, verdict);
    let mut prober = Prober::new("E8", troubled, &fleet, &book).await;
    let load = Load::begin(&fleet, &book, &goods, crowd);
    report.timed("probes before", prober.probe(each).await);
    for cell in cells {
        let before = book.tally();
        let probes = match cell.and {
            None => {
                fleet.proxy(troubled).treat(cell.manner);
                prober.probe(each).await
            }
            Some(other) => prober.flap(&fleet, [cell.manner, other], each).await,
        };
        fleet.proxy(troubled).treat(Manner::Pass);
        let after = book.tally();
        let carts = prober.fills_carts_again(BACK_WITHIN).await;
        let back = prober.confirmed_again(BACK_WITHIN).await;
        let attempted = after.attempted - before.attempted;
        // Shoppers whose orders are pending ask on for them, and begin no others.
        let under_way = attempted + (after.pending - before.pending);
        verdict.check("E8", attempted > 0 && under_way >= LEAST_ORDERS, || {
            format!("only {attempted} ordered while it was {}", cell.name)
        });
        let sold = after.acknowledged - before.acknowledged;
        verdict.check("E8", !redis || sold >= LEAST_ORDERS, || {
            format!("only {sold} were sold while it was {}", cell.name)
        });
        prober.all_buy_again(u64::try_from(crowd.shoppers).unwrap()).await;
        report.lines.push(format!(
            "{}: {} attempted, {} pending, {sold} acknowledged; the next confirmed after {back:.1?}, \
             a cart made after {carts:.1?}",
            cell.name,
            attempted,
            after.pending - before.pending,
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
    checker.stopped(&fleet).await;
    report.tally = book.tally();
    report
}
