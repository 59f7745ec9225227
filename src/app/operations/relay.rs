use std::collections::BTreeSet;
use std::sync::Arc;

use super::{EventConsumer, Handled};
use crate::app::{AppError, Ports, ShopConfig};
use crate::domain::order::Lease;
use crate::domain::shared::{Span, Timestamp};
use crate::ports::catalog::Page;
use crate::ports::events::{Aggregate, Consumer, Event, ParkedEvent};
use crate::ports::store::{CommitError, Conflict, ParkedOutcome, UnitOfWork, Write};

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
}

/// Hands events to consumers.
#[derive(Clone)]
pub struct Relay {
    ports: Arc<Ports>,
    config: Arc<ShopConfig>,
    owner: String,
}

impl Relay {
    /// How often an event is tried before it is kept for staff.
    pub const MAX_ATTEMPTS: u32 = 10;
    /// How many events that were set aside are looked at in one step.
    const PARKED_BATCH: usize = 256;
    /// How long a consumer stays with a process that does not come back to it.
    const LEASE: Span = Span::seconds(15);

    /// A relay over these ports.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>) -> Self {
        let owner = format!("{}/relay", config.process);
        Self { ports, config, owner }
    }

    /// Hands a consumer what was set aside and is due, then the next batch of events, and moves it
    /// on. Events behind one that was set aside, of the same aggregate, are set aside with it.
    pub async fn step(&self, consumer: &dyn EventConsumer) -> Result<Progress, AppError> {
        let now = self.ports.clock.now();
        let lease = Lease { owner: self.owner.clone(), until: now.plus(Self::LEASE) };
        let leased = self.ports.events.lease_consumer(consumer.name(), lease, now).await?;
        let Some(at) = leased else { return Ok(Progress::default()) };
        let retried = self.retry_parked(consumer, now).await?;
        let waiting = self.ports.events.parked(consumer.name(), Self::PARKED_BATCH).await?;
        let events = self.ports.events.events_after(at.position, consumer.batch()).await?;
        let Some(last) = events.last().map(|event| event.position) else {
            let parked = !waiting.is_empty();
            let position = Some(at.position);
            return Ok(Progress { position, handed: retried, more: false, parked });
        };
        let blocked: BTreeSet<Aggregate> =
            waiting.into_iter().map(|parked| parked.event.aggregate).collect();
        let full = events.len() >= consumer.batch();
        let parked = !blocked.is_empty();
        let handed = self.hand_over(consumer, &at, (events, last), blocked, now).await?;
        let position = Some(last);
        Ok(Progress { position, handed: handed.saturating_add(retried), more: full, parked })
    }

    async fn hand_over(
        &self,
        consumer: &dyn EventConsumer,
        at: &Consumer,
        (events, last): (Vec<Event>, u64),
        blocked: BTreeSet<Aggregate>,
        now: Timestamp,
    ) -> Result<usize, AppError> {
        let (behind, free): (Vec<Event>, Vec<Event>) =
            events.into_iter().partition(|event| blocked.contains(&event.aggregate));
        let handled = consumer.handle(&free).await?;
        let count = free.len();
        let mut park: Vec<ParkedEvent> = failures(free, &handled, now);
        park.extend(behind.into_iter().map(|event| parked(event, 0, now, String::new())));
        let mut writes = handled.writes;
        writes.push(Write::AdvanceConsumer {
            consumer: consumer.name().to_owned(),
            from: at.position,
            to: last,
            park,
        });
        match self.ports.store.commit(UnitOfWork { at: now, writes }).await {
            Ok(()) => Ok(count),
            // Another process took the consumer over; what it was handed it is handed again.
            Err(CommitError::Refused(Conflict::Stale(_))) => Ok(0),
            Err(error) => Err(AppError::of_commit(error)),
        }
    }

    /// Tries what was set aside again: of each aggregate the first event, when it is due.
    async fn retry_parked(
        &self,
        consumer: &dyn EventConsumer,
        now: Timestamp,
    ) -> Result<usize, AppError> {
        let parked = self.ports.events.parked(consumer.name(), Self::PARKED_BATCH).await?;
        let mut blocked: BTreeSet<Aggregate> = BTreeSet::new();
        let mut tried = 0_usize;
        for waiting in parked {
            if blocked.contains(&waiting.event.aggregate) {
                continue;
            }
            if waiting.due > now {
                blocked.insert(waiting.event.aggregate);
                continue;
            }
            tried = tried.saturating_add(1);
            let aggregate = waiting.event.aggregate.clone();
            if !self.retry(consumer, waiting, now).await? {
                blocked.insert(aggregate);
            }
        }
        Ok(tried)
    }

    /// Tries one event again; whether it no longer holds up those behind it.
    async fn retry(
        &self,
        consumer: &dyn EventConsumer,
        waiting: ParkedEvent,
        now: Timestamp,
    ) -> Result<bool, AppError> {
        let position = waiting.event.position;
        let handled = consumer.handle(std::slice::from_ref(&waiting.event)).await?;
        let attempts = waiting.attempts.saturating_add(1);
        let outcome = match handled.failed.into_iter().next() {
            None => ParkedOutcome::Done,
            Some((_, reason)) if attempts >= Self::MAX_ATTEMPTS => {
                tracing::error!(consumer = consumer.name(), position, reason, "event given up");
                ParkedOutcome::Dead { reason }
            }
            Some((_, reason)) => {
                ParkedOutcome::Retry { attempts, due: now.plus(pause(attempts)), reason }
            }
        };
        let passed = !matches!(outcome, ParkedOutcome::Retry { .. });
        let mut writes = handled.writes;
        writes.push(Write::SettleParked {
            consumer: consumer.name().to_owned(),
            position,
            outcome,
        });
        match self.ports.store.commit(UnitOfWork { at: now, writes }).await {
            Ok(()) => Ok(passed),
            Err(CommitError::Refused(Conflict::Stale(_))) => Ok(false),
            Err(error) => Err(AppError::of_commit(error)),
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

    /// What the shop is set to.
    pub fn config(&self) -> &ShopConfig {
        &self.config
    }
}

fn failures(events: Vec<Event>, handled: &Handled, now: Timestamp) -> Vec<ParkedEvent> {
    let mut blocked: BTreeSet<Aggregate> = BTreeSet::new();
    let mut park = Vec::new();
    for event in events {
        let reason = handled.failed.iter().find(|(position, _)| *position == event.position);
        if let Some((_, reason)) = reason {
            blocked.insert(event.aggregate.clone());
            park.push(parked(event, 1, now.plus(pause(1)), reason.clone()));
        } else if blocked.contains(&event.aggregate) {
            park.push(parked(event, 0, now, String::new()));
        }
    }
    park
}

fn parked(event: Event, attempts: u32, due: Timestamp, reason: String) -> ParkedEvent {
    ParkedEvent { event, attempts, due, reason, dead: false }
}

/// Half a second, doubled at every try, at most five minutes.
fn pause(attempts: u32) -> Span {
    let millis = 500_i64.saturating_mul(1_i64 << attempts.min(20));
    Span::millis(millis.min(300_000))
}
