use crate::adapters::memory::config::MemoryConfig;
use crate::adapters::memory::map::Map;
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
        self.events.insert_mut(self.head, event);
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
            self.events.remove_mut(&first);
        }
    }
}
