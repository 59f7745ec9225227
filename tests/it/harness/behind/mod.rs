//! Ports behind something that every call of them passes: a gate that breaks it, or a clock that is
//! held meanwhile. Each holds the real adapter, and adds nothing but that.

mod carts;
mod queries;

use std::sync::Arc;

use ecicomm::domain::inventory::StockItem;
use ecicomm::ports::events::EventLog;
use ecicomm::ports::store::{CommitError, Conflict};
use ecicomm::ports::{PortError, PortErrorKind};

/// What every call of a port passes.
pub trait Passage: Send + Sync {
    /// A call, whose work is done at once or not at all.
    fn call<T: Send, E: Named>(
        &self,
        port: &'static str,
        op: &'static str,
        work: impl Future<Output = Result<T, E>> + Send,
    ) -> impl Future<Output = Result<T, E>> + Send;

    /// The wait for an event after `position`, which may last for ever.
    fn wait_after(
        &self,
        log: &dyn EventLog,
        position: u64,
    ) -> impl Future<Output = Result<(), PortError>> + Send {
        log.wait_after(position)
    }

    /// Hears of stock that was read.
    fn saw_stock(&self, _: &StockItem) {}
}

/// A port behind a passage.
pub struct Behind<P, Q: ?Sized> {
    pub passage: Arc<P>,
    pub inner: Arc<Q>,
}

impl<P, Q: ?Sized> Behind<P, Q> {
    pub fn new(passage: &Arc<P>, inner: Arc<Q>) -> Arc<Self> {
        Arc::new(Self { passage: passage.clone(), inner })
    }
}

/// An error that the trace can name.
pub trait Named: From<PortError> + Send {
    fn name(&self) -> &'static str;
}

impl Named for PortError {
    fn name(&self) -> &'static str {
        match self.kind() {
            PortErrorKind::Conflict => "conflict",
            PortErrorKind::Unavailable => "unavailable",
            PortErrorKind::Timeout => "timeout",
            PortErrorKind::Corrupt => "corrupt",
            PortErrorKind::Internal => "internal",
        }
    }
}

impl Named for CommitError {
    fn name(&self) -> &'static str {
        match self {
            Self::Port(error) => error.name(),
            Self::Refused(conflict) => match conflict {
                Conflict::Stale(_) => "stale",
                Conflict::Taken(..) => "taken",
                Conflict::OutOfStock { .. } => "out_of_stock",
                Conflict::BelowZero { .. } => "below_zero",
                Conflict::NoStock(_) => "no_stock",
                Conflict::ReservationLost => "reservation_lost",
                Conflict::CartOrdered => "cart_ordered",
                Conflict::PromotionSpent { .. } => "promotion_spent",
                Conflict::KeyTaken => "key_taken",
                Conflict::InUse(_) => "in_use",
                Conflict::StockLeft(_) => "stock_left",
            },
        }
    }
}
