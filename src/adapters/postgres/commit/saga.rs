use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::order::ChangeRow;
use super::{Answer, Draft, senseless};
use crate::adapters::postgres::convert::{json, saga_key, saves, text, time, timestamp};
use crate::adapters::postgres::fault::Fault;
use crate::adapters::record::KeyRecord;
use crate::domain::order::{CheckoutState, Saga, SagaPlan};
use crate::ports::PortError;
use crate::ports::idempotency::{KeyClaim, KeyId, KeyRow, KeyState, Outcome};
use crate::ports::store::SagaStep;

impl Draft<'_> {
    /// Steps a saga; `ending` says what becomes of what its order holds, if that ends.
    pub(super) async fn step_saga(
        &mut self,
        step: &SagaStep,
        ending: Option<&str>,
    ) -> Result<(), Fault> {
        let saga = SagaRow::of(&step.saga)?;
        let change = step.change.as_ref();
        if change.is_some_and(|change| change.order.id() != step.saga.id.order()) {
            return Err(senseless("a saga steps on its own order"));
        }
        let change = change.map(ChangeRow::of).transpose()?;
        if change.as_ref().is_some_and(|change| change.expected.is_none()) {
            return Err(senseless("a saga steps on an order that is there"));
        }
        let outcome =
            step.outcome.as_ref().map(|outcome| self.outcome_json(outcome)).transpose()?;
        let change = change.as_ref();
        let answer = sqlx::query_as!(
            Answer,
            "SELECT refusal, subject, amount, current_setting('ecicomm.shown', true) AS shown FROM step_saga(
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::text::jsonb, $14, $15, $16,
                $17, $18::text[]::jsonb[], $19::text::jsonb
             )",
            ending,
            self.moment.clock,
            self.moment.at,
            saga.kind,
            saga.order,
            saga.refund,
            saga.version,
            saga.due,
            saga.owner,
            saga.until,
            saga.over,
            saga.open,
            saga.json,
            change.and_then(|change| change.expected),
            change.map(|change| change.status),
            change.map(|change| change.phase),
            change.map(|change| change.kinds.as_slice()) as Option<&[&str]>,
            change.map(|change| change.bodies.as_slice()),
            outcome,
        )
        .fetch_one(&mut *self.connection)
        .await?;
        self.passed(answer)
    }

    pub(super) async fn begin_saga(&mut self, saga: &Saga) -> Result<(), Fault> {
        let saga = SagaRow::of(saga)?;
        let begun = sqlx::query!(
            "SELECT begin_saga(
                $1, $2, $3, $4, by_clock($5, $12, $11), $6, by_clock($7, $12, $11), $8, $9,
                $10::text::jsonb
             )",
            saga.kind,
            saga.order,
            saga.refund,
            saga.version,
            saga.due,
            saga.owner,
            saga.until,
            saga.over,
            saga.open,
            saga.json,
            self.moment.clock,
            self.moment.at,
        );
        begun.fetch_one(&mut *self.connection).await?;
        Ok(())
    }

    /// The record of what a request came to. Whose key it is, and since when, is told by columns,
    /// as a saga does not know it.
    pub(super) fn outcome_json(&self, outcome: &Outcome) -> Result<String, PortError> {
        let nobody = KeyId { principal: String::new(), key: String::new() };
        let row = KeyRow {
            claim: KeyClaim { id: nobody, fingerprint: [0; 32] },
            state: KeyState::Done(outcome.clone()),
            at: timestamp(self.moment.at),
        };
        text(KeyRecord::encode(&row)?)
    }
}

/// A saga as the database takes it.
pub struct SagaRow<'a> {
    pub kind: i16,
    pub order: Uuid,
    pub refund: Uuid,
    pub version: i64,
    pub due: DateTime<Utc>,
    pub owner: Option<&'a str>,
    pub until: Option<DateTime<Utc>>,
    pub over: bool,
    pub open: bool,
    pub json: String,
}

impl<'a> SagaRow<'a> {
    pub fn of(saga: &'a Saga) -> Result<Self, PortError> {
        let (kind, order, refund) = saga_key(saga.id);
        let waits = saga.plan == SagaPlan::Checkout(CheckoutState::NeedsAttention);
        Ok(Self {
            kind,
            order,
            refund,
            version: saves(saga.version),
            due: time(saga.due),
            owner: saga.lease.as_ref().map(|lease| lease.owner.as_str()),
            until: saga.lease.as_ref().map(|lease| time(lease.until)),
            over: saga.is_over(),
            open: !saga.is_over() || waits,
            json: json(saga)?,
        })
    }
}
