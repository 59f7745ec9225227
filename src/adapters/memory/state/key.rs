use std::sync::Arc;

use crate::adapters::memory::map::{Map, Set};
use crate::adapters::record::Fact;
use crate::domain::shared::{OrderId, Timestamp};
use crate::ports::idempotency::{KeyId, KeyRow, KeyState, Outcome, RETENTION};

/// Idempotency keys. `in_flight` and `by_age` follow from `rows`.
#[derive(Clone, Default)]
pub struct KeyTable {
    /// Keys.
    pub rows: Map<KeyId, Arc<KeyRow>>,
    /// The key that waits for an order's checkout.
    pub in_flight: Map<OrderId, KeyId>,
    /// Keys by when they were first used.
    pub by_age: Set<(Timestamp, KeyId)>,
    /// What changed since facts were last taken.
    pub facts: Vec<Fact>,
}

impl KeyTable {
    /// What is known of a key, unless it is past its retention by `now`.
    pub fn live(&self, id: &KeyId, now: Timestamp) -> Option<&Arc<KeyRow>> {
        self.rows.get(id).filter(|row| now < row.at.plus(RETENTION))
    }

    /// Keys past their retention by `now`, oldest first.
    pub fn expired(&self, now: Timestamp) -> impl Iterator<Item = &KeyId> {
        let past = self.by_age.iter().take_while(move |(at, _)| at.plus(RETENTION) <= now);
        past.map(|(_, id)| id)
    }

    /// Keeps a key, over whatever was kept of it.
    pub fn put(&mut self, row: KeyRow) {
        self.unlink(&row.claim.id);
        if let KeyState::InFlight(order) = row.state {
            self.in_flight.insert_mut(order, row.claim.id.clone());
        }
        self.by_age.insert_mut((row.at, row.claim.id.clone()));
        let row = Arc::new(row);
        self.facts.push(Fact::Key(row.clone()));
        self.rows.insert_mut(row.claim.id.clone(), row);
    }

    /// Forgets a key.
    pub fn remove(&mut self, id: &KeyId) {
        self.unlink(id);
        self.facts.push(Fact::KeyGone(id.clone()));
    }

    fn unlink(&mut self, id: &KeyId) {
        let Some(row) = self.rows.get(id).cloned() else { return };
        if let KeyState::InFlight(order) = row.state {
            self.in_flight.remove_mut(&order);
        }
        self.by_age.remove_mut(&(row.at, id.clone()));
        self.rows.remove_mut(id);
    }

    /// Gives the key that waits for an order its outcome, if one waits.
    pub fn finish(&mut self, order: OrderId, outcome: Outcome) {
        let Some(id) = self.in_flight.get(&order) else { return };
        let Some(row) = self.rows.get(id).cloned() else { return };
        let (claim, at) = (row.claim.clone(), row.at);
        self.put(KeyRow { claim, state: KeyState::Done(outcome), at });
    }
}
