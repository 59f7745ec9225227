use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::ports::dependency::{Dependency, DependencyCalls, DependencyState};
use crate::ports::{PortError, PortErrorKind};

/// When a dependency is left alone, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct BreakerSettings {
    /// So many failures in a row are enough.
    pub failures: u32,
    /// After so long one call tries whether it is back.
    pub rest: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures: 5, rest: Duration::from_secs(1) }
    }
}

/// A circuit breaker: leaves a dependency alone that failed several times in a row, so that callers
/// hear at once and it is not run over when it comes back; then tries it with one call at a time.
pub struct Breaker {
    name: &'static str,
    settings: BreakerSettings,
    state: Mutex<State>,
    refused: AtomicU64,
    retried: AtomicU64,
}

#[derive(Clone, Copy)]
enum State {
    /// Calls pass; so many failed since the last that did not.
    Closed { failed: u32 },
    /// No call passes until then.
    Open { until: Instant },
    /// One call is on its way.
    HalfOpen,
}

/// The leave to make one call. Dropped without a verdict it tells nothing of the dependency.
#[must_use]
pub struct Permit<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
    told: bool,
}

impl Breaker {
    /// A breaker for the dependency of this name.
    pub fn new(name: &'static str, settings: BreakerSettings) -> Self {
        let state = Mutex::new(State::Closed { failed: 0 });
        Self { name, settings, state, refused: AtomicU64::new(0), retried: AtomicU64::new(0) }
    }

    /// Leave to make a call, unless the dependency is left alone: then nothing was done.
    pub fn admit(&self) -> Result<Permit<'_>, PortError> {
        let mut state = self.state();
        let is_probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } if until <= Instant::now() => true,
            State::Open { .. } | State::HalfOpen => return Err(self.left_alone()),
        };
        if is_probe {
            *state = State::HalfOpen;
        }
        Ok(Permit { breaker: self, is_probe, told: false })
    }

    /// Counts a call that is made once more.
    pub fn retried(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    fn left_alone(&self) -> PortError {
        self.refused.fetch_add(1, Ordering::Relaxed);
        PortError::unavailable(format!("{} failed several times and is left alone", self.name))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> State {
        tracing::warn!(dependency = self.name, "failed too often in a row; left alone for a while");
        State::Open { until: Instant::now() + self.settings.rest }
    }

    fn succeeded(&self, is_probe: bool) {
        let mut state = self.state();
        match *state {
            State::Closed { .. } => *state = State::Closed { failed: 0 },
            State::HalfOpen if is_probe => {
                tracing::info!(dependency = self.name, "answers again");
                *state = State::Closed { failed: 0 };
            }
            // A call from before it was left alone tells nothing of now.
            State::HalfOpen | State::Open { .. } => {}
        }
    }

    fn failed(&self, is_probe: bool) {
        let mut state = self.state();
        match *state {
            State::Closed { failed } if failed + 1 < self.settings.failures => {
                *state = State::Closed { failed: failed + 1 };
            }
            State::Closed { .. } => *state = self.open(),
            State::HalfOpen if is_probe => {
                *state = State::Open { until: Instant::now() + self.settings.rest };
            }
            State::HalfOpen | State::Open { .. } => {}
        }
    }

    /// The probe ended without a verdict: the next call tries.
    fn abandoned(&self) {
        let mut state = self.state();
        if matches!(*state, State::HalfOpen) {
            *state = State::Open { until: Instant::now() };
        }
    }
}

impl Dependency for Breaker {
    fn name(&self) -> &'static str {
        self.name
    }

    fn state(&self) -> DependencyState {
        match *self.state() {
            State::Closed { .. } => DependencyState::Well,
            State::Open { .. } => DependencyState::Away,
            State::HalfOpen => DependencyState::Trying,
        }
    }

    fn calls(&self) -> DependencyCalls {
        let told = |count: &AtomicU64| count.load(Ordering::Relaxed);
        DependencyCalls { refused: told(&self.refused), retried: told(&self.retried) }
    }
}

impl Permit<'_> {
    /// Tells what the call came to. Only a dependency that is away or silent failed: any answer is
    /// a sign of life.
    pub fn tell<T>(mut self, answer: &Result<T, PortError>) {
        self.told = true;
        match answer.as_ref().map_err(PortError::kind) {
            Err(PortErrorKind::Unavailable | PortErrorKind::Timeout) => {
                self.breaker.failed(self.is_probe);
            }
            _ => self.breaker.succeeded(self.is_probe),
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.is_probe && !self.told {
            self.breaker.abandoned();
        }
    }
}
