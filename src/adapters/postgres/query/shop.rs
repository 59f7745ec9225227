use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use sqlx::postgres::PgConnection;

use crate::adapters::postgres::PostgresStore;
use crate::adapters::postgres::convert::{read, storable};
use crate::adapters::postgres::fault::Fault;
use crate::domain::customer::StaffMember;
use crate::domain::shared::{ImportId, StaffId};
use crate::ports::PortError;
use crate::ports::customer::StaffQueries;
use crate::ports::imports::{ImportQueries, ImportReport};

#[async_trait]
impl StaffQueries for PostgresStore {
    async fn staff(&self, id: StaffId) -> Result<Option<Arc<StaffMember>>, PortError> {
        self.ask(move |connection| staff(connection, id).boxed()).await
    }

    async fn staff_by_email(&self, email: &str) -> Result<Option<Arc<StaffMember>>, PortError> {
        let Some(email) = storable(email) else { return Ok(None) };
        self.ask(|connection| staff_by_email(connection, email).boxed()).await
    }

    async fn has_administrator(&self) -> Result<bool, PortError> {
        self.ask(|connection| has_administrator(connection).boxed()).await
    }
}

async fn staff(
    connection: &mut PgConnection,
    id: StaffId,
) -> Result<Option<Arc<StaffMember>>, Fault> {
    let record = sqlx::query_scalar!(
        r#"SELECT record::text AS "record!" FROM staff WHERE id = $1"#,
        id.uuid()
    );
    let record = record.fetch_optional(connection).await?;
    Ok(record.map(|record| read(&record).map(Arc::new)).transpose()?)
}

async fn staff_by_email(
    connection: &mut PgConnection,
    email: String,
) -> Result<Option<Arc<StaffMember>>, Fault> {
    let record = sqlx::query_scalar!(
        r#"SELECT record::text AS "record!" FROM staff WHERE email = $1"#,
        email
    );
    let record = record.fetch_optional(connection).await?;
    Ok(record.map(|record| read(&record).map(Arc::new)).transpose()?)
}

async fn has_administrator(connection: &mut PgConnection) -> Result<bool, Fault> {
    let found =
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM staff WHERE administers) AS "any!""#);
    Ok(found.fetch_one(connection).await?)
}

#[async_trait]
impl ImportQueries for PostgresStore {
    async fn import(&self, id: ImportId) -> Result<Option<Arc<ImportReport>>, PortError> {
        self.ask(move |connection| import(connection, id).boxed()).await
    }
}

async fn import(
    connection: &mut PgConnection,
    id: ImportId,
) -> Result<Option<Arc<ImportReport>>, Fault> {
    let record = sqlx::query_scalar!(
        r#"SELECT record::text AS "record!" FROM imports WHERE id = $1"#,
        id.uuid()
    );
    let record = record.fetch_optional(connection).await?;
    Ok(record.map(|record| read(&record).map(Arc::new)).transpose()?)
}
