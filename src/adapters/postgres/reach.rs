use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::fault::Fault;

/// How long a look waits for an answer. A server that is there says at once what it thinks.
const LOOK_LIMIT: Duration = Duration::from_secs(1);
/// The pause between two looks, so that those who doubt cost the server little.
const PAUSE: Duration = Duration::from_millis(100);

/// Whether the database can be reached, as the last look found.
///
/// The pool tries to connect for as long as work may wait for a connection, so without this everyone
/// would wait in a queue behind a database that is away. Looks are made only while there is a doubt.
pub struct Reach {
    shared: Arc<Shared>,
    looking: JoinHandle<()>,
}

struct Shared {
    /// What it is called in the log.
    name: &'static str,
    away: watch::Sender<bool>,
    doubts: Notify,
}

impl Reach {
    /// Takes the database that `options` name for one that can be reached.
    pub fn start(name: &'static str, options: PgConnectOptions, runtime: &Handle) -> Self {
        let (away, doubts) = (watch::Sender::new(false), Notify::new());
        let shared = Arc::new(Shared { name, away, doubts });
        let looking = runtime.spawn(keep_looking(shared.clone(), options));
        Self { shared, looking }
    }

    /// Has someone look, as a connection broke or none can be had.
    pub fn doubt(&self) {
        self.shared.doubts.notify_one();
    }

    /// Whether nobody can reach it.
    pub fn is_away(&self) -> bool {
        *self.shared.away.borrow()
    }

    /// Returns when nobody can reach it.
    pub async fn lost(&self) {
        let mut away = self.shared.away.subscribe();
        // The sender is in here, so the wait ends by the value alone.
        let _ = away.wait_for(|away| *away).await;
    }
}

impl Drop for Reach {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

async fn keep_looking(shared: Arc<Shared>, options: PgConnectOptions) {
    loop {
        shared.doubts.notified().await;
        while !is_there(&options).await {
            if !shared.away.send_replace(true) {
                tracing::warn!("{} is away", shared.name);
            }
            sleep(PAUSE).await;
        }
        if shared.away.send_replace(false) {
            tracing::info!("{} is back", shared.name);
        }
        sleep(PAUSE).await;
    }
}

/// Whether there is a server that takes connections. One that refuses this connection for reasons of
/// its own may serve those that it has.
async fn is_there(options: &PgConnectOptions) -> bool {
    match timeout(LOOK_LIMIT, options.connect()).await {
        Ok(Ok(connection)) => {
            let _ = timeout(LOOK_LIMIT, connection.close()).await;
            true
        }
        Ok(Err(error)) => !Fault::from(error).is_out_of_reach(),
        Err(_) => false,
    }
}
