//! Adapters that keep everything in this process and forget it at its end.

mod search;

pub use search::MemorySearch;
