use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

use super::cell::{Cell, Settling, Step};
use crate::domain::shared::Timestamp;
use crate::ports::PortError;
use crate::ports::limits::{Client, Counters, Policy, RateLimits, Verdict};

/// The most clients that are known at once; the one that asked least recently is forgotten for one
/// more. About 200 bytes each.
const MOST_CLIENTS: u64 = 100_000;
/// After how long a client that does not ask is forgotten, if its quota is whole by then.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(1);

/// Counts the requests of this process by client, alone or with the other processes.
pub struct Limiter {
    policy: Policy,
    clients: Cache<Client, Arc<Cell>>,
    shared: Option<Shared>,
}

struct Shared {
    counters: Arc<dyn Counters>,
    runtime: Handle,
    /// How long a request waits for them.
    patience: Duration,
}

impl Limiter {
    /// A limiter of a process that has no other beside it.
    pub fn alone(policy: Policy) -> Self {
        let micros = u64::try_from(policy.refill().as_micros()).unwrap_or(0);
        let idle = FORGOTTEN_AFTER.max(Duration::from_micros(micros));
        // Least recently used: by use, a new client would be let in only at the cost of a rarer one,
        // and begin anew with each request until then.
        let clients = Cache::builder()
            .eviction_policy(EvictionPolicy::lru())
            .max_capacity(MOST_CLIENTS)
            .time_to_idle(idle)
            .build();
        Self { policy, clients, shared: None }
    }

    /// A limiter that counts together with all others over `counters`. It speaks to them on the
    /// current runtime; a request that has to wait for them does so for `patience`.
    pub fn shared(
        policy: Policy,
        counters: Arc<dyn Counters>,
        patience: Duration,
    ) -> Result<Self, PortError> {
        let runtime = Handle::try_current().map_err(PortError::internal)?;
        let shared = Some(Shared { counters, runtime, patience });
        Ok(Self { shared, ..Self::alone(policy) })
    }

    /// Tells the shared counts of requests that were let through.
    fn settle(&self, cell: &Arc<Cell>, shared: &Shared, asked: (Client, u32, Timestamp)) {
        let (counters, policy) = (shared.counters.clone(), self.policy);
        let settling = Settling::of(cell.clone());
        shared.runtime.spawn(async move {
            let (client, requests, now) = asked;
            // A failure was logged where the dependency is watched, and asks for nothing else here.
            if let Ok(meter) = counters.add(client, requests, policy, now).await {
                settling.counted(meter, policy);
            }
        });
    }
}

#[async_trait]
impl RateLimits for Limiter {
    fn policy(&self) -> Policy {
        self.policy
    }

    async fn take(&self, client: Client, now: Timestamp) -> Verdict {
        let cell = self.clients.get_with(client, || Arc::new(Cell::new(now)));
        let Some(shared) = &self.shared else { return cell.take(self.policy, now) };
        let mut deadline = None;
        loop {
            // Before the look at the cell, so that nothing is missed between the two.
            let settled = cell.settled();
            let in_time = deadline.is_none_or(|until| Instant::now() < until);
            match cell.step(self.policy, now, in_time) {
                Step::Decided(verdict, None) => return verdict,
                Step::Decided(verdict, Some(due)) => {
                    self.settle(&cell, shared, (client, due, now));
                    return verdict;
                }
                Step::Wait(since) => {
                    let until = *deadline.get_or_insert(since + shared.patience);
                    // Late is as good as told: the next look decides.
                    let _ = timeout_at(until, settled).await;
                }
            }
        }
    }
}
