//! Use cases over the memory adapters, without HTTP.

mod at_work;
mod catalog;
mod checkout;
mod doctor;
mod export;
mod failed_lines;
mod import;
mod inventory;
mod jobs;
mod leases;
mod meanwhile;
mod pricing;
mod refund;
mod relay;
#[cfg(any(feature = "postgres", feature = "redb"))]
mod repair;
mod search;
mod staff;
#[cfg(feature = "postgres")]
mod statements;
pub mod support;
mod sweeper;
#[cfg(all(feature = "postgres", feature = "redis"))]
mod without_redis;
