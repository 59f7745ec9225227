//! A lock on the stock of a SKU. Whatever changes that stock meanwhile comes as far as the lock and
//! stands still there, in the middle of its transaction, until the lock is let go.

use std::time::{Duration, Instant};

use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::time;

use super::process::LOOK;

/// How long a session may take to come to the lock, and to its end behind it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The lock, while it is held.
pub struct Barrier {
    /// In the transaction that has the lock.
    holder: PgConnection,
    /// As the database calls the holder.
    id: i32,
    /// Looks at the others.
    watcher: PgConnection,
}

impl Barrier {
    /// Locks the stock of a SKU in the database at `url`.
    pub async fn before(url: &str, sku: &str) -> Self {
        let mut holder = PgConnection::connect(url).await.unwrap();
        holder.execute("BEGIN").await.unwrap();
        let lock = "SELECT pg_backend_pid() FROM stock WHERE sku = $1 FOR UPDATE";
        let id = sqlx::query_scalar::<_, i32>(lock).bind(sku);
        let id = id.fetch_one(&mut holder).await.unwrap();
        Self { holder, id, watcher: PgConnection::connect(url).await.unwrap() }
    }

    /// Waits until a session that runs a statement with these words stands still at the lock. Which
    /// one it is.
    pub async fn met(&mut self, words: &str) -> i32 {
        let waits = "SELECT pid FROM pg_stat_activity
            WHERE $1 = ANY (pg_blocking_pids(pid)) AND position($2 IN query) > 0";
        let began = Instant::now();
        loop {
            let waiting = sqlx::query_scalar::<_, i32>(waits).bind(self.id).bind(words);
            if let Some(session) = waiting.fetch_optional(&mut self.watcher).await.unwrap() {
                return session;
            }
            assert!(began.elapsed() < PATIENCE, "nobody comes as far as {words}");
            time::sleep(LOOK).await;
        }
    }

    /// Lets the lock go, and waits until a session that stood still at it is in the middle of nothing
    /// any more: it got to the end of its transaction, or is no more.
    pub async fn lift(mut self, session: i32) {
        self.holder.execute("COMMIT").await.unwrap();
        let busy =
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND state <> 'idle')";
        let began = Instant::now();
        loop {
            let is_busy = sqlx::query_scalar::<_, bool>(busy).bind(session);
            if !is_busy.fetch_one(&mut self.watcher).await.unwrap() {
                break;
            }
            assert!(began.elapsed() < PATIENCE, "a session never ends its transaction");
            time::sleep(LOOK).await;
        }
        self.holder.close().await.unwrap();
        self.watcher.close().await.unwrap();
    }
}
