use std::str::FromStr as _;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use super::config::PostgresConfig;
use super::fault::Fault;
use crate::domain::shared::Currency;
use crate::ports::PortError;

/// The migrations of this build.
static MIGRATIONS: Migrator = Migrator {
    // The lock is taken below, before a wait for a lock is limited.
    locking: false,
    // What a later version did is left alone.
    ignore_missing: true,
    ..sqlx::migrate!()
};

/// Brings a database to the schema of this build. Of several processes that do so at once, one does
/// it and the others find it done. A migration that waits two seconds for a lock gives up rather
/// than hold up the shop behind it, and can be tried again. Nothing changes in a database that a later
/// version migrated.
pub async fn migrate(url: &str) -> Result<Schema, PortError> {
    let mut connection = connect(url).await?;
    let migrated = migrate_alone(&mut connection).await;
    let _ = connection.close().await;
    migrated
}

/// The schema that a database has after its migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The last migration that was applied.
    pub applied: i64,
    /// The last one that this build knows.
    pub known: i64,
}

/// A connection of its own, for work that may take its time.
async fn connect(url: &str) -> Result<PgConnection, PortError> {
    let options = PgConnectOptions::from_str(url).map_err(|_| bad_url())?;
    options.connect().await.map_err(|error| Fault::from(error).of_read())
}

async fn migrate_alone(connection: &mut PgConnection) -> Result<Schema, PortError> {
    let fault = |error: sqlx::Error| Fault::from(error).of_read();
    // The lock goes with the connection. That something is there already is no news to anyone.
    let settings = "SET client_min_messages = warning;
        SET statement_timeout = '60s'; SELECT pg_advisory_lock(7306356116820488300);
        SET statement_timeout = 0; SET lock_timeout = '2s'";
    sqlx::raw_sql(settings).execute(&mut *connection).await.map_err(fault)?;
    MIGRATIONS.run_direct(None, connection, false).await.map_err(PortError::unavailable)?;
    schema(connection).await.map_err(Fault::of_read)
}

/// Checks that a database has the schema of this build, and tells it what its functions must know
/// of the shop. Answers the currency that the shop is in: the first process to prepare it settles
/// that for all.
pub async fn prepare(config: &PostgresConfig) -> Result<Currency, PortError> {
    let mut connection = connect(&config.url).await?;
    let prepared = prepare_on(&mut connection, config).await;
    let _ = connection.close().await;
    prepared.map_err(Fault::of_read)
}

async fn prepare_on(
    connection: &mut PgConnection,
    config: &PostgresConfig,
) -> Result<Currency, Fault> {
    check_schema(connection).await?;
    let first = config.currency.unwrap_or(Currency::USD);
    if !config.only_looks {
        // Whoever starts may be set to another currency, or to none: the shop stays in its own.
        let set = sqlx::query!(
            "INSERT INTO shop AS s (currency, low_stock_below, outdated) VALUES ($1, $2, true)
             ON CONFLICT (only_row) DO UPDATE SET
                 low_stock_below = excluded.low_stock_below, outdated = true
             WHERE s.low_stock_below <> excluded.low_stock_below",
            first.code(),
            config.low_stock_below,
        );
        set.execute(&mut *connection).await?;
    }
    let shop = sqlx::query!("SELECT currency, outdated FROM shop");
    let Some(shop) = shop.fetch_optional(&mut *connection).await? else { return Ok(first) };
    let currency = Currency::try_new(&shop.currency).map_err(PortError::corrupt)?;
    if shop.outdated && !config.only_looks {
        show_all(connection).await?;
    }
    Ok(currency)
}

/// Shows every product anew, one after the other: none is held up for longer than itself takes.
async fn show_all(connection: &mut PgConnection) -> Result<(), Fault> {
    let all = sqlx::query_scalar!("SELECT product FROM product_views ORDER BY product");
    for product in all.fetch_all(&mut *connection).await? {
        let shown = sqlx::query!("SELECT show_product($1, false, clock_timestamp())", product);
        shown.fetch_one(&mut *connection).await?;
    }
    sqlx::query!("UPDATE shop SET outdated = false").execute(connection).await?;
    Ok(())
}

/// Refuses a database whose schema is older than this build.
async fn check_schema(connection: &mut PgConnection) -> Result<(), Fault> {
    let Schema { applied, known } = schema(connection).await?;
    if applied > known {
        // While a new version rolls out, both run on its schema.
        tracing::warn!(applied, known, "the database was migrated by a later version");
    }
    if applied >= known {
        return Ok(());
    }
    let problem = format!("the database has schema {applied}, {known} is needed: migrate it");
    Err(PortError::unavailable(problem).into())
}

async fn schema(connection: &mut PgConnection) -> Result<Schema, Fault> {
    let applied = sqlx::query_scalar!("SELECT max(version) FROM _sqlx_migrations WHERE success");
    let applied = match applied.fetch_one(connection).await {
        Ok(version) => version.unwrap_or(0),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(NO_SUCH_TABLE) => 0,
        Err(error) => return Err(error.into()),
    };
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    Ok(Schema { applied, known })
}

const NO_SUCH_TABLE: &str = "42P01";

/// The URL is a secret, so it is not told.
pub fn bad_url() -> PortError {
    PortError::internal("the database URL cannot be read")
}
