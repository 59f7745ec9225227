use std::time::Duration;

use async_trait::async_trait;

use crate::domain::shared::Span;
use crate::ports::system::Pause;

/// Waits on the runtime.
pub struct SystemPause;

#[async_trait]
impl Pause for SystemPause {
    async fn pause(&self, span: Span) {
        let micros = u64::try_from(span.as_micros()).unwrap_or(0);
        tokio::time::sleep(Duration::from_micros(micros)).await;
    }
}
