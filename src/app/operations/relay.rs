//! Brings committed events to their consumers.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;

use super::{PopularityConsumer, SearchConsumer};
use crate::app::{AppError, Ports, ShopConfig};
use crate::domain::order::Lease;
use crate::domain::shared::{Span, Timestamp};
use crate::ports::catalog::Page;
use crate::ports::events::{Aggregate, Event, ParkedEvent};
use crate::ports::store::{CommitError, Conflict, ParkedOutcome, UnitOfWork, Write};
use crate::ports::{PortError, PortErrorKind};

/// How many events a consumer is given at once.
const BATCH: usize = 500;
/// How many events may be set aside before a consumer takes no new ones.
const MOST_PARKED: usize = 1_000;
/// How often an event is tried before it is given up.
const MOST_ATTEMPTS: u32 = 10;
/// The pause after the first try in vain; each later one is twice as long.
const FIRST_PAUSE: Span = Span::seconds(1);
/// The longest pause between two tries.
const LONGEST_PAUSE: Span = Span::minutes(5);

/// Why a consumer could not handle what it was given.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// What it needs is away: nothing is wrong with the events, and all of them wait.
    #[error(transparent)]
    Away(PortError),
    /// These events cannot be handled as they are.
    #[error("{0}")]
    Failed(String),
}

impl From<PortError> for HandleError {
    fn from(error: PortError) -> Self {
        match error.kind() {
            PortErrorKind::Unavailable | PortErrorKind::Timeout => Self::Away(error),
            PortErrorKind::Conflict | PortErrorKind::Corrupt | PortErrorKind::Internal => {
                Self::Failed(error.to_string())
            }
        }
    }
}

/// Someone who hears of every event, each aggregate's in order.
///
/// It is given events again after a crash, so what it does outside the store must bear repetition;
/// the writes it answers are applied exactly once, with the step that puts the events behind it.
#[async_trait]
pub trait EventConsumer: Send + Sync {
    /// The name its position is kept under. Never changes.
    fn name(&self) -> &'static str;

    /// Handles `events` in order, all or none, and answers the writes that belong to them.
    async fn handle(&self, events: &[Event]) -> Result<Vec<Write>, HandleError>;
}

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Whether this process had the consumer; otherwise another has it, and nothing was done.
    pub leased: bool,
    /// New events handled.
    pub handled: usize,
    /// New events set aside.
    pub parked: usize,
    /// Events set aside before that were tried again.
    pub retried: usize,
    /// Whether more events waited when the step ended.
    pub more: bool,
}

/// Brings events to the shop's own consumers, a step at a time. Each consumer is played by one
/// process at a time and keeps its own position. An event that it cannot handle is set aside and
/// tried again with growing pauses; meanwhile only later events of the same aggregate wait.
#[derive(Clone)]
pub struct Relay {
    ports: Arc<Ports>,
    config: Arc<ShopConfig>,
    consumers: Vec<Arc<dyn EventConsumer>>,
}

impl Relay {
    /// A relay with the shop's consumers: the search index and the popularity of products.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>) -> Self {
        let consumers: Vec<Arc<dyn EventConsumer>> = vec![
            Arc::new(SearchConsumer::new(ports.clone(), config.clone())),
            Arc::new(PopularityConsumer::new(ports.clone())),
        ];
        Self { ports, config, consumers }
    }

    /// The consumers.
    pub fn consumers(&self) -> &[Arc<dyn EventConsumer>] {
        &self.consumers
    }

    /// Waits until there is an event that one of the consumers has not seen. A consumer that stands
    /// still (it is away, or another process plays it) makes this return at once, so pause after a
    /// step that did nothing.
    pub async fn wait(&self) -> Result<(), AppError> {
        let known = self.ports.events.consumers().await?;
        let position = |consumer: &Arc<dyn EventConsumer>| {
            let same = known.iter().find(|known| known.name == consumer.name());
            same.map_or(0, |known| known.position)
        };
        let slowest = self.consumers.iter().map(position).min().unwrap_or(0);
        Ok(self.ports.events.wait_after(slowest).await?)
    }

    /// Tries what is due of the events set aside, then brings the next ones.
    pub async fn step(&self, consumer: &dyn EventConsumer) -> Result<Progress, AppError> {
        let now = self.ports.clock.now();
        let owner = self.config.process.clone();
        let lease = Lease { owner, until: now.plus(self.config.lease) };
        let name = consumer.name();
        let Some(found) = self.ports.events.lease_consumer(name, lease, now).await? else {
            return Ok(Progress::default());
        };
        let mut progress = Progress { leased: true, ..Progress::default() };
        let waiting = self.ports.events.parked(name, MOST_PARKED).await?;
        let full = waiting.len() >= MOST_PARKED;
        let mut blocked = self.retry(consumer, waiting, &mut progress).await?;
        if full {
            return Ok(progress);
        }
        let events = self.ports.events.events_after(found.position, BATCH).await?;
        progress.more = events.len() == BATCH;
        let mut run =
            Run { relay: self, consumer, position: found.position, blocked: &mut blocked };
        run.deliver(events, &mut progress).await?;
        Ok(progress)
    }

    /// Steps until nothing is left that can be handled now.
    pub async fn drain(&self, consumer: &dyn EventConsumer) -> Result<Progress, AppError> {
        let mut total = Progress::default();
        loop {
            let step = self.step(consumer).await?;
            total.leased |= step.leased;
            total.handled += step.handled;
            total.parked += step.parked;
            total.retried += step.retried;
            if step.handled + step.parked + step.retried == 0 {
                return Ok(total);
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
        self.known(consumer)?;
        Ok(self.ports.events.dead_letters(consumer, after, limit).await?)
    }

    /// Has an event that a consumer gave up tried again from the start.
    pub async fn replay(&self, consumer: &str, position: u64) -> Result<(), AppError> {
        self.known(consumer)?;
        let write = settled(consumer, position, ParkedOutcome::Replay);
        let unit = UnitOfWork::of(self.ports.clock.now(), write);
        self.ports.store.commit(unit).await.map_err(|error| match error {
            CommitError::Refused(Conflict::Stale(_)) => AppError::NotFound("dead letter"),
            other => AppError::of_commit(other),
        })
    }

    fn known(&self, consumer: &str) -> Result<(), AppError> {
        let known = self.consumers.iter().any(|known| known.name() == consumer);
        if known { Ok(()) } else { Err(AppError::NotFound("consumer")) }
    }

    /// Tries the events set aside that are due, in order, and answers the aggregates that still
    /// wait.
    async fn retry(
        &self,
        consumer: &dyn EventConsumer,
        waiting: Vec<ParkedEvent>,
        progress: &mut Progress,
    ) -> Result<BTreeSet<Aggregate>, AppError> {
        let mut blocked = BTreeSet::new();
        for parked in waiting {
            let now = self.ports.clock.now();
            if parked.due > now || blocked.contains(&parked.event.aggregate) {
                blocked.insert(parked.event.aggregate);
                continue;
            }
            let failure = self.handle_parked(consumer, &parked, now).await?;
            progress.retried += 1;
            let Some(reason) = failure else { continue };
            let outcome = after_failure(parked.attempts, reason, now);
            if !matches!(outcome, ParkedOutcome::Dead { .. }) {
                blocked.insert(parked.event.aggregate);
            }
            let write = settled(consumer.name(), parked.event.position, outcome);
            let unit = UnitOfWork::of(now, write);
            self.ports.store.commit(unit).await.map_err(|error| match error {
                CommitError::Refused(_) => AppError::Contended("the consumer"),
                CommitError::Port(error) => AppError::Port(error),
            })?;
        }
        Ok(blocked)
    }

    /// Tries one event that was set aside; why it failed, if it did.
    async fn handle_parked(
        &self,
        consumer: &dyn EventConsumer,
        parked: &ParkedEvent,
        at: Timestamp,
    ) -> Result<Option<String>, AppError> {
        let mut writes = match consumer.handle(std::slice::from_ref(&parked.event)).await {
            Ok(writes) => writes,
            Err(HandleError::Failed(reason)) => return Ok(Some(reason)),
            Err(HandleError::Away(error)) => return Err(AppError::Port(error)),
        };
        writes.push(settled(consumer.name(), parked.event.position, ParkedOutcome::Done));
        match self.ports.store.commit(UnitOfWork { at, writes }).await {
            Ok(()) => Ok(None),
            Err(CommitError::Refused(conflict)) => Ok(Some(conflict.to_string())),
            Err(CommitError::Port(error)) => Err(AppError::Port(error)),
        }
    }
}

/// A run of new events to a consumer.
struct Run<'a> {
    relay: &'a Relay,
    consumer: &'a dyn EventConsumer,
    position: u64,
    blocked: &'a mut BTreeSet<Aggregate>,
}

impl Run<'_> {
    /// Brings all events at once, and where that fails each by itself.
    async fn deliver(
        &mut self,
        events: Vec<Event>,
        progress: &mut Progress,
    ) -> Result<(), AppError> {
        let Some(last) = events.last().map(|event| event.position) else { return Ok(()) };
        let (behind, free): (Vec<Event>, Vec<Event>) =
            events.iter().cloned().partition(|event| self.blocked.contains(&event.aggregate));
        let park: Vec<ParkedEvent> =
            behind.into_iter().map(|event| self.parked(event, 0, String::new())).collect();
        let (handled, parked) = (free.len(), park.len());
        match self.commit(&free, park, last).await? {
            None => {
                progress.handled += handled;
                progress.parked += parked;
                Ok(())
            }
            Some(_) => self.deliver_singly(events, progress).await,
        }
    }

    async fn deliver_singly(
        &mut self,
        events: Vec<Event>,
        progress: &mut Progress,
    ) -> Result<(), AppError> {
        for event in events {
            let position = event.position;
            if self.blocked.contains(&event.aggregate) {
                let parked = self.parked(event, 0, String::new());
                self.set_aside(parked, position).await?;
                progress.parked += 1;
                continue;
            }
            match self.commit(std::slice::from_ref(&event), Vec::new(), position).await? {
                None => progress.handled += 1,
                Some(reason) => {
                    self.blocked.insert(event.aggregate.clone());
                    let parked = self.parked(event, 1, reason);
                    self.set_aside(parked, position).await?;
                    progress.parked += 1;
                }
            }
        }
        Ok(())
    }

    /// Handles `events` and moves on to `to` in one commit; why that failed, if it did.
    async fn commit(
        &mut self,
        events: &[Event],
        park: Vec<ParkedEvent>,
        to: u64,
    ) -> Result<Option<String>, AppError> {
        let mut writes = if events.is_empty() {
            Vec::new()
        } else {
            match self.consumer.handle(events).await {
                Ok(writes) => writes,
                Err(HandleError::Failed(reason)) => return Ok(Some(reason)),
                Err(HandleError::Away(error)) => return Err(AppError::Port(error)),
            }
        };
        writes.push(self.advance(to, park));
        let at = self.relay.ports.clock.now();
        match self.relay.ports.store.commit(UnitOfWork { at, writes }).await {
            Ok(()) => {
                self.position = to;
                Ok(None)
            }
            Err(CommitError::Refused(Conflict::Stale("consumer"))) => {
                Err(AppError::Contended("the consumer"))
            }
            Err(CommitError::Refused(conflict)) => Ok(Some(conflict.to_string())),
            Err(CommitError::Port(error)) => Err(AppError::Port(error)),
        }
    }

    async fn set_aside(&mut self, parked: ParkedEvent, to: u64) -> Result<(), AppError> {
        let write = self.advance(to, vec![parked]);
        let unit = UnitOfWork::of(self.relay.ports.clock.now(), write);
        match self.relay.ports.store.commit(unit).await {
            Ok(()) => {
                self.position = to;
                Ok(())
            }
            Err(CommitError::Refused(_)) => Err(AppError::Contended("the consumer")),
            Err(CommitError::Port(error)) => Err(AppError::Port(error)),
        }
    }

    fn advance(&self, to: u64, park: Vec<ParkedEvent>) -> Write {
        let consumer = self.consumer.name().to_owned();
        Write::AdvanceConsumer { consumer, from: self.position, to, park }
    }

    /// An event set aside after `attempts` tries: due at once where it only waits behind another.
    fn parked(&self, event: Event, attempts: u32, reason: String) -> ParkedEvent {
        let now = self.relay.ports.clock.now();
        if !reason.is_empty() {
            tracing::warn!(
                consumer = self.consumer.name(),
                position = event.position,
                reason,
                "an event was set aside"
            );
        }
        let due = if attempts == 0 { now } else { now.plus(pause(attempts)) };
        ParkedEvent { event, attempts, due, reason, dead: false }
    }
}

fn settled(consumer: &str, position: u64, outcome: ParkedOutcome) -> Write {
    Write::SettleParked { consumer: consumer.to_owned(), position, outcome }
}

fn after_failure(attempts: u32, reason: String, now: Timestamp) -> ParkedOutcome {
    let attempts = attempts.saturating_add(1);
    if attempts >= MOST_ATTEMPTS {
        tracing::error!(reason, "an event was given up");
        return ParkedOutcome::Dead { reason };
    }
    ParkedOutcome::Retry { attempts, due: now.plus(pause(attempts)), reason }
}

/// The pause after `attempts` tries in vain.
fn pause(attempts: u32) -> Span {
    let doublings = attempts.saturating_sub(1).min(20);
    let pause = FIRST_PAUSE.as_micros().saturating_mul(1_i64 << doublings);
    Span::micros(pause.min(LONGEST_PAUSE.as_micros()))
}
