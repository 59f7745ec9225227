//! What the tests share: data that is quick to read.

pub mod api;
pub mod behind;
pub mod build;
#[cfg(feature = "redb")]
pub mod disk;
pub mod notes;
#[cfg(feature = "postgres")]
pub mod pgbench;
pub mod profile;
#[cfg(any(feature = "postgres", feature = "redis"))]
pub mod servers;
#[cfg(feature = "redb")]
pub mod told;
#[cfg(feature = "postgres")]
pub mod wire;
