use crate::domain::shared::Invalid;
use crate::ports::PortError;
use crate::ports::idempotency::Refusal;
use crate::ports::store::{CommitError, Conflict};

/// Something wrong with one part of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// A JSON pointer (RFC 6901) to the part; empty for the whole.
    pub pointer: String,
    /// What is wrong, for people.
    pub detail: String,
}

impl FieldError {
    /// What is wrong at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }

    /// A value at `pointer` that breaks the rule of its type.
    pub fn of(pointer: impl Into<String>, error: &Invalid) -> Self {
        Self::new(pointer, error.to_string())
    }
}

/// Why a use case did not do what was asked. One table turns these into answers.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The request itself is wrong; each entry names its place.
    #[error("the request is not valid")]
    Invalid(Vec<FieldError>),
    /// The request is right in itself, but names things that do not exist; each entry names its
    /// place.
    #[error("the request names what does not exist")]
    Unknown(Vec<FieldError>),
    /// There is no such thing, or it is not the caller's.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The shop's state forbids it. The same again under the same key.
    #[error("refused: {0:?}")]
    Refused(Box<Refusal>),
    /// A condition of the request (`If-Match`) does not hold.
    #[error("the resource changed meanwhile")]
    PreconditionFailed,
    /// The key served another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The key's first request is still running.
    #[error("the first request under this key is still running")]
    InProgress,
    /// E-mail or password is wrong.
    #[error("sign-in failed")]
    Unauthenticated,
    /// Others were faster too often; trying again may succeed.
    #[error("too many others changed {0} at the same moment")]
    Contended(&'static str),
    /// Something behind a port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl AppError {
    /// A refusal.
    pub fn refused(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }

    /// One wrong part of the request.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, detail)])
    }

    /// The same to who sent only the part at `place`: pointers into it begin there.
    #[must_use]
    pub fn seen_from(self, place: &str) -> Self {
        let nearer = |mut fault: FieldError| {
            if let Some(rest) = fault.pointer.strip_prefix(place) {
                fault.pointer = rest.to_owned();
            }
            fault
        };
        match self {
            Self::Invalid(faults) => Self::Invalid(faults.into_iter().map(nearer).collect()),
            Self::Unknown(faults) => Self::Unknown(faults.into_iter().map(nearer).collect()),
            other => other,
        }
    }

    /// What a commit that failed means where no condition of it was expected to fail in another
    /// way: `Stale` is a failed precondition, a taken value a duplicate.
    pub fn of_commit(error: CommitError) -> Self {
        let conflict = match error {
            CommitError::Port(error) => return Self::Port(error),
            CommitError::Refused(conflict) => conflict,
        };
        let refusal = match conflict {
            Conflict::Stale(_) => return Self::PreconditionFailed,
            Conflict::NoStock(_) => return Self::NotFound("SKU"),
            Conflict::KeyTaken => return Self::InProgress,
            Conflict::Taken(what, value) => Refusal::Duplicate { what, value },
            Conflict::OutOfStock { sku, available } => {
                Refusal::InsufficientStock { sku: sku.as_str().to_owned(), available }
            }
            Conflict::BelowZero { sku } => Refusal::StockBelowZero { sku: sku.as_str().to_owned() },
            Conflict::CartOrdered => Refusal::CartOrdered,
            Conflict::InUse(what) => {
                Refusal::InUse { detail: format!("The {what} is in use and cannot be deleted.") }
            }
            Conflict::StockLeft(sku) => Refusal::InUse {
                detail: format!(
                    "Units of {sku} are on hand or held for orders; adjust its stock to zero at every \
                     location first, or archive the product instead."
                ),
            },
            Conflict::ReservationLost => {
                Refusal::OrderFailed { reason: "reservation_lost".to_owned() }
            }
            Conflict::PromotionSpent { .. } => Refusal::CartChanged {
                detail: "A coupon was used up meanwhile.".to_owned(),
                cart: None,
            },
        };
        Self::refused(refusal)
    }
}
