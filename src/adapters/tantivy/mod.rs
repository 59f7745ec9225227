//! Embedded full-text search on tantivy, in memory or in a folder.
//!
//! tantivy keeps the postings and columns, merges segments and survives crashes; which product a
//! query finds, and in what order, is decided here from `domain::search`, so that no query text
//! ever reaches a query parser. Answers are computed afresh for every search: this module must not
//! cache whole results, block the caller's thread, or use more threads than there are cores.
//!
//! Reading goes `index` (the port) → `answer` → `matching` (text), `filter`, `facets`; writing goes
//! `index` → `generation` (one index with its writer) → `schema`. A [`view::View`] is what a
//! search sees: a snapshot of one generation with what must be at hand of its segments.

mod answer;
mod facets;
mod filter;
mod generation;
mod index;
mod labels;
mod matching;
mod place;
mod pool;
mod schema;
mod segment;
mod suggest;
mod view;

#[cfg(test)]
mod tests;

pub use index::TantivyIndex;

use ::tantivy::TantivyError;

use crate::ports::PortError;

/// tantivy's error as the port's: what may pass is `Unavailable`, what was read in pieces
/// `Corrupt`.
fn port_error(error: TantivyError) -> PortError {
    match error {
        TantivyError::DataCorruption(_) | TantivyError::IncompatibleIndex(_) => {
            PortError::corrupt(error)
        }
        TantivyError::IoError(_) | TantivyError::LockFailure(..) => PortError::unavailable(error),
        _ => PortError::internal(error),
    }
}
