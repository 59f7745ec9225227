use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::claims::Claims;
use super::commit::Draft;
use super::config::MemoryConfig;
use super::group::{Groups, Writer};
use super::published::Published;
use super::state::{Recall, State, reader};
use crate::adapters::record::{Fact, Journal, Written};
use crate::domain::shared::{Currency, Timestamp};
use crate::ports::PortError;
use crate::ports::catalog::ReadContext;
use crate::ports::store::{CommitError, Store, UnitOfWork};

/// The store, the queries, the sagas, the keys and the event log of a shop in memory, and the carts
/// of one that also keeps everything in a journal.
///
/// Everything is kept for good, except events: [`MemoryConfig`] says how many. An event goes once
/// every known consumer is past it and [`MemoryConfig::keep_events`] newer ones are kept; beyond
/// [`MemoryConfig::max_events`] the oldest go in any case. A new consumer begins before the oldest
/// event that is left.
pub struct MemoryStore {
    config: MemoryConfig,
    /// Who lists are made for.
    reader: ReadContext,
    published: Arc<Published>,
    turn: Turn,
    /// Of holds that ran out. A process that begins anew has claimed none.
    pub(super) claims: Claims,
}

/// How changes take turns.
enum Turn {
    /// The change is shown at once, and forgotten when the process ends.
    Forgetful(Mutex<()>),
    /// The change waits for its group to be written, by a thread of its own.
    Journalled(Arc<Groups>, #[expect(dead_code, reason = "its end ends the thread")] Writer),
    /// The same, but whoever decides a change also writes the group: equal runs are equal.
    Alone(Arc<Groups>),
}

impl MemoryStore {
    /// An empty shop that is forgotten when the process ends.
    pub fn new(config: MemoryConfig) -> Self {
        let reader = reader(config.currency.unwrap_or(Currency::USD));
        let published = Arc::new(Published::new(State::default()));
        let turn = Turn::Forgetful(Mutex::default());
        Self { config, reader, published, turn, claims: Claims::default() }
    }

    /// The shop whose facts `journal` keeps. A change is shown, and a commit answers, only when the
    /// journal has kept it; changes that come while it writes share the next write. Lists begin as
    /// prices are at `at`.
    pub fn journalled(
        config: MemoryConfig,
        journal: Arc<dyn Journal>,
        at: Timestamp,
    ) -> Result<Self, PortError> {
        let (store, groups) = Self::recall(config, journal, at)?;
        let writer = Writer::start(groups.clone())?;
        Ok(Self { turn: Turn::Journalled(groups, writer), ..store })
    }

    /// The same without a thread: every change is written by whoever makes it, while it makes it.
    pub fn journalled_in_turn(
        config: MemoryConfig,
        journal: Arc<dyn Journal>,
        at: Timestamp,
    ) -> Result<Self, PortError> {
        let (store, groups) = Self::recall(config, journal, at)?;
        Ok(Self { turn: Turn::Alone(groups), ..store })
    }

    fn recall(
        config: MemoryConfig,
        journal: Arc<dyn Journal>,
        at: Timestamp,
    ) -> Result<(Self, Arc<Groups>), PortError> {
        let mut recall = Recall::new(&config);
        journal.recall(&mut recall)?;
        let (currency, settled) = recall.settle();
        let reader = reader(currency);
        let (state, views) = recall.finish(&ReadContext { at, ..reader.clone() })?;
        let begun: Vec<Fact> = std::iter::once(views).chain(settled).collect();
        if !config.only_looks
            && let Written::NotKept(error) | Written::Unknown(error) =
                journal.write(&mut begun.iter())
        {
            return Err(error);
        }
        let published = Arc::new(Published::new(state));
        let groups = Arc::new(Groups::new(journal, published.clone()));
        let turn = Turn::Alone(groups.clone());
        Ok((Self { config, reader, published, turn, claims: Claims::default() }, groups))
    }

    /// The currency that the shop is in.
    pub fn currency(&self) -> Currency {
        self.reader.currency
    }

    pub(super) fn config(&self) -> &MemoryConfig {
        &self.config
    }

    pub(super) fn published(&self) -> &Published {
        &self.published
    }

    /// The state as it is now. It never changes; a later one takes its place.
    pub(super) fn snapshot(&self) -> Arc<State> {
        self.published.snapshot()
    }

    /// Whether changes are taken. What was kept can be read in any case.
    pub(super) fn writable(&self) -> Result<(), PortError> {
        match &self.turn {
            Turn::Forgetful(_) => Ok(()),
            Turn::Journalled(groups, _) | Turn::Alone(groups) => groups.writable(),
        }
    }

    /// Lets `change` work on a copy of the state, and has the copy kept and shown unless it fails.
    pub(super) async fn change<T, E: From<PortError>>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<T, E> {
        let (answer, ticket) = match &self.turn {
            Turn::Forgetful(turn) => return self.change_now(turn, change),
            Turn::Journalled(groups, _) => groups.decide(change),
            Turn::Alone(groups) => {
                let decided = groups.decide(change);
                groups.write_group();
                decided
            }
        };
        if let Some(ticket) = ticket {
            ticket.kept().await?;
        }
        answer
    }

    fn change_now<T, E>(
        &self,
        turn: &Mutex<()>,
        change: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<T, E> {
        let turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = State::clone(&self.snapshot());
        let answer = change(&mut next)?;
        // Nobody writes them down.
        drop(next.take_facts());
        let old = self.published.replace(Arc::new(next));
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
        .await
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.snapshot().secrets.get(name).map(|value| value.to_vec()))
    }
}
