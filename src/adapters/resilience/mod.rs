//! Decorators that implement a port around another implementation of it: bounds on how long and how
//! often. They never change what an answer says.

mod timeout;

pub use timeout::TimeoutGateway;

#[cfg(test)]
mod tests;
