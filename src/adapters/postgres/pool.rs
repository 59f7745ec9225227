use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolConfig, PoolError, QueueMode, RecycleError, RecycleResult,
    Timeouts,
};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use super::config::PostgresConfig;
use super::fault::Fault;
use crate::ports::PortError;

/// After how long without use a connection is tried before it is used, as the server or something
/// between may have ended it meanwhile.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// How long a connection that is tried may take to answer.
const TRY_LIMIT: Duration = Duration::from_millis(500);

/// How long a connection is used, and how much longer at most. A server whose place another took may
/// go on answering those that are connected to it.
const LIFE: Duration = Duration::from_mins(10);
const MORE_LIFE: Duration = Duration::from_mins(2);

/// How old a connection is at least that tells of the others. A younger one shows that new ones are
/// no better, so that the others stay, and are not opened anew for each write that fails.
const TELLING: Duration = Duration::from_secs(1);

/// How often it is looked whether fewer or more connections should be open.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// A connection in use.
pub type Lent = Object<Connections>;

/// Opens the connections of a pool.
///
/// Sqlx has a pool of its own, which asks the server after each use whether it is still there, so that
/// every statement is two round trips. This one believes a connection that was used a moment ago;
/// one that broke, or may be in the middle of something, is never given back to it. Where one stays
/// silent, the server is gone without a word or the way to it is, and those that were not used since
/// are as good as it: waiting for each of them would take longer than anyone waits. Where one leads to a server that takes no writes any more, so may all that there are.
pub struct Connections {
    options: PgConnectOptions,
    began: Instant,
    /// Those that were opened by then are not used any more.
    outdated: Mutex<Option<Instant>>,
    /// When the last one was asked that stayed silent.
    silent: Mutex<Option<Instant>>,
}

impl Connections {
    /// Whether a connection that was last used at `used` may be silent too.
    fn is_suspect(&self, used: Instant) -> bool {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        silent.is_some_and(|tried| used < tried)
    }

    /// Notes that one that was asked at `tried` stayed silent.
    fn suspect(&self, tried: Instant) {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        *silent = (*silent).max(Some(tried));
    }

    /// Whether a connection that was opened at `opened` is not to be used any more.
    fn is_outdated(&self, opened: Instant, now: Instant) -> bool {
        let life = life(opened.saturating_duration_since(self.began));
        now.saturating_duration_since(opened) >= life || self.is_replaced(opened)
    }

    /// Whether a connection that was opened at `opened` may lead to a server whose place another took.
    pub fn is_replaced(&self, opened: Instant) -> bool {
        let outdated = self.outdated.lock().unwrap_or_else(PoisonError::into_inner);
        outdated.is_some_and(|by_then| opened <= by_then)
    }

    /// Has all that are open by now closed when they are next taken.
    pub fn outdate(&self, now: Instant) {
        let mut outdated = self.outdated.lock().unwrap_or_else(PoisonError::into_inner);
        *outdated = (*outdated).max(Some(now));
    }
}

/// How long a connection is used that was opened so long after the pool was. Those of one moment must
/// not end in one: each microsecond between two of them is a millisecond then.
pub fn life(opened: Duration) -> Duration {
    let more = opened.as_micros() % MORE_LIFE.as_millis();
    LIFE + Duration::from_millis(u64::try_from(more).unwrap_or_default())
}

/// Takes in that a connection was asked at `asked` and stayed silent.
pub fn suspect(lent: &Lent, asked: Instant) {
    if let Some(pool) = Object::pool(lent) {
        pool.manager().suspect(asked);
    }
}

/// Takes in that a connection led to a server that takes no writes, so that what is opened from here
/// on takes the place of all.
pub fn outdate(lent: &Lent) {
    if Object::metrics(lent).age() >= TELLING
        && let Some(pool) = Object::pool(lent)
    {
        pool.manager().outdate(Instant::now());
    }
}

impl Manager for Connections {
    type Type = PgConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<PgConnection, sqlx::Error> {
        self.options.connect().await
    }

    async fn recycle(
        &self,
        connection: &mut PgConnection,
        metrics: &Metrics,
    ) -> RecycleResult<sqlx::Error> {
        let tried = Instant::now();
        if self.is_outdated(metrics.created, tried) {
            return Err(RecycleError::message("it is outdated"));
        }
        let used = metrics.recycled.unwrap_or(metrics.created);
        if self.is_suspect(used) {
            return Err(RecycleError::message("one as old was silent"));
        }
        if tried.saturating_duration_since(used) < TRUSTED_FOR {
            return Ok(());
        }
        let Ok(pinged) = timeout(TRY_LIMIT, connection.ping()).await else {
            self.suspect(tried);
            return Err(RecycleError::message("it is silent"));
        };
        Ok(pinged?)
    }
}

/// The connections of this process. None is opened before it is needed, and then some are kept.
pub fn open(
    config: &PostgresConfig,
    options: PgConnectOptions,
    runtime: &Handle,
) -> Result<Pool<Connections>, PortError> {
    let most = usize::try_from(config.max_connections.max(1)).map_err(PortError::internal)?;
    let wait = Some(config.acquire_timeout);
    let sizes = PoolConfig {
        max_size: most,
        timeouts: Timeouts { wait, create: wait, recycle: None },
        queue_mode: QueueMode::Lifo,
    };
    let connections = Connections {
        options,
        began: Instant::now(),
        outdated: Mutex::default(),
        silent: Mutex::default(),
    };
    let pool = Pool::builder(connections).config(sizes).runtime(Runtime::Tokio1);
    let pool = pool.build().map_err(PortError::internal)?;
    let least = usize::try_from(config.min_connections).unwrap_or(most).min(most);
    runtime.spawn(keep_tidy(pool.clone(), least, config.idle_timeout));
    Ok(pool)
}

/// Closes connections that nobody needed for a while, but for the least number, and opens what that
/// number lacks once there was any, until the pool is used by nobody else.
async fn keep_tidy(pool: Pool<Connections>, least: usize, idle: Duration) {
    let weak = pool.weak();
    drop(pool);
    loop {
        sleep(TIDY_EVERY.min(idle)).await;
        let Some(pool) = weak.upgrade() else { return };
        let mut spare = pool.status().size.saturating_sub(least);
        let closed = pool.retain(|_, metrics| {
            let keep = spare == 0 || metrics.last_used() < idle;
            spare -= usize::from(!keep);
            keep
        });
        for connection in closed.removed {
            // It is gone either way.
            let _ = timeout(TRY_LIMIT, connection.close()).await;
        }
        let open = pool.status().size;
        if open > 0 && open < least {
            warm(&pool, least).await;
        }
    }
}

/// Opens connections until `least` are open. Whoever holds one has the next one opened.
async fn warm(pool: &Pool<Connections>, least: usize) {
    let mut held = Vec::new();
    while pool.status().size < least {
        match pool.get().await {
            Ok(connection) => held.push(connection),
            Err(_) => return,
        }
    }
}

/// Why no connection could be had.
pub fn fault(error: PoolError<sqlx::Error>) -> Fault {
    match error {
        PoolError::Backend(error) => error.into(),
        // Nothing was sent.
        other => PortError::unavailable(other).into(),
    }
}
