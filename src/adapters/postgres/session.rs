use std::future::Future;
use std::io::ErrorKind;
use std::pin::pin;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool::managed::{Object, Pool};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::config::PostgresConfig;
use super::fault::Fault;
use super::migrate::bad_url;
use super::pool::{self, Connections, Lent};
use super::reach::Reach;
use crate::ports::PortError;
use crate::ports::dependency::PoolStatus;
use crate::ports::store::CommitError;

/// How much longer than the server allows a statement to take its answer is waited for. A server
/// that is there answers by then, so one that does not is away.
const WAIT_BEYOND: Duration = Duration::from_millis(500);

/// After how long without a free connection it is looked whether the database is there.
const SUSPICIOUS: Duration = Duration::from_millis(50);

/// The pause before a server that takes no more connections is asked again.
const FULL_PAUSE: Duration = Duration::from_millis(10);

/// The connections of this process, and the runtime that they belong to.
#[derive(Clone)]
pub struct Sessions {
    pool: Pool<Connections>,
    reach: Arc<Reach>,
    runtime: Handle,
    /// How each connection is opened.
    options: PgConnectOptions,
    /// How long work waits for a connection.
    acquire_timeout: Duration,
    /// How long the answer to one piece of work is waited for.
    patience: Duration,
    /// Whether the server is to take writes.
    writes: bool,
}

impl Sessions {
    /// Connections as `config` says, on the current runtime. None is opened yet.
    pub fn new(config: &PostgresConfig) -> Result<Self, PortError> {
        Self::over("the database", config, options(config)?)
    }

    /// The same to a replica, which takes no writes, and would take none if it became a primary.
    pub fn to_replica(config: &PostgresConfig) -> Result<Self, PortError> {
        let options = options(config)?.options([("default_transaction_read_only", "on")]);
        Ok(Self { writes: false, ..Self::over("the replica", config, options)? })
    }

    fn over(
        name: &'static str,
        config: &PostgresConfig,
        options: PgConnectOptions,
    ) -> Result<Self, PortError> {
        let runtime = Handle::try_current().map_err(PortError::internal)?;
        let reach = Arc::new(Reach::start(name, options.clone(), &runtime));
        let pool = pool::open(config, options.clone(), &runtime)?;
        let (acquire_timeout, patience) =
            (config.acquire_timeout, config.statement_timeout + WAIT_BEYOND);
        Ok(Self { pool, reach, runtime, options, acquire_timeout, patience, writes: true })
    }

    /// How each connection is opened.
    pub fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// How the connections do.
    pub fn status(&self) -> PoolStatus {
        let status = self.pool.status();
        PoolStatus {
            max: status.max_size,
            open: status.size,
            in_use: status.size.saturating_sub(status.available),
            waiting: status.waiting,
        }
    }

    /// Whether a connection beside the pool's that was opened at `opened` may lead to a server whose
    /// place another took.
    pub fn is_replaced(&self, opened: Instant) -> bool {
        self.pool.manager().is_replaced(opened)
    }

    /// Takes in that another server may have taken the place of this one.
    pub fn outdate(&self) {
        self.pool.manager().outdate(Instant::now());
    }

    /// Does `work` in a task of its own, which goes on though its caller goes away.
    pub async fn detached<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, PortError> {
        self.runtime.spawn(work).await.map_err(PortError::internal)
    }

    /// Does `work` beside everything else, until it ends or is aborted.
    pub fn keep(&self, work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.runtime.spawn(work)
    }

    /// Runs one statement, or several that need not be of one moment, and tells a failure as that
    /// of a read.
    pub async fn ask<T, W>(&self, work: W) -> Result<T, PortError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, Fault>>,
        W: Send + 'static,
    {
        self.alone(work).await?.map_err(|undone| undone.fault.of_read())
    }

    /// Runs one statement that writes and is a commit of its own, and tells a failure as that of a
    /// write: where its answer was lost, it may have been done.
    pub async fn ask_to_write<T, W>(&self, work: W) -> Result<T, PortError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, Fault>>,
        W: Send + 'static,
    {
        self.alone(work).await?.map_err(|undone| match undone.fault.of_write(undone.sent) {
            CommitError::Port(error) => error,
            CommitError::Refused(conflict) => PortError::internal(conflict),
        })
    }

    /// Does some work on a connection, in a task of its own.
    async fn alone<T, W>(&self, work: W) -> Result<Result<T, Undone>, PortError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, Fault>>,
        W: Send + 'static,
    {
        let sessions = self.clone();
        self.detached(async move {
            let mut session = sessions.open().await.map_err(Undone::before)?;
            session.run(work).await.map_err(|fault| Undone { fault, sent: true })
        })
        .await
    }

    /// A connection for some work; none, and that at once, while the database is away.
    pub async fn open(&self) -> Result<Session, Fault> {
        Ok(Session {
            connection: Some(self.acquire().await?),
            reach: self.reach.clone(),
            patience: self.patience,
            writes: self.writes,
            whole: true,
            in_transaction: false,
        })
    }

    /// Returns when nobody can reach the database, and what is told of that.
    pub async fn lost(&self) -> Fault {
        self.reach.lost().await;
        away()
    }

    async fn acquire(&self) -> Result<Lent, Fault> {
        if self.reach.is_away() {
            return Err(away());
        }
        let mut acquired = pin!(self.take());
        match timeout(SUSPICIOUS, &mut acquired).await {
            Ok(Ok(soon)) => return Ok(soon),
            Ok(Err(fault)) => {
                self.reach.doubt();
                return Err(fault);
            }
            Err(_) => self.reach.doubt(),
        }
        tokio::select! {
            biased;
            late = acquired => late,
            () = self.reach.lost() => Err(away()),
        }
    }

    /// A connection, for which is waited no longer than work may wait for one, all in all. A server
    /// that takes no more connections just now may soon, or someone here may give one back.
    async fn take(&self) -> Result<Lent, Fault> {
        let taken = async {
            loop {
                match self.pool.get().await.map_err(pool::fault) {
                    Err(fault) if fault.is_full() => sleep(FULL_PAUSE).await,
                    taken => return taken,
                }
            }
        };
        let late = |_| Fault::from(PortError::unavailable("no connection is free"));
        timeout(self.acquire_timeout, taken).await.map_err(late)?
    }
}

/// A connection in use. One that may be in the middle of something is closed and never used again,
/// whatever became of the work on it: it must not begin the next one's work in a transaction.
pub struct Session {
    /// None only while it is dropped.
    connection: Option<Lent>,
    reach: Arc<Reach>,
    patience: Duration,
    /// Whether the server is to take writes.
    writes: bool,
    /// Whether the server answered all that it was asked, and is the one to be asked.
    whole: bool,
    in_transaction: bool,
}

impl Session {
    /// Does `work` on the connection, and gives up on both where no answer comes in time.
    pub async fn run<T, W>(&mut self, work: W) -> Result<T, Fault>
    where
        W: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, Fault>>,
    {
        let Some(connection) = &mut self.connection else { return Err(away()) };
        self.whole = false;
        let asked = Instant::now();
        let answer = timeout(self.patience, work(connection)).await;
        if answer.is_err() {
            pool::suspect(connection, asked);
        }
        let silent = |_| Fault::Sql(sqlx::Error::Io(ErrorKind::TimedOut.into()));
        let answer = answer.map_err(silent)?;
        // Another server may have taken the place of one that takes no writes.
        let replaced = self.writes && answer.as_ref().is_err_and(Fault::is_read_only);
        if replaced {
            pool::outdate(connection);
        }
        self.whole = !replaced && !answer.as_ref().is_err_and(Fault::is_cut);
        if !self.whole {
            self.reach.doubt();
        }
        answer
    }

    /// Does `work` in a transaction, which is undone unless the work passes.
    pub async fn transact<T, W>(&mut self, work: W) -> Result<T, Undone>
    where
        W: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, Fault>>,
    {
        self.in_transaction = true;
        self.order("BEGIN").await.map_err(Undone::before)?;
        match self.run(work).await {
            Ok(value) => {
                self.order("COMMIT").await.map_err(|fault| Undone { fault, sent: true })?;
                self.in_transaction = false;
                Ok(value)
            }
            Err(fault) => {
                if self.whole && self.order("ROLLBACK").await.is_ok() {
                    self.in_transaction = false;
                }
                Err(Undone::before(fault))
            }
        }
    }

    /// Waits so much longer for each answer from here on.
    pub fn allow(&mut self, more: Duration) {
        self.patience += more;
    }

    async fn order(&mut self, statement: &'static str) -> Result<(), Fault> {
        self.run(|connection| {
            async move {
                sqlx::raw_sql(statement).execute(connection).await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let spoilt = !self.whole || self.in_transaction;
        if let Some(connection) = self.connection.take()
            && spoilt
        {
            drop(Object::take(connection));
        }
    }
}

/// What is told while the database is away. Nothing was sent.
fn away() -> Fault {
    PortError::unavailable("the database is away").into()
}

/// Why a write did not go through.
pub struct Undone {
    /// What went wrong.
    pub fault: Fault,
    /// Whether the commit was on its way, so that a connection that broke tells nothing of it.
    pub sent: bool,
}

impl Undone {
    /// Where the commit was not on its way yet.
    pub fn before(fault: Fault) -> Self {
        Self { fault, sent: false }
    }
}

/// How each connection is opened.
fn options(config: &PostgresConfig) -> Result<PgConnectOptions, PortError> {
    let options = PgConnectOptions::from_str(&config.url).map_err(|_| bad_url())?;
    let millis = |limit: Duration| limit.as_millis().to_string();
    Ok(options
        .application_name("ecicomm")
        .options([
            ("statement_timeout", millis(config.statement_timeout)),
            ("lock_timeout", millis(config.lock_timeout)),
            ("idle_in_transaction_session_timeout", millis(config.statement_timeout * 5)),
            // Statements of the shop are short; compiling one would cost more than it saves.
            ("jit", "off".to_owned()),
        ])
        .disable_statement_logging())
}
