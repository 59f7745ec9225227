//! A consumer that writes down what it is handed. What it wrote outlives every server, as what a
//! real consumer did to the world outside does.
//!
//! The seed makes it fail at some events, for some tries or until staff mended them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ecicomm::app::operations::{EventConsumer, HandleError, Relay};
use ecicomm::domain::shared::Span;
use ecicomm::ports::PortError;
use ecicomm::ports::events::{Aggregate, Event, EventLog};
use ecicomm::ports::store::Write;

use super::gate::Gate;
use super::storage::Storage;
use super::world::{Fate, Trouble, World};
use crate::harness::behind::Passage as _;

/// How long it takes at most, in calm, until an event is handled that none holds up, in seconds.
const PROMPT: i64 = 30;
/// How long a step of the relay takes at most between its lease and what it does under it, and how
/// late a commit is at most, in microseconds.
const SLOW_STEP: i64 = 25_000_000;
/// By which calls a consumer moves on: where the outcome of one is in doubt, what was handled is
/// handed over again.
const MOVES: [&str; 2] = ["commit AdvanceConsumer", "commit SettleParked"];
/// By which calls it comes to be handed something. A slow one may outlast its lease.
const HANDS: [&str; 4] = ["lease consumer", "parked events", "events after", "witness handles"];

/// What was handled.
#[derive(Default)]
struct Seen {
    /// When each position was handled last.
    handled: BTreeMap<u64, i64>,
    /// The latest sequence of each aggregate.
    latest: BTreeMap<Aggregate, u64>,
    /// What was given up, while later ones of its aggregate went by.
    passed: BTreeSet<u64>,
    failures: BTreeMap<u64, u32>,
    mended: BTreeSet<u64>,
}

/// Something about a delivery that the store must explain.
enum Odd {
    /// Handled before, at this moment.
    Again(Event, i64),
    /// Events of its aggregate were left out, from this sequence on.
    Skips(Event, u64),
    /// Later ones of its aggregate were handled before, and did not pass it by.
    Late(Event),
}

pub struct Witness {
    world: Arc<World>,
    storage: Arc<Storage>,
    seen: Mutex<Seen>,
}

impl Witness {
    pub const NAME: &'static str = "witness";

    pub fn new(world: Arc<World>, storage: Arc<Storage>) -> Self {
        Self { world, storage, seen: Mutex::default() }
    }

    /// From now on the event can be handled.
    pub fn mend(&self, position: u64) {
        self.seen.lock().unwrap().mended.insert(position);
    }

    /// Handles events, all or none; why it cannot, if so.
    async fn take(&self, events: &[Event]) -> Result<(), String> {
        if let Some(position) = self.fails_at(events) {
            if events.len() == 1 && self.world.calm_for(PROMPT) {
                self.others_went_on().await;
            }
            return Err(format!("position {position} is poison"));
        }
        let odd: Vec<Odd> = {
            let (mut seen, now) = (self.seen.lock().unwrap(), self.world.elapsed());
            events.iter().filter_map(|event| seen.note(event, now)).collect()
        };
        for odd in odd {
            match odd {
                Odd::Again(event, before) => self.may_repeat(&event, before).await,
                Odd::Skips(event, from) => self.may_skip(&event, from).await,
                Odd::Late(event) => self.world.violation(format!("I9: out of order: {event:?}")),
            }
        }
        Ok(())
    }

    fn fails_at(&self, events: &[Event]) -> Option<u64> {
        let mut seen = self.seen.lock().unwrap();
        let fails = |seen: &Seen, position: u64| {
            let failed = seen.failures.get(&position).copied().unwrap_or(0);
            failed < self.world.plan.failures_at(self.world.seed, position)
                && !seen.mended.contains(&position)
        };
        let mut positions = events.iter().map(|event| event.position);
        let position = positions.find(|position| fails(&seen, *position))?;
        if !self.world.is_rough() {
            return None;
        }
        *seen.failures.entry(position).or_default() += 1;
        self.world.count(|tally| tally.events_failed += 1);
        Some(position)
    }

    /// An event is handed over again only where it could not be noted that it was handled.
    async fn may_repeat(&self, event: &Event, before: i64) {
        let consumers = self.storage.store().consumers().await.unwrap();
        let at = consumers.iter().find(|one| one.name == Self::NAME).map_or(0, |one| one.position);
        let parked = self.storage.store().parked(Self::NAME, 10_000).await.unwrap();
        let waits = parked.iter().any(|parked| parked.event.position == event.position);
        let done = event.position <= at && !waits;
        let excuses = |trouble: &Trouble| {
            let crash =
                matches!(trouble.fate, Fate::CrashBefore | Fate::CrashAmid | Fate::CrashAfter);
            let in_doubt = !done || trouble.fate != Fate::Refused;
            let moves = MOVES.contains(&trouble.op);
            if trouble.at < before {
                // It went on although another one has its lease by now, or as what it believed lost
                // was committed late.
                return self.world.plan.processes > 1 || moves && trouble.fate == Fate::Late;
            }
            crash || HANDS.contains(&trouble.op) || moves && in_doubt
        };
        let excused = self.world.troubles_since(before - SLOW_STEP).iter().any(excuses);
        self.world.count(|tally| tally.events_repeated += 1);
        self.world.check(excused, || {
            format!(
                "I9: handed over again, done: {done}, without a fault since {before}: {event:?}"
            )
        });
    }

    /// A later event of an aggregate comes first only where those before it were given up.
    async fn may_skip(&self, event: &Event, from: u64) {
        let log = self.storage.store().events_after(0, usize::MAX).await.unwrap();
        let left_out = log.iter().filter(|other| {
            other.aggregate == event.aggregate && (from..event.sequence).contains(&other.sequence)
        });
        let mut seen = self.seen.lock().unwrap();
        for other in left_out {
            seen.passed.insert(other.position);
            let failures = seen.failures.get(&other.position).copied().unwrap_or(0);
            self.world.check(failures >= Relay::MAX_ATTEMPTS, || {
                format!("I9: left out after {failures} tries: {other:?} before {event:?}")
            });
        }
    }

    /// An event that fails holds up those of its aggregate alone.
    async fn others_went_on(&self) {
        self.world.count(|tally| tally.held_up_checks += 1);
        let parked = self.storage.store().parked(Self::NAME, 10_000).await.unwrap();
        let held_up: BTreeSet<&Aggregate> = parked.iter().map(|p| &p.event.aggregate).collect();
        let dead = self.storage.store().dead_letters(Self::NAME, None, 10_000).await.unwrap().items;
        let given_up: BTreeSet<u64> = dead.iter().map(|letter| letter.event.position).collect();
        let log = self.storage.store().events_after(0, usize::MAX).await.unwrap();
        let since = self.world.now().minus(Span::seconds(PROMPT));
        let seen = self.seen.lock().unwrap();
        for event in log.iter().take_while(|event| event.at <= since) {
            let right = seen.handled.contains_key(&event.position)
                || held_up.contains(&event.aggregate)
                || given_up.contains(&event.position);
            self.world.check(right, || format!("I9: held up by another aggregate: {event:?}"));
        }
    }

    /// I9, at rest: every event was handled.
    pub async fn heard_everything(&self) {
        let log = self.storage.store().events_after(0, usize::MAX).await.unwrap();
        let seen = self.seen.lock().unwrap();
        for event in log {
            let handled = seen.handled.contains_key(&event.position);
            self.world.check(handled, || format!("I9: never handled: {event:?}"));
        }
    }
}

impl Seen {
    /// Writes an event down, and tells what is odd about it.
    fn note(&mut self, event: &Event, now: i64) -> Option<Odd> {
        if let Some(before) = self.handled.insert(event.position, now) {
            return Some(Odd::Again(event.clone(), before));
        }
        let latest = self.latest.entry(event.aggregate.clone()).or_default();
        let next = *latest + 1;
        *latest = event.sequence.max(*latest);
        if event.sequence == next || self.passed.remove(&event.position) {
            return None;
        }
        if event.sequence < next {
            return Some(Odd::Late(event.clone()));
        }
        Some(Odd::Skips(event.clone(), next))
    }
}

/// The witness as one server has it, behind the gate of that server.
pub struct SimConsumer {
    pub gate: Arc<Gate>,
    pub witness: Arc<Witness>,
}

#[async_trait]
impl EventConsumer for SimConsumer {
    fn name(&self) -> &'static str {
        Witness::NAME
    }

    fn batch(&self) -> usize {
        20
    }

    fn pace(&self) -> Span {
        Span::millis(200)
    }

    async fn handle(&self, events: &[Event]) -> Result<Vec<Write>, HandleError> {
        let work = async { Ok::<_, PortError>(self.witness.take(events).await) };
        let taken = self.gate.call("consumer", "witness handles", work).await?;
        taken.map(|()| Vec::new()).map_err(HandleError::Failed)
    }
}
