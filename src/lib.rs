//! A commerce backend: catalog, cart, order, inventory and search in one process.
//!
//! The map, from the inside out:
//!
//! - [`domain`] decides: pure values and rules, without I/O, time or randomness of its own.
//! - [`ports`] names what the inside needs of the outside, as traits with obligations.
//! - [`app`] holds the use cases: load, decide, commit.
//! - [`adapters`] implement ports over something, or drive use cases.

pub mod adapters;
pub mod app;
pub mod domain;
pub mod ports;
