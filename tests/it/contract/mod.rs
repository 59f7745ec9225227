//! What every adapter of a port owes, as cases over a fresh backend.

mod payment;
mod search;
