//! A shop whose Redis goes away: carts go with it, and nothing else.

use std::time::{Duration, Instant};

use ecicomm::app::{AppError, Shop};
use ecicomm::domain::order::OrderStatus;
use ecicomm::ports::PortErrorKind;
use ecicomm::ports::dependency::DependencyState;
use ecicomm::settings::Settings;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::support::{buy, draft, receive};
use crate::harness::servers::{Database, Redis};

/// How long it may take until a Redis that is back is used again.
const BACK_WITHIN: Duration = Duration::from_secs(10);

async fn shop(database: &Database, redis: &Redis) -> Shop {
    let variables = [
        ("DATABASE_URL", database.url()),
        ("REDIS_URL", redis.url()),
        ("ECICOMM__POSTGRES__MIN_CONNECTIONS", "0"),
    ];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let settings = Settings::from_variables(&variables.map(owned).into()).unwrap();
    let shop = ecicomm::bootstrap::build(&settings).await.unwrap();
    shop.pricing.set_up().await.unwrap();
    shop.catalog.create(draft("Lamp", "LAMP", 1_000)).await.unwrap();
    receive(&shop, "LAMP", "main", 100).await;
    shop
}

fn state(shop: &Shop) -> DependencyState {
    let redis = shop.ports.dependencies.iter().find(|known| known.name() == "redis");
    redis.expect("it is depended on").state()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_all_but_carts_goes_on_and_carts_come_back_by_themselves() {
    let (database, redis) = (Database::new().await, Redis::start());
    let shop = shop(&database, &redis).await;
    let kept = shop.carts.create(None).await.unwrap().cart.id();
    assert_eq!(shop.carts.get(kept).await.unwrap().cart.id(), kept);
    assert_eq!(state(&shop), DependencyState::Well);

    redis.server().kill();
    while state(&shop) == DependencyState::Well {
        match shop.carts.get(kept).await.unwrap_err() {
            AppError::Port(error) => assert_eq!(error.kind(), PortErrorKind::Unavailable),
            other => panic!("carts should be away: {other}"),
        }
    }
    let began = Instant::now();
    shop.carts.get(kept).await.unwrap_err();
    assert!(
        began.elapsed() < Duration::from_millis(100),
        "it is left alone: {:?}",
        began.elapsed()
    );
    let order = buy(&shop, "LAMP", 1, "pm_card_visa").await;
    assert_eq!(order.status(), OrderStatus::Confirmed, "what is bought by its lines needs no cart");
    assert!(shop.catalog.shop_product("lamp").await.is_ok());

    redis.server().restart();
    let back = async {
        while shop.carts.create(None).await.is_err() {
            yield_now().await;
        }
    };
    timeout(BACK_WITHIN, back).await.expect("carts should come back");
    assert_eq!(state(&shop), DependencyState::Well);
}
