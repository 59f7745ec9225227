use std::sync::Arc;

use crate::app::{AppError, Ports, ShopConfig};
use crate::ports::store::{CommitError, Conflict, UnitOfWork, Write};

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
    pub fn period(&self) -> crate::domain::shared::Span {
        self.config.sweep_every
    }

    /// One step; how many orders lost their hold. A step that finds a full batch leaves the rest to
    /// the next.
    pub async fn step(&self) -> Result<usize, AppError> {
        let now = self.ports.clock.now();
        let overdue = self.ports.stock.overdue(now, Self::BATCH).await?;
        let mut expired = 0_usize;
        for order in overdue {
            let unit = UnitOfWork::of(now, Write::ExpireReservations { order });
            match self.ports.store.commit(unit).await {
                Ok(()) => expired = expired.saturating_add(1),
                // Confirmation or compensation was faster: there is nothing left to let go of.
                Err(CommitError::Refused(Conflict::ReservationLost)) => {}
                Err(CommitError::Refused(conflict)) => {
                    tracing::error!(order.id = %order, %conflict, "hold not let go of");
                }
                Err(error) => return Err(AppError::of_commit(error)),
            }
        }
        let prune = UnitOfWork::of(now, Write::PruneKeys { most: Self::BATCH });
        self.ports.store.commit(prune).await.map_err(AppError::of_commit)?;
        self.ports.carts.sweep(now, Self::BATCH).await?;
        Ok(expired)
    }
}
