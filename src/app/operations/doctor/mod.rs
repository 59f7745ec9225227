//! The doctor: recomputes every figure of the shop from the facts it follows from.
//!
//! Reads only, page by page, and changes nothing: what to do about a disagreement is a person's to
//! decide. It presumes a shop at rest; what moves while it looks may show as a disagreement. What
//! it keeps in memory grows with the products of the shop and the stock that is held, not with
//! orders.

mod catalog;
mod money;
mod order;
mod promotion;
mod report;
mod saga;
mod stock;

use std::sync::Arc;

pub use report::{Checked, Finding, Report};

use crate::app::{AppError, Ports};
use crate::domain::inventory::StockItem;
use crate::domain::order::{Order, OrderEvent, SagaId};
use crate::ports::PortError;
use crate::ports::order::{OrderFilter, OrderMark};
use catalog::{Counts, Sold};
use promotion::{CustomerUses, Used};
use stock::{Held, Ledger};

/// How many things are read at once.
const PAGE: usize = 200;
/// The consumer that counts units sold into the popularity of products.
const POPULARITY: &str = "popularity";

/// Told after every page: what is looked at, and how many of them were.
pub type Progress<'a> = &'a mut (dyn FnMut(&str, u64) + Send);

/// Examines the shop.
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
        let gathered = self.orders(&mut report, progress).await?;
        self.sagas(&mut report, progress).await?;
        self.stock(gathered.held, &mut report, progress).await?;
        self.promotions(&gathered.used, &mut report, progress).await?;
        self.products(&gathered.sold, &mut report, progress).await?;
        Ok(report)
    }

    async fn orders(
        &self,
        report: &mut Report,
        progress: Progress<'_>,
    ) -> Result<Gathered, AppError> {
        let mut gathered = Gathered::default();
        let mut after = None;
        loop {
            let (orders, next) = self.orders_page(after).await?;
            for order in &orders {
                self.order(order, &mut gathered, report).await?;
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
        gathered: &mut Gathered,
        report: &mut Report,
    ) -> Result<(), AppError> {
        let id = order.id();
        let events = self.events(order).await?;
        report.add(order::against_events(order, &events));
        report.add(money::adds_up(order));
        let reservations = self.ports.stock.reservations(id).await?;
        report.add(order::against_reservations(order, &reservations));
        if let Some(cart) = order.placed().cart {
            report.add(order::against_cart(order, self.ports.orders.order_of_cart(cart).await?));
        }
        let checkout = self.ports.sagas.saga(SagaId::Checkout(id)).await?;
        report.add(saga::checkout(order, checkout.as_ref()));
        count(&mut report.checked.sagas, checkout.iter().len());
        for refund in order.refunds() {
            let saga = self.ports.sagas.saga(SagaId::Refund(id, refund.id)).await?;
            report.add(saga::refund(order, refund, saga.as_ref()));
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

    async fn sagas(&self, report: &mut Report, progress: Progress<'_>) -> Result<(), AppError> {
        let (mut open, mut after) = (0, None);
        loop {
            let page = self.ports.sagas.open(after, PAGE).await?;
            for saga in &page.items {
                let order = self.ports.orders.order(saga.id.order()).await?;
                report.add(saga::belongs(saga, order.as_deref()));
            }
            count(&mut open, page.items.len());
            progress("open sagas", open);
            after = page.next;
            if after.is_none() {
                return Ok(());
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
                self.ledger(items, report).await?;
                report.add(items.iter().filter_map(|item| held.compare(item)));
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

    async fn ledger(&self, items: &[StockItem], report: &mut Report) -> Result<(), AppError> {
        let Some(sku) = items.first().map(StockItem::sku) else { return Ok(()) };
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
                return Ok(());
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
                report.add(promotion::compare(promotion.id(), "anyone", taken, counted));
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
            report.add(promotion::compare(*promotion, "a customer", *taken, counted));
        }
        Ok(())
    }

    async fn products(
        &self,
        sold: &Sold,
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
            for view in &page.items {
                report.add(counts.add(&view.product));
                report.add(sold.compare(view).filter(|_| counted));
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

    /// Whether every sale reached the popularity of its products.
    async fn popularity_is_counted(&self) -> Result<bool, PortError> {
        let events = &self.ports.events;
        let head = events.head().await?;
        let consumers = events.consumers().await?;
        let consumer = consumers.into_iter().find(|consumer| consumer.name == POPULARITY);
        let caught_up = consumer.map_or(head == 0, |consumer| consumer.position >= head);
        let parked = events.parked(POPULARITY, 1).await?;
        let dead = events.dead_letters(POPULARITY, None, 1).await?.items;
        Ok(caught_up && parked.is_empty() && dead.is_empty())
    }
}

fn count(counter: &mut u64, more: impl TryInto<u64>) {
    *counter = counter.saturating_add(more.try_into().unwrap_or(u64::MAX));
}

#[cfg(test)]
mod tests;
