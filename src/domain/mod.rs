//! The pure core: what the shop knows and decides.
//!
//! No I/O, no async, no clock, no randomness, no serialisation and no framework. Time, ids and
//! secrets arrive as arguments. A context imports `shared` and nothing of another context.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod search;
pub mod shared;
