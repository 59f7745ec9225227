//! What the inside needs of the outside: traits, the values they take and the views they answer.
//!
//! A port is named by need and documented as a contract: MUST says what every adapter owes, and its
//! contract suite in `tests/it/contract` checks it. Nothing here knows an adapter, a driver or HTTP.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod error;
pub mod search;

pub use error::{PortError, PortErrorKind};
