use async_trait::async_trait;

use crate::adapters::memory::MemoryStore;
use crate::adapters::memory::map::{Map, after, page};
use crate::adapters::memory::state::ConsumerRow;
use crate::domain::order::Lease;
use crate::domain::shared::Timestamp;
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::events::{Consumer, Event, EventLog, ParkedEvent};

#[async_trait]
impl EventLog for MemoryStore {
    async fn events_after(&self, position: u64, most: usize) -> Result<Vec<Event>, PortError> {
        let log = &self.snapshot().log;
        let found = after(&log.events, Some(position)).map(|(_, event)| event.clone());
        Ok(found.take(most).collect())
    }

    async fn head(&self) -> Result<u64, PortError> {
        Ok(self.snapshot().log.head)
    }

    /// Fails while no change is taken: who asks this rather than [`EventLog::head`] asks whether
    /// the store serves, and one that can only be read from does not. Whoever reads goes on.
    async fn head_so_far(&self) -> Result<u64, PortError> {
        self.writable()?;
        self.head().await
    }

    async fn waiting(&self) -> Result<u64, PortError> {
        Ok(0)
    }

    async fn wait_after(&self, position: u64) -> Result<(), PortError> {
        let mut heads = self.published().heads();
        heads.wait_for(|head| *head > position).await.map(drop).map_err(PortError::unavailable)
    }

    async fn lease_consumer(
        &self,
        name: &str,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Option<Consumer>, PortError> {
        self.change(|state| {
            let row = state.log.consumers.get(name);
            let held = row.and_then(|row| row.lease.as_ref());
            if held.is_some_and(|held| held.owner != lease.owner && now < held.until) {
                return Ok(None);
            }
            let position = row.map_or(0, |row| row.position);
            let row = ConsumerRow { position, lease: Some(lease) };
            state.log.put_consumer(name.to_owned(), row);
            Ok(Some(Consumer { name: name.to_owned(), position }))
        })
        .await
    }

    async fn consumers(&self) -> Result<Vec<Consumer>, PortError> {
        let log = &self.snapshot().log;
        let consumers = log.consumers.iter();
        let shown = |(name, row): (&String, &ConsumerRow)| Consumer {
            name: name.clone(),
            position: row.position,
        };
        Ok(consumers.map(shown).collect())
    }

    async fn parked(&self, consumer: &str, most: usize) -> Result<Vec<ParkedEvent>, PortError> {
        let log = &self.snapshot().log;
        Ok(of_consumer(&log.parked, consumer, None).take(most).collect())
    }

    async fn dead_letters(
        &self,
        consumer: &str,
        mark: Option<u64>,
        limit: usize,
    ) -> Result<Page<ParkedEvent, u64>, PortError> {
        let log = &self.snapshot().log;
        let found = of_consumer(&log.dead, consumer, mark);
        Ok(page(found, limit, |parked| parked.event.position))
    }
}

/// The events of one consumer behind a position. Positions begin at 1.
fn of_consumer<'a>(
    parked: &'a Map<(String, u64), ParkedEvent>,
    consumer: &'a str,
    mark: Option<u64>,
) -> impl Iterator<Item = ParkedEvent> + 'a {
    let behind = after(parked, Some((consumer.to_owned(), mark.unwrap_or(0))));
    behind.take_while(move |((of, _), _)| of == consumer).map(|(_, event)| event.clone())
}
