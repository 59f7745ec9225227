//! Every port behind the gate of a process. Each wrapper holds the real adapter, and adds nothing
//! but what the seed decides.

mod gateway;
mod store;

use super::gate::Gate;
use crate::harness::behind::Behind;

pub use gateway::FaultyGateway;

/// A port behind the gate of one process.
pub type Faulty<P> = Behind<Gate, P>;
