//! People: who they are and what they may do.
//!
//! Never tells whether an e-mail address is known, neither by its answer nor by its time.

mod staff;

pub use staff::{SignedIn, StaffService};
