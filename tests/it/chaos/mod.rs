//! The fault harness: the shop as processes, which are killed, cut off and overrun while clients buy.
//!
//! The deterministic simulation decides when anything happens inside of one process; here real
//! processes die at moments nobody chose, over real files and sockets. A run is a load of clients, a
//! series of faults and, once those ended, a checker that holds the shop, the provider's ledger and
//! every answer that a client saw against each other.
//!
//! `ECICOMM_CHAOS_KILLS` says how often the server is killed, `ECICOMM_CHAOS_DATABASE_KILLS` how often
//! the database is, `ECICOMM_CHAOS_REDIS_KILLS` how often Redis is, `ECICOMM_CHAOS_SECONDS` how long
//! each trouble of the provider or Redis lasts, `ECICOMM_CHAOS_FLASH` how many flash sales there are,
//! `ECICOMM_CHAOS_RESTARTS` how often servers are restarted, `ECICOMM_CHAOS_HANG_UPS` how often clients
//! hang up, and `ECICOMM_CHAOS_SEED` where the seeds
//! start (1). Where one of the others is set, its runs are in full and are held to their times too;
//! else they are short. `ECICOMM_CHAOS_OWING_KILLS` has the server killed so often beside while it owes
//! buyers money, which takes two minutes to come about; a run in full does that by itself. A seed
//! decides what clients want and when servers die, but not what the machine makes of it: a failure
//! need not come again.

mod abrupt;
mod backend;
mod barrier;
mod book;
mod breaker;
mod cartless;
mod cells;
mod check;
mod client;
mod counts;
mod crash;
mod database;
mod flash;
mod fleet;
mod goods;
mod hangups;
mod load;
mod midway;
mod outages;
mod prober;
mod process;
mod proxy;
mod report;
mod restarts;
mod shopper;
mod staff;
mod verdict;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use backend::Place;
use cartless::CARTS_BACK;
use cells::{CELLS, REDIS_CELLS, Troubles};
use counts::Counts;
use crash::{Crashes, READY, RESUMED};
use flash::{LOSERS, LOSERS_P99, Sale};
use fleet::Troubled;
use load::Crowd;
use outages::{TOLD, USABLE};
use report::Report;
use restarts::SERVERS;
use verdict::Verdict;

/// How often a server is killed where nobody says how often.
const FEW_KILLS: u64 = 8;
/// The same over Postgres, where a checkout waits for the lease of the one that died.
const FEW_KILLS_OVER_POSTGRES: u64 = 3;
/// How often a database is killed where nobody says how often.
const FEW_DATABASE_KILLS: u64 = 1;
/// How often Redis is killed where nobody says how often.
const FEW_REDIS_KILLS: u64 = 1;
/// How long Redis may be back before carts are, in 99 of 100 cases.
const CARTS_BACK_P99: Duration = Duration::from_secs(5);
/// One kill of one of several servers for so many of an only one.
const KILLS_FOR_ONE_OF_TWO: u64 = 5;
/// How many of a hundred requests nobody waits for, and how many where that is what is tried.
const FEW_HANG_UP: u32 = 2;
const MOST_HANG_UP: u32 = 90;
/// How often clients hang up where nobody says how often.
const FEW_HANG_UPS: u64 = 200;
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
/// How long a database may be back before every server sells again, and those wait who are told
/// that it is away, in 99 of 100 cases.
const USABLE_P99: Duration = Duration::from_secs(5);
const TOLD_P99: Duration = Duration::from_millis(100);
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
const CHECKED: [&str; 12] =
    ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I13"];

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
        Crowd { seed, shoppers: 64, staff: 3, idle_percent: 10, hung_up_percent: FEW_HANG_UP }
    } else {
        Crowd { seed, shoppers: 16, staff: 2, idle_percent: 0, hung_up_percent: FEW_HANG_UP }
    }
}

/// Kills servers over one shop after the other, and holds what came of it to what it must be.
async fn kill_servers(place: Place, servers: usize, few: u64, share: u64) {
    let counts = Counts::of_environment();
    let (full, kills) = (counts.kills.is_some(), counts.kills.map_or(few, |kills| kills / share));
    let verdict = Verdict::default();
    let mut all: Option<Report> = None;
    let mut left = kills;
    for seed in counts.seed.. {
        let now = left.min(KILLS_A_SHOP);
        left -= now;
        let owing = match counts.owing_kills {
            _ if left > 0 => 0,
            Some(owing) => owing,
            None if kills >= MANY_KILLS => KILLS_A_STEP,
            None => 0,
        };
        let crowd = crowd(seed, full);
        let plan = Crashes { crowd, place, servers, kills: now, kills_while_owing: owing };
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
    killed_enough(&all.unwrap(), kills, full);
}

fn killed_enough(report: &Report, kills: u64, full: bool) {
    conclude(report);
    assert!(report.kills >= kills.max(1), "{} kills", report.kills);
    let acknowledged = report.tally.acknowledged;
    assert!(acknowledged >= kills * ORDERS_A_KILL, "only {acknowledged} orders");
    let met = |step: &str| report.kills_in.get(step).copied().unwrap_or_default();
    assert!(met("paying") > 0, "no kill met a checkout while it paid");
    if kills >= MANY_KILLS {
        let lacking: Vec<_> = STEPS.iter().filter(|step| met(step) < KILLS_A_STEP).collect();
        assert!(lacking.is_empty(), "fewer than {KILLS_A_STEP} kills in {lacking:?}");
    }
    if full {
        report.hold_to(READY, READY_P99);
        report.hold_to(RESUMED, RESUMED_P99);
    }
}

async fn restart_servers(place: Place, servers: u64) {
    let counts = Counts::of_environment();
    let verdict = Verdict::default();
    // No more than the machine takes with all servers up: what it is too slow for says nothing of
    // restarts, and is answered 503 too.
    let crowd = crowd(counts.seed, false);
    let rounds = counts.restarts.unwrap_or(FEW_RESTARTS).div_ceil(servers);
    let report = restarts::run(place, crowd, rounds, &verdict).await;
    conclude(&report);
    let restarted = u64::try_from(report.times[READY].len()).unwrap();
    assert!(restarted >= rounds * servers, "only {restarted} restarts");
    let acknowledged = report.tally.acknowledged;
    assert!(acknowledged >= restarted * ORDERS_A_KILL, "only {acknowledged} orders");
}

async fn hold_sales(place: Place) {
    let counts = Counts::of_environment();
    let verdict = Verdict::default();
    let rounds = counts.sales.unwrap_or(1);
    for seed in counts.seed..counts.seed + rounds {
        let sale = match counts.sales {
            Some(_) => Sale { seed, place, units: 1_000, orders: 10_000, connections: 256 },
            None => Sale { seed, place, units: 50, orders: 400, connections: 64 },
        };
        let report = flash::run(sale, &verdict).await;
        conclude(&report);
        if counts.sales.is_some() {
            report.hold_to(LOSERS, LOSERS_P99);
        }
    }
}

#[test]
#[should_panic(expected = "nothing tells how long it took")]
fn a_limit_on_what_never_happened_is_not_kept() {
    let mut report = Report::new("a run", 1, &Verdict::default());
    report.timed(READY, []);
    report.hold_to(READY, READY_P99);
}

#[test]
fn what_goes_on_may_take_half_as_long_again_and_no_longer() {
    let violations = |before: &[u64], meanwhile: &[u64]| {
        let times = |millis: &[u64]| -> Vec<Duration> {
            millis.iter().copied().map(Duration::from_millis).collect()
        };
        let report = Report::new("a run", 1, &Verdict::default());
        report.keeps_pace("slow", &times(before), &times(meanwhile));
        report.verdict.violations()
    };
    assert_eq!(violations(&[200], &[300]), 0);
    assert_eq!(violations(&[200], &[301]), 1);
    assert_eq!(violations(&[2], &[100]), 0, "a machine that is busy takes so long now and then");
    assert_eq!(violations(&[2], &[]), 1, "what never was is not in time");
}

#[test]
fn a_server_that_is_killed_again_and_again_loses_nothing_that_it_acknowledged() {
    in_turn(kill_servers(Place::Folder, 1, FEW_KILLS, 1));
}

#[test]
fn a_server_over_postgres_that_is_killed_again_and_again_loses_nothing_that_it_acknowledged() {
    in_turn(kill_servers(Place::Postgres, 1, FEW_KILLS_OVER_POSTGRES, 1));
}

#[test]
fn of_two_servers_one_goes_on_while_the_other_is_killed() {
    in_turn(kill_servers(Place::Postgres, 2, FEW_KILLS_OVER_POSTGRES, KILLS_FOR_ONE_OF_TWO));
}

#[test]
fn a_database_that_is_killed_again_and_again_loses_nothing_that_was_acknowledged() {
    in_turn(async {
        let counts = Counts::of_environment();
        let (full, verdict) = (counts.database_kills.is_some(), Verdict::default());
        let kills = counts.database_kills.unwrap_or(FEW_DATABASE_KILLS);
        let report = outages::run(crowd(counts.seed, full), kills, &verdict).await;
        conclude(&report);
        assert!(report.kills >= kills.max(1), "{} kills", report.kills);
        let acknowledged = report.tally.acknowledged;
        assert!(acknowledged >= kills * ORDERS_A_KILL, "only {acknowledged} orders");
        if full {
            report.hold_to(USABLE, USABLE_P99);
            report.hold_to(TOLD, TOLD_P99);
        }
    });
}

#[test]
fn a_server_that_restarts_leaves_no_request_unanswered() {
    in_turn(restart_servers(Place::Folder, 1));
}

#[test]
fn servers_that_restart_one_after_the_other_leave_no_request_unanswered() {
    in_turn(restart_servers(Place::Postgres, u64::try_from(SERVERS).unwrap()));
}

#[test]
fn clients_that_hang_up_leave_no_transaction_open() {
    in_turn(async {
        let counts = Counts::of_environment();
        let hang_ups = counts.hang_ups.unwrap_or(FEW_HANG_UPS);
        let all = crowd(counts.seed, counts.hang_ups.is_some());
        let crowd = Crowd { idle_percent: 0, hung_up_percent: MOST_HANG_UP, ..all };
        let report = hangups::run(crowd, hang_ups, &Verdict::default()).await;
        conclude(&report);
        assert!(report.verdict.checks("T-C11") > 0, "no session was looked at");
        assert!(report.tally.hung_up >= hang_ups, "{} hung up", report.tally.hung_up);
        assert!(report.tally.acknowledged > 0, "nothing was ever sold");
    });
}

#[test]
fn a_flash_sale_sells_every_unit_once() {
    in_turn(hold_sales(Place::Folder));
}

#[test]
fn a_flash_sale_over_postgres_sells_every_unit_once() {
    in_turn(hold_sales(Place::Postgres));
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
        let crowd = Crowd { shoppers: 48, ..crowd(counts.seed, false) };
        let (troubled, full) = (Troubled::Payment, counts.cell.is_some());
        let troubles = Troubles { troubled, cells, each, full };
        let report = cells::run(crowd, troubles, &verdict).await;
        conclude(&report);
        assert!(report.tally.pending > 0, "no payment was ever in doubt");
        assert!(report.tally.acknowledged > 0, "nothing was ever sold");
    });
}

#[test]
fn redis_in_trouble_holds_up_carts_and_nothing_else() {
    in_turn(async {
        let counts = Counts::of_environment();
        let verdict = Verdict::default();
        let (cells, each) = match counts.cell {
            Some(each) => (&REDIS_CELLS[..], each),
            None => (&REDIS_CELLS[..2], Duration::from_secs(3)),
        };
        let (troubled, full) = (Troubled::Redis, counts.cell.is_some());
        let troubles = Troubles { troubled, cells, each, full };
        let report = cells::run(crowd(counts.seed, false), troubles, &verdict).await;
        conclude(&report);
        assert!(report.tally.acknowledged > 0, "nothing was ever sold");
    });
}

#[test]
fn a_redis_that_is_killed_again_and_again_takes_nothing_but_carts_with_it() {
    in_turn(async {
        let counts = Counts::of_environment();
        let (full, verdict) = (counts.redis_kills.is_some(), Verdict::default());
        let kills = counts.redis_kills.unwrap_or(FEW_REDIS_KILLS);
        let report = cartless::run(crowd(counts.seed, false), kills, full, &verdict).await;
        conclude(&report);
        assert!(report.kills >= kills.max(1), "{} kills", report.kills);
        if full {
            report.hold_to(CARTS_BACK, CARTS_BACK_P99);
        }
    });
}
