use std::sync::Arc;
use std::time::Duration;

use tokio::time;

use super::breaker::Breaker;
use super::retry::Retry;
use crate::ports::dependency::Dependency;
use crate::ports::{PortError, PortErrorKind};

/// What bounds the calls of one dependency: how long each may take, how often it is made, and when
/// the dependency is left alone.
pub struct Guard {
    breaker: Arc<Breaker>,
    retry: Option<Retry>,
    limit: Duration,
}

/// Whether a call may be made again where it is not known if it happened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It changes nothing.
    Always,
    /// Only where nothing was done.
    IfNothingWasDone,
}

impl Guard {
    /// Calls through `breaker`, each ended after `limit`.
    pub fn new(breaker: Arc<Breaker>, limit: Duration) -> Self {
        Self { breaker, retry: None, limit }
    }

    /// The same, and made again as `retry` allows.
    pub fn with_retry(self, retry: Retry) -> Self {
        Self { retry: Some(retry), ..self }
    }

    /// How the dependency does.
    pub fn dependency(&self) -> Arc<dyn Dependency> {
        self.breaker.clone()
    }

    /// The answer of `call`, made again where that may help and does no harm. A call that ran out
    /// of time may have happened, and says so.
    pub async fn call<T, C>(
        &self,
        again: Again,
        call: impl Fn() -> C + Send,
    ) -> Result<T, PortError>
    where
        C: Future<Output = Result<T, PortError>> + Send,
    {
        if let Some(retry) = &self.retry {
            retry.called();
        }
        let mut made = 0;
        loop {
            made += 1;
            let answer = self.once(call()).await;
            let kind = answer.as_ref().err().map(PortError::kind);
            let helps = match kind {
                Some(PortErrorKind::Unavailable) => true,
                Some(PortErrorKind::Timeout) => again == Again::Always,
                _ => false,
            };
            let pause = self.retry.as_ref().filter(|_| helps).and_then(|r| r.pause_after(made));
            let Some(pause) = pause else {
                return answer;
            };
            self.breaker.retried();
            time::sleep(pause).await;
        }
    }

    async fn once<T>(
        &self,
        call: impl Future<Output = Result<T, PortError>> + Send,
    ) -> Result<T, PortError> {
        let permit = self.breaker.admit()?;
        let answer = time::timeout(self.limit, call).await;
        let answer = answer.unwrap_or_else(|late| Err(PortError::timeout(late)));
        permit.tell(&answer);
        answer
    }
}
