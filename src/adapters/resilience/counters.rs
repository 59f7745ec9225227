use std::sync::Arc;

use async_trait::async_trait;

use super::guard::{Again, Guard};
use crate::domain::shared::Timestamp;
use crate::ports::PortError;
use crate::ports::limits::{Client, Counters, Meter, Policy};

/// Counters whose calls end in time, and at once while their keeper is away. They are not made again:
/// the next call tells what is worth knowing.
pub struct GuardedCounters {
    inner: Arc<dyn Counters>,
    guard: Guard,
}

impl GuardedCounters {
    /// `inner`, behind `guard`.
    pub fn new(inner: Arc<dyn Counters>, guard: Guard) -> Self {
        Self { inner, guard }
    }
}

#[async_trait]
impl Counters for GuardedCounters {
    async fn add(
        &self,
        client: Client,
        requests: u32,
        policy: Policy,
        now: Timestamp,
    ) -> Result<Meter, PortError> {
        let add = || self.inner.add(client, requests, policy, now);
        self.guard.call(Again::IfNothingWasDone, add).await
    }
}
