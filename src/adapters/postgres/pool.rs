use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolConfig, PoolError, QueueMode, RecycleResult, Timeouts,
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

/// How often it is looked whether fewer or more connections should be open.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// A connection in use.
pub type Lent = Object<Connections>;

/// Opens the connections of a pool.
///
/// Sqlx has a pool of its own, which asks the server after each use whether it is still there, so that
/// every statement is two round trips. This one believes a connection that was used a moment ago;
/// one that broke, or may be in the middle of something, is never given back to it.
pub struct Connections {
    options: PgConnectOptions,
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
        if metrics.last_used() >= TRUSTED_FOR {
            connection.ping().await?;
        }
        Ok(())
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
        timeouts: Timeouts { wait, create: wait, recycle: Some(TRY_LIMIT) },
        queue_mode: QueueMode::Lifo,
    };
    let pool = Pool::builder(Connections { options }).config(sizes).runtime(Runtime::Tokio1);
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
