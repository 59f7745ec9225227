use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use moka::sync::Cache;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::adapters::postgres::PostgresStore;
use crate::adapters::postgres::convert::{
    Moment, count, one_more, read, rows, saga_key, time, timestamp,
};
use crate::adapters::postgres::fault::Fault;
use crate::domain::order::{Lease, Saga, SagaId};
use crate::domain::shared::Timestamp;
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::order::{Sagas, SagasAt};

#[async_trait]
impl Sagas for PostgresStore {
    async fn saga(&self, id: SagaId) -> Result<Option<Saga>, PortError> {
        self.ask(move |connection| saga(connection, id).boxed()).await
    }

    async fn claim(
        &self,
        id: SagaId,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Option<Saga>, PortError> {
        let moment = Moment::new(now, self.config.time);
        self.sessions
            .ask_to_write(move |connection| claim(connection, id, lease, moment).boxed())
            .await
    }

    async fn claim_due(
        &self,
        lease: Lease,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Saga>, PortError> {
        let due = Due {
            lease,
            moment: Moment::new(now, self.config.time),
            most: rows(most),
            but: self.unreadable.iter().map(|(order, ())| *order).collect(),
        };
        let claimed =
            self.sessions.ask_to_write(move |connection| claim_due(connection, due).boxed());
        let claimed = claimed.await?.into_iter();
        let mut sagas: Vec<Saga> =
            claimed.filter_map(|row| row.claimed(&self.unreadable)).collect();
        sagas.sort_by_key(|saga| (saga.due, saga.id));
        Ok(sagas)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, PortError> {
        self.ask(|connection| next_due(connection).boxed()).await
    }

    async fn open(
        &self,
        after: Option<SagaId>,
        limit: usize,
    ) -> Result<Page<Saga, SagaId>, PortError> {
        self.ask(move |connection| open(connection, after, limit).boxed()).await
    }

    async fn counts(&self) -> Result<Vec<SagasAt>, PortError> {
        self.ask(|connection| counts(connection).boxed()).await
    }
}

struct SagaRow {
    order_id: Uuid,
    due: DateTime<Utc>,
    lease_owner: Option<String>,
    lease_until: Option<DateTime<Utc>>,
    record: String,
}

impl SagaRow {
    /// The saga, with the times by which the database decides.
    fn saga(self) -> Result<Saga, PortError> {
        let lease = self.lease_owner.zip(self.lease_until);
        let lease = lease.map(|(owner, until)| Lease { owner, until: timestamp(until) });
        let told = read::<Saga>(&self.record);
        let told = told.map_err(|e| e.about(format_args!("a saga of order {}", self.order_id)))?;
        Ok(Saga { due: timestamp(self.due), lease, ..told })
    }

    /// The saga; none where it cannot be read, as one of a later version. That holds up no other that
    /// was claimed with it, and this process leaves it to others for a while.
    fn claimed(self, unreadable: &Cache<Uuid, ()>) -> Option<Saga> {
        let order = self.order_id;
        let told = |error: &PortError| {
            tracing::error!(%order, %error, "a saga cannot be read");
            unreadable.insert(order, ());
        };
        self.saga().inspect_err(told).ok()
    }
}

/// Which sagas are claimed, and for whom.
struct Due {
    lease: Lease,
    moment: Moment,
    most: i64,
    /// Not those of these orders.
    but: Vec<Uuid>,
}

async fn saga(connection: &mut PgConnection, id: SagaId) -> Result<Option<Saga>, Fault> {
    let (kind, order, refund) = saga_key(id);
    let row = sqlx::query_as!(
        SagaRow,
        r#"SELECT order_id, due, lease_owner, lease_until, record::text AS "record!" FROM sagas
        WHERE kind = $1 AND order_id = $2 AND refund_id = $3"#,
        kind,
        order,
        refund,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(SagaRow::saga).transpose()?)
}

async fn claim(
    connection: &mut PgConnection,
    id: SagaId,
    lease: Lease,
    moment: Moment,
) -> Result<Option<Saga>, Fault> {
    let (kind, order, refund) = saga_key(id);
    let row = sqlx::query_as!(
        SagaRow,
        r#"UPDATE sagas SET lease_owner = $4, lease_until = by_clock($5, $7, $6)
        WHERE (kind, order_id, refund_id) IN (
            SELECT kind, order_id, refund_id FROM sagas
            WHERE kind = $1 AND order_id = $2 AND refund_id = $3 AND NOT over
                AND due <= coalesce($6, clock_timestamp())
                AND (
                    lease_until IS NULL OR lease_until <= coalesce($6, clock_timestamp())
                    OR lease_owner = $4
                )
            FOR UPDATE SKIP LOCKED
        )
        RETURNING order_id, due, lease_owner, lease_until, record::text AS "record!""#,
        kind,
        order,
        refund,
        lease.owner,
        time(lease.until),
        moment.clock,
        moment.at,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(SagaRow::saga).transpose()?)
}

async fn claim_due(connection: &mut PgConnection, due: Due) -> Result<Vec<SagaRow>, Fault> {
    let Due { lease, moment, most, but } = due;
    let claimed = sqlx::query_as!(
        SagaRow,
        r#"UPDATE sagas SET lease_owner = $1, lease_until = by_clock($2, $4, $3)
        WHERE (kind, order_id, refund_id) IN (
            SELECT kind, order_id, refund_id FROM sagas
            WHERE NOT over AND due <= coalesce($3, clock_timestamp())
                AND (lease_until IS NULL OR lease_until <= coalesce($3, clock_timestamp()))
                AND order_id <> ALL($6)
            ORDER BY due, kind, order_id, refund_id LIMIT $5 FOR UPDATE SKIP LOCKED
        )
        RETURNING order_id, due, lease_owner, lease_until, record::text AS "record!""#,
        lease.owner,
        time(lease.until),
        moment.clock,
        moment.at,
        most,
        &but,
    );
    Ok(claimed.fetch_all(connection).await?)
}

async fn next_due(connection: &mut PgConnection) -> Result<Option<Timestamp>, Fault> {
    let next = sqlx::query_scalar!(
        r#"SELECT min(greatest(due, lease_until)) AS "next" FROM sagas WHERE NOT over"#
    );
    Ok(next.fetch_one(connection).await?.map(timestamp))
}

async fn open(
    connection: &mut PgConnection,
    after: Option<SagaId>,
    limit: usize,
) -> Result<Page<Saga, SagaId>, Fault> {
    let (kind, order, refund) = after.map_or((-1, Uuid::nil(), Uuid::nil()), saga_key);
    let rows = sqlx::query_as!(
        SagaRow,
        r#"SELECT order_id, due, lease_owner, lease_until, record::text AS "record!" FROM sagas
        WHERE open AND (kind, order_id, refund_id) > ($1, $2, $3)
        ORDER BY kind, order_id, refund_id LIMIT $4"#,
        kind,
        order,
        refund,
        one_more(limit),
    )
    .fetch_all(connection)
    .await?;
    let sagas: Result<Vec<Saga>, PortError> = rows.into_iter().map(SagaRow::saga).collect();
    Ok(super::page(sagas?, limit, |saga| saga.id))
}

async fn counts(connection: &mut PgConnection) -> Result<Vec<SagasAt>, Fault> {
    let rows = sqlx::query!(
        r#"SELECT kind_name AS "kind!", step AS "step!", count(*) AS "count!",
            min(due) AS "oldest_due!"
        FROM (SELECT (saga_names(record)).*, due FROM sagas WHERE open) named
        GROUP BY kind_name, step ORDER BY kind_name COLLATE "C", step COLLATE "C""#
    )
    .fetch_all(connection)
    .await?;
    let told = rows.into_iter().map(|row| {
        let (count, oldest_due) = (count(row.count)?, timestamp(row.oldest_due));
        Ok(SagasAt { names: (row.kind, row.step), count, oldest_due })
    });
    Ok(told.collect::<Result<Vec<SagasAt>, PortError>>()?)
}
