//! What Redis owes beside the contracts of its ports: bounds, and that it comes back by itself.

pub mod cluster;
mod way;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ecicomm::adapters::redis::{RedisCarts, RedisConfig, RedisLink};
use ecicomm::domain::shared::Version;
use ecicomm::ports::PortErrorKind;
use ecicomm::ports::cart::{CartSaved, Carts};
use tokio::task::JoinSet;
use way::Way;

use crate::harness::build::{at, cart, cart_id, cart_line};
use crate::harness::servers::{Redis, tell};

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(20);

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

/// Carts that may take their time.
fn carts_over(way: &Way) -> RedisCarts {
    let config = RedisConfig { timeout: SOON, ..RedisConfig::new(way.url()) };
    RedisCarts::new(RedisLink::new(&config).unwrap())
}

/// The answer to a call that is sent as another was.
fn again(server: &Redis, call: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream.write_all(call).unwrap();
    let mut answer = [0; 1_024];
    let length = stream.read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..length]).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_that_is_sent_again_is_told_as_the_first_time() {
    let server = Redis::start();
    let way = Way::to(server.port()).await;
    let carts = carts_over(&way);
    let first = cart(1, at(0));
    let saved = carts.save(Arc::new(first.clone()), None, at(0)).await.unwrap();
    assert_eq!(saved, CartSaved::Saved);
    let created = way.called();
    assert_eq!(again(&server, &created), ":1");

    let second = Arc::new(first.clone().add(cart_line(1, 1), at(1)).unwrap());
    let saved = carts.save(second.clone(), Some(Version::FIRST), at(1)).await.unwrap();
    assert_eq!(saved, CartSaved::Saved);
    assert_eq!(again(&server, &way.called()), ":1");
    assert_eq!(again(&server, &created), ":1", "another came between");

    let rival = Arc::new(first.add(cart_line(2, 1), at(1)).unwrap());
    let saved = carts.save(rival, Some(Version::FIRST), at(1)).await.unwrap();
    assert_eq!(saved, CartSaved::Stale);
    assert_eq!(again(&server, &way.called()), ":0");
    assert_eq!(carts.cart(cart_id(1), at(1)).await.unwrap(), Some(second));
}

/// As versions of the shop before this one kept it.
#[tokio::test(flavor = "multi_thread")]
async fn a_cart_that_remembers_no_save_is_saved_as_any() {
    let server = Redis::start();
    let carts = carts_on(&server);
    let first = cart(1, at(0));
    let saved = carts.save(Arc::new(first.clone()), None, at(0)).await.unwrap();
    assert_eq!(saved, CartSaved::Saved);
    let forget = format!("HDEL ecicomm:cart:{} saves", cart_id(1).uuid());
    assert_eq!(tell(server.port(), &forget), ":1");
    let second = Arc::new(first.add(cart_line(1, 1), at(1)).unwrap());
    assert_eq!(carts.save(second.clone(), None, at(1)).await.unwrap(), CartSaved::Stale);
    let saved = carts.save(second.clone(), Some(Version::FIRST), at(1)).await.unwrap();
    assert_eq!(saved, CartSaved::Saved);
    assert_eq!(carts.cart(cart_id(1), at(1)).await.unwrap(), Some(second));
}

/// Another server has taken the place of one that goes on answering, and takes no writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_to_a_server_that_takes_no_writes_is_replaced_at_once() {
    let [demoted, promoted] = [Redis::start(), Redis::start()];
    let way = Way::to(demoted.port()).await;
    let carts = carts_over(&way);
    let cart_of = |number| Arc::new(cart(number, at(0)));
    assert_eq!(carts.save(cart_of(1), None, at(0)).await.unwrap(), CartSaved::Saved);
    // Nobody listens there, which it goes on trying for.
    assert_eq!(tell(demoted.port(), "REPLICAOF 127.0.0.1 1"), "+OK");
    way.lead_to(promoted.port());
    let error = carts.save(cart_of(2), None, at(0)).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable, "{error}");
    assert_eq!(carts.save(cart_of(2), None, at(0)).await.unwrap(), CartSaved::Saved);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_full_or_cannot_save_takes_no_carts_for_now() {
    let server = Redis::start();
    let carts = carts_on(&server);
    let trouble =
        [("maxmemory 1", "maxmemory 0"), ("min-replicas-to-write 1", "min-replicas-to-write 0")];
    for (number, (begins, ends)) in (1..).zip(trouble) {
        assert_eq!(tell(server.port(), &format!("CONFIG SET {begins}")), "+OK");
        let save = async || carts.save(Arc::new(cart(number, at(0))), None, at(0)).await;
        let error = save().await.unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Unavailable, "{begins}: {error}");
        assert_eq!(tell(server.port(), &format!("CONFIG SET {ends}")), "+OK");
        assert_eq!(save().await.unwrap(), CartSaved::Saved);
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
