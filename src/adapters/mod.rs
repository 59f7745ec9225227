//! What the ports meet: engines, stores and the outside world.
//!
//! An adapter sees ports, use cases and the domain, and never another adapter.

pub mod memory;
#[cfg(feature = "tantivy")]
pub mod tantivy;
