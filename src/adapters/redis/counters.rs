use std::sync::Arc;

use async_trait::async_trait;
use deadpool_redis::redis::Script;

use super::fault::Fault;
use super::link::RedisLink;
use crate::domain::shared::Timestamp;
use crate::ports::PortError;
use crate::ports::limits::{Client, Counters, Meter, Policy};

/// Adds what requests cost to what a client has used up, of which time takes off what is regained
/// (the generic cell rate algorithm). A caller whose clock is behind gets no time back.
///
/// `KEYS`: the client. `ARGV`: the cost in nanoseconds, now in microseconds, how many nanoseconds it
/// begins at below nothing, and for how many milliseconds it is kept beyond the time at which it is
/// there again. Answers what is used up, and when.
///
/// Numbers of Lua are exact up to 2^53: microseconds since 1970 until the year 2255, and nanoseconds
/// for 104 days.
const ADD: &str = "
    local kept = redis.call('HMGET', KEYS[1], 'used', 'at')
    local now = tonumber(ARGV[2])
    local slack = tonumber(ARGV[3])
    local used, at = tonumber(kept[1] or -slack), tonumber(kept[2] or now)
    if now > at then
        used = math.max(-slack, used - (now - at) * 1000)
        at = now
    end
    used = used + tonumber(ARGV[1])
    local told = { string.format('%.0f', used), string.format('%.0f', at) }
    redis.call('HSET', KEYS[1], 'used', told[1], 'at', told[2])
    local left = math.ceil((used + slack) / 1000000) + tonumber(ARGV[4])
    redis.call('PEXPIRE', KEYS[1], string.format('%.0f', left))
    return told
";

/// How much longer than it matters Redis keeps a count, in milliseconds: by then it is nothing for
/// every process, however little their clocks agree.
const KEPT_BEYOND: i64 = 60_000;

/// The counts of all clients, shared by all processes. Redis itself forgets those that ran off.
pub struct RedisCounters {
    link: RedisLink,
    add: Arc<Script>,
}

impl RedisCounters {
    /// Counts over these connections.
    pub fn new(link: RedisLink) -> Self {
        Self { link, add: Arc::new(Script::new(ADD)) }
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
        let values = [cost, now.micros(), slack, KEPT_BEYOND];
        let values = values.map(|value| value.to_string().into_bytes());
        let key = self.link.key("limit", client);
        let told = self.link.run(&self.add, key, values).await;
        let (used, at): (i64, i64) = told.map_err(Fault::of_write)?;
        Ok(Meter::new(used, Timestamp::from_micros(at)))
    }
}
