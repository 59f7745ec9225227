use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use sqlx::postgres::{PgConnection, PgListener, PgNotification};
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::anew::Anew;
use super::convert::count;
use super::fault::Fault;
use super::session::Sessions;
use super::shown::Shown;
use crate::ports::PortError;

/// The channel on which the one who gives positions tells of the last.
const EVENTS: &str = "ecicomm_events";

/// The channel on which commits tell what they showed anew.
const SHOWN: &str = "ecicomm_shown";

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(1);

/// After what pause it is tried again.
const AGAIN: Duration = Duration::from_millis(250);

/// How often this process gives positions to what others committed and left, as one that died does,
/// and looks at the head, should no notice come.
const TICK: Duration = Duration::from_secs(1);

/// How many events get their positions at once.
const BATCH: i64 = 5_000;

/// How far before the last event it is looked for others that have no position: further than ids go on
/// while any commit is under way, and near enough to be cheap beside what was deleted.
const NEAR: i64 = 100_000;

/// How often it is looked for them from the very first on.
const LOOK_AT_ALL: Duration = Duration::from_mins(1);

/// Gives committed events their positions, and tells those who wait.
pub struct Log {
    shared: Arc<Shared>,
    tasks: [JoinHandle<()>; 2],
}

struct Shared {
    sessions: Sessions,
    /// What hears of products that are shown anew.
    shown: Arc<Shown>,
    /// The position of the last event that is known of.
    head: watch::Sender<u64>,
    /// How many commits of this process may have told something.
    committed: AtomicU64,
    /// How many of them are known to have their positions.
    sequenced: Mutex<u64>,
    /// Wakes the task that gives positions.
    work: Notify,
}

impl Log {
    /// Starts the tasks that keep the log moving, on the current runtime.
    pub fn start(sessions: &Sessions, url: &str, shown: &Arc<Shown>) -> Self {
        let shared = Arc::new(Shared {
            sessions: sessions.clone(),
            shown: shown.clone(),
            head: watch::Sender::new(0),
            committed: AtomicU64::new(0),
            sequenced: Mutex::new(0),
            work: Notify::new(),
        });
        let tasks = [
            sessions.keep(keep_sequencing(shared.clone())),
            sessions.keep(keep_listening(shared.clone(), url.to_owned())),
        ];
        Self { shared, tasks }
    }

    /// Says that this process committed something.
    pub fn tell_committed(&self) {
        self.shared.committed.fetch_add(1, Ordering::Release);
        self.shared.work.notify_one();
    }

    /// Returns when everything that this process committed has its position.
    pub async fn catch_up(&self) -> Result<(), PortError> {
        let shared = self.shared.clone();
        self.shared.sessions.detached(async move { shared.catch_up().await }).await?
    }

    /// Returns when there is an event after `position`.
    pub async fn wait_after(&self, position: u64) -> Result<(), PortError> {
        let mut heads = self.shared.head.subscribe();
        heads.wait_for(|head| *head > position).await.map(drop).map_err(PortError::unavailable)
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Shared {
    async fn catch_up(&self) -> Result<(), PortError> {
        let wanted = self.committed.load(Ordering::Acquire);
        let mut sequenced = self.sequenced.lock().await;
        if *sequenced < wanted {
            // What is committed from here on is not counted, though it may be taken along.
            let counted = self.committed.load(Ordering::Acquire);
            self.sequence(Some(NEAR)).await?;
            *sequenced = counted;
        }
        Ok(())
    }

    /// Gives positions to everything that is committed by now, and is not long before the last event
    /// where `near` says how far that is.
    async fn sequence(&self, near: Option<i64>) -> Result<(), PortError> {
        let head = self.sessions.ask(move |connection| sequence(connection, near).boxed()).await?;
        self.heard_of(head);
        Ok(())
    }

    /// Whether the server of this connection takes no writes. Where that changed, what the pool opened
    /// until then may lead to the other server.
    async fn is_replaced(
        &self,
        listener: &mut PgListener,
        took_writes: &mut bool,
    ) -> Result<bool, sqlx::Error> {
        let takes_writes = takes_writes(listener).await?;
        if takes_writes != *took_writes {
            self.sessions.outdate();
        }
        *took_writes = takes_writes;
        Ok(!takes_writes)
    }

    /// Takes a notice of another process, or of this one.
    fn take(&self, notice: &PgNotification) {
        if notice.channel() == EVENTS {
            if let Ok(head) = notice.payload().parse() {
                self.heard_of(head);
            }
            return;
        }
        // One that cannot be read may be about anything.
        self.shown.outdate(&Anew::told(Some(notice.payload())).unwrap_or(Anew::All));
    }

    fn heard_of(&self, head: u64) {
        self.head.send_if_modified(|known| {
            let later = head > *known;
            *known = head.max(*known);
            later
        });
    }
}

async fn sequence(connection: &mut PgConnection, near: Option<i64>) -> Result<u64, Fault> {
    loop {
        let told = sqlx::query!(
            r#"SELECT head AS "head!", moved AS "moved!" FROM sequence_events($1, $2)"#,
            BATCH,
            near
        )
        .fetch_one(&mut *connection)
        .await?;
        if told.moved < BATCH {
            return Ok(count(told.head)?);
        }
    }
}

/// Gives positions after each commit of this process, and at every tick.
async fn keep_sequencing(shared: Arc<Shared>) {
    let mut looked_at_all: Option<Instant> = None;
    loop {
        let ticked = timeout(TICK, shared.work.notified()).await.is_err();
        let done = if looked_at_all.is_none_or(|at| at.elapsed() >= LOOK_AT_ALL) {
            looked_at_all = Some(Instant::now());
            shared.sequence(None).await
        } else if ticked {
            shared.sequence(Some(NEAR)).await
        } else {
            shared.catch_up().await
        };
        if let Err(error) = done {
            tracing::warn!(%error, "events wait for their positions");
            sleep(TICK).await;
        }
    }
}

/// Hears of the positions that others gave, and of the products that they showed anew. Where the server
/// takes no writes, others may write to another that took its place: nobody hears of that here, and
/// the address soon leads there.
async fn keep_listening(shared: Arc<Shared>, url: String) {
    let mut takes_writes = true;
    loop {
        let heard = listen(&shared, &url, &mut takes_writes).await;
        shared.shown.heard(false);
        match heard {
            Ok(ended) => tracing::debug!(?ended, "the database tells nothing for a moment"),
            Err(error) => tracing::debug!(%error, "the database tells nothing for a moment"),
        }
        sleep(if takes_writes { AGAIN } else { TICK }).await;
    }
}

/// Why a connection is listened to no longer.
#[derive(Debug)]
enum Ended {
    /// The server closed it.
    Closed,
    /// The server takes no writes, or one of the pool's connections told that another took its place.
    Replaced,
}

/// Listens on a connection of its own. `took_writes` is whether the last server that was asked did.
async fn listen(shared: &Shared, url: &str, took_writes: &mut bool) -> Result<Ended, sqlx::Error> {
    let connected = timeout(PATIENCE, PgListener::connect(url)).await;
    let mut listener = connected.map_err(|_| silent())??;
    // It would connect anew in silence, and nobody would know that notices were missed.
    listener.eager_reconnect(false);
    if shared.is_replaced(&mut listener, took_writes).await? {
        return Ok(Ended::Replaced);
    }
    let opened = Instant::now();
    listener.listen_all([EVENTS, SHOWN]).await?;
    shared.shown.heard(true);
    while !shared.sessions.is_replaced(opened) {
        match timeout(TICK, listener.try_recv()).await {
            Ok(Ok(Some(notice))) => shared.take(&notice),
            Ok(Ok(None)) => return Ok(Ended::Closed),
            Ok(Err(error)) => return Err(error),
            // A connection that something between has dropped tells nothing, for ever.
            Err(_) => {
                if shared.is_replaced(&mut listener, took_writes).await? {
                    break;
                }
            }
        }
    }
    Ok(Ended::Replaced)
}

async fn takes_writes(listener: &mut PgListener) -> Result<bool, sqlx::Error> {
    let takes_writes = sqlx::query_scalar!(
        r#"SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean
            AS "takes_writes!""#
    );
    let told = timeout(PATIENCE, takes_writes.fetch_one(listener)).await;
    told.map_err(|_| silent())?
}

fn silent() -> sqlx::Error {
    sqlx::Error::Io(ErrorKind::TimedOut.into())
}
