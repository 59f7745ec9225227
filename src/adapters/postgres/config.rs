use std::time::Duration;

use crate::domain::shared::{Availability, Currency, Location};

/// Whose clock conditions on time go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSource {
    /// The database's, so that processes whose clocks differ agree. A deadline that a caller
    /// computed is kept as far from the database's now as it was from the caller's.
    Database,
    /// The caller's, so that tests repeat.
    Caller,
}

/// Where the database is, and what it has to know of the shop.
#[derive(Clone, Debug)]
pub struct PostgresConfig {
    /// `postgres://user:password@host/database`, with the options of libpq. It is a secret.
    pub url: String,
    /// The most connections that this process opens. On two cores 16 serve more than 64 do.
    pub max_connections: u32,
    /// How many of them stay open though idle.
    pub min_connections: u32,
    /// After how long an idle one beyond those is closed.
    pub idle_timeout: Duration,
    /// How long work waits for a free connection.
    pub acquire_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// How long a statement may wait for another's lock.
    pub lock_timeout: Duration,
    /// The currency that a new shop starts with, US dollars where none is named; one that is there
    /// stays in its own. Lists sort prices in it, and a product without a price in it is in no list.
    pub currency: Option<Currency>,
    /// Whether this process only looks at the shop. It then writes nothing when it connects.
    pub only_looks: bool,
    /// Whether prices contain their tax.
    pub prices_include_tax: bool,
    /// The location where stock of a new SKU begins, and the preferred one.
    pub location: Location,
    /// How many products this process keeps to show them, at most.
    pub shown_products: u64,
    /// The units below which stock is shown as low.
    pub low_stock_below: i64,
    /// Whose clock decides.
    pub time: TimeSource,
}

impl PostgresConfig {
    /// What a shop has unless told otherwise, a new one in `currency`.
    pub fn new(url: impl Into<String>, currency: impl Into<Option<Currency>>) -> Self {
        Self {
            url: url.into(),
            max_connections: 20,
            min_connections: 5,
            idle_timeout: Duration::from_mins(5),
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(2),
            lock_timeout: Duration::from_secs(1),
            currency: currency.into(),
            only_looks: false,
            prices_include_tax: false,
            location: Location::main(),
            shown_products: 20_000,
            low_stock_below: Availability::LOW_STOCK_BELOW,
            time: TimeSource::Database,
        }
    }
}
