//! Work that no request waits for: sagas, the relay of events, sweeping.
//!
//! Each loop here only decides when a step is due; what a step does is a use case that a test calls
//! by itself. A loop never ends on an error: it says so once and goes on after a pause.

mod loops;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::Shop;

/// The loops of a running shop.
pub struct Jobs {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Jobs {
    /// How long a stopping loop has for the step it is in.
    const GRACE: Duration = Duration::from_secs(10);

    /// Starts every loop on the current runtime.
    pub fn start(shop: &Arc<Shop>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(loops::sagas(shop.clone(), stopped.clone()));
        tasks.spawn(loops::sweeper(shop.clone(), stopped.clone()));
        for consumer in &shop.consumers {
            tasks.spawn(loops::relay(shop.clone(), consumer.clone(), stopped.clone()));
        }
        Self { stop, tasks }
    }

    /// Stops every loop after the step it is in. A step that takes too long is cut: what it does is
    /// journaled, so another process finishes it.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(Self::GRACE, finished).await.is_err() {
            tracing::warn!("background work did not end in time and is cut");
        }
    }
}
