use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::ports::system::Secrets;

/// How often a call that did nothing is made again.
#[derive(Clone, Copy, Debug)]
pub struct RetrySettings {
    /// Calls in all, the first among them.
    pub attempts: u32,
    /// The longest pause before the second call; each later one may be twice as long.
    pub pause: Duration,
    /// The longest pause at all.
    pub longest_pause: Duration,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            attempts: 3,
            pause: Duration::from_millis(10),
            longest_pause: Duration::from_millis(100),
        }
    }
}

/// Calls that earn one more, in hundredths: retries are a tenth of all calls at most, so that they
/// never double the load of what is already in trouble.
const EARNED_BY_A_CALL: u32 = 10;
/// What one more costs.
const COST: u32 = 100;
/// What can be saved up, for a trouble that follows a good time.
const MOST: u32 = 10 * COST;

/// Bounded retry with full jitter, within a budget that calls earn.
///
/// Exponential backoff with full jitter: the pause is drawn evenly between nothing and the bound,
/// which spreads callers better than a bound with a little jitter (Brooker, "Exponential Backoff and
/// Jitter", AWS Architecture Blog 2015).
pub struct Retry {
    settings: RetrySettings,
    chance: Arc<dyn Secrets>,
    budget: Mutex<u32>,
}

impl Retry {
    /// Retries as `settings` say, with pauses drawn from `chance`.
    pub fn new(settings: RetrySettings, chance: Arc<dyn Secrets>) -> Self {
        Self { settings, chance, budget: Mutex::new(MOST) }
    }

    /// Counts a first call.
    pub fn called(&self) {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        *budget = budget.saturating_add(EARNED_BY_A_CALL).min(MOST);
    }

    /// How long to wait before one more call, after `made` of them; none where that was enough.
    pub fn pause_after(&self, made: u32) -> Option<Duration> {
        if made >= self.settings.attempts {
            return None;
        }
        {
            let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
            *budget = budget.checked_sub(COST)?;
        }
        let doubled = 1_u32.checked_shl(made.saturating_sub(1)).unwrap_or(u32::MAX);
        let bound = self.settings.pause.saturating_mul(doubled).min(self.settings.longest_pause);
        Some(bound.mul_f64(self.draw()))
    }

    /// Evenly from 0 to 1.
    fn draw(&self) -> f64 {
        let mut bytes = [0; 4];
        self.chance.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
    }
}
