use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::app::operations::{EventConsumer, Progress};
use crate::app::{AppError, Shop};
use crate::domain::shared::Span;

/// The pause after a step that failed.
const AFTER_ERROR: Duration = Duration::from_millis(500);
/// The shortest that a loop waits where nothing was due.
const LEAST_WAIT: Duration = Duration::from_millis(10);
/// The longest a loop waits before it looks again by itself.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How many batches a sweep takes in a row at most.
const MOST_SWEEPS: usize = 1_000;

/// Whether `work` ended before the loop was told to stop.
async fn unless_stopped(
    stopped: &mut watch::Receiver<bool>,
    work: impl Future<Output = ()>,
) -> bool {
    tokio::select! {
        biased;
        () = work => true,
        _ = stopped.wait_for(|stop| *stop) => false,
    }
}

/// Drives sagas as they fall due; a commit that begins one wakes the loop.
pub(super) async fn sagas(shop: Arc<Shop>, mut stopped: watch::Receiver<bool>) {
    let mut early = 0;
    loop {
        if *stopped.borrow() {
            return;
        }
        let head = shop.ports.events.head().await.unwrap_or(u64::MAX);
        let pause = match shop.runner.step().await {
            Ok(0) => match saga_pause(&shop).await {
                LEAST_WAIT => {
                    early += 1;
                    pause_before(early)
                }
                pause => {
                    early = 0;
                    pause
                }
            },
            Ok(_) => {
                early = 0;
                Duration::ZERO
            }
            Err(error) => {
                tracing::warn!(%error, "saga step failed");
                AFTER_ERROR
            }
        };
        if pause.is_zero() {
            continue;
        }
        let wake = async {
            tokio::select! {
                biased;
                () = sleep(pause) => {}
                woken = shop.ports.events.wait_after(head) => {
                    if woken.is_err() {
                        sleep(pause).await;
                    }
                }
            }
        };
        if !unless_stopped(&mut stopped, wake).await {
            return;
        }
    }
}

/// Keeps the sagas that this process is at.
pub(super) async fn leases(shop: Arc<Shop>, mut stopped: watch::Receiver<bool>) {
    let every = duration(shop.runner.renew_every());
    while unless_stopped(&mut stopped, sleep(every)).await {
        if let Err(error) = shop.runner.renew().await {
            tracing::debug!(%error, "leases are not renewed for a moment");
        }
    }
}

/// The pause after so many looks in a row at what is due by the clock of this process and not by that of
/// the store, which may be behind it by minutes.
fn pause_before(early: u32) -> Duration {
    LEAST_WAIT.saturating_mul(1 << early.min(8).saturating_sub(1))
}

async fn saga_pause(shop: &Shop) -> Duration {
    let now = shop.ports.clock.now();
    match shop.runner.next_due().await {
        Ok(Some(due)) => duration(due.since(now)).clamp(LEAST_WAIT, LONGEST_WAIT),
        Ok(None) | Err(_) => LONGEST_WAIT,
    }
}

/// Hands a consumer its events as they come, no faster than its pace, and leaves it to other
/// processes at the end.
pub(super) async fn relay(
    shop: Arc<Shop>,
    consumer: Arc<dyn EventConsumer>,
    mut stopped: watch::Receiver<bool>,
) {
    while !*stopped.borrow() {
        let step = shop.relay.step(consumer.as_ref()).await;
        if step.as_ref().map_or(true, |progress| progress.unreadable) {
            // Another process may be able to.
            leave(&shop, consumer.as_ref()).await;
        }
        if !after_step(&shop, consumer.as_ref(), step, &mut stopped).await {
            break;
        }
    }
    leave(&shop, consumer.as_ref()).await;
}

async fn leave(shop: &Shop, consumer: &dyn EventConsumer) {
    if let Err(error) = shop.relay.leave(consumer).await {
        tracing::debug!(consumer = consumer.name(), %error, "left when its lease ends");
    }
}

/// Hands what this process has for itself the events of all processes, no faster than its pace.
pub(super) async fn follow(
    shop: Arc<Shop>,
    consumer: Arc<dyn EventConsumer>,
    mut stopped: watch::Receiver<bool>,
) {
    while !*stopped.borrow() {
        let step = shop.follower.step(consumer.as_ref()).await;
        if !after_step(&shop, consumer.as_ref(), step, &mut stopped).await {
            return;
        }
    }
}

/// Rests as a step says. `false` once the loop is told to stop.
async fn after_step(
    shop: &Shop,
    consumer: &dyn EventConsumer,
    step: Result<Progress, AppError>,
    stopped: &mut watch::Receiver<bool>,
) -> bool {
    match step {
        Ok(progress) if progress.unreadable => unless_stopped(stopped, sleep(LONGEST_WAIT)).await,
        Ok(progress) if progress.more => true,
        Ok(progress) => unless_stopped(stopped, relay_rest(shop, consumer, progress)).await,
        Err(error) => {
            tracing::warn!(consumer = consumer.name(), %error, "events held back");
            unless_stopped(stopped, sleep(AFTER_ERROR)).await
        }
    }
}

/// Rests for the consumer's pace, then until there is an event or it is time to look at what was
/// set aside.
async fn relay_rest(shop: &Shop, consumer: &dyn EventConsumer, progress: Progress) {
    sleep(duration(consumer.pace())).await;
    let Some(position) = progress.position else {
        // Another process serves it; it may die.
        return sleep(LONGEST_WAIT).await;
    };
    let longest = if progress.parked { AFTER_ERROR } else { LONGEST_WAIT };
    tokio::select! {
        biased;
        () = sleep(longest) => {}
        woken = shop.ports.events.wait_after(position) => {
            if woken.is_err() {
                sleep(AFTER_ERROR).await;
            }
        }
    }
}

/// Lets go of what ran out of time, at every period.
pub(super) async fn sweeper(shop: Arc<Shop>, mut stopped: watch::Receiver<bool>) {
    let period = duration(shop.sweeper.period());
    while unless_stopped(&mut stopped, sleep(period)).await {
        sweep(&shop, &stopped).await;
    }
}

/// Sweeps until no batch is full, and lets others have their turn between two.
async fn sweep(shop: &Shop, stopped: &watch::Receiver<bool>) {
    let mut expired = 0_usize;
    for _ in 0..MOST_SWEEPS {
        match shop.sweeper.step().await {
            Ok(swept) => {
                expired = expired.saturating_add(swept.expired);
                if !swept.more || *stopped.borrow() {
                    break;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "sweep failed");
                break;
            }
        }
        yield_now().await;
    }
    if expired > 0 {
        tracing::info!(expired, "reservations expired");
    }
}

fn duration(span: Span) -> Duration {
    Duration::from_micros(u64::try_from(span.as_micros()).unwrap_or(0))
}
