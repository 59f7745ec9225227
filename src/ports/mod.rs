//! What the inside needs of the outside: traits, the values they take and the views they answer.
//!
//! A port is named by need and documented as a contract: MUST says what every adapter owes, and its
//! contract suite in `tests/it/contract` checks it. Nothing here knows an adapter, a driver or
//! HTTP.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod cart;
pub mod catalog;
pub mod customer;
pub mod dependency;
mod error;
pub mod events;
pub mod idempotency;
pub mod imports;
pub mod inventory;
pub mod limits;
pub mod order;
pub mod payment;
pub mod pricing;
pub mod search;
pub mod store;
pub mod system;
pub mod upkeep;

pub use error::{PortError, PortErrorKind};
