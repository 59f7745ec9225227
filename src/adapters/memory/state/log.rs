use crate::adapters::memory::config::MemoryConfig;
use crate::adapters::memory::map::Map;
use crate::adapters::record::Fact;
use crate::domain::order::Lease;
use crate::domain::shared::Timestamp;
use crate::ports::events::{Aggregate, Event, EventBody, ParkedEvent};

/// How far a consumer is, and who it is.
#[derive(Clone)]
pub struct ConsumerRow {
    /// The last position it is done with.
    pub position: u64,
    /// Who plays it.
    pub lease: Option<Lease>,
}

/// Events, and who has heard of them.
#[derive(Clone, Default)]
pub struct LogState {
    /// Events by position.
    pub events: Map<u64, Event>,
    /// The position of the last event, kept or not.
    pub head: u64,
    /// How many events each aggregate has had.
    pub sequences: Map<Aggregate, u64>,
    /// Consumers by name.
    pub consumers: Map<String, ConsumerRow>,
    /// Events set aside and to be tried again, by consumer and position.
    pub parked: Map<(String, u64), ParkedEvent>,
    /// Events given up, by consumer and position.
    pub dead: Map<(String, u64), ParkedEvent>,
    /// What changed since facts were last taken.
    pub facts: Vec<Fact>,
}

/// The most events that one commit lets go of, so that none pays for a consumer that was away.
const TRIM_MOST: usize = 1_000;

impl LogState {
    /// Adds an event.
    pub fn push(&mut self, aggregate: Aggregate, at: Timestamp, body: EventBody) {
        let sequence = self.sequences.get(&aggregate).map_or(1, |last| last.saturating_add(1));
        self.head = self.head.saturating_add(1);
        self.sequences.insert_mut(aggregate.clone(), sequence);
        let event = Event { position: self.head, aggregate, sequence, at, body };
        self.facts.push(Fact::Sequence(event.aggregate.clone(), sequence));
        self.facts.push(Fact::Event(event.clone()));
        self.events.insert_mut(self.head, event);
    }

    /// Moves a consumer, or makes it.
    pub fn put_consumer(&mut self, name: String, row: ConsumerRow) {
        // A lease that is taken or prolonged is no fact.
        if self.consumers.get(&name).map(|known| known.position) != Some(row.position) {
            self.facts.push(Fact::Consumer(name.clone(), row.position));
        }
        self.consumers.insert_mut(name, row);
    }

    /// Keeps an event that a consumer set aside or gave up.
    pub fn put_parked(&mut self, consumer: &str, parked: ParkedEvent) {
        let id = (consumer.to_owned(), parked.event.position);
        self.facts.push(Fact::Parked(id.0.clone(), parked.clone()));
        let kept = if parked.dead { &mut self.dead } else { &mut self.parked };
        kept.insert_mut(id, parked);
    }

    /// Forgets that a consumer set an event aside or gave it up.
    pub fn remove_parked(&mut self, id: &(String, u64)) {
        self.facts.push(Fact::ParkedGone(id.0.clone(), id.1));
        self.parked.remove_mut(id);
        self.dead.remove_mut(id);
    }

    /// Lets go of old events: those beyond `keep_events` that every consumer is done with, and
    /// those beyond `max_events` anyway. While there is no consumer, nobody is done with anything.
    pub fn trim(&mut self, config: &MemoryConfig) {
        let done = self.consumers.values().map(|row| row.position).min().unwrap_or(0);
        for _ in 0..TRIM_MOST {
            let Some(first) = self.events.first().map(|(position, _)| *position) else { return };
            let spare = self.events.size() > config.keep_events && first <= done;
            if !spare && self.events.size() <= config.max_events {
                return;
            }
            self.facts.push(Fact::EventGone(first));
            self.events.remove_mut(&first);
        }
    }
}
