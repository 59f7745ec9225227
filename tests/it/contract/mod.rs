//! What every adapter of a port owes, as cases over a fresh backend.

mod carts;
mod payment;
mod search;
mod store;
