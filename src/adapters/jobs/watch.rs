use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, timeout};

/// The pause before a loop is started anew; it doubles while the loop keeps on ending soon.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Runs the loop that `begin` makes until it is told to stop. Where it ends before, which only a
/// bug does, it is started anew: each loop reads what there is to do from the store.
pub(super) async fn keep_going<W>(
    name: &'static str,
    mut stopped: Receiver<bool>,
    restarts: Arc<AtomicU64>,
    begin: impl Fn(Receiver<bool>) -> W,
) where
    W: Future<Output = ()>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        let began = Instant::now();
        // A loop owns nothing that a panic leaves half done: what it changes, it commits.
        let ended = AssertUnwindSafe(begin(stopped.clone())).catch_unwind().await;
        if *stopped.borrow() {
            return;
        }
        if began.elapsed() > LONGEST_PAUSE {
            pause = FIRST_PAUSE;
        }
        restarts.fetch_add(1, Ordering::Relaxed);
        let (panicked, again_in) = (ended.is_err(), pause.as_secs());
        tracing::error!(job = name, panicked, again_in, "background work ended by a bug");
        if timeout(pause, stopped.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}
