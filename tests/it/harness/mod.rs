//! What the tests share: data that is quick to read.

pub mod api;
pub mod build;
#[cfg(feature = "redb")]
pub mod disk;
