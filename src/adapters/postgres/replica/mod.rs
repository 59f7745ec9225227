//! A streaming replica that lists are read from, while it is close behind the database.
//!
//! What it is asked for is asked of the database instead wherever it is away, too far behind, in doubt,
//! or fails: who asks sees no difference but its age. Never asked for anything that is decided on.

mod lag;
mod look;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::postgres::PgConnection;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::config::PostgresConfig;
use super::fault::Fault;
use super::session::Sessions;
use super::store::PostgresStore;
use crate::ports::dependency::{
    ConnectionPool, Dependency, DependencyCalls, DependencyState, PoolStatus,
};
use crate::ports::{PortError, PortErrorKind};
use look::{Found, Looker};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// How often a replica is looked at before anything else is done, and the pause between, for one that
/// is a moment behind to come to where the primary was at the first look.
const FIRST_LOOKS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest wait for a connection: there is another server to be asked.
const ACQUIRE_LIMIT: Duration = Duration::from_millis(250);

/// The replica of a [`PostgresStore`].
pub struct PostgresReplica {
    sessions: Sessions,
    shared: Arc<Shared>,
    looking: JoinHandle<()>,
}

struct Shared {
    /// How far it may be behind.
    lag: Duration,
    state: watch::Sender<State>,
    /// Whether an answer of it failed since the last look.
    failed: AtomicBool,
    /// Whether such a failure was logged since the state changed.
    told: AtomicBool,
    refused: AtomicU64,
    retried: AtomicU64,
}

/// How the replica is, as the last look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It may be asked until then, and is too far behind from then on if nothing more is known.
    Close { until: Instant },
    /// It is too far behind, or nobody knows how far.
    Behind,
    /// It does not answer, or is not a replica of this database.
    Away,
}

impl PostgresReplica {
    /// The replica at `url` of what `store` is in, asked while it is at most `lag` behind. One that is
    /// away is waited for by nobody. A server that is no replica of it is refused.
    pub async fn connect(
        url: &str,
        lag: Duration,
        store: &PostgresStore,
    ) -> Result<Self, PortError> {
        let primary = &store.config;
        let config = PostgresConfig {
            url: url.to_owned(),
            acquire_timeout: primary.acquire_timeout.min(ACQUIRE_LIMIT),
            ..PostgresConfig::clone(primary)
        };
        let sessions = Sessions::to_replica(&config)?;
        let mut looker = Looker::new(store.sessions.options(), sessions.options(), lag);
        let shared = Arc::new(Shared {
            lag,
            state: watch::Sender::new(State::Behind),
            failed: AtomicBool::new(false),
            told: AtomicBool::new(false),
            refused: AtomicU64::new(0),
            retried: AtomicU64::new(0),
        });
        let looked = shared.clone();
        let first = sessions.detached(async move {
            let mut found = looker.look().await;
            for _ in 1..FIRST_LOOKS {
                if !matches!(found, Found::Behind) {
                    break;
                }
                sleep(FIRST_PAUSE).await;
                found = looker.look().await;
            }
            if let Found::Unfit(unfit) = found
                && unfit.is_mistake()
            {
                return Err(PortError::unavailable(format!("DATABASE_READ_URL {unfit}")));
            }
            looked.begin(found);
            Ok(looker)
        });
        let looker = first.await??;
        let looking = sessions.keep(keep_looking(shared.clone(), looker));
        Ok(Self { sessions, shared, looking })
    }

    /// Asks the replica, and `primary` where that does not do.
    pub(super) async fn ask<T, W>(&self, primary: &Sessions, work: W) -> Result<T, PortError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, Fault>>,
        W: Clone + Send + 'static,
    {
        if !self.shared.is_asked() {
            self.shared.refused.fetch_add(1, Ordering::Relaxed);
            return primary.ask(work).await;
        }
        let asked = tokio::select! {
            biased;
            asked = self.sessions.ask(work.clone()) => asked,
            // A server that says nothing is given up by the looks before it is by those who ask.
            () = self.shared.lost() => Err(PortError::unavailable("the replica is away")),
        };
        match asked {
            Ok(told) => Ok(told),
            Err(error) => {
                self.shared.note(&error);
                primary.ask(work).await
            }
        }
    }
}

impl Drop for PostgresReplica {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

impl Dependency for PostgresReplica {
    fn name(&self) -> &'static str {
        "replica"
    }

    fn state(&self) -> DependencyState {
        match *self.shared.state.borrow() {
            State::Close { .. } if self.shared.failed.load(Ordering::Relaxed) => {
                DependencyState::Away
            }
            State::Close { until } if Instant::now() < until => DependencyState::Well,
            State::Close { .. } | State::Behind => DependencyState::Behind,
            State::Away => DependencyState::Away,
        }
    }

    fn calls(&self) -> DependencyCalls {
        DependencyCalls {
            refused: self.shared.refused.load(Ordering::Relaxed),
            retried: self.shared.retried.load(Ordering::Relaxed),
        }
    }
}

impl ConnectionPool for PostgresReplica {
    fn name(&self) -> &'static str {
        "postgres_replica"
    }

    fn status(&self) -> PoolStatus {
        self.sessions.status()
    }
}

impl Shared {
    fn is_asked(&self) -> bool {
        let is_close =
            matches!(*self.state.borrow(), State::Close { until } if Instant::now() < until);
        is_close && !self.failed.load(Ordering::Relaxed)
    }

    /// Returns when it does not answer.
    async fn lost(&self) {
        let mut states = self.state.subscribe();
        // The sender is in here, so the wait ends by the value alone.
        let _ = states.wait_for(|state| *state == State::Away).await;
    }

    /// Takes in that an answer of it failed. It is left alone until the next look, unless the failure
    /// was a matter of the moment: replaying what the primary did goes before who reads.
    fn note(&self, error: &PortError) {
        self.retried.fetch_add(1, Ordering::Relaxed);
        if error.kind() == PortErrorKind::Conflict {
            return;
        }
        self.failed.store(true, Ordering::Relaxed);
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "the replica failed, the primary is asked instead");
        }
    }

    /// Takes in the first look.
    fn begin(&self, found: Found) {
        let (state, reason) = self.judged(found);
        self.state.send_replace(state);
        state.tell(&reason);
    }

    /// Takes in what a look found.
    fn take(&self, found: Found) {
        self.failed.store(false, Ordering::Relaxed);
        let (state, reason) = self.judged(found);
        let before = self.state.send_replace(state);
        if std::mem::discriminant(&before) != std::mem::discriminant(&state) {
            self.told.store(false, Ordering::Relaxed);
            state.tell(&reason);
        }
    }

    /// What a look means, and why where it is no good news.
    fn judged(&self, found: Found) -> (State, String) {
        let now = Instant::now();
        match found {
            Found::AsOf(moment) if now < moment + self.lag => {
                (State::Close { until: moment + self.lag }, String::new())
            }
            Found::AsOf(_) | Found::Behind => {
                let lag = self.lag.as_millis();
                (State::Behind, format!("it is not known to be less than {lag} ms behind"))
            }
            Found::Unfit(unfit) => (State::Away, format!("DATABASE_READ_URL {unfit}")),
            Found::Away(error) => (State::Away, error.to_string()),
            // What was known holds for as long as it was to hold.
            Found::Alone(error) => match *self.state.borrow() {
                State::Close { until } if now < until => (State::Close { until }, String::new()),
                State::Close { .. } | State::Behind => (State::Behind, error.to_string()),
                State::Away => (State::Away, error.to_string()),
            },
        }
    }
}

impl State {
    fn tell(self, reason: &str) {
        match self {
            Self::Close { .. } => tracing::info!("lists are read from the replica"),
            Self::Behind => {
                tracing::warn!(reason, "lists are read from the primary: the replica is behind");
            }
            Self::Away => {
                tracing::warn!(reason, "lists are read from the primary: the replica is away");
            }
        }
    }
}

async fn keep_looking(shared: Arc<Shared>, mut looker: Looker) {
    loop {
        sleep(PAUSE).await;
        shared.take(looker.look().await);
    }
}
