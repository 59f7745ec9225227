//! The contract of `ports::cart`: carts under compare-and-set, until they expire.

use std::sync::Arc;

use ecicomm::adapters::memory::{MemoryCarts, MemoryConfig, MemoryStore};
use ecicomm::domain::cart::Cart;
use ecicomm::domain::shared::{Address, AddressParts, Currency, ShippingCode, Version};
use ecicomm::ports::cart::{CartSaved, Carts};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

#[cfg(feature = "redis")]
use crate::contract::redis as in_redis;
use crate::harness::build::{at, cart, cart_id, cart_line, coupon, customer_id, usd};

/// Carts that hold nothing yet, and have room for a thousand.
type Backend = Arc<dyn Carts>;

/// Makes a test of each case over what `$open` gives.
macro_rules! tests {
    ($adapter:ident, $open:expr, [$($case:ident),* $(,)?]) => {
        mod $adapter {
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$case($open).await;
                }
            )*
        }
    };
}

/// All cases over one adapter.
macro_rules! suite {
    ($adapter:ident, $open:expr) => {
        tests!(
            $adapter,
            $open,
            [
                a_cart_reads_back_with_every_field,
                what_is_not_there_is_none,
                a_new_cart_must_not_exist,
                a_cart_is_saved_only_on_the_version_it_has,
                of_many_saves_on_one_version_exactly_one_wins,
                edits_that_are_tried_again_lose_no_line,
                a_cart_lives_until_a_day_after_its_last_change,
                looking_does_not_prolong_a_life,
                an_expired_cart_is_as_good_as_new,
                a_sweep_forgets_what_expired_and_no_more_than_it_may,
            ]
        );
    };
}

suite!(memory, Arc::new(MemoryCarts::new(1_000)));
suite!(with_everything_else, Arc::new(MemoryStore::new(MemoryConfig::new(Currency::USD))));
#[cfg(feature = "redb")]
suite!(folder, in_a_folder());
#[cfg(feature = "postgres")]
suite!(postgres, in_postgres::open().await);
#[cfg(feature = "redis")]
suite!(redis, in_redis::carts());
#[cfg(feature = "redis")]
suite!(redis_cluster, in_redis::cluster::carts());

/// The carts of a shop in a folder.
#[cfg(feature = "redb")]
fn in_a_folder() -> Backend {
    crate::contract::store::folder::on(&crate::harness::disk::Disk::default())
}

/// A cart's life in seconds.
const DAY: i64 = 24 * 3_600;

async fn save(b: &Backend, cart: &Cart, expected: Option<Version>, seconds: i64) -> CartSaved {
    b.save(Arc::new(cart.clone()), expected, at(seconds)).await.unwrap()
}

async fn kept(b: &Backend, number: u128, seconds: i64) -> Option<Arc<Cart>> {
    b.cart(cart_id(number), at(seconds)).await.unwrap()
}

/// A cart with something in every field.
fn full() -> Cart {
    let address = AddressParts {
        name: "Ada".to_owned(),
        line1: "1 Road".to_owned(),
        city: "Town".to_owned(),
        country: "US".to_owned(),
        ..AddressParts::default()
    };
    let other = cart(2, at(0)).add(cart_line(5, 1), at(1)).unwrap();
    cart(1, at(0))
        .owned_by(customer_id(1), at(1))
        .add(cart_line(3, 2), at(2))
        .and_then(|cart| cart.add_coupon(coupon("SPRING"), at(3)))
        .unwrap()
        .ship_to(Address::try_new(address).unwrap(), at(4))
        .choose_shipping(ShippingCode::try_new("flat").unwrap(), at(5))
        .merge(&other, at(6))
        .showing(usd(2_000))
}

async fn a_cart_reads_back_with_every_field(b: Backend) {
    assert_eq!(save(&b, &full(), None, 6).await, CartSaved::Saved);
    assert_eq!(kept(&b, 1, 7).await.as_deref(), Some(&full()));
}

async fn what_is_not_there_is_none(b: Backend) {
    assert_eq!(kept(&b, 1, 0).await, None);
    let expected = Some(Version::FIRST);
    assert_eq!(save(&b, &cart(1, at(0)), expected, 0).await, CartSaved::Stale);
    assert_eq!(kept(&b, 1, 0).await, None);
}

async fn a_new_cart_must_not_exist(b: Backend) {
    assert_eq!(save(&b, &cart(1, at(0)), None, 0).await, CartSaved::Saved);
    assert_eq!(save(&b, &full(), None, 0).await, CartSaved::Stale);
    assert_eq!(kept(&b, 1, 0).await.as_deref(), Some(&cart(1, at(0))));
}

async fn a_cart_is_saved_only_on_the_version_it_has(b: Backend) {
    let first = cart(1, at(0));
    let second = first.clone().add(cart_line(1, 1), at(1)).unwrap();
    let rival = first.clone().add(cart_line(2, 1), at(1)).unwrap();
    assert_eq!(save(&b, &first, None, 0).await, CartSaved::Saved);
    assert_eq!(save(&b, &second, Some(first.version()), 1).await, CartSaved::Saved);
    assert_eq!(save(&b, &rival, Some(first.version()), 1).await, CartSaved::Stale);
    assert_eq!(kept(&b, 1, 1).await.as_deref(), Some(&second));
}

async fn of_many_saves_on_one_version_exactly_one_wins(b: Backend) {
    let first = cart(1, at(0));
    assert_eq!(save(&b, &first, None, 0).await, CartSaved::Saved);
    let start = Arc::new(Barrier::new(32));
    let mut rivals = JoinSet::new();
    for number in 0..32 {
        let (b, start) = (b.clone(), start.clone());
        let next = first.clone().add(cart_line(number, 1), at(1)).unwrap();
        rivals.spawn(async move {
            start.wait().await;
            save(&b, &next, Some(Version::FIRST), 1).await
        });
    }
    let outcomes = rivals.join_all().await;
    assert_eq!(outcomes.iter().filter(|saved| **saved == CartSaved::Saved).count(), 1);
    assert_eq!(kept(&b, 1, 1).await.unwrap().lines().len(), 1);
}

async fn edits_that_are_tried_again_lose_no_line(b: Backend) {
    assert_eq!(save(&b, &cart(1, at(0)), None, 0).await, CartSaved::Saved);
    let mut shoppers = JoinSet::new();
    for number in 0..16 {
        let b = b.clone();
        shoppers.spawn(async move {
            loop {
                let seen = kept(&b, 1, 1).await.unwrap();
                let next = Cart::clone(&seen).add(cart_line(number, 1), at(1)).unwrap();
                if save(&b, &next, Some(seen.version()), 1).await == CartSaved::Saved {
                    return;
                }
            }
        });
    }
    shoppers.join_all().await;
    assert_eq!(kept(&b, 1, 1).await.unwrap().lines().len(), 16);
}

async fn a_cart_lives_until_a_day_after_its_last_change(b: Backend) {
    let first = cart(1, at(0));
    assert_eq!(save(&b, &first, None, 0).await, CartSaved::Saved);
    assert!(kept(&b, 1, DAY - 1).await.is_some());
    assert_eq!(kept(&b, 1, DAY).await, None);
    let second = first.clone().add(cart_line(1, 1), at(100)).unwrap();
    assert_eq!(save(&b, &second, Some(first.version()), 100).await, CartSaved::Saved);
    assert!(kept(&b, 1, DAY + 99).await.is_some());
    assert_eq!(kept(&b, 1, DAY + 100).await, None);
}

async fn looking_does_not_prolong_a_life(b: Backend) {
    let first = cart(1, at(0));
    assert_eq!(save(&b, &first, None, 0).await, CartSaved::Saved);
    let shown = first.clone().showing(usd(0));
    assert_eq!(save(&b, &shown, Some(first.version()), 50).await, CartSaved::Saved);
    assert_eq!(kept(&b, 1, DAY).await, None);
}

async fn an_expired_cart_is_as_good_as_new(b: Backend) {
    let first = cart(1, at(0));
    assert_eq!(save(&b, &first, None, 0).await, CartSaved::Saved);
    let late = first.clone().add(cart_line(1, 1), at(DAY)).unwrap();
    assert_eq!(save(&b, &late, Some(first.version()), DAY).await, CartSaved::Stale);
    assert_eq!(save(&b, &cart(1, at(DAY)), None, DAY).await, CartSaved::Saved);
    assert!(kept(&b, 1, 2 * DAY - 1).await.is_some());
}

async fn a_sweep_forgets_what_expired_and_no_more_than_it_may(b: Backend) {
    for (number, seconds) in [(1, 20), (2, 0), (3, 10), (4, 99)] {
        assert_eq!(save(&b, &cart(number, at(seconds)), None, seconds).await, CartSaved::Saved);
    }
    let sweep = async |seconds, most| b.sweep(at(seconds), most).await.unwrap();
    assert_eq!(sweep(DAY - 1, 10).await, 0);
    let first = sweep(DAY + 20, 2).await;
    let rest = [sweep(DAY + 20, 2).await, sweep(DAY + 20, 2).await];
    // What forgets by itself leaves nothing to sweep.
    assert!(matches!((first, rest), (2, [1, 0]) | (0, [0, 0])), "{first} {rest:?}");
    for number in 1..=3 {
        assert_eq!(kept(&b, number, DAY + 20).await, None);
    }
    assert!(kept(&b, 4, DAY).await.is_some());
}

#[tokio::test]
async fn in_memory_the_cart_that_expires_first_makes_room() {
    let b: Backend = Arc::new(MemoryCarts::new(2));
    for (number, seconds) in [(1, 10), (2, 0), (3, 20)] {
        assert_eq!(save(&b, &cart(number, at(seconds)), None, seconds).await, CartSaved::Saved);
    }
    assert_eq!(kept(&b, 2, 20).await, None);
    let first = kept(&b, 1, 20).await.unwrap();
    let next = Cart::clone(&first).add(cart_line(1, 1), at(30)).unwrap();
    assert_eq!(save(&b, &next, Some(first.version()), 30).await, CartSaved::Saved);
    assert!(kept(&b, 3, 30).await.is_some(), "one that is there needs no room");
    assert_eq!(save(&b, &cart(4, at(30)), None, 30).await, CartSaved::Saved);
    assert!(kept(&b, 1, 30).await.is_some() && kept(&b, 3, 30).await.is_none());
}

#[cfg(feature = "postgres")]
mod in_postgres {
    use async_trait::async_trait;
    use ecicomm::adapters::postgres::{PostgresCarts, PostgresConfig, PostgresStore, TimeSource};
    use ecicomm::domain::shared::{CartId, Currency, Timestamp};
    use ecicomm::ports::PortError;

    use super::{Arc, Backend, Cart, CartSaved, Carts, Version};
    use crate::harness::servers::Database;

    pub async fn open() -> Backend {
        let database = Database::new().await;
        let config = PostgresConfig {
            min_connections: 0,
            time: TimeSource::Caller,
            ..PostgresConfig::new(database.url(), Currency::USD)
        };
        let carts = PostgresCarts::new(&PostgresStore::connect(config).await.unwrap());
        Arc::new(Kept { carts, _database: database })
    }

    /// Carts whose database goes after them.
    struct Kept {
        carts: PostgresCarts,
        _database: Database,
    }

    #[async_trait]
    impl Carts for Kept {
        async fn cart(&self, id: CartId, now: Timestamp) -> Result<Option<Arc<Cart>>, PortError> {
            self.carts.cart(id, now).await
        }

        async fn save(
            &self,
            cart: Arc<Cart>,
            expected: Option<Version>,
            now: Timestamp,
        ) -> Result<CartSaved, PortError> {
            self.carts.save(cart, expected, now).await
        }

        async fn sweep(&self, now: Timestamp, most: usize) -> Result<usize, PortError> {
            self.carts.sweep(now, most).await
        }
    }
}
