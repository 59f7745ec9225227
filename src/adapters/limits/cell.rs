use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

use crate::domain::shared::Timestamp;
use crate::ports::limits::{Meter, Policy, Verdict};

/// What this process knows of one client.
pub struct Cell {
    state: Mutex<State>,
    /// Tells that what was on its way to the shared counts is there, or lost.
    settled: Notify,
}

struct State {
    meter: Meter,
    /// Requests that the shared counts do not know of and that are not on their way.
    open: u32,
    sent: Option<Sent>,
}

/// Requests on their way to the shared counts.
#[derive(Clone, Copy)]
struct Sent {
    requests: u32,
    since: Instant,
}

/// What becomes of a request.
pub enum Step {
    /// It is decided, and so many requests are to be settled now.
    Decided(Verdict, Option<u32>),
    /// Too many are not settled; some are on their way since then.
    Wait(Instant),
}

impl Cell {
    /// Of a client who did not ask yet.
    pub fn new(at: Timestamp) -> Self {
        let state = State { meter: Meter::new(0, at), open: 0, sent: None };
        Self { state: Mutex::new(state), settled: Notify::new() }
    }

    /// Decides on a request where nothing is shared.
    pub fn take(&self, policy: Policy, now: Timestamp) -> Verdict {
        self.state().take(policy, now)
    }

    /// Decides on a request, unless it `may_wait` and has to. A refusal never has to: what others
    /// used up makes it no better.
    pub fn step(&self, policy: Policy, now: Timestamp, may_wait: bool) -> Step {
        let mut state = self.state();
        let lease = policy.lease();
        if may_wait
            && let Some(sent) = state.sent
            && state.open.saturating_add(sent.requests) >= lease
            && state.meter.at(now).has_room(policy)
        {
            return Step::Wait(sent.since);
        }
        let verdict = state.take(policy, now);
        if verdict.admitted {
            state.open = state.open.saturating_add(1);
        }
        // At half a lease, so that a client who asks steadily need not wait for the other half.
        let due = state.sent.is_none() && state.open >= lease.div_ceil(2);
        Step::Decided(verdict, due.then(|| state.send()))
    }

    /// Ends when what is on its way now is settled.
    pub fn settled(&self) -> Notified<'_> {
        self.settled.notified()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, policy: Policy, now: Timestamp) -> Verdict {
        self.meter = self.meter.at(now);
        let admitted = self.meter.has_room(policy);
        if admitted {
            self.meter = self.meter.plus(1, policy);
        }
        self.meter.verdict(policy, admitted)
    }

    fn send(&mut self) -> u32 {
        let requests = std::mem::take(&mut self.open);
        self.sent = Some(Sent { requests, since: Instant::now() });
        requests
    }
}

/// The duty to tell a cell what became of the requests on their way. Dropped, they are lost, and
/// nobody waits for them any longer.
pub struct Settling(Arc<Cell>);

impl Settling {
    /// Of what this cell has on its way.
    pub fn of(cell: Arc<Cell>) -> Self {
        Self(cell)
    }

    /// They are counted, and so much was used up then.
    pub fn counted(self, shared: Meter, policy: Policy) {
        let mut state = self.0.state();
        let shared = shared.shared_at(state.meter.moment(), policy).plus(state.open, policy);
        state.meter = state.meter.fuller(shared);
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        self.0.state().sent = None;
        self.0.settled.notify_waiters();
    }
}
