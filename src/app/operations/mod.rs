//! Work in the background, and looking after the shop.
//!
//! Never decides anything that a request waits for: consumers follow what was committed, and the
//! doctor only reads.

mod doctor;
mod popularity;
mod relay;
mod search;

pub use doctor::{Checked, Doctor, Finding, Report, Tell};
pub use popularity::PopularityConsumer;
pub use relay::{EventConsumer, HandleError, Progress, Relay};
pub use search::SearchConsumer;
