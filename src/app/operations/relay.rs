use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::{EventConsumer, HandleError};
use crate::app::{AppError, Ports, ShopConfig};
use crate::domain::order::Lease;
use crate::domain::shared::{Span, Timestamp};
use crate::ports::catalog::Page;
use crate::ports::events::{Aggregate, Event, ParkedEvent};
use crate::ports::store::{CommitError, ParkedOutcome, UnitOfWork, Write};

/// What a step of the relay did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The position that the consumer is at now; none where another process serves it.
    pub position: Option<u64>,
    /// How many events were handed over, those tried again included.
    pub handed: usize,
    /// Whether there is more to do at once.
    pub more: bool,
    /// Whether events wait to be tried again.
    pub parked: bool,
    /// Whether some cannot be read, which a process of a later version may.
    pub unreadable: bool,
}

/// Hands events to consumers, a step at a time. Each consumer is served by one process at a time
/// and keeps its own position. An event that it cannot handle is set aside and tried again with
/// growing pauses; meanwhile only later events of the same aggregate wait.
#[derive(Clone)]
pub struct Relay {
    ports: Arc<Ports>,
    owner: String,
    /// Behind which position each consumer was last found to have missed events.
    missed: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl Relay {
    /// How often an event is tried before it is kept for staff.
    pub const MAX_ATTEMPTS: u32 = 10;
    /// How old an event that cannot be read is before it is given up like others. Until then a process
    /// of the version that told it may come, however long that takes to roll out.
    const UNREADABLE_FOR: Span = Span::days(1);
    /// How many events may be set aside before a consumer takes no new ones.
    const MAX_PARKED: usize = 1_000;
    /// How long a consumer stays with a process that does not come back to it.
    const LEASE: Span = Span::seconds(15);

    /// A relay over these ports.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>) -> Self {
        Self { ports, owner: format!("{}/relay", config.process), missed: Arc::default() }
    }

    /// Hands a consumer what was set aside and is due, then the next batch of events, and moves it
    /// on. An error says that it can handle nothing now; it is where it was.
    pub async fn step(&self, consumer: &dyn EventConsumer) -> Result<Progress, AppError> {
        let now = self.ports.clock.now();
        let lease = Lease { owner: self.owner.clone(), until: now.plus(Self::LEASE) };
        let leased = self.ports.events.lease_consumer(consumer.name(), lease, now).await?;
        let Some(at) = leased else { return Ok(Progress::default()) };
        let mut run = Run {
            ports: &self.ports,
            consumer,
            position: at.position,
            blocked: BTreeSet::new(),
            handed: 0,
            unreadable: false,
            now,
        };
        let waiting = self.ports.events.parked(consumer.name(), Self::MAX_PARKED).await?;
        let full = waiting.len() >= Self::MAX_PARKED;
        run.try_again(waiting).await?;
        let mut more = false;
        if !full {
            let events = self.ports.events.events_after(at.position, consumer.batch()).await?;
            more = events.len() >= consumer.batch();
            if let Some(first) = events.first() {
                self.tell_of_missed(consumer, at.position, first.position).await?;
            }
            run.hand_over(events).await?;
        }
        let parked = full || !run.blocked.is_empty();
        let (position, handed, unreadable) = (Some(run.position), run.handed, run.unreadable);
        Ok(Progress { position, handed, more, parked, unreadable })
    }

    /// Has a consumer make up for the events between where it is and the first one that is left.
    async fn tell_of_missed(
        &self,
        consumer: &dyn EventConsumer,
        at: u64,
        first: u64,
    ) -> Result<(), AppError> {
        let positions = at.saturating_add(1)..=first.saturating_sub(1);
        if positions.is_empty() {
            return Ok(());
        }
        let (name, from, to) = (consumer.name(), positions.start(), positions.end());
        let known = {
            let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
            missed.insert(name, at) == Some(at)
        };
        // It may take many tries to make up for it; one line tells of it.
        if !known {
            tracing::error!(consumer = name, from, to, "events were dropped before they were read");
        }
        match consumer.missed(positions.clone()).await {
            Ok(()) => Ok(()),
            Err(HandleError::Away(error)) => Err(AppError::Port(error)),
            Err(HandleError::Failed(reason)) => {
                tracing::error!(consumer = name, reason, "dropped events not made up for");
                Ok(())
            }
        }
    }

    /// Leaves a consumer to other processes, which else wait until the lease of this one ends.
    pub async fn leave(&self, consumer: &dyn EventConsumer) -> Result<(), AppError> {
        let now = self.ports.clock.now();
        let over = Lease { owner: self.owner.clone(), until: now };
        self.ports.events.lease_consumer(consumer.name(), over, now).await?;
        Ok(())
    }

    /// Steps until nothing is left that can be handled now; how many events were handed over.
    pub async fn drain(&self, consumer: &dyn EventConsumer) -> Result<usize, AppError> {
        let mut handed = 0_usize;
        loop {
            let step = self.step(consumer).await?;
            handed = handed.saturating_add(step.handed);
            if step.handed == 0 && !step.more {
                return Ok(handed);
            }
        }
    }

    /// A page of the events that a consumer gave up.
    pub async fn dead_letters(
        &self,
        consumer: &str,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<ParkedEvent, u64>, AppError> {
        Ok(self.ports.events.dead_letters(consumer, after, limit).await?)
    }

    /// Has an event that was given up tried again from the start.
    pub async fn replay(&self, consumer: &str, position: u64) -> Result<(), AppError> {
        let write = Write::SettleParked {
            consumer: consumer.to_owned(),
            position,
            outcome: ParkedOutcome::Replay,
        };
        let unit = UnitOfWork::of(self.ports.clock.now(), write);
        match self.ports.store.commit(unit).await {
            Ok(()) => Ok(()),
            Err(CommitError::Refused(_)) => Err(AppError::NotFound("dead letter")),
            Err(error) => Err(AppError::of_commit(error)),
        }
    }
}

/// A step of one consumer.
struct Run<'a> {
    ports: &'a Ports,
    consumer: &'a dyn EventConsumer,
    position: u64,
    /// What has an event set aside: later ones wait behind it.
    blocked: BTreeSet<Aggregate>,
    handed: usize,
    /// Whether one that was tried cannot be read.
    unreadable: bool,
    now: Timestamp,
}

impl Run<'_> {
    /// Tries what was set aside again: of each aggregate one after the other, when it is due.
    async fn try_again(&mut self, waiting: Vec<ParkedEvent>) -> Result<(), AppError> {
        for parked in waiting {
            let aggregate = parked.event.aggregate.clone();
            if self.blocked.contains(&aggregate) {
                continue;
            }
            if parked.due > self.now || !self.retry(parked).await? {
                self.blocked.insert(aggregate);
            }
        }
        Ok(())
    }

    /// Tries one event again; whether it no longer holds up those behind it.
    async fn retry(&mut self, parked: ParkedEvent) -> Result<bool, AppError> {
        self.handed = self.handed.saturating_add(1);
        let (event, attempts) = (&parked.event, parked.attempts.saturating_add(1));
        let done = self.settled(event.position, ParkedOutcome::Done);
        let Err(reason) = self.attempt(std::slice::from_ref(event), done).await? else {
            return Ok(true);
        };
        let (consumer, position) = (self.consumer.name(), event.position);
        self.unreadable |= event.unreadable().is_some();
        let outcome = if attempts >= Relay::MAX_ATTEMPTS && !self.may_be_read_later(event) {
            tracing::error!(consumer, position, reason, "event given up");
            ParkedOutcome::Dead { attempts, reason }
        } else {
            ParkedOutcome::Retry { attempts, due: self.now.plus(pause(attempts)), reason }
        };
        let passed = matches!(outcome, ParkedOutcome::Dead { .. });
        self.note(self.settled(position, outcome)).await?;
        Ok(passed)
    }

    fn may_be_read_later(&self, event: &Event) -> bool {
        event.unreadable().is_some() && self.now < event.at.plus(Relay::UNREADABLE_FOR)
    }

    /// Hands all events over at once, and where that fails each by itself.
    async fn hand_over(&mut self, events: Vec<Event>) -> Result<(), AppError> {
        let Some(last) = events.last().map(|event| event.position) else { return Ok(()) };
        let (behind, free): (Vec<&Event>, Vec<&Event>) =
            events.iter().partition(|event| self.blocked.contains(&event.aggregate));
        let park = behind.into_iter().map(|event| self.waiting(event)).collect();
        let free: Vec<Event> = free.into_iter().cloned().collect();
        if self.attempt(&free, self.advance(last, park)).await?.is_ok() {
            self.position = last;
            self.handed = self.handed.saturating_add(free.len());
            return Ok(());
        }
        for event in events {
            self.hand_over_one(event).await?;
        }
        Ok(())
    }

    async fn hand_over_one(&mut self, event: Event) -> Result<(), AppError> {
        let to = event.position;
        if self.blocked.contains(&event.aggregate) {
            self.note(self.advance(to, vec![self.waiting(&event)])).await?;
            self.position = to;
            return Ok(());
        }
        self.handed = self.handed.saturating_add(1);
        let advance = self.advance(to, Vec::new());
        if let Err(reason) = self.attempt(std::slice::from_ref(&event), advance).await? {
            tracing::warn!(consumer = self.consumer.name(), position = to, reason, "set aside");
            self.blocked.insert(event.aggregate.clone());
            self.unreadable |= event.unreadable().is_some();
            let due = self.now.plus(pause(1));
            let parked = ParkedEvent { event, attempts: 1, due, reason, dead: false };
            self.note(self.advance(to, vec![parked])).await?;
        }
        self.position = to;
        Ok(())
    }

    /// Has `events` handled, and commits what comes of it with `mark`; why these events cannot be
    /// handled, if so.
    async fn attempt(&self, events: &[Event], mark: Write) -> Result<Result<(), String>, AppError> {
        if let Some(reason) = events.iter().find_map(Event::unreadable) {
            return Ok(Err(reason.to_owned()));
        }
        let mut writes = match self.consumer.handle(events).await {
            Ok(writes) => writes,
            Err(HandleError::Failed(reason)) => return Ok(Err(reason)),
            Err(HandleError::Away(error)) => return Err(AppError::Port(error)),
        };
        writes.push(mark);
        match self.ports.store.commit(UnitOfWork { at: self.now, writes }).await {
            Ok(()) => Ok(Ok(())),
            Err(CommitError::Refused(conflict)) => Ok(Err(conflict.to_string())),
            // A store that is there and cannot take what comes of these events never may.
            Err(CommitError::Port(error)) => match HandleError::from(error) {
                HandleError::Failed(reason) => Ok(Err(reason)),
                HandleError::Away(error) => Err(AppError::Port(error)),
            },
        }
    }

    /// Commits a mark by itself. Where it is refused, another process serves the consumer by now,
    /// and hands over what this one did not.
    async fn note(&self, mark: Write) -> Result<(), AppError> {
        match self.ports.store.commit(UnitOfWork::of(self.now, mark)).await {
            Ok(()) => Ok(()),
            Err(CommitError::Refused(_)) => Err(AppError::Contended("the consumer")),
            Err(CommitError::Port(error)) => Err(AppError::Port(error)),
        }
    }

    fn advance(&self, to: u64, park: Vec<ParkedEvent>) -> Write {
        let consumer = self.consumer.name().to_owned();
        Write::AdvanceConsumer { consumer, from: self.position, to, park }
    }

    fn settled(&self, position: u64, outcome: ParkedOutcome) -> Write {
        Write::SettleParked { consumer: self.consumer.name().to_owned(), position, outcome }
    }

    /// An event that only waits behind another of its aggregate.
    fn waiting(&self, event: &Event) -> ParkedEvent {
        let (event, due) = (event.clone(), self.now);
        ParkedEvent { event, attempts: 0, due, reason: String::new(), dead: false }
    }
}

/// Half a second, doubled at every try, at most five minutes.
fn pause(attempts: u32) -> Span {
    let millis = 500_i64.saturating_mul(1_i64 << attempts.min(20));
    Span::millis(millis.min(300_000))
}
