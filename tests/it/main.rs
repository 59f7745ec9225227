//! The one integration binary: everything that looks at the crate from outside.
//!
//! One binary links once, so a test costs its own time only. `cfg(test)` on the whole crate is what
//! lets clippy see that helpers here are test code too.
#![cfg(test)]

mod api;
mod app;
mod architecture;
#[cfg(all(unix, feature = "redb", feature = "remote", feature = "postgres", feature = "redis"))]
mod chaos;
mod command;
mod contract;
mod harness;
mod openapi;
#[cfg(any(feature = "redb", all(feature = "postgres", feature = "redis")))]
mod profiles;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod servers;
mod simulation;
