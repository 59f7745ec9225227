//! What is kept beside the facts is made what these tell.

use std::sync::Arc;

use super::Draft;
use crate::adapters::memory::state::ConsumerRow;
use crate::domain::inventory::{HoldTold, Reservation, ReservationState, StockItem};
use crate::domain::order::{Lease, Order, OrderEvent, Phase, Saga};
use crate::domain::shared::{Location, OrderId, ProductId, PromotionId, Sku, Version};
use crate::ports::events::{Aggregate, EventBody};
use crate::ports::idempotency::{KeyId, KeyRow, KeyState, Outcome};
use crate::ports::store::Conflict;
use crate::ports::upkeep::{Leased, OrderRow, Repair};

impl Draft<'_> {
    pub(super) fn mend(&mut self, repair: Repair) -> Result<(), Conflict> {
        match repair {
            Repair::Stock { found, told } => self.mend_stock(found.as_ref(), &told),
            Repair::Reservation { order, sku, location, found, told } => {
                self.mend_reservation(order, (&sku, &location), found, told)
            }
            Repair::Settle { order, version, end } => self.settle_over(order, version, end),
            Repair::Order { found, told } => self.mend_order(&found, told),
            Repair::Uses { promotion, customer_key, found, told } => {
                self.mend_uses(promotion, customer_key, found, told)
            }
            Repair::Sold { product, found, told, as_of } => {
                self.mend_sold(product, (found, told), as_of)
            }
            Repair::Saga { told } => {
                let kept = self.state.sagas.rows.get(&told.id);
                let same = |kept: &&Saga| kept.version == told.version;
                let wrong = kept.filter(same).filter(|kept| self.state.sagas.is_misplaced(kept));
                let saga = wrong.cloned().ok_or(Conflict::Stale("saga"))?;
                self.state.sagas.put(saga);
                Ok(())
            }
            // A commit gives its events their positions.
            Repair::Head { .. } | Repair::Events { .. } => Err(Conflict::Stale("log")),
            Repair::Lease { of } => self.end_lease(of),
            Repair::Unshown { product } => {
                let catalog = &self.state.catalog;
                let unshown = !catalog.views.contains_key(&product);
                holds("product", catalog.products.contains_key(&product) && unshown)?;
                self.changed.insert(product);
                Ok(())
            }
            Repair::View { product, found } => {
                self.mend_view(product.id(), product.version(), found)
            }
            Repair::Category { id, found } => {
                let catalog = &self.state.catalog;
                let counted = catalog.counts.get(&id).copied().unwrap_or(0);
                let wrong = counted == found && counted != catalog.published_in(id);
                holds("category", catalog.categories.contains_key(&id) && wrong)?;
                self.anew = true;
                Ok(())
            }
            Repair::Key { id, order, outcome } => self.mend_key(&id, order, outcome),
        }
    }

    fn end_lease(&mut self, of: Leased) -> Result<(), Conflict> {
        let now = self.at();
        let is_endless = |lease: Option<&Lease>| lease.is_some_and(|lease| lease.is_endless(now));
        match of {
            Leased::Saga(id) => {
                let kept = self.state.sagas.rows.get(&id).filter(|saga| !saga.is_over());
                holds("saga", kept.is_some_and(|saga| is_endless(saga.lease.as_ref())))?;
                self.state.sagas.free(id);
            }
            Leased::Consumer(name) => {
                let kept = self.state.log.consumers.get(&name).cloned();
                let held = kept.filter(|row| is_endless(row.lease.as_ref()));
                let row = held.ok_or(Conflict::Stale("consumer"))?;
                self.state.log.put_consumer(name, ConsumerRow { lease: None, ..row });
            }
        }
        Ok(())
    }

    fn mend_view(&mut self, id: ProductId, version: Version, found: u64) -> Result<(), Conflict> {
        let kept = self.state.catalog.products.get(&id);
        let saved = kept.is_some_and(|kept| kept.product.version() == version);
        let shown = self.state.catalog.views.get(&id).map(|shown| shown.view.version);
        let low_below = self.config.low_stock_below;
        let wrong = self.state.wrong_view(id, self.reader, low_below).is_some();
        holds("product", saved && shown == Some(found) && wrong)?;
        self.anew = true;
        Ok(())
    }

    fn mend_stock(&mut self, found: Option<&StockItem>, told: &StockItem) -> Result<(), Conflict> {
        let (sku, location) = (told.sku(), told.location());
        let stock = &self.state.stock;
        let figures = |item: &StockItem| (item.on_hand(), item.reserved(), item.version());
        let kept = stock.item(sku, location);
        holds("stock", kept.map(figures) == found.map(figures))?;
        let policy = kept.map_or(told.policy(), StockItem::policy);
        let ledger = stock.skus.get(sku).map(|stock| &stock.ledger);
        let entries = ledger.into_iter().flatten().filter(|entry| entry.location == *location);
        let blank = StockItem::new(sku.clone(), location.clone(), policy);
        let summed = entries.fold(blank, StockItem::fold);
        holds("stock", figures(&summed) == figures(told))?;
        let short = summed.free().saturating_add(policy.limit()) < 0;
        let shorter = kept.is_none_or(|kept| summed.free() < kept.free());
        if summed.reserved() < 0 || short && shorter {
            return Err(Conflict::BelowZero { sku: sku.clone() });
        }
        if kept.is_none() {
            self.state.stock.add_item(summed, &self.config.location);
        } else {
            self.state.stock.put_item(summed);
        }
        self.moved.insert(sku.clone());
        Ok(())
    }

    fn mend_reservation(
        &mut self,
        order: OrderId,
        (sku, location): (&Sku, &Location),
        found: ReservationState,
        told: ReservationState,
    ) -> Result<(), Conflict> {
        let stock = &self.state.stock;
        let ledger = stock.skus.get(sku).map(|stock| &stock.ledger);
        let own = ledger.into_iter().flatten();
        let own = own.filter(|entry| entry.order == Some(order) && entry.location == *location);
        let stands = own.fold(HoldTold::default(), HoldTold::then);
        holds("reservation", matches!(stands, HoldTold::Stands(state, _) if state == told))?;
        let mut kept = stock.reservations.get(&order).cloned().unwrap_or_default();
        let same = |kept: &&mut Reservation| {
            kept.sku == *sku && kept.location == *location && kept.state == found
        };
        let wrong = kept.iter_mut().find(same).ok_or(Conflict::Stale("reservation"))?;
        wrong.state = told;
        self.state.stock.put_reservations(order, kept);
        Ok(())
    }

    fn settle_over(
        &mut self,
        order: OrderId,
        version: Version,
        end: ReservationState,
    ) -> Result<(), Conflict> {
        let kept = self.state.orders.rows.get(&order).map(|row| &row.order);
        let is_over =
            |kept: &Arc<Order>| kept.version() == version && kept.phase() != Phase::Pending;
        holds("order", kept.is_some_and(is_over))?;
        self.end_held(order, end)
    }

    fn mend_order(&mut self, found: &OrderRow, told: Arc<Order>) -> Result<(), Conflict> {
        let orders = &self.state.orders;
        let id = told.id();
        holds("order", orders.found_by(id).as_ref() == Some(found))?;
        let row = orders.rows.get(&id);
        let folded = row.and_then(|row| Order::fold(row.events.iter()));
        holds("order", folded.as_ref() == Some(&*told))?;
        let right = row.is_some_and(|row| row.order == told) && *found == OrderRow::of(&told);
        holds("order", !right)?;
        let cart = told.placed().cart.filter(|_| told.phase() != Phase::Failed);
        let other = cart.and_then(|cart| orders.carts.get(&cart)).filter(|other| **other != id);
        if other.is_some() {
            return Err(Conflict::CartOrdered);
        }
        self.state.orders.mend(told);
        Ok(())
    }

    fn mend_uses(
        &mut self,
        promotion: PromotionId,
        customer_key: Option<String>,
        found: u32,
        told: u32,
    ) -> Result<(), Conflict> {
        let counted = self.state.pricing.uses(promotion, customer_key.as_deref());
        let kept = if customer_key.is_some() { counted.by_customer } else { counted.total };
        let taken = self.state.uses_taken(promotion, customer_key.as_deref());
        holds("uses", kept == found && taken == told && found != told)?;
        match customer_key {
            Some(key) => self.state.pricing.put_customer_uses(promotion, key, told),
            None => self.state.pricing.put_uses(promotion, told),
        }
        Ok(())
    }

    fn mend_sold(
        &mut self,
        product: ProductId,
        (found, told): (u64, u64),
        as_of: u64,
    ) -> Result<(), Conflict> {
        let kept = self.state.catalog.products.get(&product);
        let kept = kept.ok_or(Conflict::Stale("product"))?;
        holds("product", kept.popularity() == found && !self.sold_since(as_of))?;
        let units = i128::from(told) - i128::from(found);
        let units = i64::try_from(units).map_err(|_| Conflict::Stale("product"))?;
        self.state.catalog.sell(product, units);
        self.changed.insert(product);
        self.emit(Aggregate::Product(product), EventBody::PopularityMoved(product));
        Ok(())
    }

    /// Whether an order was confirmed or cancelled after a position, as far as is still known.
    fn sold_since(&self, position: u64) -> bool {
        let log = &self.state.log;
        let moves = |body: &EventBody| {
            matches!(
                body,
                EventBody::Order(_, OrderEvent::Confirmed(_) | OrderEvent::Cancelled(..))
            )
        };
        let next = position.saturating_add(1);
        let gone = position < log.head && log.events.get(&next).is_none();
        gone || log.events.range(next..).any(|(_, event)| moves(&event.body))
    }

    fn mend_key(&mut self, id: &KeyId, order: OrderId, outcome: Outcome) -> Result<(), Conflict> {
        let kept = self.state.keys.rows.get(id).cloned();
        let waits = |row: &Arc<KeyRow>| row.state == KeyState::InFlight(order);
        let row = kept.filter(waits).ok_or(Conflict::Stale("key"))?;
        let (claim, at) = (row.claim.clone(), row.at);
        self.state.keys.put(KeyRow { claim, state: KeyState::Done(outcome), at });
        Ok(())
    }
}

fn holds(what: &'static str, condition: bool) -> Result<(), Conflict> {
    if condition { Ok(()) } else { Err(Conflict::Stale(what)) }
}
