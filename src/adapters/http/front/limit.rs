use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::web::BytesMut;
use moka::sync::Cache;
use ring::digest::{SHA256, digest};
use tokio::time::Instant;

use super::admit::bearer;
use super::{Visit, address};
use crate::adapters::http::State;
use crate::adapters::http::problem::{Code, Problem};
use crate::domain::customer::Actor;
use crate::domain::shared::{Span, StaffId, Timestamp};
use crate::ports::limits::{Client, Policy, RateLimits, Verdict};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The most members of staff whose tokens are known here.
const MOST_TOKENS: u64 = 10_000;
/// How long a token is known. One that holds no longer by then is refused all the same, and counted
/// with its owner's.
const KNOWN_FOR: Duration = Duration::from_mins(5);

/// What counts requests by who makes them, and tells clients what they have left.
///
/// A token is believed only where it was found good before, for otherwise everyone could make up a
/// client for each request.
pub struct Limit {
    limits: Arc<dyn RateLimits>,
    policy: HeaderValue,
    /// Who sends a token, by its digest.
    known: Cache<[u8; 32], StaffId>,
    /// A moment by both clocks. Quotas are regained by the one that nobody sets: of a wall clock that is
    /// set back, every client would have to wait for it to catch up.
    began: (Instant, Timestamp),
}

impl Limit {
    /// Counts as `limits` say, from `now` on.
    pub fn new(limits: Arc<dyn RateLimits>, now: Timestamp) -> Self {
        let known = Cache::builder().max_capacity(MOST_TOKENS).time_to_live(KNOWN_FOR).build();
        let policy = policy_header(limits.policy());
        Self { limits, policy, known, began: (Instant::now(), now) }
    }

    fn now(&self) -> Timestamp {
        let (instant, at) = self.began;
        let passed = i64::try_from(instant.elapsed().as_micros()).unwrap_or(i64::MAX);
        at.plus(Span::micros(passed))
    }

    fn client(&self, request: &ServiceRequest, proxies: usize) -> Client {
        let staff = bearer(request.headers()).and_then(|token| self.known.get(&digest_of(token)));
        staff.map_or_else(|| Client::Address(address::of(request, proxies)), Client::Staff)
    }

    /// From now on requests with `token` are those of this caller.
    pub fn remember(&self, token: &str, actor: &Actor) {
        let digest = digest_of(token);
        if let Actor::Staff { id, .. } = actor
            && !self.known.contains_key(&digest)
        {
            self.known.insert(digest, *id);
        }
    }

    /// Tells a client what it has left.
    pub fn tell(&self, verdict: Verdict, headers: &mut HeaderMap) {
        headers.insert(RATE_LIMIT_POLICY, self.policy.clone());
        let mut text = BytesMut::with_capacity(48);
        let seconds = seconds(verdict.more_after);
        if write!(text, "\"default\";r={};t={seconds}", verdict.remaining).is_ok()
            && let Ok(value) = HeaderValue::from_maybe_shared(text.freeze())
        {
            headers.insert(RATE_LIMIT, value);
        }
    }
}

/// Counts the request, unless nobody counts it. This comes before all else, so that a refusal costs
/// little and touches nothing.
pub async fn count(state: &State, visit: &Visit, request: &ServiceRequest) -> Option<Verdict> {
    let limit = state.limit.as_ref()?;
    if visit.route.as_ref().is_some_and(|route| !route.limited) {
        return None;
    }
    let client = limit.client(request, state.settings.trusted_proxies);
    Some(limit.limits.take(client, limit.now()).await)
}

/// The refusal of a request that must not pass.
pub fn refusal(verdict: Verdict) -> Problem {
    let detail = "Wait as long as Retry-After says, and ask less often.";
    Problem::new(Code::RateLimited, detail).retry_after(seconds(verdict.more_after).max(1))
}

fn digest_of(token: &str) -> [u8; 32] {
    digest(&SHA256, token.as_bytes()).as_ref().first_chunk().copied().unwrap_or_default()
}

fn policy_header(policy: Policy) -> HeaderValue {
    let window = seconds(policy.refill()).max(1);
    let text = format!("\"default\";q={};w={window}", policy.burst());
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("\"default\""))
}

/// Whole seconds, rounded up.
fn seconds(span: Span) -> u32 {
    let micros = u64::try_from(span.as_micros()).unwrap_or(0);
    u32::try_from(micros.div_ceil(1_000_000)).unwrap_or(u32::MAX)
}
