//! Work behind the shop: handing events to their consumers, and looking after its health.
//!
//! A consumer is handed every event at least once and in the order of its aggregate. Nothing here
//! may lose an event: what cannot be handled is set aside, tried again, and in the end kept for
//! staff. The doctor reads, and mends only what it is asked to mend.

mod consumer;
mod doctor;
mod follower;
mod popularity;
mod relay;
mod search;

pub use consumer::{EventConsumer, HandleError};
pub use doctor::{Checked, Doctor, Finding, Repaired, Report};
pub use follower::Follower;
pub use popularity::PopularityConsumer;
pub use relay::{Progress, Relay};
pub use search::SearchConsumer;
