//! The gate that every call of a port passes: where the seed delays it, breaks it or kills the
//! process.

use std::future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use ecicomm::domain::inventory::StockItem;
use ecicomm::ports::PortError;
use ecicomm::ports::events::EventLog;
use tokio::sync::Notify;

use super::world::{Draw, Fate, Weight, World, pause};
use crate::harness::behind::{Named, Passage};

/// One life of one process, from start to crash.
pub struct Gate {
    pub world: Arc<World>,
    pub process: u16,
    dead: AtomicBool,
    death: Notify,
    died_at: OnceLock<&'static str>,
}

impl Gate {
    pub fn new(world: Arc<World>, process: u16) -> Arc<Self> {
        Arc::new(Self {
            world,
            process,
            dead: AtomicBool::new(false),
            death: Notify::new(),
            died_at: OnceLock::new(),
        })
    }

    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    /// Waits for the process to die.
    pub async fn death(&self) {
        while !self.is_dead() {
            self.death.notified().await;
        }
    }

    /// Ends the process here: nothing that it runs gets any further.
    async fn die<T>(&self, op: &'static str, when: &'static str) -> T {
        self.world.note(self.process, op, when, 0);
        // Some calls take long, and it dies at their end.
        self.world.trouble(op, Fate::CrashAfter);
        let _ = self.died_at.set(op);
        self.dead.store(true, Ordering::Relaxed);
        self.death.notify_one();
        future::pending().await
    }

    /// The call at which it died; empty while it lives.
    pub fn died_at(&self) -> &'static str {
        self.died_at.get().copied().unwrap_or_default()
    }

    /// Goes on, unless the process died meanwhile.
    pub async fn alive(&self) {
        if self.is_dead() {
            future::pending::<()>().await;
        }
    }

    /// The beginning of a call: what becomes of it, once its time has come.
    pub async fn enter(&self, port: &'static str, op: &'static str, weight: Weight) -> Draw {
        self.alive().await;
        let draw = self.world.draw(port, weight);
        if !draw.noted {
            return draw;
        }
        pause(draw.before).await;
        self.alive().await;
        if draw.fate != Fate::Fine || draw.slow {
            self.world.trouble(op, draw.fate);
        }
        if draw.fate == Fate::CrashBefore {
            self.die::<()>(op, "crash before").await;
        }
        draw
    }

    /// The end of a call that was carried out.
    pub async fn leave<T, E: Named>(
        &self,
        op: &'static str,
        draw: Draw,
        result: Result<T, E>,
    ) -> Result<T, E> {
        if !draw.noted {
            return result;
        }
        if matches!(draw.fate, Fate::CrashAmid | Fate::CrashAfter) {
            self.die::<()>(op, "crash after").await;
        }
        pause(draw.after).await;
        self.alive().await;
        if draw.fate == Fate::AnswerLost {
            self.world.note(self.process, op, "answer lost", 0);
            return Err(PortError::timeout("the answer is lost").into());
        }
        let name = result.as_ref().err().map_or("ok", Named::name);
        self.world.note(self.process, op, name, 0);
        result
    }

    /// A call that never gets there.
    pub fn fail<T, E: Named>(&self, op: &'static str, fate: Fate) -> Result<T, E> {
        self.world.note(self.process, op, fate.kind(), 0);
        Err(match fate {
            Fate::Refused => PortError::unavailable("refused by the seed"),
            _ => PortError::timeout("lost by the seed"),
        }
        .into())
    }
}

impl Passage for Gate {
    async fn call<T: Send, E: Named>(
        &self,
        port: &'static str,
        op: &'static str,
        work: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        let draw = self.enter(port, op, Weight::Any).await;
        if matches!(draw.fate, Fate::Refused | Fate::RequestLost | Fate::Late) {
            return self.fail(op, draw.fate);
        }
        let result = work.await;
        self.leave(op, draw, result).await
    }

    async fn wait_after(&self, log: &dyn EventLog, position: u64) -> Result<(), PortError> {
        // A channel may wake those who wait in any order; a run needs one that repeats.
        let work = async {
            loop {
                let commit = self.world.commits.notified();
                if log.head().await? > position {
                    return Ok(());
                }
                commit.await;
            }
        };
        self.call("events", "wait for events", work).await
    }

    fn saw_stock(&self, item: &StockItem) {
        self.world.check(item.reserved() >= 0 && item.free() >= -item.policy().limit(), || {
            format!("I1: oversold as read: {item:?}")
        });
    }
}
