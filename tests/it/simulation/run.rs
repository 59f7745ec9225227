//! One run, and all of them.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, thread};

use tokio::runtime::Builder;
use tokio::time;

use super::book::Book;
use super::check::{self, SETTLE_SECONDS};
use super::client::Client;
use super::plan::DAY_SECONDS;
use super::server::Cluster;
use super::setup::open_shop;
use super::shopper::Shopper;
use super::staff::{Clerk, Warehouse};
use super::storage::Disk;
use super::tally::Tally;
use super::witness::Witness;
use super::world::World;

/// Then those that wait for a buyer give up too.
const HOLD_SECONDS: i64 = 31 * 60;

/// What every seed must come to, however rough: some less than what the roughest of many did.
const LEAST_ANSWERED: u64 = 70;
const LEAST_PLACED: u64 = 35;
const LEAST_CONFIRMED: u64 = 20;

/// What a run came to.
pub struct Ran {
    pub tally: Tally,
    pub hash: u64,
    /// The last steps, or all of them where that was asked for.
    pub trace: Vec<String>,
}

/// Makes the disk of a run; none for a store in memory.
type MakeDisk = fn() -> Option<Disk>;

/// A day of the shop under one seed; `all` keeps the whole trace.
fn run(seed: u64, disk: MakeDisk, all: bool) -> Result<Ran, String> {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(day(seed, disk(), all))
}

async fn day(seed: u64, disk: Option<Disk>, all: bool) -> Result<Ran, String> {
    let world = World::new(seed, disk, all);
    let cluster = Cluster::new(world.clone());
    let (shop, index) = cluster.backend.shop(&world);
    let goods = Arc::new(open_shop(&shop).await);
    let book = Book::new(world.clone());
    let servers: Vec<_> = (0..usize::from(world.plan.processes))
        .map(|slot| tokio::spawn(cluster.clone().keep_alive(slot)))
        .collect();
    world.be_rough(true);
    let mut actors = Vec::new();
    for number in 0..6_u16 {
        let name = format!("shopper-{number}");
        let client = Client::new(&cluster, &book, &name, 100 + number);
        actors.push(tokio::spawn(Shopper::new(client).live()));
    }
    let warehouse = Warehouse { client: Client::new(&cluster, &book, "warehouse", 110) };
    actors.push(tokio::spawn(warehouse.live()));
    let clerk = Clerk { client: Client::new(&cluster, &book, "clerk", 111), goods: goods.clone() };
    actors.push(tokio::spawn(clerk.live()));
    let calms = tokio::spawn(check::calms(cluster.clone()));
    for actor in actors {
        if let Err(error) = actor.await {
            world.violation(format!("an actor ended early: {error}"));
        }
    }
    world.until(DAY_SECONDS).await;
    if let Err(error) = calms.await {
        world.violation(format!("nobody looked for calm: {error}"));
    }
    world.be_rough(false);
    while !cluster.all_alive() {
        if servers.iter().any(tokio::task::JoinHandle::is_finished) {
            return Err(format!("seed {seed}: a server cannot be started any more"));
        }
        time::sleep(Duration::from_secs(1)).await;
    }
    drop((shop, index));
    // The first one may have lost its store with the power.
    let (shop, index) = cluster.backend.shop(&world);
    for letter in cluster.backend.dead_letters().await {
        shop.relay.replay(Witness::NAME, letter).await.unwrap();
    }
    let checker = check::Checker { world: &world, cluster: &cluster, book: &book, goods: &goods };
    time::sleep(Duration::from_secs(u64::try_from(SETTLE_SECONDS).unwrap())).await;
    check::sagas_ended(&cluster, world.now()).await;
    time::sleep(Duration::from_secs(u64::try_from(HOLD_SECONDS).unwrap())).await;
    let left = checker.everything().await;
    drop((shop, index));
    for server in servers {
        server.abort();
    }
    let hash = world.seal(&left);
    let hours = u64::try_from(world.elapsed() / 3_600_000_000).unwrap();
    world.count(|tally| tally.virtual_hours += hours);
    Ok(Ran { tally: world.report()?, hash, trace: world.trace() })
}

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

/// Runs seeds on every core, each on a thread of its own from beginning to end, until all are done
/// or one fails.
fn run_all(
    seeds: impl Iterator<Item = u64> + Send,
    disk: MakeDisk,
) -> Result<Vec<(u64, Ran)>, String> {
    let seeds = Mutex::new(seeds);
    let (ran, failed) = (Mutex::new(Vec::new()), Mutex::new(None));
    let stop = AtomicBool::new(false);
    let width = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..width {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let Some(seed) = seeds.lock().unwrap().next() else { return };
                    match run(seed, disk, false) {
                        Ok(done) => ran.lock().unwrap().push((seed, done)),
                        Err(report) => {
                            stop.store(true, Ordering::Relaxed);
                            failed.lock().unwrap().get_or_insert(report);
                        }
                    }
                }
            });
        }
    });
    match failed.into_inner().unwrap() {
        Some(report) => Err(report),
        None => Ok(ran.into_inner().unwrap()),
    }
}

/// Shows a text where `println!` would show nothing, as the harness keeps that of tests that pass.
fn show(text: &str) {
    std::io::stderr().lock().write_all(text.as_bytes()).unwrap();
}

/// What must have happened somewhere among so many runs, or they prove nothing.
fn missing(total: &Tally) -> Vec<String> {
    let mut missing = Vec::new();
    for (kind, counts, wanted) in [
        (
            "crash with a saga in",
            &total.crashes_in,
            &[
                "reserving",
                "paying",
                "confirming",
                "compensating",
                "resolving",
                "awaiting_buyer",
                "paying_back",
                "refunding",
            ][..],
        ),
        (
            "fault of",
            &total.faults,
            &[
                "store", "catalog", "pricing", "stock", "orders", "sagas", "keys", "events",
                "carts", "search", "gateway", "consumer",
            ][..],
        ),
    ] {
        let absent = wanted.iter().filter(|name| counts.get(*name).copied().unwrap_or(0) == 0);
        missing.extend(absent.map(|name| format!("no {kind} {name}")));
    }
    for (name, count) in [
        ("reservation expired", total.reservations_expired),
        ("unknown payment resolved", total.unknown_payments_resolved),
        ("lost stock paid back", total.stock_lost_and_paid_back),
        ("event failed", total.events_failed),
        ("event given up and replayed", total.letters_replayed),
        ("event handled again", total.events_repeated),
        ("look for events held up by another", total.held_up_checks),
        ("calm after a spell of faults", total.calms),
    ] {
        if count == 0 {
            missing.push(format!("no {name}"));
        }
    }
    missing
}

#[test]
fn a_day_under_faults_and_crashes_breaks_no_rule() {
    let (count, first) = (setting("ECICOMM_SIM_SEEDS", 200), setting("ECICOMM_SIM_SEED", 1));
    let began = Instant::now();
    let ran = run_all(first..first + count, || None).unwrap_or_else(|report| panic!("{report}"));
    let mut total = Tally::default();
    for (seed, done) in &ran {
        for (name, count, least) in [
            ("checkouts", done.tally.checkouts, 100),
            ("answers to checkouts", done.tally.answered, LEAST_ANSWERED),
            ("orders", done.tally.placed, LEAST_PLACED),
            ("confirmed orders", done.tally.confirmed, LEAST_CONFIRMED),
        ] {
            assert!(count >= least, "seed {seed} has {count} {name}, not {least}");
        }
        total.add(&done.tally);
    }
    let seconds = began.elapsed().as_secs_f64();
    let least = |of: fn(&Tally) -> u64| {
        ran.iter().map(|(_, done)| of(&done.tally)).min().unwrap_or_default()
    };
    show(&format!(
        "{count} seeds from {first} in {seconds:.1} s\n{total}\n  least of a seed: answered {}, \
         placed {}, confirmed {}\n",
        least(|tally| tally.answered),
        least(|tally| tally.placed),
        least(|tally| tally.confirmed),
    ));
    if count >= 200 {
        assert_eq!(missing(&total), Vec::<String>::new());
    }
}

/// Power cuts of a store on a disk, each a crash of its server: what was answered is there, what was
/// not is there whole or not at all, and the shop goes on from it.
#[cfg(feature = "redb")]
#[test]
fn a_day_of_power_cuts_breaks_no_rule() {
    let wanted = setting("ECICOMM_POWER_CUTS", 150);
    let first = setting("ECICOMM_SIM_SEED", 1);
    let (mut total, mut seeds, began) = (Tally::default(), first..first, Instant::now());
    while total.power_cuts < wanted {
        seeds = seeds.end..seeds.end + 8;
        let ran = run_all(seeds.clone(), || Some(Disk::default()));
        for (_, done) in ran.unwrap_or_else(|report| panic!("{report}")) {
            total.add(&done.tally);
        }
        assert!(seeds.end - first < wanted + 8, "the power hardly ever fails: {total}");
    }
    let seconds = began.elapsed().as_secs_f64();
    show(&format!("power cuts: seeds {first} to {} in {seconds:.1} s\n{total}\n", seeds.end - 1));
    let amid = total.kinds.get("crash_amid").copied().unwrap_or(0);
    assert!(amid > 0, "no cut fell into a write");
}

/// Where two runs of a seed part.
fn parting(seed: u64) -> String {
    let trace = || run(seed, || None, true).map_or_else(|report| vec![report], |ran| ran.trace);
    let (one, other) = (trace(), trace());
    let Some(step) = one.iter().zip(&other).position(|(one, other)| one != other) else {
        return "nowhere that the trace shows".to_owned();
    };
    let before = one[step.saturating_sub(20)..step].join("\n");
    format!("after\n{before}\none did\n{}\nand the other\n{}", one[step], other[step])
}

#[test]
fn a_seed_repeats_itself_to_the_last_step() {
    let first = setting("ECICOMM_SIM_SEED", 1);
    let once = run_all(first..first + 6, || None).unwrap_or_else(|report| panic!("{report}"));
    let seeds = once.iter().map(|(seed, _)| *seed).rev().collect::<Vec<_>>();
    let again = run_all(seeds.into_iter(), || None).unwrap_or_else(|report| panic!("{report}"));
    for (seed, done) in &once {
        let (_, other) = again.iter().find(|(known, _)| known == seed).unwrap();
        let alike = done.hash == other.hash && done.tally == other.tally;
        assert!(alike, "seed {seed} took two courses, parting {}", parting(*seed));
    }
}
