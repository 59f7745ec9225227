use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{EventConsumer, HandleError, Progress};
use crate::app::{AppError, Ports};
use crate::ports::PortError;
use crate::ports::events::Event;

/// Hands every event to a consumer whose work stays in this process, such as an index in its
/// memory. Every process has its own, so there is no lease and no position that anyone keeps; what
/// the consumer cannot handle is handed over again until it can, and nothing is set aside.
pub struct Follower {
    ports: Arc<Ports>,
    /// The last position that was handed over.
    position: AtomicU64,
}

impl Follower {
    /// A follower that begins with the first event that is kept.
    pub fn new(ports: Arc<Ports>) -> Self {
        Self { ports, position: AtomicU64::new(0) }
    }

    /// Begins behind the last event: what the consumer works on is about to be made from the store
    /// as it is now, or later.
    pub async fn skip(&self) -> Result<(), AppError> {
        let head = self.ports.events.head().await?;
        self.position.fetch_max(head, Ordering::Relaxed);
        Ok(())
    }

    /// Hands over the next events, a batch at most. One step at a time.
    pub async fn step(&self, consumer: &dyn EventConsumer) -> Result<Progress, AppError> {
        let position = self.position.load(Ordering::Relaxed);
        let events = self.ports.events.events_after(position, consumer.batch()).await?;
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return Ok(Progress { position: Some(position), ..Progress::default() });
        };
        if first.position > position.saturating_add(1) {
            let missed = position.saturating_add(1)..=first.position.saturating_sub(1);
            consumer.missed(missed).await.map_err(failed)?;
        }
        let (last, handed) = (last.position, events.len());
        self.pass_over_unreadable(consumer, &events).await?;
        let writes = consumer.handle(&events).await.map_err(failed)?;
        if !writes.is_empty() {
            return Err(PortError::internal("what stays in one process writes nothing").into());
        }
        self.position.fetch_max(last, Ordering::Relaxed);
        let more = handed >= consumer.batch();
        Ok(Progress { position: Some(last), handed, more, parked: false })
    }

    /// Has the consumer make up for what cannot be read as for what was dropped: it would wait for
    /// another version of this program for ever.
    async fn pass_over_unreadable(
        &self,
        consumer: &dyn EventConsumer,
        events: &[Event],
    ) -> Result<(), AppError> {
        for event in events {
            let Some(reason) = event.unreadable() else { continue };
            let (name, position) = (consumer.name(), event.position);
            tracing::error!(consumer = name, position, reason, "an event cannot be read");
            consumer.missed(position..=position).await.map_err(failed)?;
        }
        Ok(())
    }
}

fn failed(error: HandleError) -> AppError {
    match error {
        HandleError::Away(error) => error.into(),
        HandleError::Failed(reason) => PortError::internal(reason).into(),
    }
}
