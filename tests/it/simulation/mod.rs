//! The deterministic simulation: the whole shop on one thread with paused time, where a seed
//! decides what is delayed, what fails and when a server dies.
//!
//! A seed is a day of eight actors: six shoppers, two members of staff. Every call of a port is a
//! point where the others may go first, the call may fail before or after it did its work, or the
//! server may die; a crash drops all but what was committed, the carts and the provider's ledger.
//! After the day the faults end, the shop comes to rest, and everything is held against everything:
//! stock against orders, orders against the provider's ledger, answers against what was answered
//! before, projections against events. Meanwhile a consumer notes in which order it is handed what,
//! and fails at some events; and a minute after each spell of faults every saga must be over.
//!
//! `ECICOMM_SIM_SEEDS` says how many seeds run (200; from there on the run also fails where a fault,
//! a step with a crash or an outcome never came up), `ECICOMM_SIM_SEED` where they start (1). A failure prints its seed with the tail of its trace.

mod book;
mod check;
mod client;
mod faulty;
mod gate;
mod plan;
pub mod rng;
mod run;
mod server;
mod setup;
mod shopper;
mod staff;
mod storage;
mod tally;
mod trace;
mod witness;
mod world;

#[cfg(all(unix, feature = "redb", feature = "remote", feature = "postgres"))]
pub use check::is_history;
#[cfg(all(unix, feature = "redb", feature = "remote", feature = "postgres"))]
pub use server::step_of;
