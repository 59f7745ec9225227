//! The persistent collections that the state is made of, and how they are read in pages.

use std::ops::Bound;

use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync, VectorSync};

use crate::ports::catalog::Page;

/// A map in the order of its keys; a clone shares everything.
pub type Map<K, V> = RedBlackTreeMapSync<K, V>;
/// A set in order; a clone shares everything.
pub type Set<T> = RedBlackTreeSetSync<T>;
/// A list that grows at its end; a clone shares everything.
pub type List<T> = VectorSync<T>;

/// The entries behind `key`, or all of them.
pub fn after<K: Ord, V>(map: &Map<K, V>, key: Option<K>) -> impl Iterator<Item = (&K, &V)> {
    map.range((key.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded))
}

/// The first `limit` of `found`, with the mark of the last one where more follow.
pub fn page<T, M>(
    found: impl Iterator<Item = T>,
    limit: usize,
    mark: impl Fn(&T) -> M,
) -> Page<T, M> {
    let mut items: Vec<T> = found.take(limit.saturating_add(1)).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(mark);
    Page { items, next }
}

/// A page of a list whose entries count from 1, behind the entry `after`.
pub fn list_page<T: Clone>(list: &List<T>, after: Option<u64>, limit: usize) -> Page<T, u64> {
    let skipped = usize::try_from(after.unwrap_or(0)).unwrap_or(usize::MAX);
    let counted = (skipped..list.len()).filter_map(|index| {
        let number = u64::try_from(index).ok()?.checked_add(1)?;
        Some((number, list.get(index)?.clone()))
    });
    let found = page(counted, limit, |(number, _)| *number);
    Page { items: found.items.into_iter().map(|(_, entry)| entry).collect(), next: found.next }
}
