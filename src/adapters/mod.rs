//! What stands around the inside: each folder implements ports over one thing, or drives use cases.
//!
//! An adapter knows ports, use cases and the domain, never another adapter; `record` alone is
//! shared. Nothing here decides what the shop does.

pub mod cli;
pub mod http;
pub mod jobs;
pub mod limits;
pub mod memory;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod record;
#[cfg(feature = "redb")]
pub mod redb;
#[cfg(feature = "redis")]
pub mod redis;
pub mod resilience;
pub mod sandbox;
#[cfg(feature = "remote")]
pub mod sandbox_client;
pub mod system;
#[cfg(feature = "tantivy")]
pub mod tantivy;
