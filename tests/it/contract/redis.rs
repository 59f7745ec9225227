//! What Redis owes beside the contracts of its ports: bounds, and that it comes back by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ecicomm::adapters::redis::{RedisCarts, RedisConfig, RedisLink};
use ecicomm::domain::shared::Version;
use ecicomm::ports::PortErrorKind;
use ecicomm::ports::cart::{CartSaved, Carts};
use tokio::task::JoinSet;

use crate::harness::build::{at, cart, cart_id, cart_line};
use crate::harness::servers::{Redis, tell};

/// How long a command may take in tests that wait for it in vain.
const TIMEOUT: Duration = Duration::from_millis(200);

/// Carts in a part of the shared server that is the caller's own.
pub fn carts() -> Arc<dyn Carts> {
    let namespace = Redis::shared().namespace();
    let config = RedisConfig { prefix: namespace.prefix, ..RedisConfig::new(namespace.url) };
    Arc::new(RedisCarts::new(RedisLink::new(&config).unwrap()))
}

fn carts_on(server: &Redis) -> RedisCarts {
    let config = RedisConfig { timeout: TIMEOUT, ..RedisConfig::new(server.url()) };
    RedisCarts::new(RedisLink::new(&config).unwrap())
}

pub mod cluster {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::harness::servers::RedisCluster;

    /// The cluster that all tests of this process share.
    fn shared() -> &'static RedisCluster {
        static SHARED: OnceLock<RedisCluster> = OnceLock::new();
        SHARED.get_or_init(RedisCluster::start)
    }

    /// A part of it that is the caller's own.
    pub fn config() -> RedisConfig {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let mut config = RedisConfig::new(shared().url());
        config.cluster = true;
        config.prefix = format!("it-{}:", NEXT.fetch_add(1, Ordering::Relaxed));
        config
    }

    /// Carts in a part of it that is the caller's own.
    pub fn carts() -> Arc<dyn Carts> {
        Arc::new(RedisCarts::new(RedisLink::new(&config()).unwrap()))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_node_has_its_share_of_the_carts() {
        let cluster = RedisCluster::start();
        let config = RedisConfig { cluster: true, ..RedisConfig::new(cluster.url()) };
        let carts = RedisCarts::new(RedisLink::new(&config).unwrap());
        for number in 0..60 {
            let first = Arc::new(cart(number, at(0)));
            assert_eq!(carts.save(first, None, at(0)).await.unwrap(), CartSaved::Saved);
            assert!(carts.cart(cart_id(number), at(1)).await.unwrap().is_some());
        }
        let keys = cluster.keys();
        assert!(keys.iter().sum::<u32>() == 60 && keys.iter().all(|count| *count > 5), "{keys:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_forgets_a_cart_by_itself() {
    let server = Redis::start();
    let carts = carts_on(&server);
    assert_eq!(carts.save(Arc::new(cart(1, at(0))), None, at(0)).await.unwrap(), CartSaved::Saved);
    let key = format!("ecicomm:cart:{}", cart_id(1).uuid());
    let left: i64 = tell(server.port(), &format!("PTTL {key}"))[1..].parse().unwrap();
    let day = 24 * 3_600 * 1_000;
    assert!((day..=day + 60_000).contains(&left), "{left} ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_carts_are_away_at_once_and_come_back_by_themselves() {
    let server = Redis::start();
    let carts = carts_on(&server);
    let first = Arc::new(cart(1, at(0)));
    assert_eq!(carts.save(first.clone(), None, at(0)).await.unwrap(), CartSaved::Saved);
    server.server().kill();
    for _ in 0..3 {
        let began = Instant::now();
        let error = carts.cart(cart_id(1), at(1)).await.unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Unavailable, "{error}");
        assert!(began.elapsed() < TIMEOUT * 4, "{:?}", began.elapsed());
    }
    server.server().restart();
    assert_eq!(carts.cart(cart_id(1), at(1)).await.unwrap(), None);
    // The server lost the script too.
    assert_eq!(carts.save(first, None, at(1)).await.unwrap(), CartSaved::Saved);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_redis_leaves_a_read_away_and_a_save_unknown() {
    let server = Redis::start();
    let carts = carts_on(&server);
    let first = cart(1, at(0));
    assert_eq!(carts.save(Arc::new(first.clone()), None, at(0)).await.unwrap(), CartSaved::Saved);
    let second = Arc::new(first.add(cart_line(1, 1), at(1)).unwrap());
    // Connections that are known to work are not asked anew within the same breath, so that the
    // silence meets the command itself.
    server.server().pause();
    let began = Instant::now();
    let read = carts.cart(cart_id(1), at(1)).await.unwrap_err();
    assert_eq!(read.kind(), PortErrorKind::Unavailable, "{read}");
    let save = carts.save(second.clone(), Some(Version::FIRST), at(1)).await.unwrap_err();
    assert!(matches!(save.kind(), PortErrorKind::Timeout | PortErrorKind::Unavailable), "{save}");
    assert!(began.elapsed() < TIMEOUT * 10, "{:?}", began.elapsed());
    server.server().resume();
    let kept = carts.cart(cart_id(1), at(2)).await.unwrap().unwrap();
    if save.kind() == PortErrorKind::Unavailable {
        assert_eq!(kept.version(), Version::FIRST, "what was away did nothing");
    }
    let saved = carts.save(second.clone(), Some(Version::FIRST), at(2)).await.unwrap();
    assert_eq!(saved == CartSaved::Stale, kept.version() == second.version());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_callers_than_connections_all_get_their_answer() {
    let namespace = Redis::shared().namespace();
    let config = RedisConfig {
        prefix: namespace.prefix,
        max_connections: 2,
        ..RedisConfig::new(namespace.url)
    };
    let carts = Arc::new(RedisCarts::new(RedisLink::new(&config).unwrap()));
    let mut callers = JoinSet::new();
    for number in 0..64 {
        let carts = carts.clone();
        callers.spawn(async move {
            let saved = carts.save(Arc::new(cart(number, at(0))), None, at(0)).await.unwrap();
            assert_eq!(saved, CartSaved::Saved);
            carts.cart(cart_id(number), at(1)).await.unwrap().unwrap().id()
        });
    }
    assert_eq!(callers.join_all().await.len(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_cart_is_named_and_never_guessed() {
    let server = Redis::start();
    let carts = carts_on(&server);
    let key = format!("ecicomm:cart:{}", cart_id(1).uuid());
    tell(server.port(), &format!("HSET {key} version 1 expires 9999999999999999 record nonsense"));
    let error = carts.cart(cart_id(1), at(1)).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Corrupt, "{error}");
}

#[tokio::test]
async fn a_bad_address_is_told_without_its_password() {
    let error = RedisLink::new(&RedisConfig::new("redis://:secret@:x:")).err().unwrap();
    assert!(error.to_string().contains("REDIS_URL"), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}
