use crate::adapters::memory::map::{Map, Set};
use crate::adapters::record::Fact;
use crate::domain::order::{CheckoutState, Lease, Saga, SagaId, SagaPlan};
use crate::domain::shared::Timestamp;

/// Sagas. `due` and `open` follow from `rows`.
#[derive(Clone, Default)]
pub struct SagaState {
    /// Sagas.
    pub rows: Map<SagaId, Saga>,
    /// Sagas that are not over, by when they may be worked on.
    pub due: Set<(Timestamp, SagaId)>,
    /// Sagas that are not over, and checkouts that wait for a person.
    pub open: Set<SagaId>,
    /// What changed since facts were last taken.
    pub facts: Vec<Fact>,
}

impl SagaState {
    /// Keeps a saga.
    pub fn put(&mut self, saga: Saga) {
        if let Some(old) = self.rows.get(&saga.id) {
            self.due.remove_mut(&(old.due, old.id));
        }
        if !saga.is_over() {
            self.due.insert_mut((saga.due, saga.id));
        }
        if !saga.is_over() || needs_attention(&saga) {
            self.open.insert_mut(saga.id);
        } else {
            self.open.remove_mut(&saga.id);
        }
        self.facts.push(Fact::Saga(saga.clone()));
        self.rows.insert_mut(saga.id, saga);
    }

    /// Whether a saga is among those that are due, or open, and should not be, or the reverse.
    pub fn is_misplaced(&self, saga: &Saga) -> bool {
        let open = !saga.is_over() || needs_attention(saga);
        self.due.contains(&(saga.due, saga.id)) == saga.is_over()
            || self.open.contains(&saga.id) != open
    }

    /// Puts a saga into someone's hands.
    pub fn lease(&mut self, id: SagaId, lease: Lease) -> Option<Saga> {
        let leased = self.rows.get(&id)?.clone().leased(lease);
        self.rows.insert_mut(id, leased.clone());
        Some(leased)
    }

    /// Takes a saga out of whoever's hands it is in. As a lease that is taken, that is no fact.
    pub fn free(&mut self, id: SagaId) {
        if let Some(saga) = self.rows.get(&id).cloned() {
            self.rows.insert_mut(id, Saga { lease: None, ..saga });
        }
    }
}

fn needs_attention(saga: &Saga) -> bool {
    saga.plan == SagaPlan::Checkout(CheckoutState::NeedsAttention)
}
