//! Rate limits: each process decides for itself and at once, and settles what it let through with
//! the counts that all processes share, behind the requests' backs.
//!
//! A client's requests wait for that only where so many of them are not settled yet that the process
//! may let no more through on trust ([`Policy::lease`](crate::ports::limits::Policy::lease)); and not
//! for long. What is on its way when the shared counts go away is lost to the others, so that nobody
//! is counted twice.

mod cell;
mod limiter;

pub use limiter::Limiter;

#[cfg(test)]
mod tests;
