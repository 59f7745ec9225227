use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use moka::sync::Cache;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::anew::Anew;
use super::commit;
use super::config::PostgresConfig;
use super::convert::Moment;
use super::fault::Fault;
use super::log::Log;
use super::migrate::prepare;
use super::query::list;
use super::replica::PostgresReplica;
use super::session::Sessions;
use super::shown::Shown;
use super::turns::Turns;
use crate::domain::shared::{Currency, ProductId};
use crate::ports::catalog::{ListMark, ListQuery, Page};
use crate::ports::dependency::{ConnectionPool, PoolStatus};
use crate::ports::store::{CommitError, Store, UnitOfWork};
use crate::ports::{PortError, PortErrorKind};

/// The store, the queries, the sagas, the keys and the event log of a shop in Postgres.
///
/// It belongs to the runtime that connected: everything runs there, whichever runtime asks.
pub struct PostgresStore {
    pub(super) config: Arc<PostgresConfig>,
    pub(super) sessions: Sessions,
    pub(super) log: Arc<Log>,
    pub(super) shown: Arc<Shown>,
    turns: Arc<Turns>,
    /// The orders of sagas that could not be read a moment ago.
    pub(super) unreadable: Cache<Uuid, ()>,
    currency: Currency,
    /// What pages of lists are read from while it is close behind.
    replica: Option<Arc<PostgresReplica>>,
}

/// For how long a saga that could not be read is left to other processes, which may be of another
/// version, and how many of them are remembered.
const UNREADABLE_FOR: Duration = Duration::from_mins(1);
const MOST_UNREADABLE: u64 = 1_000;

impl PostgresStore {
    /// Connects to a database that was [migrated](super::migrate()) to the schema of this build.
    pub async fn connect(config: PostgresConfig) -> Result<Self, PortError> {
        let sessions = Sessions::new(&config)?;
        let currency = prepare(&config).await?;
        let shown = Arc::new(Shown::new(config.shown_products));
        let log = Arc::new(Log::start(&sessions, &config.url, &shown));
        let turns = Arc::new(Turns::new(&config));
        let config = Arc::new(config);
        let unreadable =
            Cache::builder().max_capacity(MOST_UNREADABLE).time_to_live(UNREADABLE_FOR).build();
        Ok(Self { config, sessions, log, shown, turns, unreadable, currency, replica: None })
    }

    /// The currency that the shop is in.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The same store under another handle, whose pages of lists come from a replica of it while that
    /// is close behind. Whoever decides something on a list needs the one that this is called on.
    pub fn listing_from(&self, replica: Arc<PostgresReplica>) -> Self {
        Self {
            config: self.config.clone(),
            sessions: self.sessions.clone(),
            log: self.log.clone(),
            shown: self.shown.clone(),
            turns: self.turns.clone(),
            unreadable: self.unreadable.clone(),
            currency: self.currency,
            replica: Some(replica),
        }
    }

    /// The ids of a page of a list.
    pub(super) async fn list_ids(
        &self,
        query: &ListQuery,
    ) -> Result<Page<ProductId, ListMark>, PortError> {
        let query = query.clone();
        self.ask_for_list(|connection| list::ids(connection, query).boxed()).await
    }

    /// Asks for a page of a list, which may tell of the shop as it was a moment ago where this handle
    /// has a replica.
    pub(super) async fn ask_for_list<T, W>(&self, work: W) -> Result<T, PortError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, Fault>>,
        W: Clone + Send + 'static,
    {
        match &self.replica {
            Some(replica) => replica.ask(&self.sessions, work).await,
            None => self.sessions.ask(work).await,
        }
    }

    /// Asks the database.
    pub(super) async fn ask<T, W>(&self, work: W) -> Result<T, PortError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, Fault>>,
        W: Send + 'static,
    {
        self.sessions.ask(work).await
    }
}

/// Whether a commit that failed so may have been applied.
fn may_be_done(error: &PortError) -> bool {
    !matches!(error.kind(), PortErrorKind::Unavailable | PortErrorKind::Conflict)
}

/// One that may have been applied may have told something, and shown anything.
fn take_notice(log: &Log, shown: &Shown, committed: &Result<Anew, CommitError>) {
    if !matches!(committed, Err(CommitError::Refused(_))) {
        log.tell_committed();
    }
    match committed {
        Ok(anew) => shown.outdate(anew),
        Err(CommitError::Port(error)) if may_be_done(error) => shown.outdate(&Anew::All),
        Err(_) => {}
    }
}

impl ConnectionPool for PostgresStore {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn status(&self) -> PoolStatus {
        self.sessions.status()
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        if unit.writes.is_empty() {
            return Ok(());
        }
        let moment = Moment::new(unit.at, self.config.time);
        let unit = commit::Unit { config: self.config.clone(), moment, writes: unit.writes };
        let (sessions, turns) = (self.sessions.clone(), self.turns.clone());
        let (log, shown) = (self.log.clone(), self.shown.clone());
        // A caller that goes away meanwhile takes no notice, and others need it.
        let work = async move {
            let committed = commit::commit(&sessions, &turns, unit).await;
            take_notice(&log, &shown, &committed);
            committed.map(drop)
        };
        self.sessions.detached(work).await?
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        let name = name.to_owned();
        self.ask(move |connection| {
            async move {
                let found = sqlx::query_scalar!("SELECT value FROM secrets WHERE name = $1", name);
                Ok(found.fetch_optional(connection).await?)
            }
            .boxed()
        })
        .await
    }
}
