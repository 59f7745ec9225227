//! The world of one run: time, chance, what happened. One thread, and every draw in one order.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use ecicomm::domain::shared::Timestamp;
use ecicomm::ports::system::{Clock, Ids, Secrets};
use tokio::sync::Notify;
use tokio::time::{self, Instant};
use uuid::{Builder, Uuid};

use super::plan::{Manner, Plan, spell_of};
use super::rng::Rng;
use super::storage::{Disk, Storage};
use super::tally::Tally;
use super::trace::{Step, Trace};

/// When every run begins: 2026-03-01T00:00:00Z.
const EPOCH_MICROS: i64 = 1_772_323_200_000_000;

/// What a call of a port meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Fine,
    Refused,
    AnswerLost,
    RequestLost,
    Late,
    CrashBefore,
    /// The power fails while the disk is written to.
    CrashAmid,
    CrashAfter,
}

/// How much a process's death at a call would tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    Any,
    /// A saga moves by the call.
    Saga,
    /// It moves at a step that few ever come to, so that a crash there is worth one more.
    RareStep,
}

/// How many times more often than where any saga moves a process dies at a rare step.
const RARE_STEP_WEIGHT: u32 = 12;

/// What the seed decides of one call.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    pub fate: Fate,
    pub before: Duration,
    pub after: Duration,
    /// Whether its answer takes seconds.
    pub slow: bool,
    /// Whether the call is looked at at all.
    pub noted: bool,
}

impl Draw {
    /// Of a call between the rushes, when the shop idles.
    const IDLE: Self = Self {
        fate: Fate::Fine,
        before: Duration::ZERO,
        after: Duration::ZERO,
        slow: false,
        noted: false,
    };
}

/// A call that did not go as it should: when, in microseconds of the run, and which.
#[derive(Clone, Copy, Debug)]
pub struct Trouble {
    pub at: i64,
    pub op: &'static str,
    pub fate: Fate,
}

/// One life of one server, in microseconds of the run.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    pub process: u16,
    pub from: i64,
    pub to: Option<i64>,
}

pub struct World {
    pub seed: u64,
    pub plan: Plan,
    /// What outlives the servers.
    pub storage: Arc<Storage>,
    began: Instant,
    inner: Mutex<Inner>,
    /// Told of every commit.
    pub commits: Notify,
}

struct Inner {
    faults: Rng,
    secrets: Rng,
    ids: u64,
    rough: bool,
    /// The spell of faults that is on, and how many crashes it had.
    crashes: (i64, u32),
    troubles: Vec<Trouble>,
    lives: Vec<Life>,
    trace: Trace,
    tally: Tally,
    violations: Vec<String>,
}

impl World {
    /// The world of a seed, over a store in memory or on a disk; `all` keeps its whole trace.
    pub fn new(seed: u64, disk: Option<Disk>, all: bool) -> Arc<Self> {
        let plan = Plan::of(seed, disk.is_some());
        Arc::new(Self {
            seed,
            storage: Storage::new(disk),
            began: Instant::now(),
            inner: Mutex::new(Inner {
                faults: Rng::fork(seed, "faults"),
                secrets: Rng::fork(seed, "secrets"),
                ids: 0,
                rough: false,
                crashes: (-1, 0),
                troubles: Vec::new(),
                lives: Vec::new(),
                trace: Trace::new(all),
                tally: Tally::default(),
                violations: Vec::new(),
            }),
            commits: Notify::new(),
            plan,
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Microseconds since the run began.
    pub fn elapsed(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_micros()).unwrap()
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(EPOCH_MICROS + self.elapsed())
    }

    /// Waits for a second of the run.
    pub async fn until(&self, second: i64) {
        let micros = second * 1_000_000 - self.elapsed();
        time::sleep(Duration::from_micros(u64::try_from(micros).unwrap_or(0))).await;
    }

    /// Lets faults happen, or no more.
    pub fn be_rough(&self, rough: bool) {
        self.inner().rough = rough;
    }

    pub fn is_rough(&self) -> bool {
        self.inner().rough
    }

    /// Writes down that a server lives, or no more.
    pub fn lives(&self, process: u16, alive: bool) {
        let at = self.elapsed();
        let lives = &mut self.inner().lives;
        if alive {
            lives.push(Life { process, from: at, to: None });
        } else if let Some(life) = lives.iter_mut().rfind(|life| life.process == process) {
            life.to = Some(at);
        }
    }

    /// All lives of servers so far.
    pub fn all_lives(&self) -> Vec<Life> {
        self.inner().lives.clone()
    }

    /// Writes down a call that did not go as it should.
    pub fn trouble(&self, op: &'static str, fate: Fate) {
        let at = self.elapsed();
        self.inner().troubles.push(Trouble { at, op, fate });
    }

    /// What did not go as it should since a moment.
    pub fn troubles_since(&self, at: i64) -> Vec<Trouble> {
        let inner = self.inner();
        let first = inner.troubles.partition_point(|trouble| trouble.at < at);
        inner.troubles[first..].to_vec()
    }

    /// Whether for the last `seconds` no call could fail, the provider was there, and some server
    /// lived all the time.
    pub fn calm_for(&self, seconds: i64) -> bool {
        let now = self.elapsed() / 1_000_000;
        let (calm, from) = (|at: i64| spell_of(at).is_none(), now - seconds);
        let away = self.plan.outages.iter().any(|outage| outage.from <= now && from < outage.to);
        let lived = self
            .inner()
            .lives
            .iter()
            .any(|life| life.to.is_none() && life.from <= from * 1_000_000);
        calm(from) && calm(now) && !away && lived
    }

    /// How the provider is away now, if it is.
    pub fn outage(&self) -> Option<Manner> {
        let at = self.elapsed() / 1_000_000;
        let mut outages = self.plan.outages.iter();
        let outage = outages.find(|outage| (outage.from..outage.to).contains(&at))?;
        self.inner().rough.then_some(outage.manner)
    }

    /// A step of the run.
    pub fn note(&self, who: u16, what: &'static str, outcome: &'static str, detail: u64) {
        let at = self.elapsed();
        self.inner().trace.add(Step { at, who, what, outcome, detail });
    }

    /// Something that must never be.
    pub fn violation(&self, text: String) {
        self.inner().violations.push(text);
    }

    /// Checks something that must always be.
    pub fn check(&self, holds: bool, text: impl FnOnce() -> String) {
        let mut inner = self.inner();
        inner.tally.checks += 1;
        if !holds {
            inner.violations.push(text());
        }
    }

    pub fn count(&self, change: impl FnOnce(&mut Tally)) {
        change(&mut self.inner().tally);
    }

    /// What becomes of a call of `port`.
    pub fn draw(&self, port: &'static str, weight: Weight) -> Draw {
        let spell = spell_of(self.elapsed() / 1_000_000);
        let mut inner = self.inner();
        inner.tally.calls += 1;
        let Some(spell) = spell.filter(|_| inner.rough) else { return Draw::IDLE };
        let before = inner.pause(20);
        let fate = inner.fate(&self.plan, spell, weight);
        let slow = inner.faults.happens(self.plan.slow);
        let after = if slow { inner.seconds(1, 6) } else { inner.pause(10) };
        inner.tally.slow += u64::from(slow);
        if fate != Fate::Fine {
            *inner.tally.faults.entry(port).or_default() += 1;
            *inner.tally.kinds.entry(fate.kind()).or_default() += 1;
        }
        Draw { fate, before, after, slow, noted: true }
    }

    /// A delay of some seconds.
    pub fn seconds(&self, low: i64, high: i64) -> Duration {
        self.inner().seconds(low, high)
    }

    /// A delay of some milliseconds.
    pub fn millis(&self, low: i64, high: i64) -> Duration {
        let millis = self.inner().faults.between(low, high);
        Duration::from_millis(u64::try_from(millis).unwrap())
    }

    /// The power will fail in the midst of what the disk is about to write.
    pub fn power_fails_soon(&self) {
        let others = self.inner().faults.below(24);
        self.storage.fail_after(u32::try_from(others).unwrap());
    }

    pub fn percent(&self, percent: u32) -> bool {
        self.inner().faults.percent(percent)
    }

    /// The hash of the run so far, with `left` in it.
    pub fn seal(&self, left: &dyn std::fmt::Debug) -> u64 {
        let mut inner = self.inner();
        inner.trace.seal(left);
        inner.trace.hash()
    }

    /// The steps that were kept, a line each.
    pub fn trace(&self) -> Vec<String> {
        self.inner().trace.lines()
    }

    /// What the run came to: its counts, or its violations with the tail of its trace.
    pub fn report(&self) -> Result<Tally, String> {
        let inner = self.inner();
        if inner.violations.is_empty() {
            return Ok(inner.tally.clone());
        }
        let shown = inner.violations.iter().take(12);
        let shown: Vec<String> = shown.map(|text| text.chars().take(600).collect()).collect();
        Err(format!(
            "seed {} breaks {} rules at step {}:\n  {}\nthe plan: {:?}\nthe last steps:\n{}",
            self.seed,
            inner.violations.len(),
            inner.trace.steps(),
            shown.join("\n  "),
            self.plan,
            inner.trace.lines().join("\n"),
        ))
    }
}

impl Inner {
    /// Mostly no pause or a turn of the others, sometimes milliseconds up to `most`.
    fn pause(&mut self, most: i64) -> Duration {
        if self.faults.percent(70) {
            return Duration::ZERO;
        }
        let millis = self.faults.between(1, most);
        Duration::from_millis(u64::try_from(millis).unwrap())
    }

    fn seconds(&mut self, low: i64, high: i64) -> Duration {
        let millis = self.faults.between(low * 1_000, high * 1_000);
        Duration::from_millis(u64::try_from(millis).unwrap())
    }

    fn fate(&mut self, plan: &Plan, spell: i64, weight: Weight) -> Fate {
        if self.crashes.0 != spell {
            self.crashes = (spell, 0);
        }
        let rare = weight == Weight::RareStep;
        let times = match weight {
            Weight::Any => 1,
            Weight::Saga => plan.crash_weight,
            Weight::RareStep => plan.crash_weight * RARE_STEP_WEIGHT,
        };
        let may_crash = rare || self.crashes.1 < plan.crashes;
        if may_crash && self.faults.happens(plan.crash * times) {
            self.crashes.1 += 1;
            return match () {
                () if plan.on_disk && self.faults.percent(60) => Fate::CrashAmid,
                () if self.faults.percent(50) => Fate::CrashBefore,
                () => Fate::CrashAfter,
            };
        }
        let rates = [
            (plan.refuse, Fate::Refused),
            (plan.lose_answer, Fate::AnswerLost),
            (plan.lose_request, Fate::RequestLost),
            (plan.late, Fate::Late),
        ];
        let happened = rates.into_iter().find(|(rate, _)| self.faults.happens(*rate));
        happened.map_or(Fate::Fine, |(_, fate)| fate)
    }
}

impl Fate {
    pub fn kind(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Refused => "refused",
            Self::AnswerLost => "answer_lost",
            Self::RequestLost => "request_lost",
            Self::Late => "late",
            Self::CrashBefore => "crash_before",
            Self::CrashAmid => "crash_amid",
            Self::CrashAfter => "crash_after",
        }
    }
}

/// A moment in microseconds of the run.
pub fn micros_of(at: Timestamp) -> i64 {
    at.micros() - EPOCH_MICROS
}

/// A turn for the others, or a while.
pub async fn pause(duration: Duration) {
    if duration.is_zero() {
        tokio::task::yield_now().await;
    } else {
        time::sleep(duration).await;
    }
}

/// The clock of the run.
pub struct SimClock(pub Arc<World>);

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// UUIDs of version 7 from the run's time and a counter.
pub struct SimIds(pub Arc<World>);

impl Ids for SimIds {
    fn next(&self) -> Uuid {
        let millis = u64::try_from(self.0.now().micros() / 1_000).unwrap();
        let mut inner = self.0.inner();
        inner.ids += 1;
        let mut rest = [0; 10];
        rest[2..].copy_from_slice(&inner.ids.to_be_bytes());
        // The bits that hold version and variant are passed over by the counter's upper, empty
        // half.
        Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
    }
}

/// Chance of the seed.
pub struct SimSecrets(pub Arc<World>);

impl Secrets for SimSecrets {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.inner().secrets.fill(bytes);
    }
}
