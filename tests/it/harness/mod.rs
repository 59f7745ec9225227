//! What the tests share: data that is quick to read.

pub mod api;
pub mod build;
#[cfg(any(feature = "postgres", feature = "redis"))]
pub mod servers;
