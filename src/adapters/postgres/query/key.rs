use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use sqlx::postgres::PgConnection;

use super::order::order_at;
use crate::adapters::postgres::PostgresStore;
use crate::adapters::postgres::convert::{Moment, retention, rows, timestamp};
use crate::adapters::postgres::fault::Fault;
use crate::adapters::record::KeyRecord;
use crate::domain::shared::{OrderId, Timestamp};
use crate::ports::PortError;
use crate::ports::idempotency::{IdempotencyKeys, KeyClaim, KeyId, KeyRow, KeyState};

#[async_trait]
impl IdempotencyKeys for PostgresStore {
    async fn key(&self, id: &KeyId, now: Timestamp) -> Result<Option<Arc<KeyRow>>, PortError> {
        let (id, moment) = (id.clone(), Moment::new(now, self.config.time));
        self.ask(move |connection| key(connection, id, moment).boxed()).await
    }

    async fn expired(&self, now: Timestamp, most: usize) -> Result<usize, PortError> {
        let moment = Moment::new(now, self.config.time);
        self.ask(move |connection| expired(connection, moment, most).boxed()).await
    }
}

async fn key(
    connection: &mut PgConnection,
    id: KeyId,
    moment: Moment,
) -> Result<Option<Arc<KeyRow>>, Fault> {
    let row = sqlx::query!(
        r#"SELECT fingerprint, order_id, record::text AS "record", at FROM idempotency_keys
        WHERE principal = $1 AND key = $2 AND coalesce($3, clock_timestamp()) < at + $4::interval"#,
        id.principal,
        id.key,
        moment.clock,
        retention(),
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let state = match (row.order_id, row.record) {
        (Some(order), _) => KeyState::InFlight(OrderId::new(order)),
        (None, Some(record)) => finished(connection, &record).await?,
        (None, None) => return Err(PortError::corrupt("a key waits for nothing").into()),
    };
    let fingerprint = row.fingerprint.try_into().map_err(|_| wrong_fingerprint())?;
    let claim = KeyClaim { id, fingerprint };
    Ok(Some(Arc::new(KeyRow { claim, state, at: timestamp(row.at) })))
}

fn wrong_fingerprint() -> PortError {
    PortError::corrupt("a fingerprint has 32 bytes")
}

/// What a request came to, with the order as it then was: that is told by its first events, which
/// never change.
async fn finished(connection: &mut PgConnection, record: &str) -> Result<KeyState, Fault> {
    let record = KeyRecord::decode(record.as_bytes())?;
    let order = match record.order() {
        Some((id, version)) => order_at(connection, id, version).await?,
        None => None,
    };
    Ok(record.row(order)?.state)
}

async fn expired(
    connection: &mut PgConnection,
    moment: Moment,
    most: usize,
) -> Result<usize, Fault> {
    let counted = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (
            SELECT FROM idempotency_keys
            WHERE at <= coalesce($1, clock_timestamp()) - $2::interval
            ORDER BY at LIMIT $3
        ) past"#,
        moment.clock,
        retention(),
        rows(most),
    )
    .fetch_one(connection)
    .await?;
    Ok(usize::try_from(counted).map_err(PortError::corrupt)?)
}
