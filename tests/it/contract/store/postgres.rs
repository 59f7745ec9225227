//! The Postgres store under the contract, each case on a database of its own.

use std::sync::Arc;

use ecicomm::adapters::postgres::{PostgresConfig, PostgresStore, TimeSource};
use ecicomm::domain::shared::Currency;

use super::{Backend, suites};
use crate::harness::servers::Database;

async fn open() -> Backend {
    let database = Database::new().await;
    let config = PostgresConfig {
        min_connections: 0,
        time: TimeSource::Caller,
        ..PostgresConfig::new(database.url(), Currency::USD)
    };
    let store = PostgresStore::connect(config).await.unwrap();
    Backend::of(Arc::new(store)).keeping(database)
}

suites!(crate::contract::store::postgres::open);
