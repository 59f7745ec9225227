//! Work that no request waits for: sagas, the relay of events, sweeping.
//!
//! Each loop here only decides when a step is due; what a step does is a use case that a test calls
//! by itself. A loop never ends on an error: it says so and goes on after a pause. One that panics
//! is started anew.

mod loops;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::task::JoinSet;

use crate::app::Shop;

/// The loops of a running shop.
pub struct Jobs {
    stop: Sender<bool>,
    tasks: JoinSet<()>,
    restarts: Arc<AtomicU64>,
}

impl Jobs {
    /// How long a stopping loop has for the step it is in.
    const GRACE: Duration = Duration::from_secs(10);

    /// Starts every loop on the current runtime.
    pub fn start(shop: &Arc<Shop>) -> Self {
        let mut jobs = Self::start_own(shop);
        let stopped = jobs.stop.subscribe();
        let sagas = shop.clone();
        jobs.keep("sagas", &stopped, move |stop| loops::sagas(sagas.clone(), stop));
        let sweeper = shop.clone();
        jobs.keep("sweeper", &stopped, move |stop| loops::sweeper(sweeper.clone(), stop));
        for consumer in &shop.consumers {
            let (shop, consumer) = (shop.clone(), consumer.clone());
            jobs.keep(consumer.name(), &stopped, move |stop| {
                loops::relay(shop.clone(), consumer.clone(), stop)
            });
        }
        jobs
    }

    /// Starts what no other process can do for this one: it keeps the leases of its checkouts, and its
    /// search index up with the catalog.
    pub fn start_own(shop: &Arc<Shop>) -> Self {
        let (stop, stopped) = channel(false);
        let mut jobs = Self { stop, tasks: JoinSet::new(), restarts: Arc::default() };
        let leases = shop.clone();
        jobs.keep("leases", &stopped, move |stop| loops::leases(leases.clone(), stop));
        for consumer in &shop.followers {
            let (shop, consumer) = (shop.clone(), consumer.clone());
            jobs.keep(consumer.name(), &stopped, move |stop| {
                loops::follow(shop.clone(), consumer.clone(), stop)
            });
        }
        jobs
    }

    fn keep<W>(
        &mut self,
        name: &'static str,
        stopped: &Receiver<bool>,
        begin: impl Fn(Receiver<bool>) -> W + Send + 'static,
    ) where
        W: Future<Output = ()> + Send + 'static,
    {
        let restarts = self.restarts.clone();
        self.tasks.spawn(watch::keep_going(name, stopped.clone(), restarts, begin));
    }

    /// How many loops ended in a panic and were started anew.
    pub fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
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
