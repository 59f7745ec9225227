//! A payment gateway for tests and demos, with a ledger of its own.
//!
//! It behaves as a real provider does: a key moves money once, what it captured it never forgets,
//! and what was called off is never taken. It never looks into the shop's store, so that the two
//! can be held against each other. No real money and no real card ever comes near it.

mod engine;
mod gateway;
pub mod http;
mod journal;
mod token;

pub use gateway::{SandboxGateway, SandboxLedgerPlace, SandboxSettings};

#[cfg(test)]
mod tests;
