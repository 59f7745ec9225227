use super::Draft;
use crate::adapters::postgres::convert::{retention, rows};
use crate::adapters::postgres::fault::Fault;
use crate::ports::idempotency::{KeyClaim, Outcome};
use crate::ports::store::Conflict;

impl Draft<'_> {
    pub(super) async fn finish_key(
        &mut self,
        claim: &KeyClaim,
        outcome: &Outcome,
    ) -> Result<(), Fault> {
        let kept = sqlx::query!(
            "INSERT INTO idempotency_keys AS k (principal, key, fingerprint, order_id, record, at)
             VALUES ($1, $2, $3, NULL, $4::text::jsonb, now_by($5))
             ON CONFLICT (principal, key) DO UPDATE SET
                 fingerprint = excluded.fingerprint, order_id = NULL, record = excluded.record,
                 at = excluded.at
             WHERE k.at + $6::interval <= excluded.at",
            claim.id.principal,
            claim.id.key,
            claim.fingerprint.as_slice(),
            self.outcome_json(outcome)?,
            self.moment.clock,
            retention(),
        )
        .execute(&mut *self.connection)
        .await?;
        if kept.rows_affected() == 0 { Err(Conflict::KeyTaken.into()) } else { Ok(()) }
    }

    pub(super) async fn prune_keys(&mut self, most: usize) -> Result<(), Fault> {
        sqlx::query!(
            "DELETE FROM idempotency_keys WHERE (principal, key) IN (
                 SELECT principal, key FROM idempotency_keys
                 WHERE at <= now_by($1) - $2::interval
                 ORDER BY at, principal, key LIMIT $3 FOR UPDATE SKIP LOCKED
             )",
            self.moment.clock,
            retention(),
            rows(most),
        )
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }
}
