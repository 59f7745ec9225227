//! How often a client may ask: the verdict on each request, and the counts that processes share.

use std::fmt;
use std::num::NonZeroU32;

use async_trait::async_trait;

use super::PortError;
use crate::domain::shared::{Span, StaffId, Timestamp};

const NANOS_OF_A_SECOND: i64 = 1_000_000_000;

/// How many requests a client has: `burst` at once, and `rate` more each second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    rate: NonZeroU32,
    burst: NonZeroU32,
}

impl Policy {
    /// So many requests a second, and so many at once.
    pub const fn new(rate: NonZeroU32, burst: NonZeroU32) -> Self {
        Self { rate, burst }
    }

    /// The most requests at once.
    pub const fn burst(self) -> u32 {
        self.burst.get()
    }

    /// In how much time a quota that is used up is whole again.
    pub fn refill(self) -> Span {
        span_of(self.capacity())
    }

    /// How many requests of one client a process may let through before the others know of them: a
    /// tenth of what a client has in a second or at once, at most a quarter of a burst, and one at
    /// least. By so many for each process, and [`Self::slack`], a client may get more than the policy
    /// says, once.
    pub fn lease(self) -> u32 {
        (self.rate.max(self.burst).get() / 10).min(self.burst.get() / 4).max(1)
    }

    /// How many requests shared counts leave out, so that those which were made evenly but are told
    /// of in heaps are not taken for a heap: two leases.
    pub fn slack(self) -> u32 {
        self.lease().saturating_mul(2)
    }

    /// What `requests` cost: the nanoseconds in which they are regained. Rounded up, so that a
    /// client never gets more than the rate.
    pub fn cost(self, requests: u32) -> i64 {
        let one = NANOS_OF_A_SECOND / i64::from(self.rate.get());
        let rest = i64::from(NANOS_OF_A_SECOND % i64::from(self.rate.get()) > 0);
        (one + rest).saturating_mul(i64::from(requests))
    }

    fn capacity(self) -> i64 {
        self.cost(self.burst.get())
    }
}

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    /// A member of staff who signed in, wherever they ask from.
    Staff(StaffId),
    /// Whoever asks from a network address: that of IPv6 as a number, IPv4 mapped into it.
    Address(u128),
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staff(id) => write!(f, "staff-{id}"),
            Self::Address(number) => write!(f, "address-{number:032x}"),
        }
    }
}

/// What was decided on a request, and what is left after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may pass.
    pub admitted: bool,
    /// How many more could pass now.
    pub remaining: u32,
    /// In how much time one more could; nothing where the quota is whole.
    pub more_after: Span,
}

/// How much of its quota a client has used up, at a moment. Requests add what they cost, and time
/// takes off what is regained: the generic cell rate algorithm (ITU-T I.371).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meter {
    /// The nanoseconds in which it is regained; less than none where as much was left out.
    used: i64,
    at: Timestamp,
}

impl Meter {
    /// Of a client whose quota is regained in so many nanoseconds from `at` on.
    pub const fn new(used: i64, at: Timestamp) -> Self {
        Self { used, at }
    }

    /// The nanoseconds in which all is regained.
    pub const fn used(self) -> i64 {
        self.used
    }

    /// The moment that it tells of.
    pub const fn moment(self) -> Timestamp {
        self.at
    }

    /// The same at `now`. Time that goes back stands still.
    pub fn at(self, now: Timestamp) -> Self {
        self.run_off(now, 0)
    }

    /// The same at `now`, of a count that processes share.
    pub fn shared_at(self, now: Timestamp, policy: Policy) -> Self {
        self.run_off(now, -policy.cost(policy.slack()))
    }

    fn run_off(self, now: Timestamp, least: i64) -> Self {
        let passed = now.since(self.at).as_micros();
        if passed <= 0 {
            return self;
        }
        let left = self.used.saturating_sub(passed.saturating_mul(1_000));
        Self { used: left.max(least), at: now }
    }

    /// The same and `requests` more, whether or not the quota has them.
    pub fn plus(self, requests: u32, policy: Policy) -> Self {
        Self { used: self.used.saturating_add(policy.cost(requests)), ..self }
    }

    /// The one of which more is used up, at the later moment of both.
    pub fn fuller(self, other: Self) -> Self {
        let at = self.at.max(other.at);
        Self { used: self.at(at).used.max(other.at(at).used), at }
    }

    /// Whether the quota has one more request.
    pub fn has_room(self, policy: Policy) -> bool {
        self.used.saturating_add(policy.cost(1)) <= policy.capacity()
    }

    /// What is left, told of a request that was `admitted` and is counted, or was not.
    pub fn verdict(self, policy: Policy, admitted: bool) -> Verdict {
        let free = policy.capacity().saturating_sub(self.used).max(0);
        let remaining = u32::try_from(free / policy.cost(1)).unwrap_or(u32::MAX);
        let next = policy.cost(remaining.saturating_add(1)).min(policy.capacity());
        let missing = self.used.saturating_add(next).saturating_sub(policy.capacity());
        Verdict { admitted, remaining, more_after: span_of(missing.max(0)) }
    }
}

fn span_of(nanos: i64) -> Span {
    Span::micros(nanos.saturating_add(999) / 1_000)
}

/// Says of each request whether its client may make it.
#[async_trait]
pub trait RateLimits: Send + Sync {
    /// What each client has.
    fn policy(&self) -> Policy;

    /// Counts a request that `client` makes at `now`, and says whether it may pass; one that may not
    /// counts nothing.
    ///
    /// Of one process a client MUST NOT get more than the policy says. Where processes share their
    /// counts, all of them together MUST NOT give it more than the policy says, [`Policy::slack`] and
    /// [`Policy::lease`] for each process. There is always a verdict: while shared counts are away, or do not answer in
    /// a fraction of a second, it MUST be that of this process alone, and MUST be theirs again once
    /// they are back.
    async fn take(&self, client: Client, now: Timestamp) -> Verdict;
}

/// The counts of all clients, shared by all processes.
#[async_trait]
pub trait Counters: Send + Sync {
    /// Counts `requests` that `client` made by `now`, and tells how much of its quota is used up
    /// then, by whichever process.
    ///
    /// Processes tell of requests some time after these were made. What is regained meanwhile would
    /// be lost on a count of which nothing is used up; so a count MUST begin at [`Policy::slack`]
    /// below nothing, MUST run off to that, and MUST be answered so.
    ///
    /// What was made is counted although the quota does not have it, and of several callers at once
    /// none MUST be lost. Time MUST be that of the counts, however little the clocks of callers agree,
    /// and MUST NOT go back; the answer is told by the clock of its caller, of which `now` is the
    /// moment that the call begins. A client of whom nothing is used up MUST be forgotten, at once or
    /// some minutes later.
    async fn add(
        &self,
        client: Client,
        requests: u32,
        policy: Policy,
        now: Timestamp,
    ) -> Result<Meter, PortError>;
}
