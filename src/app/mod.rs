//! Use cases, one file each: load, decide in the domain, commit.
//!
//! Knows domain and ports. Never knows an adapter, HTTP or a driver, never looks at the wall clock,
//! and never waits on anything remote while something is half done.
#![deny(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::as_conversions
)]

pub mod cart;
pub mod catalog;
pub mod customer;
mod error;
mod faults;
mod idempotency;
pub mod inventory;
pub mod operations;
pub mod order;
mod ports;
pub mod pricing;
pub mod search;
mod shop;

pub use error::{AppError, FieldError};
pub use idempotency::Answered;
pub use ports::{Lists, Ports, ShopConfig};
pub use shop::Shop;
