//! The facts of a shop in one file of an embedded database, for a shop that lives in a folder.
//!
//! redb keeps pages, checksums and the lock on the file, and survives a power cut at any moment;
//! what the shop is, and what a change may do, is decided by the store that works in memory. This
//! module writes down what it is given, in groups, and tells it again: it must not answer before a
//! group is synced, decide anything about the shop, guess at a file that is damaged, or believe one
//! of which a sync failed.

mod error;
mod file;
mod journal;
mod key;
mod row;
mod sync;

#[cfg(test)]
mod tests;

pub use journal::RedbJournal;
