//! Everything that can go wrong, as an RFC 9457 problem document.
//!
//! [`Code`] is the one table of statuses, codes and titles; `map` says which row an error of the
//! use cases is, and [`Problem::of_http`] which one a failure of the framework is. A cause is
//! logged, never shown: no path of a file, no statement and no trace may reach a client.

mod body;
mod map;
mod table;

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use actix_web::{HttpResponse, ResponseError};

use crate::domain::shared::OrderId;
use crate::ports::cart::CartView;

pub use body::{FieldProblemBody, ProblemBody};
pub use table::Code;

/// Where in a request something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A JSON pointer into the body; empty for the whole of it.
    Body(String),
    /// A parameter of the query, the path or the header, by its name.
    Parameter(String),
}

/// One part of a request that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Where.
    pub place: Place,
    /// What is wrong, for people.
    pub detail: String,
}

/// What a kind of problem tells beside the common members.
#[derive(Debug, Default)]
pub enum Extra {
    /// Nothing more.
    #[default]
    None,
    /// Which SKU it is about, and how many units could be had where that matters.
    Stock {
        /// Which.
        sku: String,
        /// How many could be had.
        available: Option<i64>,
    },
    /// Which coupon does not apply.
    Coupon {
        /// Which.
        code: String,
    },
    /// Why an order came to nothing.
    Failure {
        /// The reason as a code.
        reason: String,
        /// The order, where one was written.
        order: Option<OrderId>,
    },
    /// The cart as it is now.
    Cart(Arc<CartView>),
}

/// A failed request. It becomes a document when the answer leaves, where path and id are known.
pub struct Problem(Box<Parts>);

struct Parts {
    code: Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldProblem>,
    extra: Extra,
    retry_after_seconds: Option<u32>,
    allow: Option<HeaderValue>,
    replayed: bool,
    stored: bool,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Problem {
    /// A problem of one kind; `detail` is a full sentence that says what to do.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            extra: Extra::None,
            retry_after_seconds: None,
            allow: None,
            replayed: false,
            stored: false,
            cause: None,
        }))
    }

    /// There is nothing at this address, or it is not the caller's.
    pub fn not_found() -> Self {
        Self::new(
            Code::NotFound,
            "There is nothing at this address, or it is not yours; check the id.",
        )
    }

    /// Parts of the request are wrong.
    pub fn invalid(errors: Vec<FieldProblem>) -> Self {
        Self::new(
            Code::ValidationFailed,
            "Correct what the errors name, and send the request again.",
        )
        .with_errors(errors)
    }

    /// One parameter of the query, the path or the header is wrong.
    pub fn parameter(name: &str, detail: impl Into<String>) -> Self {
        let place = Place::Parameter(name.to_owned());
        Self::invalid(vec![FieldProblem { place, detail: detail.into() }])
    }

    /// One place of the body is wrong.
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let place = Place::Body(pointer.into());
        Self::invalid(vec![FieldProblem { place, detail: detail.into() }])
    }

    /// What an answer of the framework's own, which tells only its status, means.
    pub fn of_http(status: StatusCode) -> Self {
        let code = Code::of_status(status);
        let detail = match code {
            Code::NotFound => return Self::not_found(),
            Code::NotAcceptable => "Accept the encoding identity, gzip or br.",
            Code::Internal => "Try again later; the request id helps those who look into it.",
            Code::Unavailable => "Try again in a moment.",
            _ => "The request does not follow HTTP, or is not what this address takes.",
        };
        Self::new(code, detail)
    }

    fn with_errors(mut self, errors: Vec<FieldProblem>) -> Self {
        self.0.errors = errors;
        self
    }

    /// The same, and when to try again.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    /// The same, with the methods that the address takes.
    pub fn allow(mut self, methods: HeaderValue) -> Self {
        self.0.allow = Some(methods);
        self
    }

    /// The same, with what else this kind tells.
    pub fn with(mut self, extra: Extra) -> Self {
        self.0.extra = extra;
        self
    }

    /// The same, as the outcome that is kept under an idempotency key: every answer to the key has
    /// equal bytes, so the document leaves the id of the request out.
    pub fn stored(mut self, replayed: bool) -> Self {
        self.0.stored = true;
        self.0.replayed = replayed;
        self
    }

    /// The same, with what the log is told.
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Its row of the table.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// When to try again, if that helps.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.0.retry_after_seconds
    }

    /// The methods that the address takes, where the request's is not one of them.
    pub fn allowed(&self) -> Option<&HeaderValue> {
        self.0.allow.as_ref()
    }

    /// Whether it was kept under a key and is told again.
    pub fn is_replayed(&self) -> bool {
        self.0.replayed
    }

    /// What the log is told.
    pub fn cause(&self) -> Option<&(dyn Error + Send + Sync)> {
        self.0.cause.as_deref()
    }

    /// The document, for a request to `instance`.
    pub fn document(&self, instance: &str, request_id: &str) -> Vec<u8> {
        ProblemBody::of(self, instance, request_id).to_json()
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Problem({})", self.0.code.as_str())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.0.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.code.status()
    }

    /// Without a body: the front of the adapter writes the document.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.0.code.status())
    }
}

#[cfg(test)]
mod tests;
