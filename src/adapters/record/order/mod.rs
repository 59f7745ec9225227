//! Records of what happens to orders. An order itself is never kept: it is the fold of its events.

mod aftersale;
mod event;
mod placed;

pub use event::OrderEventForm;
