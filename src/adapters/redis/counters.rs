use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;

use super::asked::Lua;
use super::fault::Fault;
use super::link::RedisLink;
use crate::domain::shared::{Span, Timestamp};
use crate::ports::PortError;
use crate::ports::limits::{Client, Counters, Meter, Policy};

/// Adds what requests cost to what a client has used up, of which time takes off what is regained
/// (the generic cell rate algorithm). The time is that of the server that has the key, so that callers
/// need not agree on it; one that is behind, as after a failover, gets no time back.
///
/// `KEYS`: the client. `ARGV`: the cost in nanoseconds, how many nanoseconds it begins at below
/// nothing, for how many milliseconds it is kept beyond the time at which it is there again, and now
/// in microseconds where the caller says what time it is. Answers what is used up.
///
/// Numbers of Lua are exact up to 2^53: microseconds since 1970 until the year 2255, and nanoseconds
/// for 104 days.
const ADD: &str = "
    local now = tonumber(ARGV[4])
    if not now then
        local time = redis.call('TIME')
        now = tonumber(time[1]) * 1000000 + tonumber(time[2])
    end
    local kept = redis.call('HMGET', KEYS[1], 'used', 'at')
    local slack = tonumber(ARGV[2])
    local used, at = tonumber(kept[1] or -slack), tonumber(kept[2] or now)
    if now > at then
        used = math.max(-slack, used - (now - at) * 1000)
        at = now
    end
    used = used + tonumber(ARGV[1])
    local told = string.format('%.0f', used)
    redis.call('HSET', KEYS[1], 'used', told, 'at', string.format('%.0f', at))
    local left = math.ceil((used + slack) / 1000000) + tonumber(ARGV[3])
    redis.call('PEXPIRE', KEYS[1], string.format('%.0f', left))
    return { told, string.format('%.0f', at - now) }
";

/// How much longer than it matters Redis keeps a count, in milliseconds.
const KEPT_BEYOND: i64 = 60_000;

/// The counts of all clients, shared by all processes. Redis itself forgets those that ran off.
pub struct RedisCounters {
    link: RedisLink,
    add: Arc<Lua>,
    /// Whether callers say what time it is.
    by_callers: bool,
}

impl RedisCounters {
    /// Counts over these connections, by the clock of the server.
    pub fn new(link: RedisLink) -> Self {
        Self { link, add: Arc::new(Lua::new(ADD)), by_callers: false }
    }

    /// The same by the clock of whoever calls, which tests move.
    pub fn timed_by_callers(link: RedisLink) -> Self {
        Self { by_callers: true, ..Self::new(link) }
    }
}

#[async_trait]
impl Counters for RedisCounters {
    async fn add(
        &self,
        client: Client,
        requests: u32,
        policy: Policy,
        now: Timestamp,
    ) -> Result<Meter, PortError> {
        let (cost, slack) = (policy.cost(requests), policy.cost(policy.slack()));
        let said = if self.by_callers { now.micros().to_string() } else { String::new() };
        let values = [cost, slack, KEPT_BEYOND].map(|value| value.to_string());
        let values = values.into_iter().chain([said]).map(String::into_bytes);
        let (key, asked) = (self.link.key("limit", client), Instant::now());
        let told = self.link.run(&self.add, key, values).await;
        let (used, ahead): (i64, i64) = told.map_err(Fault::of_write)?;
        // What it was when the answer began is taken for what it is when it is here: less is regained
        // by then than on the way.
        let passed = i64::try_from(asked.elapsed().as_micros()).unwrap_or(i64::MAX);
        let on_the_way = if self.by_callers { 0 } else { passed };
        Ok(Meter::new(used, now.plus(Span::micros(on_the_way.saturating_add(ahead)))))
    }
}
