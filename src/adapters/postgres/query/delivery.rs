//! Whether events get to those who wait for them: the end of the log, events without a place in it,
//! leases that do not end.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;

use crate::adapters::postgres::convert::{count, interval, number, rows};
use crate::adapters::postgres::fault::Fault;
use crate::domain::order::Lease;
use crate::ports::PortError;
use crate::ports::upkeep::{LogEnd, LookedAt};

pub async fn log_end(connection: &mut PgConnection) -> Result<LogEnd, Fault> {
    let end = sqlx::query!(
        r#"SELECT (SELECT position FROM event_head) AS "head!",
            coalesce((SELECT max(position) FROM event_positions), 0) AS "last!""#
    )
    .fetch_one(connection)
    .await?;
    Ok(LogEnd { head: count(end.head)?, last: count(end.last)? })
}

/// An event moves from the outbox to its position in one transaction, so that one statement sees it
/// in one of them. The outbox, which may be full of what left it, is read only for those that have
/// no position.
pub async fn lost_events(
    connection: &mut PgConnection,
    after: Option<u64>,
    limit: usize,
) -> Result<LookedAt, Fault> {
    let looked = sqlx::query!(
        r#"WITH looked AS MATERIALIZED (
            SELECT id FROM events WHERE id > $1 ORDER BY id LIMIT $2
        ), unplaced AS MATERIALIZED (
            SELECT l.id FROM looked l
            WHERE NOT EXISTS (
                SELECT FROM event_positions p WHERE p.event_id = l.id AND p.event_id > $1
            )
        )
        SELECT
            (SELECT count(*) FROM looked) AS "events!",
            ARRAY(
                SELECT u.id FROM unplaced u
                WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.event_id = u.id)
                ORDER BY u.id
            ) AS "lost!",
            (SELECT max(id) FROM looked HAVING count(*) = $2) AS "next?""#,
        number(after.unwrap_or(0)),
        rows(limit),
    )
    .fetch_one(connection)
    .await?;
    let lost: Result<Vec<u64>, PortError> = looked.lost.into_iter().map(count).collect();
    let next = looked.next.map(count).transpose()?;
    Ok(LookedAt { events: count(looked.events)?, lost: lost?, next })
}

pub async fn stuck_consumers(
    connection: &mut PgConnection,
    clock: Option<DateTime<Utc>>,
) -> Result<Vec<String>, Fault> {
    let names = sqlx::query_scalar!(
        "SELECT name FROM consumers WHERE lease_until > now_by($1) + $2::interval ORDER BY name",
        clock,
        interval(Lease::LONGEST),
    );
    Ok(names.fetch_all(connection).await?)
}
