//! Every port behind the gate of a process. Each wrapper holds the real adapter, and adds nothing
//! but what the seed decides.

mod carts;
mod gateway;
mod queries;
mod store;

use std::sync::Arc;

use super::gate::Gate;

pub use gateway::FaultyGateway;

/// A port behind the gate of one process.
pub struct Faulty<P: ?Sized> {
    pub gate: Arc<Gate>,
    pub inner: Arc<P>,
}

impl<P: ?Sized> Faulty<P> {
    pub fn new(gate: &Arc<Gate>, inner: Arc<P>) -> Arc<Self> {
        Arc::new(Self { gate: gate.clone(), inner })
    }
}
