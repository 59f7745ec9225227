//! How values are written down: records that more than one adapter reads or writes.
//!
//! A record is plain data with a serde form of its own, so that the domain needs none and a stored
//! line stays readable when the domain moves on. Reading one checks it like any other input.
//! Nothing here knows where a record is kept, and no record is ever read by its place in a list.

mod cart;
mod catalog;
pub mod catalog_file;
mod event;
mod form;
mod import;
mod journal;
mod kept;
mod key;
mod order;
mod payment;
mod people;
mod priced;
mod pricing;
mod saga;
mod shared;
mod stock;
mod time;

pub use journal::{Fact, Journal, Listener, Written};
pub use kept::Record;
pub use key::KeyRecord;
pub use payment::{
    ChargeRecordBody, ChargeRequestBody, LedgerPageBody, LedgerRowRecord, MoneyRecord, OutcomeBody,
    RefundOutcomeBody, RefundRequestBody, VoidOutcomeBody, VoidRequestBody,
};
pub use time::{parse_rfc3339, rfc3339};

use crate::ports::PortError;

/// A record that makes no sense.
fn corrupt(error: impl std::error::Error + Send + Sync + 'static) -> PortError {
    PortError::corrupt(error)
}

#[cfg(test)]
mod tests;
