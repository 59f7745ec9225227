//! The pure core: what the shop knows and decides.
//!
//! No I/O, no async, no clock, no randomness, no serialisation and no framework. Time, ids and
//! secrets arrive as arguments. A context imports `shared` and nothing of another context.
#![deny(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::as_conversions
)]

pub mod cart;
pub mod catalog;
pub mod customer;
pub mod inventory;
pub mod media;
pub mod order;
pub mod pricing;
pub mod search;
pub mod shared;
