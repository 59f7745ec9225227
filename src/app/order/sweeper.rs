use std::sync::Arc;

use crate::app::{AppError, Ports, ShopConfig};
use crate::domain::shared::{Span, Timestamp};
use crate::ports::store::{CommitError, Conflict, UnitOfWork, Write};

/// What a step of the sweeper did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many orders lost their hold.
    pub expired: usize,
    /// Whether there may be more to do at once.
    pub more: bool,
}

/// Lets go of what ran out of time: reservations, idempotency keys, carts.
#[derive(Clone)]
pub struct Sweeper {
    ports: Arc<Ports>,
    config: Arc<ShopConfig>,
}

impl Sweeper {
    /// How many of a kind one step takes.
    const BATCH: usize = 256;

    /// A sweeper over these ports.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>) -> Self {
        Self { ports, config }
    }

    /// How often a step is due.
    pub fn period(&self) -> Span {
        self.config.sweep_every
    }

    /// One step: at most a batch of each kind. What fails by itself is left for the next period and
    /// keeps nothing else waiting; an error says that nothing can be done now.
    pub async fn step(&self) -> Result<Swept, AppError> {
        let now = self.ports.clock.now();
        let holds = unless_away("holds", self.expire_holds(now).await)?;
        let keys = unless_away("keys", self.prune_keys(now).await)?;
        let carts = self.ports.carts.sweep(now, Self::BATCH).await.map_err(AppError::Port);
        let carts = unless_away("carts", carts)? >= Self::BATCH;
        Ok(Swept { more: holds.more || keys || carts, ..holds })
    }

    async fn expire_holds(&self, now: Timestamp) -> Result<Swept, AppError> {
        let until = now.plus(self.config.lease);
        let claimed = self.ports.stock.claim_overdue(until, now, Self::BATCH).await?;
        // Those that cannot be let go of are claimed too, and not found again before it is over.
        let more = !claimed.is_empty();
        let mut expired = 0_usize;
        for order in claimed {
            let unit = UnitOfWork::of(now, Write::ExpireReservations { order });
            match self.ports.store.commit(unit).await {
                Ok(()) => expired = expired.saturating_add(1),
                // Confirmation or compensation was faster: there is nothing left to let go of.
                Err(CommitError::Refused(Conflict::ReservationLost)) => {}
                Err(CommitError::Port(error)) if error.is_away() => {
                    return Err(AppError::Port(error));
                }
                Err(error) => tracing::error!(order.id = %order, %error, "hold not let go of"),
            }
        }
        Ok(Swept { expired, more })
    }

    /// Whether there are more keys to forget.
    async fn prune_keys(&self, now: Timestamp) -> Result<bool, AppError> {
        let expired = self.ports.keys.expired(now, Self::BATCH).await?;
        if expired > 0 {
            let prune = UnitOfWork::of(now, Write::PruneKeys { most: Self::BATCH });
            self.ports.store.commit(prune).await.map_err(AppError::of_commit)?;
        }
        Ok(expired >= Self::BATCH)
    }
}

/// What came of a kind; nothing where it failed for a reason of its own. Where what it needs is away,
/// the next would only wait for that too.
fn unless_away<T: Default>(kind: &str, swept: Result<T, AppError>) -> Result<T, AppError> {
    match swept {
        Err(AppError::Port(error)) if error.is_away() => Err(AppError::Port(error)),
        Err(error) => {
            tracing::error!(kind, %error, "not swept");
            Ok(T::default())
        }
        Ok(swept) => Ok(swept),
    }
}
