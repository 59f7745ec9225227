//! A commerce backend: catalog, cart, order, inventory and search in one process.
//!
//! The map, from the inside out:
//!
//! - [`domain`] decides: pure values and rules, without I/O, time or randomness of its own.
//! - [`app`] does: use cases that load, decide and commit.
//! - [`adapters`] stand around: what the ports mean in this process.
//! - [`ports`] names what the inside needs of the outside, as traits with obligations.
//! - [`app`] holds the use cases: load, decide, commit.
//! - [`adapters`] implement ports over something, or drive use cases.

pub mod adapters;
pub mod app;
pub mod bootstrap;
pub mod domain;
pub mod ports;
pub mod settings;
