use std::ops::RangeInclusive;

use async_trait::async_trait;

use crate::domain::shared::Span;
use crate::ports::events::Event;
use crate::ports::store::Write;
use crate::ports::{PortError, PortErrorKind};

/// Why a consumer could not handle what it was given.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// What it needs is away: nothing is wrong with the events, and all of them wait.
    #[error(transparent)]
    Away(PortError),
    /// These events cannot be handled as they are.
    #[error("{0}")]
    Failed(String),
}

impl From<PortError> for HandleError {
    fn from(error: PortError) -> Self {
        match error.kind() {
            PortErrorKind::Unavailable | PortErrorKind::Timeout => Self::Away(error),
            PortErrorKind::Conflict | PortErrorKind::Corrupt | PortErrorKind::Internal => {
                Self::Failed(error.to_string())
            }
        }
    }
}

/// Someone who hears of every event, each aggregate's in order.
///
/// It is given events again after a crash, so what it does outside the store MUST bear repetition;
/// the writes it answers are applied exactly once, with the step that puts the events behind it.
#[async_trait]
pub trait EventConsumer: Send + Sync {
    /// The name its position is kept under. Another name starts from the first event kept.
    fn name(&self) -> &'static str;

    /// How many events it takes at once.
    fn batch(&self) -> usize;

    /// How long it rests between two batches, so that many changes of one thing are taken together.
    fn pace(&self) -> Span;

    /// Hears that the events at these positions are gone, before it is handed those behind them: it
    /// was away for so long that they were dropped. Whoever keeps something that another source can
    /// tell brings it up to date here, and is told again where that fails for being `Away`.
    async fn missed(&self, _positions: RangeInclusive<u64>) -> Result<(), HandleError> {
        Ok(())
    }

    /// Handles `events` in order, all or none, and answers the writes that belong to them.
    async fn handle(&self, events: &[Event]) -> Result<Vec<Write>, HandleError>;
}
