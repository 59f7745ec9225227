//! Reading orders with what is kept for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::look::{Subject, Suspects};
use super::{Doctor, Finding, Gathered, PAGE, Progress, Report, count, money, order, saga};
use crate::app::AppError;
use crate::domain::inventory::{HoldTold, Reservation, ReservationState};
use crate::domain::order::{Order, OrderEvent, SagaId};
use crate::domain::shared::{Location, OrderId, Sku};
use crate::ports::PortError;
use crate::ports::order::{OrderFilter, OrderMark};
use crate::ports::upkeep::OrderRow;

/// What a look at an order found.
struct Looked {
    order: Arc<Order>,
    findings: Vec<Finding>,
    /// Reservations that are not where those of the order should be, by their places in
    /// `reservations`.
    misfits: Vec<(usize, Finding)>,
    reservations: Vec<Reservation>,
    events: usize,
    sagas: usize,
}

/// What ledgers tell of the holds of some orders.
pub(super) type Holds = BTreeMap<(OrderId, Sku, Location), HoldTold>;

impl Doctor {
    pub(super) async fn orders(
        &self,
        report: &mut Report,
        progress: Progress<'_>,
    ) -> Result<Gathered, AppError> {
        let as_of = self.ports.events.head().await?;
        let mut gathered = Gathered { as_of, ..Gathered::default() };
        let mut after = None;
        loop {
            let (orders, next) = self.orders_page(after).await?;
            let mut suspects = Suspects::default();
            for looked in self.look_at_each(orders).await? {
                let id = looked.order.id();
                gathered.held.add(&looked.reservations);
                gathered.used.add(&looked.order);
                gathered.sold.add(&looked.order);
                let checked = &mut report.checked;
                count(&mut checked.orders, 1);
                count(&mut checked.order_events, looked.events);
                count(&mut checked.reservations, looked.reservations.len());
                count(&mut checked.sagas, looked.sagas);
                let misfits = looked.misfits.into_iter().map(|(_, finding)| finding);
                suspects.add(Subject::Order(id), looked.findings.into_iter().chain(misfits));
            }
            self.confirm(suspects, report).await?;
            progress("orders", report.checked.orders);
            after = next;
            if after.is_none() {
                return Ok(gathered);
            }
        }
    }

    pub(super) async fn orders_page(
        &self,
        after: Option<OrderMark>,
    ) -> Result<(Vec<Arc<Order>>, Option<OrderMark>), PortError> {
        let page = self.ports.orders.orders(&OrderFilter::default(), after, PAGE).await?;
        Ok((page.items, page.next))
    }

    /// What is found of these orders now, each with what mends it. Those that are right are left
    /// out.
    pub(super) async fn look_at_orders(
        &self,
        ids: &[OrderId],
    ) -> Result<BTreeMap<OrderId, Vec<Finding>>, AppError> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let orders = self.ports.orders.by_ids(ids).await?.into_iter().flatten().collect();
        let looked = self.look_at_each(orders).await?;
        let unfit = looked.iter().filter(|looked| !looked.misfits.is_empty());
        let holds = self.holds(unfit.flat_map(|looked| &looked.reservations)).await?;
        let mut found = BTreeMap::new();
        for Looked { order, mut findings, misfits, reservations, .. } in looked {
            for (place, finding) in misfits {
                let cure = reservations
                    .get(place)
                    .and_then(|kept| reservation_cure(&order, kept, &reservations, &holds));
                findings.push(finding.mended_by(cure));
            }
            found.insert(order.id(), findings);
        }
        Ok(found)
    }

    async fn look_at_each(&self, orders: Vec<Arc<Order>>) -> Result<Vec<Looked>, AppError> {
        let ids: Vec<_> = orders.iter().map(|order| order.id()).collect();
        let rows = self.ports.upkeep.order_rows(&ids).await?;
        let mut looked = Vec::with_capacity(orders.len());
        for (order, row) in orders.into_iter().zip(&rows) {
            looked.push(self.look_at_order(order, row.as_ref()).await?);
        }
        let now = self.ports.clock.now();
        for (saga, wrong) in self.ports.upkeep.wrong_sagas(&ids, now).await? {
            let own = |looked: &&mut Looked| looked.order.id() == saga.id.order();
            if let Some(looked) = looked.iter_mut().find(own) {
                looked.findings.push(saga::misplaced(saga, wrong));
            }
        }
        Ok(looked)
    }

    async fn look_at_order(
        &self,
        order: Arc<Order>,
        row: Option<&OrderRow>,
    ) -> Result<Looked, AppError> {
        let (id, now) = (order.id(), self.ports.clock.now());
        let events = self.events(&order).await?;
        let mut findings: Vec<Finding> =
            order::against_row(&order, &events, row).into_iter().collect();
        findings.extend(money::adds_up(&order));
        let reservations = self.ports.stock.reservations(id).await?;
        let misfits = order::misfits(&order, &reservations).collect();
        findings.extend(order::against_units(&order, &reservations));
        if let Some(cart) = order.placed().cart {
            let became = self.ports.orders.order_of_cart(cart).await?;
            findings.extend(order::against_cart(&order, became));
        }
        let checkout = self.ports.sagas.saga(SagaId::Checkout(id)).await?;
        findings.extend(saga::checkout(&order, checkout.as_ref(), now));
        let mut sagas = checkout.iter().len();
        for refund in order.refunds() {
            let saga = self.ports.sagas.saga(SagaId::Refund(id, refund.id)).await?;
            findings.extend(saga::refund(&order, refund, saga.as_ref(), now));
            sagas += saga.iter().len();
        }
        Ok(Looked { order, findings, misfits, reservations, events: events.len(), sagas })
    }

    /// The events of an order; a page more than it should have at most.
    pub(super) async fn events(&self, order: &Order) -> Result<Vec<OrderEvent>, PortError> {
        let expected = order.version().number();
        let mut events = Vec::new();
        let mut after = None;
        loop {
            let page = self.ports.orders.order_events(order.id(), after, PAGE).await?;
            events.extend(page.items);
            after = page.next.filter(|mark| *mark <= expected);
            if after.is_none() {
                return Ok(events);
            }
        }
    }

    /// What ledgers tell of the orders of these reservations. The ledger of each SKU is read once,
    /// however many orders hold something of it.
    pub(super) async fn holds(
        &self,
        reservations: impl Iterator<Item = &Reservation>,
    ) -> Result<Holds, AppError> {
        let mut orders_of: BTreeMap<Sku, BTreeSet<OrderId>> = BTreeMap::new();
        for kept in reservations {
            orders_of.entry(kept.sku.clone()).or_default().insert(kept.order);
        }
        let mut holds = Holds::new();
        for (sku, orders) in orders_of {
            let mut after = None;
            loop {
                let page = self.ports.stock.events(&sku, after, PAGE).await?;
                for event in &page.items {
                    let Some(order) = event.order.filter(|order| orders.contains(order)) else {
                        continue;
                    };
                    let place = (order, sku.clone(), event.location.clone());
                    let told = holds.entry(place).or_default();
                    *told = told.then(event);
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(holds)
    }
}

/// What mends a reservation, one of `all` of its order. What an order holds is ended as one, so that
/// is a cure only where the ledgers tell that it holds all of it.
pub(super) fn reservation_cure(
    order: &Order,
    kept: &Reservation,
    all: &[Reservation],
    holds: &Holds,
) -> Option<super::report::Cure> {
    let told = |kept: &Reservation| {
        let place = (kept.order, kept.sku.clone(), kept.location.clone());
        holds.get(&place).copied().unwrap_or_default()
    };
    let is_held = |kept: &Reservation| {
        let units = i64::from(kept.quantity.units());
        told(kept) == HoldTold::Stands(ReservationState::Held, units)
    };
    if kept.state == ReservationState::Held && is_held(kept) {
        let mut held = all.iter().filter(|other| other.state == ReservationState::Held);
        if !held.all(is_held) {
            return None;
        }
    }
    order::reservation_cure(order, kept, told(kept))
}
