use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::shared::Timestamp;
use crate::ports::system::Clock;

/// The clock of the machine. Where that is set back, time stands still until it caught up.
#[derive(Debug, Default)]
pub struct SystemClock {
    /// The latest answer, in microseconds.
    latest: AtomicI64,
}

impl SystemClock {
    /// The clock of the machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// The later of `micros` and every answer before.
    pub(super) fn not_before(&self, micros: i64) -> Timestamp {
        let before = self.latest.fetch_max(micros, Ordering::AcqRel);
        Timestamp::from_micros(before.max(micros))
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.not_before(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}
