//! A shop in Postgres, shared by as many processes as run it.
//!
//! Constraints and conditions in statements keep the shop whole; nothing here reads, decides and
//! writes in three steps, and nothing relies on isolation beyond READ COMMITTED. What happens in a
//! commit is in the functions of `migrations/`: a step of a checkout is one statement, and what it
//! locks is locked for one round trip.
//!
//! Never lets a caller that goes away drop a statement: all of them run in tasks on the runtime
//! that connected. Never compares a time of this machine with one in the database, tests aside.

mod anew;
mod carts;
mod commit;
mod config;
mod convert;
mod fault;
mod log;
mod migrate;
mod pool;
mod query;
mod reach;
mod replica;
mod session;
mod shown;
mod store;
mod storefront;
mod turns;

pub use carts::PostgresCarts;
pub use config::{PostgresConfig, TimeSource};
pub use migrate::{Schema, migrate};
pub use replica::PostgresReplica;
pub use store::PostgresStore;
pub use storefront::PostgresStorefront;

#[cfg(test)]
mod tests;
