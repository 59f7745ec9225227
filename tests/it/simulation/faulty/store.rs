use std::sync::Arc;

use async_trait::async_trait;
use ecicomm::domain::order::{CheckoutState, SagaPlan};
use ecicomm::ports::PortError;
use ecicomm::ports::store::{CommitError, SagaStep, Store, UnitOfWork, Write};

use super::Faulty;
use crate::harness::behind::Passage as _;
use crate::simulation::world::{Fate, Weight, pause};

/// The first write of a unit: what the trace calls the commit.
fn name_of(unit: &UnitOfWork) -> &'static str {
    match unit.writes.first() {
        None => "commit nothing",
        Some(write) => match write {
            Write::PlaceOrder(_) => "commit PlaceOrder",
            Write::StepSaga(_) => "commit StepSaga",
            Write::ConfirmOrder(_) => "commit ConfirmOrder",
            Write::CompensateOrder(_) => "commit CompensateOrder",
            Write::UpdateOrder(_) => "commit UpdateOrder",
            Write::ExpireReservations { .. } => "commit ExpireReservations",
            Write::FinishKey { .. } => "commit FinishKey",
            Write::PruneKeys { .. } => "commit PruneKeys",
            Write::MoveStock(_) => "commit MoveStock",
            Write::AddPopularity { .. } => "commit AddPopularity",
            Write::AdvanceConsumer { .. } => "commit AdvanceConsumer",
            Write::SettleParked { .. } => "commit SettleParked",
            Write::SaveProduct { .. } => "commit SaveProduct",
            _ => "commit",
        },
    }
}

fn weight_of(unit: &UnitOfWork) -> Weight {
    let weights = unit.writes.iter().map(|write| match write {
        Write::StepSaga(step) | Write::CompensateOrder(step) if pays_back(step) => Weight::RareStep,
        Write::PlaceOrder(_)
        | Write::StepSaga(_)
        | Write::ConfirmOrder(_)
        | Write::CompensateOrder(_)
        | Write::UpdateOrder(_) => Weight::Saga,
        _ => Weight::Any,
    });
    weights.max().unwrap_or(Weight::Any)
}

/// Whether a checkout begins to pay back what was taken too late, or ends for that.
fn pays_back(step: &SagaStep) -> bool {
    let paying_back = matches!(
        step.saga.plan,
        SagaPlan::Checkout(CheckoutState::PayingBack { .. } | CheckoutState::Compensated)
    );
    let owed = step.change.as_ref().is_some_and(|change| !change.order.refunds().is_empty());
    paying_back && owed
}

#[async_trait]
impl Store for Faulty<dyn Store> {
    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        let op = name_of(&unit);
        let draw = self.passage.enter("store", op, weight_of(&unit)).await;
        match draw.fate {
            Fate::Refused | Fate::RequestLost => self.passage.fail(op, draw.fate),
            Fate::Late => {
                // The connection broke, the server had the request: whatever becomes of the
                // process, the commit comes through.
                let (inner, world) = (Arc::clone(&self.inner), self.passage.world.clone());
                tokio::spawn(async move {
                    pause(world.millis(1, 20_000)).await;
                    let applied = inner.commit(unit).await.is_ok();
                    world.commits.notify_waiters();
                    world.note(0, op, if applied { "late, applied" } else { "late, refused" }, 0);
                });
                self.passage.fail(op, draw.fate)
            }
            _ => {
                if draw.fate == Fate::CrashAmid {
                    self.passage.world.power_fails_soon();
                }
                let result = self.inner.commit(unit).await;
                self.passage.world.commits.notify_waiters();
                self.passage.leave(op, draw, result).await
            }
        }
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.passage.call("store", "secret", self.inner.secret(name)).await
    }
}
