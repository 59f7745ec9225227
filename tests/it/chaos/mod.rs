//! The fault harness: the shop as processes, which are killed, cut off and overrun while clients buy.
//!
//! The deterministic simulation decides when anything happens inside of one process; here real
//! processes die at moments nobody chose, over real files and sockets. A run is a load of clients, a
//! series of faults and, once those ended, a checker that holds the shop, the provider's ledger and
//! every answer that a client saw against each other.
//!
//! `ECICOMM_CHAOS_KILLS` says how often the server is killed, `ECICOMM_CHAOS_SECONDS` how long each
//! trouble of the payment provider lasts, `ECICOMM_CHAOS_FLASH` how many flash sales there are, `ECICOMM_CHAOS_RESTARTS` how often
//! servers are restarted, and
//! `ECICOMM_CHAOS_SEED` where the seeds start (1). Where one of the first three is set, its run is in
//! full and is held to its times too; else it is short. A seed decides what clients want and when
//! servers die, but not what the machine makes of it: a failure need not come again.

mod backend;
mod book;
mod cells;
mod check;
mod client;
mod counts;
mod crash;
mod flash;
mod fleet;
mod goods;
mod load;
mod process;
mod proxy;
mod report;
mod restarts;
mod shopper;
mod staff;
mod verdict;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cells::CELLS;
use counts::Counts;
use crash::{Crashes, READY, RESUMED};
use flash::{LOSERS, LOSERS_P99, Sale};
use load::Crowd;
use report::Report;
use verdict::Verdict;

/// How often a server is killed where nobody says how often.
const FEW_KILLS: u64 = 8;
/// How often servers are restarted where nobody says how often.
const FEW_RESTARTS: u64 = 2;
/// How often the server of one shop is killed before the next shop opens: a shop that grows for ever
/// says more of its size than of its crashes.
const KILLS_A_SHOP: u64 = 50;
/// In so many kills each step of a saga must have been met where the run is in full.
const KILLS_A_STEP: u64 = 30;
/// From so many kills on a run is in full.
const MANY_KILLS: u64 = 300;
/// The steps that a saga can stand at and not be over.
const STEPS: [&str; 5] = ["paying", "resolving", "awaiting_buyer", "paying_back", "refunding"];
/// How long a server may take to be ready again, and a checkout that was interrupted to its end, in
/// 99 of 100 cases.
const READY_P99: Duration = Duration::from_secs(2);
const RESUMED_P99: Duration = Duration::from_secs(10);
/// Orders for each kill, at the least: a server that dies idle proves nothing.
const ORDERS_A_KILL: u64 = 5;

/// Runs one test at a time: they would take each other's processors.
fn in_turn(run: impl Future<Output = ()>) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap().block_on(run);
}

/// What any run must have checked.
const CHECKED: [&str; 11] = ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I9", "I10", "I11", "I13"];

/// Tells what a run came to, and fails where it is not what it must be.
fn conclude(report: &Report) {
    println!("{report}");
    assert_eq!(report.verdict.violations(), 0, "{report}");
    for invariant in CHECKED {
        assert!(report.verdict.checks(invariant) > 0, "{invariant} was never checked");
    }
}

fn crowd(seed: u64, full: bool) -> Crowd {
    if full {
        Crowd { seed, shoppers: 64, staff: 3, idle_percent: 10 }
    } else {
        Crowd { seed, shoppers: 16, staff: 2, idle_percent: 0 }
    }
}

#[test]
fn a_server_that_is_killed_again_and_again_loses_nothing_that_it_acknowledged() {
    in_turn(async {
        let counts = Counts::of_environment();
        let (full, kills) = (counts.kills.is_some(), counts.kills.unwrap_or(FEW_KILLS));
        let verdict = Verdict::default();
        let mut all: Option<Report> = None;
        let mut left = kills;
        for seed in counts.seed.. {
            let now = left.min(KILLS_A_SHOP);
            left -= now;
            let owing = if left == 0 && kills >= MANY_KILLS { KILLS_A_STEP + 2 } else { 0 };
            let plan = Crashes { crowd: crowd(seed, full), kills: now, kills_while_owing: owing };
            let report = crash::run(plan, &verdict).await;
            println!("{report}");
            match &mut all {
                None => all = Some(report),
                Some(all) => all.add(report),
            }
            if left == 0 {
                break;
            }
        }
        let report = all.unwrap();
        conclude(&report);
        assert!(report.kills >= kills, "{} kills", report.kills);
        let acknowledged = report.tally.acknowledged;
        assert!(acknowledged >= kills * ORDERS_A_KILL, "only {acknowledged} orders");
        let met = |step: &str| report.kills_in.get(step).copied().unwrap_or_default();
        assert!(met("paying") > 0, "no kill met a checkout while it paid");
        if kills >= MANY_KILLS {
            let lacking: Vec<_> = STEPS.iter().filter(|step| met(step) < KILLS_A_STEP).collect();
            assert!(lacking.is_empty(), "fewer than {KILLS_A_STEP} kills in {lacking:?}");
        }
        if full {
            assert!(report.quantile(READY, 99) <= READY_P99, "not ready in time");
            assert!(report.quantile(RESUMED, 99) <= RESUMED_P99, "not resumed in time");
        }
    });
}

#[test]
fn servers_that_restart_one_after_the_other_leave_no_request_unanswered() {
    in_turn(async {
        let counts = Counts::of_environment();
        let verdict = Verdict::default();
        let crowd = crowd(counts.seed, counts.restarts.is_some());
        let rounds = counts.restarts.unwrap_or(FEW_RESTARTS);
        let report = restarts::run(crowd, rounds, &verdict).await;
        conclude(&report);
        let acknowledged = report.tally.acknowledged;
        assert!(acknowledged >= rounds * ORDERS_A_KILL, "only {acknowledged} orders");
    });
}

#[test]
fn a_flash_sale_sells_every_unit_once() {
    in_turn(async {
        let counts = Counts::of_environment();
        let verdict = Verdict::default();
        let rounds = counts.sales.unwrap_or(1);
        for seed in counts.seed..counts.seed + rounds {
            let sale = match counts.sales {
                Some(_) => Sale { seed, units: 1_000, orders: 10_000, connections: 256 },
                None => Sale { seed, units: 50, orders: 400, connections: 64 },
            };
            let report = flash::run(sale, &verdict).await;
            conclude(&report);
            if counts.sales.is_some() {
                assert!(report.quantile(LOSERS, 99) <= LOSERS_P99, "losers waited too long");
            }
        }
    });
}

#[test]
fn a_provider_in_trouble_holds_up_payments_and_nothing_else() {
    in_turn(async {
        let counts = Counts::of_environment();
        let verdict = Verdict::default();
        let (cells, each) = match counts.cell {
            Some(each) => (&CELLS[..], each),
            None => (&CELLS[..2], Duration::from_secs(3)),
        };
        // Most wait for what became of their payments, so there are many.
        let crowd = Crowd { seed: counts.seed, shoppers: 48, staff: 2, idle_percent: 0 };
        let report = cells::run(crowd, cells, each, &verdict).await;
        conclude(&report);
        assert!(report.tally.pending > 0, "no payment was ever in doubt");
        assert!(report.tally.acknowledged > 0, "nothing was ever sold");
    });
}
