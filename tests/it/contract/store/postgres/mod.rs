//! The Postgres store under the contract, each case on a database of its own, and what it promises
//! beyond that.

mod failures;
mod locks;
mod processes;
mod replica;
mod schema;
mod storefront;
mod unreadable;

use std::sync::Arc;

use async_trait::async_trait;
use ecicomm::adapters::postgres::{PostgresConfig, PostgresStore, TimeSource};
use ecicomm::domain::shared::Currency;
use sqlx::{Connection as _, PgConnection};

use super::mend::{Drift, Plants};
use super::{Backend, suites};
use crate::harness::servers::Database;

/// A shop of few connections that goes by the clock of its callers.
fn config(url: &str) -> PostgresConfig {
    PostgresConfig {
        min_connections: 0,
        time: TimeSource::Caller,
        ..PostgresConfig::new(url, Currency::USD)
    }
}

/// A process of the shop on a database.
async fn process(config: PostgresConfig) -> Backend {
    Backend::of(Arc::new(PostgresStore::connect(config).await.unwrap()))
}

async fn open() -> Backend {
    let database = Database::new().await;
    process(config(database.url())).await.keeping(database)
}

suites!(crate::contract::store::postgres::open);
super::mend::cases!(crate::contract::store::postgres::open_to_plants);

/// A shop on a database, and a way into that beside it.
async fn open_to_plants() -> Backend {
    let database = Database::new().await;
    let plants = Statements(database.url().to_owned());
    process(config(database.url())).await.keeping(database).planted_by(plants)
}

/// Returns when someone waits for a lock in the database.
async fn until_one_waits(url: &str) {
    let mut connection = connect(url).await;
    let waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(waiting).fetch_one(&mut connection).await.unwrap() {
        tokio::task::yield_now().await;
    }
}

/// Plants by statements of its own.
struct Statements(String);

#[async_trait]
impl Plants for Statements {
    async fn plant(&self, b: Backend, drift: Drift) -> Backend {
        let mut connection = connect(&self.0).await;
        let statement = match &drift {
            Drift::Stock(item) => sqlx::query(
                "UPDATE stock SET on_hand = $3, reserved = $4, version = $5, least_free = -1000
                 WHERE sku_key = lower($1) AND location = $2",
            )
            .bind(item.sku().as_str())
            .bind(item.location().as_str())
            .bind(item.on_hand())
            .bind(item.reserved())
            .bind(i64::try_from(item.version().number()).unwrap()),
            Drift::Reservation(kept) => {
                sqlx::query("UPDATE reservations SET state = $2 WHERE order_id = $1")
                    .bind(kept.order.uuid())
                    .bind(kept.state.as_str())
            }
            Drift::Uses(promotion, None, count) => {
                sqlx::query("UPDATE promotion_totals SET uses = $2 WHERE promotion = $1")
                    .bind(promotion.uuid())
                    .bind(i64::from(*count))
            }
            Drift::Uses(promotion, Some(customer), count) => sqlx::query(
                "UPDATE promotion_uses SET uses = $2 WHERE promotion = $1 AND customer_key = $3",
            )
            .bind(promotion.uuid())
            .bind(i64::from(*count))
            .bind(customer),
            Drift::Sold(product, units) => {
                sqlx::query("UPDATE product_views SET sold = $2 WHERE product = $1")
                    .bind(product.uuid())
                    .bind(*units)
            }
        };
        let done = statement.execute(&mut connection).await.unwrap();
        assert_eq!(done.rows_affected(), 1, "{drift:?}");
        b
    }
}

/// A connection of the test's own.
async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}
