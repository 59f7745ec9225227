use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{EventConsumer, HandleError, Progress};
use crate::app::{AppError, Ports};
use crate::domain::shared::{Span, Timestamp};
use crate::ports::PortError;
use crate::ports::events::Event;

/// Hands every event to a consumer whose work stays in this process, such as an index in its
/// memory. Every process has its own, so there is no lease and no position that anyone keeps; what
/// the consumer cannot handle is handed over again until it can, and nothing is set aside.
pub struct Follower {
    ports: Arc<Ports>,
    /// The last position that was handed over.
    position: AtomicU64,
    owed: Mutex<Owed>,
}

/// Events that could not be read, and are to be made up for.
#[derive(Default)]
struct Owed {
    /// The first of them; none where there is none.
    first: Option<u64>,
    last: u64,
    /// When that was last done.
    made_up: Option<Timestamp>,
}

impl Follower {
    /// How long it is after unreadable events were made up for until more of them are.
    const BETWEEN_MAKING_UP: Span = Span::minutes(1);

    /// A follower that begins with the first event that is kept.
    pub fn new(ports: Arc<Ports>) -> Self {
        Self { ports, position: AtomicU64::new(0), owed: Mutex::default() }
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
        self.make_up(consumer).await?;
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
        self.pass_over_unreadable(consumer, &events);
        let writes = consumer.handle(&events).await.map_err(failed)?;
        if !writes.is_empty() {
            return Err(PortError::internal("what stays in one process writes nothing").into());
        }
        self.position.fetch_max(last, Ordering::Relaxed);
        let more = handed >= consumer.batch();
        Ok(Progress { position: Some(last), handed, more, ..Progress::default() })
    }

    /// Notes what cannot be read. Nobody is served by waiting for another version of this program.
    fn pass_over_unreadable(&self, consumer: &dyn EventConsumer, events: &[Event]) {
        for event in events {
            let Some(reason) = event.unreadable() else { continue };
            let (name, position) = (consumer.name(), event.position);
            tracing::error!(consumer = name, position, reason, "an event cannot be read");
            let mut owed = self.owed();
            owed.first = Some(owed.first.unwrap_or(position));
            owed.last = position;
        }
    }

    /// Has the consumer make up for what could not be read as for what was dropped, all at once and
    /// not too often: it may be much work, and a later version may tell many such events.
    async fn make_up(&self, consumer: &dyn EventConsumer) -> Result<(), AppError> {
        let now = self.ports.clock.now();
        let positions = {
            let owed = self.owed();
            let rested = owed.made_up.is_none_or(|at| now >= at.plus(Self::BETWEEN_MAKING_UP));
            let Some(first) = owed.first.filter(|_| rested) else { return Ok(()) };
            first..=owed.last
        };
        consumer.missed(positions.clone()).await.map_err(failed)?;
        let mut owed = self.owed();
        owed.made_up = Some(now);
        owed.first = owed.first.filter(|_| owed.last > *positions.end());
        Ok(())
    }

    fn owed(&self) -> MutexGuard<'_, Owed> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed(error: HandleError) -> AppError {
    match error {
        HandleError::Away(error) => error.into(),
        HandleError::Failed(reason) => PortError::internal(reason).into(),
    }
}
