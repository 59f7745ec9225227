//! Orders: the checkout saga, and everything that staff and buyers do with an order afterwards.
//!
//! A checkout makes two commits beside the call of the payment provider: the first holds stock and
//! writes the saga, the second confirms or compensates. Nothing remote happens inside a commit, and
//! a process that dies between any two steps leaves a saga that another one finishes.

mod aftersale;
mod checkout;
mod draft;
mod lines;
mod place;
mod queries;
mod resolution;
mod resolve;
mod runner;
mod sweeper;
mod update;

use std::sync::Arc;

use super::{Ports, ShopConfig};

pub use aftersale::UnitsBySku;
pub use place::{BasketSource, PlaceOrderCommand, Placement};
pub use runner::SagaRunner;
pub use sweeper::{Sweeper, Swept};
pub(in crate::app) use update::failure_of;

/// The use cases of orders.
#[derive(Clone)]
pub struct OrderService {
    ports: Arc<Ports>,
    config: Arc<ShopConfig>,
    runner: SagaRunner,
}

impl OrderService {
    /// The use cases over these ports; `runner` drives what they begin.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>, runner: SagaRunner) -> Self {
        Self { ports, config, runner }
    }
}
