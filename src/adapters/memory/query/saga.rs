use std::collections::BTreeMap;
use std::ops::Bound;

use async_trait::async_trait;

use crate::adapters::memory::MemoryStore;
use crate::adapters::memory::map::page;
use crate::adapters::memory::state::SagaState;
use crate::domain::order::{Lease, Saga, SagaId};
use crate::domain::shared::Timestamp;
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::order::{Sagas, SagasAt};

#[async_trait]
impl Sagas for MemoryStore {
    async fn saga(&self, id: SagaId) -> Result<Option<Saga>, PortError> {
        Ok(self.snapshot().sagas.rows.get(&id).cloned())
    }

    async fn claim(
        &self,
        id: SagaId,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Option<Saga>, PortError> {
        self.change(|state| {
            let free = state.sagas.rows.get(&id).is_some_and(|saga| {
                let own = saga.lease.as_ref().is_some_and(|held| held.owner == lease.owner);
                saga.is_due(now) || own && !saga.is_over() && saga.due <= now
            });
            Ok(if free { state.sagas.lease(id, lease) } else { None })
        })
        .await
    }

    async fn claim_due(
        &self,
        lease: Lease,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Saga>, PortError> {
        self.change(|state| {
            let due = due_by(&state.sagas, now, most);
            Ok(due.into_iter().filter_map(|id| state.sagas.lease(id, lease.clone())).collect())
        })
        .await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, PortError> {
        let sagas = &self.snapshot().sagas;
        let mut next: Option<Timestamp> = None;
        for (due, id) in &sagas.due {
            // What is due later than the best so far cannot be free earlier.
            if next.is_some_and(|next| next <= *due) {
                break;
            }
            let lease = sagas.rows.get(id).and_then(|saga| saga.lease.as_ref());
            let free = lease.map_or(*due, |lease| lease.until.max(*due));
            next = Some(next.map_or(free, |next| next.min(free)));
        }
        Ok(next)
    }

    async fn open(
        &self,
        mark: Option<SagaId>,
        limit: usize,
    ) -> Result<Page<Saga, SagaId>, PortError> {
        let sagas = &self.snapshot().sagas;
        let first = mark.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = sagas.open.range((first, Bound::Unbounded));
        let found = ids.filter_map(|id| sagas.rows.get(id).cloned());
        Ok(page(found, limit, |saga| saga.id))
    }

    async fn counts(&self) -> Result<Vec<SagasAt>, PortError> {
        let sagas = &self.snapshot().sagas;
        let mut counts: BTreeMap<(&str, &str), (u64, Timestamp)> = BTreeMap::new();
        for saga in sagas.open.iter().filter_map(|id| sagas.rows.get(id)) {
            let (count, oldest) = counts.entry(saga.plan.names()).or_insert((0, saga.due));
            *count = count.saturating_add(1);
            *oldest = saga.due.min(*oldest);
        }
        let told = |((kind, step), (count, oldest_due)): ((&str, &str), (u64, Timestamp))| {
            SagasAt { names: (kind.to_owned(), step.to_owned()), count, oldest_due }
        };
        Ok(counts.into_iter().map(told).collect())
    }
}

/// Sagas that anyone may take, longest due first. Those in someone's hands are few.
fn due_by(sagas: &SagaState, now: Timestamp, most: usize) -> Vec<SagaId> {
    let due = sagas.due.iter().take_while(|(due, _)| *due <= now).map(|(_, id)| *id);
    let free = due.filter(|id| sagas.rows.get(id).is_some_and(|saga| saga.is_due(now)));
    free.take(most).collect()
}
