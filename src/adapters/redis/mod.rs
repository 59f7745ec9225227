//! Redis, for what a shop can lose: carts, and how often clients ask. One server, or a cluster.
//!
//! Never holds stock or money. Each command touches one key, so that a cluster can put every key
//! where it likes; each has its answer within the time set for it, or has none. Commands run on the
//! runtime that the adapter was made on, which drives the connections. A node of a cluster that
//! says nothing takes away what it has, and nothing else.

mod asked;
mod carts;
mod config;
mod counters;
mod fault;
mod lanes;
mod link;
mod trusting;

pub use carts::RedisCarts;
pub use config::RedisConfig;
pub use counters::RedisCounters;
pub use link::RedisLink;

#[cfg(test)]
mod tests;
