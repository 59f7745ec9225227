//! The Postgres store under the contract, each case on a database of its own, and what it promises
//! beyond that.

mod failures;
mod locks;
mod processes;
mod schema;
mod storefront;

use std::sync::Arc;

use ecicomm::adapters::postgres::{PostgresConfig, PostgresStore, TimeSource};
use ecicomm::domain::shared::Currency;
use sqlx::{Connection as _, PgConnection};

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

/// A connection of the test's own.
async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}
