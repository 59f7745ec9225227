use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::asked::Lua;
use super::fault::Fault;
use super::link::RedisLink;
use crate::adapters::record::Record as _;
use crate::domain::cart::Cart;
use crate::domain::shared::{CartId, Timestamp, Version};
use crate::ports::PortError;
use crate::ports::cart::{CartSaved, Carts};

/// Keeps a cart if the kept one is of the version expected. One that expired by the caller's time
/// is as good as none.
///
/// The client of a cluster sends a command again where the connection broke before its answer. A save
/// that was done is told as done again, as whoever is told that others were first makes the change
/// once more. So the cart remembers its last eight saves: others may come between the two.
///
/// `KEYS`: the cart. `ARGV`: the version expected or nothing, the new one, when it expires and now,
/// both in microseconds, for how many milliseconds Redis keeps it, the record, and 16 bytes that no
/// other save has.
const SAVE: &str = "
    local kept = redis.call('HMGET', KEYS[1], 'version', 'expires', 'saves')
    local saves = kept[3] or ''
    if string.find(saves, ARGV[7], 1, true) then return 1 end
    local version = kept[1]
    if version and tonumber(kept[2]) <= tonumber(ARGV[4]) then version = false end
    if (version or '') ~= ARGV[1] then return 0 end
    saves = string.sub(ARGV[7] .. saves, 1, 8 * 16)
    redis.call('HSET', KEYS[1], 'version', ARGV[2], 'expires', ARGV[3], 'record', ARGV[6],
        'saves', saves)
    redis.call('PEXPIRE', KEYS[1], ARGV[5])
    return 1
";

/// How much longer than a cart lives Redis keeps it, in milliseconds: by then it is past for every
/// process, however little their clocks agree.
const KEPT_BEYOND: i64 = 60_000;

/// The carts of all shoppers, shared by all processes. Redis itself forgets those that expired.
pub struct RedisCarts {
    link: RedisLink,
    save: Arc<Lua>,
}

impl RedisCarts {
    /// Carts over these connections.
    pub fn new(link: RedisLink) -> Self {
        Self { link, save: Arc::new(Lua::new(SAVE)) }
    }
}

#[async_trait]
impl Carts for RedisCarts {
    async fn cart(&self, id: CartId, now: Timestamp) -> Result<Option<Arc<Cart>>, PortError> {
        let key = self.link.key("cart", id.uuid());
        let read = self.link.ask("HMGET", key, &["expires", "record"]).await;
        let kept: (Option<i64>, Option<Vec<u8>>) = read.map_err(Fault::of_read)?;
        match kept {
            (Some(expires), Some(record)) if now.micros() < expires => {
                Cart::decode(&record).map(|cart| Some(Arc::new(cart)))
            }
            _ => Ok(None),
        }
    }

    async fn save(
        &self,
        cart: Arc<Cart>,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<CartSaved, PortError> {
        let expires = cart.expires_at().micros();
        let keep = (expires.saturating_sub(now.micros()) / 1_000).saturating_add(KEPT_BEYOND);
        let expected = expected.map(|version| version.number().to_string()).unwrap_or_default();
        let texts = [
            expected,
            cart.version().number().to_string(),
            expires.to_string(),
            now.micros().to_string(),
            keep.max(1).to_string(),
        ];
        let rest = [cart.encode()?, Uuid::new_v4().into_bytes().to_vec()];
        let values = texts.into_iter().map(String::into_bytes).chain(rest);
        let key = self.link.key("cart", cart.id().uuid());
        let saved: i64 = self.link.run(&self.save, key, values).await.map_err(Fault::of_write)?;
        Ok(if saved == 1 { CartSaved::Saved } else { CartSaved::Stale })
    }

    async fn sweep(&self, _: Timestamp, _: usize) -> Result<usize, PortError> {
        Ok(0)
    }
}
