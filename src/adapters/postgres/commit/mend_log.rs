//! What keeps events from those who wait for them, and work from those who would do it, is mended.

use super::{Draft, unchanged};
use crate::adapters::postgres::convert::{interval, number, saga_key};
use crate::adapters::postgres::fault::Fault;
use crate::domain::order::Lease;
use crate::ports::store::Conflict;
use crate::ports::upkeep::Leased;

impl Draft<'_> {
    /// Keeps everyone from giving positions until this unit ends, by the lock of
    /// `sequence_events`. The next statement sees all that they gave before.
    async fn hold_positions(&mut self) -> Result<(), Fault> {
        let held = sqlx::query!("SELECT pg_advisory_xact_lock(7306356116820488301)");
        held.fetch_one(&mut *self.connection).await?;
        Ok(())
    }

    pub(super) async fn mend_head(&mut self, found: u64, told: u64) -> Result<(), Fault> {
        self.hold_positions().await?;
        let mended = sqlx::query!(
            "UPDATE event_head SET position = $2
             WHERE position = $1 AND position < $2
                 AND $2 = (SELECT max(position) FROM event_positions)",
            number(found),
            number(told),
        )
        .execute(&mut *self.connection)
        .await?;
        unchanged("log", mended.rows_affected())
    }

    /// Puts events into the outbox again. One that had a position by then would stop the log: none
    /// can have two.
    pub(super) async fn mend_events(&mut self, lost: &[u64]) -> Result<(), Fault> {
        self.hold_positions().await?;
        let ids: Vec<i64> = lost.iter().copied().map(number).collect();
        let put = sqlx::query!(
            "INSERT INTO outbox (event_id)
             SELECT e.id FROM events e
             WHERE e.id = ANY($1)
                 AND NOT EXISTS (SELECT FROM event_positions p WHERE p.event_id = e.id)
                 AND NOT EXISTS (SELECT FROM outbox o WHERE o.event_id = e.id)",
            &ids,
        )
        .execute(&mut *self.connection)
        .await?;
        let all = usize::try_from(put.rows_affected()) == Ok(lost.len());
        if all { Ok(()) } else { Err(Conflict::Stale("log").into()) }
    }

    pub(super) async fn end_lease(&mut self, of: &Leased) -> Result<(), Fault> {
        let longest = interval(Lease::LONGEST);
        let (what, ended) = match of {
            Leased::Saga(id) => {
                let (kind, order, refund) = saga_key(*id);
                let ended = sqlx::query!(
                    "UPDATE sagas SET lease_owner = NULL, lease_until = NULL
                     WHERE kind = $1 AND order_id = $2 AND refund_id = $3 AND NOT over
                         AND lease_until > now_by($4) + $5::interval",
                    kind,
                    order,
                    refund,
                    self.moment.clock,
                    longest,
                );
                ("saga", ended.execute(&mut *self.connection).await?)
            }
            Leased::Consumer(name) => {
                let ended = sqlx::query!(
                    "UPDATE consumers SET lease_owner = NULL, lease_until = NULL
                     WHERE name = $1 AND lease_until > now_by($2) + $3::interval",
                    name.as_str(),
                    self.moment.clock,
                    longest,
                );
                ("consumer", ended.execute(&mut *self.connection).await?)
            }
        };
        unchanged(what, ended.rows_affected())
    }
}
