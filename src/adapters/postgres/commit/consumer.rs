use super::Draft;
use crate::adapters::postgres::convert::{number, time};
use crate::adapters::postgres::fault::Fault;
use crate::ports::events::ParkedEvent;
use crate::ports::store::{Conflict, ParkedOutcome};

impl Draft<'_> {
    pub(super) async fn advance_consumer(
        &mut self,
        consumer: &str,
        (from, to): (u64, u64),
        park: &[ParkedEvent],
    ) -> Result<(), Fault> {
        let moved = sqlx::query!(
            "UPDATE consumers SET position = $3 WHERE name = $1 AND position = $2",
            consumer,
            number(from),
            number(to),
        )
        .execute(&mut *self.connection)
        .await?;
        if moved.rows_affected() == 0 {
            return Err(Conflict::Stale("consumer").into());
        }
        for parked in park {
            self.park(consumer, parked).await?;
        }
        Ok(())
    }

    async fn park(&mut self, consumer: &str, parked: &ParkedEvent) -> Result<(), Fault> {
        sqlx::query!(
            "INSERT INTO parked_events (consumer, position, attempts, due, reason, dead)
             VALUES ($1, $2, $3, by_clock($4, $8, $7), $5, $6)
             ON CONFLICT (consumer, position) DO UPDATE SET
                 attempts = excluded.attempts, due = excluded.due, reason = excluded.reason,
                 dead = excluded.dead",
            consumer,
            number(parked.event.position),
            i64::from(parked.attempts),
            time(parked.due),
            without_nul(&parked.reason),
            parked.dead,
            self.moment.clock,
            self.moment.at,
        )
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    pub(super) async fn settle_parked(
        &mut self,
        consumer: &str,
        position: u64,
        outcome: &ParkedOutcome,
    ) -> Result<(), Fault> {
        let position = number(position);
        let (clock, at) = (self.moment.clock, self.moment.at);
        let settled = match outcome {
            ParkedOutcome::Done => sqlx::query!(
                "DELETE FROM parked_events WHERE consumer = $1 AND position = $2",
                consumer,
                position,
            ),
            ParkedOutcome::Retry { attempts, due, reason } => sqlx::query!(
                "UPDATE parked_events SET
                     attempts = $3, due = by_clock($4, $7, $6), reason = $5, dead = false
                 WHERE consumer = $1 AND position = $2",
                consumer,
                position,
                i64::from(*attempts),
                time(*due),
                without_nul(reason),
                clock,
                at,
            ),
            ParkedOutcome::Dead { attempts, reason } => sqlx::query!(
                "UPDATE parked_events SET attempts = $3, reason = $4, dead = true
                 WHERE consumer = $1 AND position = $2",
                consumer,
                position,
                i64::from(*attempts),
                without_nul(reason),
            ),
            ParkedOutcome::Replay => sqlx::query!(
                "UPDATE parked_events SET attempts = 0, due = now_by($3), dead = false
                 WHERE consumer = $1 AND position = $2",
                consumer,
                position,
                clock,
            ),
        };
        let settled = settled.execute(&mut *self.connection).await?;
        if settled.rows_affected() == 0 {
            return Err(Conflict::Stale("parked event").into());
        }
        Ok(())
    }
}

/// A message that came from anywhere, as text that the database takes.
fn without_nul(reason: &str) -> String {
    reason.replace('\0', " ")
}
