//! The doctor: recomputes every figure of the shop from the facts it follows from.
//!
//! It reads page by page, and changes nothing unless it is asked to mend; then it mends what the
//! facts prove, and leaves the rest to a person. It presumes a shop at rest; what moves while it looks
//! may show as a disagreement, which no repair takes for one. What it keeps in memory grows with the
//! products of the shop and the stock that is held, not with orders.

mod catalog;
mod log;
mod money;
mod order;
mod promotion;
mod repair;
mod report;
mod saga;
mod stock;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use repair::Repaired;
pub use report::{Checked, Finding, Report};

use crate::app::{AppError, Ports};
use crate::domain::inventory::{HoldTold, Reservation, ReservationState, StockItem};
use crate::domain::order::{Order, OrderEvent, SagaId};
use crate::ports::PortError;
use crate::ports::events::{Event, EventBody};
use crate::ports::order::{OrderFilter, OrderMark};
use crate::ports::upkeep::OrderRow;
use catalog::{Counts, Sold};
use promotion::{CustomerUses, Used};
use report::Cure;
use stock::{Held, HeldBy, Ledger};

/// How many things are read at once.
const PAGE: usize = 200;
/// The consumer that counts units sold into the popularity of products.
const POPULARITY: &str = "popularity";

/// Told after every page: what is looked at, and how many of them were.
pub type Progress<'a> = &'a mut (dyn FnMut(&str, u64) + Send);

/// Examines the shop, and mends it.
#[derive(Clone)]
pub struct Doctor {
    ports: Arc<Ports>,
}

/// What the facts add up to, gathered order by order.
#[derive(Default)]
struct Gathered {
    held: Held,
    used: Used,
    sold: Sold,
    /// Sagas that are not over.
    working: BTreeSet<SagaId>,
    /// The position of the log before the first order was read.
    as_of: u64,
}

impl Doctor {
    /// A doctor over these ports.
    pub fn new(ports: Arc<Ports>) -> Self {
        Self { ports }
    }

    /// Recomputes everything, and tells of it as it goes. An error says that the store could not be
    /// read, not that anything disagrees.
    pub async fn examine(&self, progress: Progress<'_>) -> Result<Report, AppError> {
        let mut report = Report::default();
        self.consumers(&mut report).await?;
        let mut gathered = self.orders(&mut report, progress).await?;
        self.keys(&mut report, progress).await?;
        self.sagas(&mut gathered.working, &mut report, progress).await?;
        self.stock(std::mem::take(&mut gathered.held), &mut report, progress).await?;
        self.promotions(&gathered.used, &mut report, progress).await?;
        self.products(&gathered, &mut report, progress).await?;
        Ok(report)
    }

    async fn orders(
        &self,
        report: &mut Report,
        progress: Progress<'_>,
    ) -> Result<Gathered, AppError> {
        let mut gathered =
            Gathered { as_of: self.ports.events.head().await?, ..Gathered::default() };
        let mut after = None;
        loop {
            let (orders, next) = self.orders_page(after).await?;
            let ids: Vec<_> = orders.iter().map(|order| order.id()).collect();
            let rows = self.ports.upkeep.order_rows(&ids).await?;
            for (order, row) in orders.iter().zip(&rows) {
                self.order(order, row.as_ref(), &mut gathered, report).await?;
            }
            progress("orders", report.checked.orders);
            after = next;
            if after.is_none() {
                return Ok(gathered);
            }
        }
    }

    async fn orders_page(
        &self,
        after: Option<OrderMark>,
    ) -> Result<(Vec<Arc<Order>>, Option<OrderMark>), PortError> {
        let page = self.ports.orders.orders(&OrderFilter::default(), after, PAGE).await?;
        Ok((page.items, page.next))
    }

    async fn order(
        &self,
        order: &Order,
        row: Option<&OrderRow>,
        gathered: &mut Gathered,
        report: &mut Report,
    ) -> Result<(), AppError> {
        let (id, now) = (order.id(), self.ports.clock.now());
        let events = self.events(order).await?;
        report.add(order::against_row(order, &events, row));
        report.add(money::adds_up(order));
        let reservations = self.ports.stock.reservations(id).await?;
        for (reservation, finding) in order::misfits(order, &reservations) {
            let cure = self.reservation_cure(order, reservation, &reservations).await?;
            report.add([finding.mended_by(cure)]);
        }
        report.add(order::against_units(order, &reservations));
        if let Some(cart) = order.placed().cart {
            report.add(order::against_cart(order, self.ports.orders.order_of_cart(cart).await?));
        }
        let checkout = self.ports.sagas.saga(SagaId::Checkout(id)).await?;
        report.add(saga::checkout(order, checkout.as_ref(), now));
        gathered.working.extend(checkout.iter().filter(|saga| !saga.is_over()).map(|saga| saga.id));
        count(&mut report.checked.sagas, checkout.iter().len());
        for refund in order.refunds() {
            let saga = self.ports.sagas.saga(SagaId::Refund(id, refund.id)).await?;
            report.add(saga::refund(order, refund, saga.as_ref(), now));
            gathered.working.extend(saga.iter().filter(|saga| !saga.is_over()).map(|saga| saga.id));
            count(&mut report.checked.sagas, saga.iter().len());
        }
        gathered.held.add(&reservations);
        gathered.used.add(order);
        gathered.sold.add(order);
        count(&mut report.checked.orders, 1);
        count(&mut report.checked.order_events, events.len());
        count(&mut report.checked.reservations, reservations.len());
        Ok(())
    }

    /// The events of an order; a page more than it should have at most.
    async fn events(&self, order: &Order) -> Result<Vec<OrderEvent>, PortError> {
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

    async fn stock(
        &self,
        mut held: Held,
        report: &mut Report,
        progress: Progress<'_>,
    ) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let page = self.ports.stock.list(after, PAGE).await?;
            for items in &page.items {
                let Some(ledger) = self.ledger(items, report).await? else { continue };
                for item in items {
                    let (by, told) = (held.take(item), ledger.held_at(item.location()));
                    if let Some(finding) = stock::against_held(item, &by, &told) {
                        let cure = self.holds_cure(item, &by, &told).await?;
                        report.add([finding.mended_by(cure)]);
                    }
                }
            }
            count(&mut report.checked.skus, page.items.len());
            progress("SKUs", report.checked.skus);
            after = page.next;
            if after.is_none() {
                report.add(held.rest());
                return Ok(());
            }
        }
    }

    async fn ledger(
        &self,
        items: &[StockItem],
        report: &mut Report,
    ) -> Result<Option<Ledger>, AppError> {
        let Some(sku) = items.first().map(StockItem::sku) else { return Ok(None) };
        let mut ledger = Ledger::of(sku, items);
        let mut after = None;
        loop {
            let page = self.ports.stock.events(sku, after, PAGE).await?;
            for event in &page.items {
                ledger.add(event);
            }
            count(&mut report.checked.movements, page.items.len());
            after = page.next;
            if after.is_none() {
                report.add(ledger.compare(items));
                return Ok(Some(ledger));
            }
        }
    }

    /// What makes reservations what the ledger tells of each order that holds something of a stock
    /// by one of them and not by the other.
    async fn holds_cure(
        &self,
        item: &StockItem,
        by: &HeldBy,
        told: &HeldBy,
    ) -> Result<Option<Cure>, AppError> {
        let differing: BTreeSet<_> = by
            .iter()
            .chain(told)
            .filter(|(id, _)| by.get(id) != told.get(id))
            .map(|o| *o.0)
            .collect();
        let mut writes = Vec::new();
        for id in differing.into_iter().take(PAGE) {
            let Some(order) = self.ports.orders.order(id).await? else { continue };
            let kept = self.ports.stock.reservations(id).await?;
            let of =
                |kept: &&Reservation| kept.sku == *item.sku() && kept.location == *item.location();
            let Some(reservation) = kept.iter().find(of) else { continue };
            let cure = self.reservation_cure(&order, reservation, &kept).await?;
            writes.extend(cure.iter().flat_map(|cure| cure.0.iter().cloned()));
        }
        Ok((!writes.is_empty()).then(|| Cure(writes.into())))
    }

    /// What mends a reservation, one of `all` of its order. What an order holds is ended as one, so
    /// that is a cure only where the ledgers tell that it holds all of it.
    async fn reservation_cure(
        &self,
        order: &Order,
        kept: &Reservation,
        all: &[Reservation],
    ) -> Result<Option<Cure>, AppError> {
        let told = self.hold_told(kept).await?;
        if kept.state == ReservationState::Held && told == held(kept) {
            for other in all.iter().filter(|other| other.state == ReservationState::Held) {
                if self.hold_told(other).await? != held(other) {
                    return Ok(None);
                }
            }
        }
        Ok(order::reservation_cure(order, kept, told))
    }

    /// What the ledger tells of a reservation.
    async fn hold_told(&self, kept: &Reservation) -> Result<HoldTold, AppError> {
        let (mut told, mut after) = (HoldTold::default(), None);
        loop {
            let page = self.ports.stock.events(&kept.sku, after, PAGE).await?;
            for event in &page.items {
                if event.order == Some(kept.order) && event.location == kept.location {
                    told = told.then(event);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(told);
            }
        }
    }

    async fn promotions(
        &self,
        used: &Used,
        report: &mut Report,
        progress: Progress<'_>,
    ) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let page = self.ports.pricing.promotions(after, PAGE).await?;
            for promotion in &page.items {
                let taken = used.totals.get(&promotion.id()).copied().unwrap_or(0);
                let counted = self.ports.pricing.uses(promotion.id(), None).await?.total;
                report.add(promotion::compare(promotion.id(), None, taken, counted));
            }
            count(&mut report.checked.promotions, page.items.len());
            progress("promotions", report.checked.promotions);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let shares = CustomerUses::shares(used.all);
        for share in 0..shares {
            self.customer_uses(CustomerUses::new(share, shares), report).await?;
        }
        Ok(())
    }

    /// Holds what each customer of a share used against the orders, which are read once more.
    async fn customer_uses(
        &self,
        mut uses: CustomerUses,
        report: &mut Report,
    ) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let (orders, next) = self.orders_page(after).await?;
            for order in &orders {
                uses.add(order);
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        for ((promotion, customer), taken) in &uses.counts {
            let counted = self.ports.pricing.uses(*promotion, Some(customer)).await?.by_customer;
            report.add(promotion::compare(*promotion, Some(customer), *taken, counted));
        }
        Ok(())
    }

    async fn products(
        &self,
        gathered: &Gathered,
        report: &mut Report,
        progress: Progress<'_>,
    ) -> Result<(), AppError> {
        let mut counts = Counts::of(&self.ports.catalog.category_tree().await?);
        count(&mut report.checked.categories, counts.len());
        let counted = report.checked.orders == 0 || self.popularity_is_counted().await?;
        if !counted {
            let why = "popularity of products: sales are still being counted; start the shop and \
                       stop it again";
            report.unchecked.push(why.to_owned());
        }
        let mut after = None;
        loop {
            let page = self.ports.catalog.scan(None, after, PAGE).await?;
            let products: Vec<_> = page.items.iter().map(|view| view.product.clone()).collect();
            let wrong = self.ports.upkeep.wrong_views(&products).await?;
            for (view, wrong) in page.items.iter().zip(wrong) {
                report.add(counts.add(&view.product));
                report.add(wrong.map(|wrong| catalog::wrong_view(view, wrong)));
                let sold = gathered.sold.compare(view, gathered.as_of);
                report.add(sold.filter(|_| counted));
            }
            count(&mut report.checked.products, page.items.len());
            progress("products", report.checked.products);
            after = page.next;
            if after.is_none() {
                report.add(counts.compare());
                return Ok(());
            }
        }
    }

    /// Whether every sale reached the popularity of its products: whether of what its consumer has
    /// still to hear of nothing is one, as far as is looked.
    async fn popularity_is_counted(&self) -> Result<bool, PortError> {
        let events = &self.ports.events;
        let head = events.head().await?;
        let consumers = events.consumers().await?;
        let consumer = consumers.into_iter().find(|consumer| consumer.name == POPULARITY);
        let position = consumer.map_or(0, |consumer| consumer.position);
        let ahead = events.events_after(position, PAGE).await?;
        let told = u64::try_from(ahead.len()).unwrap_or(u64::MAX);
        let heard = head.saturating_sub(position) <= told;
        let parked = events.parked(POPULARITY, 1).await?;
        let dead = events.dead_letters(POPULARITY, None, 1).await?.items;
        Ok(heard && !ahead.iter().any(is_sale) && parked.is_empty() && dead.is_empty())
    }
}

/// Whether an event moves popularity once it is heard of.
fn is_sale(event: &Event) -> bool {
    let body = &event.body;
    matches!(body, EventBody::Order(_, OrderEvent::Confirmed(_) | OrderEvent::Cancelled(..)))
}

fn count(counter: &mut u64, more: impl TryInto<u64>) {
    *counter = counter.saturating_add(more.try_into().unwrap_or(u64::MAX));
}

#[cfg(test)]
mod tests;

/// What a ledger tells of a reservation that holds what it is of.
fn held(kept: &Reservation) -> HoldTold {
    HoldTold::Stands(ReservationState::Held, i64::from(kept.quantity.units()))
}
