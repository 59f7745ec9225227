use std::str::FromStr as _;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use super::fault::Fault;
use crate::ports::PortError;

/// The migrations of this build.
static MIGRATIONS: Migrator = Migrator {
    // The lock is taken below, before a wait for a lock is limited.
    locking: false,
    ..sqlx::migrate!()
};

/// Brings a database to the schema of this build. Of several processes that do so at once, one does
/// it and the others find it done. A migration that waits two seconds for a lock gives up rather
/// than hold up the shop behind it, and can be tried again.
pub async fn migrate(url: &str) -> Result<(), PortError> {
    let options = PgConnectOptions::from_str(url).map_err(|_| bad_url())?;
    let mut connection = options.connect().await.map_err(|error| Fault::from(error).of_read())?;
    let migrated = migrate_alone(&mut connection).await;
    let _ = connection.close().await;
    migrated
}

async fn migrate_alone(connection: &mut PgConnection) -> Result<(), PortError> {
    let fault = |error: sqlx::Error| Fault::from(error).of_read();
    let settings = "SET statement_timeout = '60s'; SELECT pg_advisory_lock(7306356116820488300);
        SET statement_timeout = 0; SET lock_timeout = '2s'";
    sqlx::raw_sql(settings).execute(&mut *connection).await.map_err(fault)?;
    // The lock goes with the connection.
    MIGRATIONS.run(connection).await.map_err(PortError::unavailable)
}

/// Refuses a database whose schema is not that of this build.
pub async fn check_schema(connection: &mut PgConnection) -> Result<(), Fault> {
    let applied = sqlx::query_scalar!(
        r#"SELECT max(version) AS "version" FROM _sqlx_migrations WHERE success"#
    )
    .fetch_one(connection)
    .await;
    let applied = match applied {
        Ok(version) => version.unwrap_or(0),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => 0,
        Err(error) => return Err(error.into()),
    };
    let wanted = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    if applied == wanted {
        return Ok(());
    }
    let problem = format!(
        "the database has schema {applied}, this program needs {wanted}: migrate it, or run the \
         program that it was migrated for"
    );
    Err(PortError::unavailable(problem).into())
}

/// The URL is a secret, so it is not told.
pub fn bad_url() -> PortError {
    PortError::internal("the database URL cannot be read")
}
