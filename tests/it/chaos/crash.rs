//! E3: the server is killed, again and again, at whatever it is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use ecicomm::domain::order::{Effect, Saga, SagaId};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time;

use super::backend::Place;
use super::book::Book;
use super::check::{Checker, MINUTE};
use super::client::Request;
use super::fleet::{Fleet, HOLD, Opening, SHORT_TIMEOUT, Troubled};
use super::goods::Goods;
use super::load::{Crowd, Load, announce_coupon};
use super::proxy::Manner;
use super::report::Report;
use super::verdict::Verdict;
use crate::simulation::{rng::Rng, step_of};

/// How long a start takes, from the process to the first answer that it is ready.
pub const READY: &str = "ready again";
/// How long a checkout that was interrupted takes to its end, from the server's being ready again.
pub const RESUMED: &str = "interrupted checkouts over";
/// The same where the provider was silent about the payment: it has its own time.
pub const RESOLVED: &str = "interrupted checkouts with a silent provider over";
/// How long everything takes to its end, from the last fault.
pub const AT_REST: &str = "all at rest";

/// A shop whose server is killed.
#[derive(Clone, Copy, Debug)]
pub struct Crashes {
    pub crowd: Crowd,
    pub place: Place,
    /// How many servers there are, of which one at a time is killed.
    pub servers: usize,
    pub kills: u64,
    /// How many kills are to meet a saga that cannot pay back money that was taken too late; any of
    /// these takes two minutes to set up.
    pub kills_while_owing: u64,
}

/// One shop, from its first order to its last check.
struct Run {
    fleet: Fleet,
    rng: Rng,
    report: Report,
    /// The last kill that interrupted a checkout while it paid.
    interrupted: BTreeMap<SagaId, Interruption>,
    /// Whether the provider is away beside.
    owing: bool,
    /// The sagas that the last kill met, and when the server was ready after it.
    reading: Option<(JoinHandle<Vec<Saga>>, i64)>,
}

/// A kill, as a checkout met it.
#[derive(Clone, Copy, Debug)]
struct Interruption {
    /// When the server was ready again, in microseconds of the clock on the wall.
    ready: i64,
    /// How much of its journal there was before.
    journal: usize,
}

/// Runs it.
pub async fn run(plan: Crashes, verdict: &Verdict) -> Report {
    let seed = plan.crowd.seed;
    let goods = Goods::hot_and_cold();
    let book = Book::new(verdict.clone());
    let fleet = Fleet::open(Opening {
        name: format!("crash-{seed}"),
        goods: &goods,
        place: plan.place,
        servers: plan.servers,
        payment_timeout: SHORT_TIMEOUT,
        redis: false,
        drain_seconds: 0,
        verdict,
    })
    .await;
    announce_coupon(&fleet).await;
    let mut run = Run {
        fleet,
        rng: Rng::fork(seed, "kills"),
        report: Report::new(name(plan), seed, verdict),
        interrupted: BTreeMap::new(),
        owing: false,
        reading: None,
    };
    let load = Load::begin(&run.fleet, &book, &goods, plan.crowd);
    for _ in 0..plan.kills {
        run.kill().await;
    }
    if plan.kills_while_owing > 0 {
        run.owe(plan.kills_while_owing).await;
    }
    let calm = Instant::now();
    run.note_last_kill().await;
    load.end().await;
    let checker = Checker::new(&run.fleet, &book, &goods).await;
    let rest = checker.rest(calm).await;
    let sums = checker.everything(&run.fleet).await;
    for slot in run.fleet.slots() {
        run.fleet.stop(slot).await;
    }
    let sagas = checker.stopped(&run.fleet).await;
    run.finish(&book, &sagas, rest);
    run.report.lines.push(sums.to_string());
    run.report
}

fn name(plan: Crashes) -> &'static str {
    match plan.place {
        Place::Folder => "E3 kill -9 of the server",
        Place::Postgres if plan.servers == 1 => "E3 kill -9 of the server over Postgres",
        Place::Postgres => "E3 kill -9 of one of several servers over Postgres",
    }
}

impl Run {
    /// One life of a server: it ends between 50 and 1,500 ms after it was ready.
    async fn kill(&mut self) {
        let millis = self.rng.between(50, 1_500);
        time::sleep(Duration::from_millis(u64::try_from(millis).unwrap())).await;
        self.fleet.no_session_is_poisoned(&self.report.verdict).await;
        let slots = self.fleet.slots();
        let slot = *self.rng.pick(&slots.collect::<Vec<_>>());
        self.fleet.kill(slot);
        self.report.kills += 1;
        self.note_last_kill().await;
        let aside = self.fleet.backend().set_aside().await;
        self.others_go_on().await;
        self.fleet.start(slot).await;
        let ready = micros_now();
        // Read while the server works, so that its start is not held up.
        self.reading = Some((spawn_blocking(move || aside.open_sagas()), ready));
    }

    /// Those that were not killed answer as ever.
    async fn others_go_on(&self) {
        for caller in self.fleet.callers() {
            let answer = caller.send(&Request::get("/products?limit=1")).await;
            let right = answer.as_ref().is_ok_and(|answer| answer.status == 200);
            let verdict = &self.report.verdict;
            verdict.check("E11", right, || format!("while another one is down: {answer:?}"));
        }
    }

    /// Notes at which steps the last kill met sagas.
    async fn note_last_kill(&mut self) {
        let Some((reading, ready)) = self.reading.take() else { return };
        let open = reading.await.unwrap();
        let steps: BTreeSet<&str> = open.iter().map(step_of).collect();
        for step in steps {
            *self.report.kills_in.entry(step).or_default() += 1;
        }
        for saga in &open {
            if !self.owing && step_of(saga) == "paying" {
                let journal = saga.journal.len();
                self.interrupted.insert(saga.id, Interruption { ready, journal });
            } else if self.owing {
                // It waits for the provider now, which has its own time.
                self.interrupted.remove(&saga.id);
            }
        }
    }

    /// Kills while checkouts owe their buyers money: the provider is mute for longer than stock is
    /// held, so that it is learnt too late what was taken; then it takes no refunds. A kill may come
    /// before it was learnt, so up to twice as many are tried.
    async fn owe(&mut self, kills: u64) {
        self.note_last_kill().await;
        self.owing = true;
        self.fleet.proxy(Troubled::Payment).treat(Manner::Mute);
        time::sleep(HOLD + Duration::from_secs(10)).await;
        self.fleet.proxy(Troubled::Payment).treat(Manner::NoRefunds);
        for _ in 0..kills * 2 {
            self.kill().await;
            self.note_last_kill().await;
            if self.report.kills_in.get("paying_back").is_some_and(|met| *met >= kills) {
                break;
            }
        }
        self.fleet.proxy(Troubled::Payment).treat(Manner::Pass);
    }

    fn finish(&mut self, book: &Book, sagas: &[Saga], rest: Duration) {
        self.report.tally = book.tally();
        self.report.timed(READY, self.fleet.starts.iter().copied());
        self.report.timed(AT_REST, [rest]);
        for saga in sagas {
            let Some(Interruption { ready, journal }) = self.interrupted.get(&saga.id) else {
                continue;
            };
            // It pays no more once it waits for its buyer, who may take as long as stock is held.
            let mut later = saga.journal.iter().skip(*journal);
            let asked = later.find(|entry| entry.effect == Effect::ActionRequired);
            let Some(end) = asked.or(saga.journal.last()).map(|entry| entry.at.micros()) else {
                continue;
            };
            if self.fleet.slots().len() > 1 && end <= *ready {
                // The kill was of another server than the one that worked on it.
                continue;
            }
            // Many are over before anyone is told that the server is ready.
            let took = Duration::from_micros(u64::try_from(end - ready).unwrap_or(0));
            let silent = saga.journal.iter().any(|entry| entry.effect == Effect::PaymentUnknown);
            self.report.timed(if silent { RESOLVED } else { RESUMED }, [took]);
            self.report.verdict.check("I7", silent || took <= MINUTE, || {
                format!("over {took:?} after the server was ready again: {saga:?}")
            });
        }
    }
}

fn micros_now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_micros()).unwrap()
}
