use async_trait::async_trait;

use crate::app::AppError;
use crate::domain::shared::Span;
use crate::ports::events::Event;
use crate::ports::store::Write;

/// What came of a batch of events.
#[derive(Debug, Default)]
pub struct Handled {
    /// Writes that MUST take effect exactly once; they are committed with the consumer's position.
    pub writes: Vec<Write>,
    /// The positions of events that could not be handled, each with the reason.
    pub failed: Vec<(u64, String)>,
}

/// Someone who wants to hear of events.
///
/// Consumers MUST bear to be handed an event again: what they do besides [`Handled::writes`] may
/// happen twice.
#[async_trait]
pub trait EventConsumer: Send + Sync {
    /// The name its position is kept under. Another name starts from the first event kept.
    fn name(&self) -> &'static str;

    /// How many events it takes at once.
    fn batch(&self) -> usize;

    /// How long it rests between two batches, so that many changes of one thing are taken together.
    fn pace(&self) -> Span;

    /// Handles a batch, in order. An error says that nothing can be handled now, as when an engine is
    /// away: the batch is handed over again later.
    async fn handle(&self, events: &[Event]) -> Result<Handled, AppError>;
}
