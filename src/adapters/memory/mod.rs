//! The whole shop in the memory of one process. It forgets when the process ends, unless it is given
//! a journal: then nothing is seen by anyone before the journal keeps it, and the next process goes
//! on from there.
//!
//! The state is one value of persistent maps. Readers take a snapshot of it and are never in
//! anyone's way; a commit applies its writes to a copy of its own, which shares all that it does
//! not touch, and puts the copy in the state's place only if every write passed. So a commit costs
//! what it touches, and half of one can be seen by nobody.
//!
//! Never waits while it holds the lock, and never walks a map whose order is left to chance: equal
//! runs give equal answers.

mod carts;
mod claims;
mod commit;
mod config;
mod group;
mod map;
mod published;
mod query;
mod search;
mod state;
mod store;

pub use carts::MemoryCarts;
pub use config::MemoryConfig;
pub use search::MemorySearch;
pub use store::MemoryStore;
