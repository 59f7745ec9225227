//! What can be asked of the database. Every answer is of one moment: a query is one statement.
//!
//! Never changes anything, but for the leases that ports ask for: of sagas and of consumers.

mod catalog;
mod category;
mod delivery;
mod event;
mod key;
pub mod list;
mod order;
mod pricing;
mod product;
mod saga;
mod shop;
mod stock;
mod upkeep;

use crate::ports::catalog::Page;

/// The page of at most `limit` of `found`, which holds one more where more follow.
fn page<T, M>(mut found: Vec<T>, limit: usize, mark: impl Fn(&T) -> M) -> Page<T, M> {
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(mark);
    Page { items: found, next }
}
