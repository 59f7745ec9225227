use std::mem;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use async_trait::async_trait;
use tokio::sync::watch;

use super::commit::Draft;
use super::config::MemoryConfig;
use super::state::State;
use crate::domain::shared::{Country, Timestamp};
use crate::ports::PortError;
use crate::ports::catalog::ReadContext;
use crate::ports::store::{CommitError, Store, UnitOfWork};

/// The store, the queries, the sagas, the keys and the event log of a shop in memory.
///
/// Everything is kept for good, except events: [`MemoryConfig`] says how many. An event goes once
/// every known consumer is past it and [`MemoryConfig::keep_events`] newer ones are kept; beyond
/// [`MemoryConfig::max_events`] the oldest go in any case. A new consumer begins before the oldest
/// event that is left.
pub struct MemoryStore {
    pub(super) config: MemoryConfig,
    /// Who lists are made for.
    reader: ReadContext,
    /// Held by the one who changes the state.
    turn: Mutex<()>,
    /// The state. It is replaced whole, so that a lock whose holder died guards a whole one.
    published: RwLock<Arc<State>>,
    /// The position of the last event.
    pub(super) head: watch::Sender<u64>,
}

impl MemoryStore {
    /// An empty shop.
    pub fn new(config: MemoryConfig) -> Self {
        let reader = ReadContext {
            channel: "default".into(),
            currency: config.currency,
            country: Country::US,
            locale: "en".into(),
            groups: [].into(),
            at: Timestamp::from_micros(0),
        };
        Self {
            config,
            reader,
            turn: Mutex::default(),
            published: RwLock::default(),
            head: watch::Sender::new(0),
        }
    }

    /// The state as it is now. It never changes; a later one takes its place.
    pub(super) fn snapshot(&self) -> Arc<State> {
        self.published.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets `change` work on a copy of the state, and publishes the copy unless it fails.
    pub(super) fn change<T, E>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<T, E> {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = State::clone(&self.snapshot());
        let answer = change(&mut next)?;
        let head = next.log.head;
        let old = {
            let mut published = self.published.write().unwrap_or_else(PoisonError::into_inner);
            mem::replace(&mut *published, Arc::new(next))
        };
        self.head.send_if_modified(|known| mem::replace(known, head) != head);
        drop(turn);
        // What nobody reads any more is freed here, at nobody else's cost.
        drop(old);
        Ok(answer)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        let reader = ReadContext { at: unit.at, ..self.reader.clone() };
        self.change(|state| {
            let mut draft = Draft::new(state, &self.config, &reader);
            for write in unit.writes {
                draft.apply(write)?;
            }
            draft.finish();
            Ok(())
        })
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.snapshot().secrets.get(name).map(|value| value.to_vec()))
    }
}
