//! Decorators that implement a port around another implementation of it: bounds on how long, how
//! often, and whether at all while the thing behind it is away. They never change what an answer
//! says.

mod breaker;
mod carts;
mod counters;
mod gateway;
mod guard;
mod retry;

pub use breaker::{Breaker, BreakerSettings};
pub use carts::GuardedCarts;
pub use counters::GuardedCounters;
pub use gateway::GuardedGateway;
pub use guard::{Again, Guard};
pub use retry::{Retry, RetrySettings};

#[cfg(test)]
mod tests;
