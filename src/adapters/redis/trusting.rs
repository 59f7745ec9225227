use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleResult};

/// For how long after its last use a connection is used again untried. Trying it is a round trip, as
/// long as most commands take.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// Makes connections as the manager inside does, and tries only those that were idle for a while. One
/// that breaks in use is not used again: see `RedisLink`.
pub struct Trusting<M>(pub M);

impl<M: Manager> Manager for Trusting<M> {
    type Type = M::Type;
    type Error = M::Error;

    async fn create(&self) -> Result<Self::Type, Self::Error> {
        self.0.create().await
    }

    async fn recycle(
        &self,
        connection: &mut Self::Type,
        metrics: &Metrics,
    ) -> RecycleResult<Self::Error> {
        if metrics.last_used() < TRUSTED_FOR {
            return Ok(());
        }
        self.0.recycle(connection, metrics).await
    }

    fn detach(&self, connection: &mut Self::Type) {
        self.0.detach(connection);
    }
}
