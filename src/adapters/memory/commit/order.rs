use super::{Draft, senseless};
use crate::domain::order::Saga;
use crate::domain::shared::OrderId;
use crate::ports::store::{CommitError, Conflict, OrderUpdate, SagaStep};

impl Draft<'_> {
    pub(super) fn begin_saga(&mut self, saga: Saga) -> Result<(), Conflict> {
        if self.state.sagas.rows.contains_key(&saga.id) {
            return Err(Conflict::Stale("saga"));
        }
        self.state.sagas.put(saga);
        Ok(())
    }

    pub(super) fn step_saga(&mut self, step: SagaStep) -> Result<(), CommitError> {
        let order = step.saga.id.order();
        let kept = self.state.sagas.rows.get(&step.saga.id);
        if kept.map(|kept| kept.version.next()) != Some(step.saga.version) {
            return Err(Conflict::Stale("saga").into());
        }
        if let Some(change) = step.change {
            if change.order.id() != order {
                return Err(senseless("a saga steps on its own order"));
            }
            self.change_order(change)?;
        }
        self.state.sagas.put(step.saga);
        if let Some(outcome) = step.outcome {
            self.state.keys.finish(order, outcome);
        }
        Ok(())
    }

    pub(super) fn confirm_order(&mut self, step: SagaStep) -> Result<(), CommitError> {
        let order = step.saga.id.order();
        self.step_saga(step)?;
        Ok(self.commit_reservations(order)?)
    }

    pub(super) fn compensate_order(&mut self, step: SagaStep) -> Result<(), CommitError> {
        let order = step.saga.id.order();
        self.step_saga(step)?;
        self.release_reservations(order)?;
        self.give_back_uses(order);
        Ok(())
    }

    pub(super) fn update_order(&mut self, update: OrderUpdate) -> Result<(), CommitError> {
        let order = update.change.order.id();
        if update.change.expected.is_none() {
            return Err(senseless("an order that stands has a version"));
        }
        self.change_order(update.change)?;
        for restock in update.restock {
            self.restock(order, restock)?;
        }
        if update.give_back_uses {
            self.give_back_uses(order);
        }
        for saga in update.sagas {
            self.begin_saga(saga)?;
        }
        Ok(())
    }

    fn give_back_uses(&mut self, order: OrderId) {
        let Some(row) = self.state.orders.rows.get(&order).cloned() else { return };
        for used in &row.order.placed().uses {
            self.state.pricing.give_back(used);
        }
    }
}
