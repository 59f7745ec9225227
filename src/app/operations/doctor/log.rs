//! Who works on what: requests that wait, sagas.

use super::look::{Subject, Suspects};
use super::report::Cure;
use super::{Doctor, Finding, PAGE, Progress, Report, count, order, saga};
use crate::app::AppError;
use crate::app::order::failure_of;
use crate::domain::order::{Order, OrderEvent, Phase, SagaId};
use crate::domain::shared::OrderId;
use crate::ports::PortError;
use crate::ports::idempotency::{KeyId, KeyState, Outcome};
use crate::ports::upkeep::Repair;

const MEND_KEY: &str =
    "its client is told for ever that the request is under way: tell them by hand";

impl Doctor {
    /// Holds keys that wait for a checkout against its order.
    pub(super) async fn keys(
        &self,
        report: &mut Report,
        progress: Progress<'_>,
    ) -> Result<(), AppError> {
        let (mut looked, mut after) = (0, None);
        loop {
            let page = self.ports.upkeep.keys_in_flight(after, PAGE).await?;
            let mut suspects = Suspects::default();
            for (key, order) in &page.items {
                let found = self.look_at_key(key, *order).await?;
                suspects.add(Subject::Key(key.clone(), *order), found);
            }
            self.confirm(suspects, report).await?;
            count(&mut looked, page.items.len());
            progress("requests under way", looked);
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    pub(super) async fn look_at_key(
        &self,
        key: &KeyId,
        id: OrderId,
    ) -> Result<Option<Finding>, PortError> {
        let order = self.ports.orders.order(id).await?;
        let told = match &order {
            Some(order) => self.outcome(order).await?,
            None => None,
        };
        let pending = order.as_ref().is_some_and(|order| order.phase() == Phase::Pending);
        // An order ends in the commit that tells its key; that may have been a moment ago.
        let kept = self.ports.keys.key(key, self.ports.clock.now()).await?;
        if pending || kept.is_none_or(|kept| kept.state != KeyState::InFlight(id)) {
            return Ok(None);
        }
        let name = order.map_or_else(|| format!("order {id}"), |order| order::name(&order));
        let what = format!("answer to the request that placed {name}");
        let finding = Finding::new(what, "what the order came to", "under way", MEND_KEY);
        let cure =
            told.map(|outcome| Cure::of(Repair::Key { id: key.clone(), order: id, outcome }));
        Ok(Some(finding.mended_by(cure)))
    }

    /// What an order's checkout told who waited for it; none while it is under way.
    async fn outcome(&self, order: &Order) -> Result<Option<Outcome>, PortError> {
        match order.phase() {
            Phase::Pending => Ok(None),
            Phase::Failed => Ok(Some(Outcome::Refused(failure_of(order)))),
            Phase::Confirmed | Phase::Cancelled => {
                let events = self.events(order).await?;
                let confirmed = |event: &OrderEvent| matches!(event, OrderEvent::Confirmed(_));
                let end = events.iter().position(confirmed);
                let then = end.and_then(|end| Order::fold(events.iter().take(end + 1)));
                Ok(then.map(|then| Outcome::Order(then.into())))
            }
        }
    }

    /// Holds the sagas that are worked on against orders.
    pub(super) async fn sagas(
        &self,
        report: &mut Report,
        progress: Progress<'_>,
    ) -> Result<(), AppError> {
        let (mut open, mut after) = (0, None);
        loop {
            let page = self.ports.sagas.open(after, PAGE).await?;
            let ids: Vec<OrderId> = page.items.iter().map(|saga| saga.id.order()).collect();
            let orders = self.ports.orders.by_ids(&ids).await?;
            let mut suspects = Suspects::default();
            for (saga, order) in page.items.iter().zip(orders) {
                suspects.add(Subject::Saga(saga.id), saga::belongs(saga.id, order.as_deref()));
            }
            self.confirm(suspects, report).await?;
            count(&mut open, page.items.len());
            progress("open sagas", open);
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    pub(super) async fn look_at_saga(&self, id: SagaId) -> Result<Option<Finding>, PortError> {
        let order = self.ports.orders.order(id.order()).await?;
        Ok(saga::belongs(id, order.as_deref()))
    }
}
