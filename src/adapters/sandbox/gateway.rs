use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time;

use super::engine::{Engine, Reply};
use super::journal::Journal;
use crate::domain::shared::{OrderId, PaymentId, Span, Timestamp};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::payment::{
    ChargeOutcome, ChargeRecord, ChargeRequest, LedgerRow, PaymentGateway, RefundOutcome,
    RefundRequest, SandboxLedger, VoidOutcome,
};
use crate::ports::system::Clock;

/// Far longer than any client waits for an answer that never comes.
const FOREVER: Duration = Duration::from_hours(1);
/// How often a slow charge is looked at again before the gateway gives up on the clock.
const LOOKS: u32 = 8;

/// Where the ledger is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SandboxLedgerPlace {
    /// Nowhere: it ends with the process.
    Memory,
    /// In an NDJSON file, with one beside it for the charges that wait.
    File(PathBuf),
}

/// How the sandbox behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxSettings {
    /// Where the ledger is kept.
    pub ledger: SandboxLedgerPlace,
    /// After how long `pm_sandbox_slow` is captured and answered.
    pub slow: Span,
}

impl SandboxSettings {
    /// A ledger at `place`, and ten seconds for slow charges.
    pub fn new(place: SandboxLedgerPlace) -> Self {
        Self { ledger: place, slow: Span::seconds(10) }
    }
}

/// The sandbox as a gateway in this process.
///
/// Its ledger file is written while others wait, on the thread that asks: it is a tool for tests
/// and demos, and its whole point is that the row stands before the answer leaves.
pub struct SandboxGateway {
    clock: Arc<dyn Clock>,
    engine: Mutex<Engine>,
}

impl SandboxGateway {
    /// Opens the ledger and knows again what it holds.
    pub fn try_new(clock: Arc<dyn Clock>, settings: SandboxSettings) -> Result<Self, PortError> {
        let (journal, facts) = match settings.ledger {
            SandboxLedgerPlace::Memory => (Journal::Memory, Vec::new()),
            SandboxLedgerPlace::File(path) => Journal::open(&path)?,
        };
        Ok(Self { clock, engine: Mutex::new(Engine::new(journal, facts, settings.slow)) })
    }

    /// The engine. A panic while it was held left it between two facts at worst, which it can go on
    /// from.
    fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers as `ask` says, waiting as long as it says.
    async fn answer<F>(&self, ask: F) -> Result<ChargeOutcome, PortError>
    where
        F: Fn(&mut Engine, Timestamp) -> Result<Reply, PortError> + Send + Sync,
    {
        for _ in 0..LOOKS {
            let now = self.clock.now();
            let reply = ask(&mut self.engine(), now)?;
            match reply {
                Reply::Now(outcome) => return Ok(outcome),
                Reply::At(due) => time::sleep(until(due, now)).await,
                Reply::Never => {
                    time::sleep(FOREVER).await;
                    break;
                }
            }
        }
        Err(PortError::timeout("the sandbox gave no answer"))
    }
}

/// How long to wait for `due`; always a little, so that waiting passes time.
fn until(due: Timestamp, now: Timestamp) -> Duration {
    let micros = u64::try_from(due.since(now).as_micros()).unwrap_or(0);
    Duration::from_micros(micros.max(1_000))
}

#[async_trait]
impl PaymentGateway for SandboxGateway {
    async fn charge(&self, request: &ChargeRequest) -> Result<ChargeOutcome, PortError> {
        self.answer(|engine, now| engine.charge(request, now)).await
    }

    async fn resume(&self, payment: PaymentId) -> Result<ChargeOutcome, PortError> {
        self.answer(|engine, now| engine.resume(payment, now)).await
    }

    async fn look_up(&self, payment: PaymentId) -> Result<ChargeRecord, PortError> {
        let now = self.clock.now();
        self.engine().look_up(payment, now)
    }

    async fn void(&self, payment: PaymentId, order: OrderId) -> Result<VoidOutcome, PortError> {
        let now = self.clock.now();
        self.engine().void(payment, order, now)
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundOutcome, PortError> {
        let now = self.clock.now();
        self.engine().refund(request, now)
    }
}

#[async_trait]
impl SandboxLedger for SandboxGateway {
    async fn rows(
        &self,
        order: Option<OrderId>,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<LedgerRow, u64>, PortError> {
        let now = self.clock.now();
        self.engine().rows(order, after, limit, now)
    }
}
