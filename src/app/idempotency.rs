use std::sync::Arc;

use super::{AppError, Ports};
use crate::domain::shared::{OrderId, Timestamp};
use crate::ports::idempotency::{KeyClaim, KeyState, Outcome, Refusal};
use crate::ports::store::{CommitError, Conflict, UnitOfWork, Write};

/// What a request under a key came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The outcome, a stored refusal included.
    pub outcome: Outcome,
    /// Whether an earlier request under the same key did it.
    pub replayed: bool,
}

impl Answered {
    pub(super) fn fresh(outcome: Outcome) -> Self {
        Self { outcome, replayed: false }
    }
}

/// What is known of a key before anything is done under it.
pub(super) enum Known {
    /// Nothing: the request is the first.
    New,
    /// It has its outcome.
    Done(Outcome),
    /// A checkout is under way for it.
    InFlight(OrderId),
}

/// Looks a key up; another request under the same key is an error.
pub(super) async fn look_up(
    ports: &Ports,
    claim: &KeyClaim,
    now: Timestamp,
) -> Result<Known, AppError> {
    let Some(row) = ports.keys.key(&claim.id, now).await? else {
        return Ok(Known::New);
    };
    if row.claim.fingerprint != claim.fingerprint {
        return Err(AppError::KeyReused);
    }
    Ok(match &row.state {
        KeyState::Done(outcome) => Known::Done(outcome.clone()),
        KeyState::InFlight(order) => Known::InFlight(*order),
    })
}

/// The stored answer to a request that is not a checkout, if it was made before.
pub(super) async fn replay(
    ports: &Ports,
    claim: &KeyClaim,
    now: Timestamp,
) -> Result<Option<Answered>, AppError> {
    match look_up(ports, claim, now).await? {
        Known::New => Ok(None),
        Known::Done(outcome) => Ok(Some(Answered { outcome, replayed: true })),
        Known::InFlight(_) => Err(AppError::InProgress),
    }
}

/// Keeps a refusal under its key, so that repeating the request repeats it. Where another request
/// was faster under the key, its outcome is the answer.
pub(super) async fn remember(
    ports: &Arc<Ports>,
    claim: KeyClaim,
    refusal: Refusal,
    now: Timestamp,
) -> Result<Answered, AppError> {
    let outcome = Outcome::Refused(refusal);
    let write = Write::FinishKey { claim: claim.clone(), outcome: outcome.clone() };
    match ports.store.commit(UnitOfWork::of(now, write)).await {
        Ok(()) => Ok(Answered::fresh(outcome)),
        Err(CommitError::Refused(Conflict::KeyTaken)) => {
            replay(ports, &claim, now).await?.ok_or(AppError::InProgress)
        }
        Err(error) => after_doubt(ports, &claim, error, now).await,
    }
}

/// A commit failed in a way that leaves open whether it went through: the key tells.
pub(super) async fn after_doubt(
    ports: &Ports,
    claim: &KeyClaim,
    error: CommitError,
    now: Timestamp,
) -> Result<Answered, AppError> {
    if let CommitError::Port(_) = &error
        && let Ok(Some(mut answered)) = replay(ports, claim, now).await
    {
        answered.replayed = false;
        return Ok(answered);
    }
    Err(AppError::of_commit(error))
}
