use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::config::PostgresConfig;
use super::fault::Fault;
use crate::domain::order::OrderChange;
use crate::domain::shared::Sku;
use crate::ports::PortError;
use crate::ports::store::Write;

/// In how many queues SKUs are told apart. Two that share one by chance are as slow as one.
const QUEUES: usize = 1_024;

/// The share of the connections that the buyers of one SKU may hold, as a divisor.
const SHARE: u32 = 4;

/// How many may at least be at one SKU: while one waits for its commit, the next is at the lock.
const AT_LEAST: u32 = 2;

/// Queues of those who want stock of the same SKU, in front of the connections.
///
/// The row of a SKU that everyone wants is one after the other's in any case. Without these queues
/// they would wait for it in the database, each with a connection, until buyers of other SKUs found
/// none.
pub struct Turns {
    queues: Box<[Semaphore]>,
    by: RandomState,
    /// How long a turn is waited for.
    patience: Duration,
}

impl Turns {
    /// Queues for the connections that `config` allows.
    pub fn new(config: &PostgresConfig) -> Self {
        let at_once = (config.max_connections / SHARE).max(AT_LEAST);
        let at_once = usize::try_from(at_once).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            queues: (0..QUEUES).map(|_| Semaphore::new(at_once)).collect(),
            by: RandomState::new(),
            patience: config.acquire_timeout,
        }
    }

    /// A turn at all the stock that the writes of a checkout touch; other units wait for none.
    pub async fn take(&self, writes: &[Write]) -> Result<Vec<SemaphorePermit<'_>>, Fault> {
        let [write] = writes else { return Ok(Vec::new()) };
        let queues = self.queues_of(write);
        let all = async {
            let mut turns = Vec::with_capacity(queues.len());
            for queue in queues {
                turns.push(self.queues[queue].acquire().await.map_err(PortError::internal)?);
            }
            Ok(turns)
        };
        let late = |_| Fault::from(PortError::unavailable("too many want the same goods"));
        timeout(self.patience, all).await.map_err(late)?
    }

    /// Each once and in one order, so that no two wait for each other.
    fn queues_of(&self, write: &Write) -> Vec<usize> {
        let mut queues: Vec<usize> = match write {
            Write::PlaceOrder(placing) => {
                placing.reservations.iter().map(|held| self.queue(&held.sku)).collect()
            }
            Write::ConfirmOrder(step) | Write::CompensateOrder(step) => {
                step.change.as_ref().map(|change| self.queues_of_order(change)).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        queues.sort_unstable();
        queues.dedup();
        queues
    }

    /// By the stock that its lines hold: a bundle holds that of its parts.
    fn queues_of_order(&self, change: &OrderChange) -> Vec<usize> {
        let held = change.order.placed().lines.iter().flat_map(|line| &line.stock);
        held.map(|held| self.queue(&held.sku)).collect()
    }

    fn queue(&self, sku: &Sku) -> usize {
        let share = self.by.hash_one(sku) % QUEUES as u64;
        usize::try_from(share).unwrap_or(0)
    }
}
