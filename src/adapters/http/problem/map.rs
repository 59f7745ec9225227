use super::{Code, Extra, FieldProblem, Place, Problem};
use crate::app::{AppError, FieldError};
use crate::ports::idempotency::Refusal;
use crate::ports::store::Unique;
use crate::ports::{PortError, PortErrorKind};

/// How long those are asked to wait whom the shop could not serve just now.
const RETRY_SECONDS: u32 = 1;

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Invalid(errors) => {
                Self::invalid(errors.into_iter().map(FieldProblem::from).collect())
            }
            AppError::Unknown(errors) => Self::new(
                Code::UnknownReference,
                "Name things that exist, or make these first, and send the request again.",
            )
            .with_errors(errors.into_iter().map(FieldProblem::from).collect()),
            AppError::NotFound(what) => Self::new(
                Code::NotFound,
                format!("There is no such {what}, or it is not yours; check the id."),
            ),
            AppError::Refused(refusal) => Self::from(&*refusal),
            AppError::PreconditionFailed => Self::new(
                Code::PreconditionFailed,
                "Read it again, and send the change with the ETag that it has now.",
            ),
            AppError::KeyReused => Self::new(
                Code::KeyReused,
                "Send the request exactly as it was, or under a key of its own.",
            ),
            AppError::InProgress => Self::new(
                Code::RequestInProgress,
                "Send the same request again in a moment to learn what came of the first.",
            )
            .retry_after(RETRY_SECONDS),
            AppError::Unauthenticated => Self::new(
                Code::Unauthenticated,
                "Sign in with a known e-mail address and its password.",
            ),
            AppError::Contended(_) => {
                Self::new(Code::Unavailable, "Too many change it at once; try again in a moment.")
                    .retry_after(RETRY_SECONDS)
                    .caused_by(error)
            }
            AppError::Port(error) => Self::from(error),
        }
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        let problem = match error.kind() {
            PortErrorKind::Unavailable | PortErrorKind::Timeout | PortErrorKind::Conflict => {
                Self::new(Code::Unavailable, "Try again in a moment.").retry_after(RETRY_SECONDS)
            }
            PortErrorKind::Corrupt | PortErrorKind::Internal => Self::new(
                Code::Internal,
                "Try again later; the request id helps those who look into it.",
            ),
        };
        problem.caused_by(error)
    }
}

impl From<FieldError> for FieldProblem {
    fn from(error: FieldError) -> Self {
        Self { place: Place::Body(error.pointer), detail: error.detail }
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::InsufficientStock { sku, available } => Self::new(
                Code::InsufficientStock,
                format!("Only {available} of {sku} can be had; lower the quantity."),
            )
            .with(Extra::Stock { sku: sku.clone(), available: Some(*available) }),
            Refusal::StockBelowZero { sku } => Self::new(
                Code::StockBelowZero,
                format!("{sku} has too few units that are free; look at its stock first."),
            )
            .with(Extra::Stock { sku: sku.clone(), available: None }),
            Refusal::ProductUnavailable { sku } => Self::new(
                Code::ProductUnavailable,
                format!("{sku} is not for sale here; take it out of the cart."),
            )
            .with(Extra::Stock { sku: sku.clone(), available: None }),
            Refusal::CartChanged { detail, cart } => Self::new(Code::CartChanged, detail.clone())
                .with(cart.clone().map_or(Extra::None, Extra::Cart)),
            Refusal::CartOrdered => {
                Self::new(Code::CartOrdered, "The cart became an order; begin another cart.")
            }
            Refusal::CouponNotApplicable { code, reason } => {
                Self::new(Code::CouponNotApplicable, reason.clone())
                    .with(Extra::Coupon { code: code.clone() })
            }
            Refusal::NoShippingOption => Self::new(
                Code::NoShippingOption,
                "Nothing ships this cart to that address; choose another address.",
            ),
            Refusal::ShippingOptionGone { code } => Self::new(
                Code::NoShippingOption,
                format!("The shipping option {code} does not apply any more; choose another."),
            ),
            Refusal::PaymentDeclined { reason, order } => Self::new(
                Code::PaymentDeclined,
                "The payment provider refused; order again with another card, under another key.",
            )
            .with(Extra::Failure { reason: reason.clone(), order: Some(*order) }),
            Refusal::OrderFailed { reason } => Self::new(
                Code::OrderFailed,
                "Nothing was charged and nothing is held; order again under another key.",
            )
            .with(Extra::Failure { reason: reason.clone(), order: None }),
            Refusal::InvalidTransition { detail } => {
                Self::new(Code::InvalidTransition, detail.clone())
            }
            Refusal::Duplicate { what, value } => Self::new(
                duplicate(*what),
                format!("{value} belongs to another already; choose one that is free."),
            ),
            Refusal::InUse { detail } => Self::new(Code::InUse, detail.clone()),
        }
    }
}

fn duplicate(what: Unique) -> Code {
    match what {
        Unique::Sku => Code::SkuTaken,
        Unique::ProductSlug | Unique::CategorySlug => Code::SlugTaken,
        Unique::CouponCode | Unique::ShippingCode => Code::CouponOrShippingCodeTaken,
        Unique::ImportKey
        | Unique::CategoryName
        | Unique::TaxRate
        | Unique::OrderNumber
        | Unique::Email
        | Unique::Secret => Code::ValueTaken,
    }
}
