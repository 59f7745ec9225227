//! What every adapter of a port owes, as cases over a fresh backend.

mod carts;
mod limits;
mod payment;
#[cfg(feature = "redis")]
mod redis;
mod search;
mod store;
