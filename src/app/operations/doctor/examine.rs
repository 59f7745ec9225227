use std::sync::Arc;

use super::compare::{self, Held, ProductCounts, UsesByOrders};
use super::{Doctor, Report};
use crate::domain::inventory::StockItem;
use crate::domain::order::{Order, SagaId};
use crate::domain::shared::OrderId;
use crate::ports::PortError;
use crate::ports::order::OrderFilter;

/// How much is read at once.
const PAGE: usize = 500;

/// Told after each page: how much was looked at so far.
pub type Tell<'a> = dyn FnMut(&super::Checked) + Send + 'a;

impl Doctor {
    /// Looks at everything: stock against its ledger and reservations, orders against their events
    /// and sagas, uses of promotions against orders, counts of categories against products.
    pub async fn examine(&self, progress: &mut Tell<'_>) -> Result<Report, PortError> {
        let mut report = Report::default();
        let (mut held, mut uses) = (Held::default(), UsesByOrders::default());
        let mut after = None;
        loop {
            let page = self.ports.orders.orders(&OrderFilter::default(), after, PAGE).await?;
            for order in &page.items {
                self.look_at_order(order, &mut report).await?;
                held.add(&self.ports.stock.reservations(order.id()).await?);
                uses.add(order);
            }
            progress(&report.checked);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        self.look_at_stock(held, &mut report, progress).await?;
        self.look_at_uses(&uses, &mut report).await?;
        self.look_at_categories(&mut report, progress).await?;
        Ok(report)
    }

    async fn look_at_order(
        &self,
        order: &Arc<Order>,
        report: &mut Report,
    ) -> Result<(), PortError> {
        let events = self.events_of(order.id()).await?;
        report.checked.orders += 1;
        report.checked.order_events += count(events.len());
        report.findings.extend(compare::order(order, &events));
        let saga = self.ports.sagas.saga(SagaId::Checkout(order.id())).await?;
        report.checked.sagas += 1;
        report.findings.extend(compare::checkout(order, saga.as_ref()));
        for refund in order.refunds() {
            let id = SagaId::Refund(order.id(), refund.id);
            if let Some(saga) = self.ports.sagas.saga(id).await? {
                report.checked.sagas += 1;
                let which = format!("refund {} of {}", refund.id, order.placed().number);
                report.findings.extend(compare::journal(&saga, which));
            }
        }
        Ok(())
    }

    async fn events_of(
        &self,
        order: OrderId,
    ) -> Result<Vec<crate::domain::order::OrderEvent>, PortError> {
        let (mut events, mut after) = (Vec::new(), None);
        loop {
            let page = self.ports.orders.order_events(order, after, PAGE).await?;
            events.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(events);
            }
        }
    }

    async fn look_at_stock(
        &self,
        mut held: Held,
        report: &mut Report,
        progress: &mut Tell<'_>,
    ) -> Result<(), PortError> {
        let mut after = None;
        loop {
            let page = self.ports.stock.list(after, PAGE).await?;
            for items in &page.items {
                self.look_at_sku(items, &mut held, report).await?;
            }
            progress(&report.checked);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        report.findings.extend(held.left_over());
        Ok(())
    }

    async fn look_at_sku(
        &self,
        items: &[StockItem],
        held: &mut Held,
        report: &mut Report,
    ) -> Result<(), PortError> {
        let Some(sku) = items.first().map(StockItem::sku) else { return Ok(()) };
        let (mut ledger, mut after) = (Vec::new(), None);
        loop {
            let page = self.ports.stock.events(sku, after, PAGE).await?;
            ledger.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        report.checked.stock += count(items.len());
        report.checked.stock_events += count(ledger.len());
        report.findings.extend(compare::stock(items, &ledger, held));
        Ok(())
    }

    async fn look_at_uses(
        &self,
        uses: &UsesByOrders,
        report: &mut Report,
    ) -> Result<(), PortError> {
        let mut after = None;
        loop {
            let page = self.ports.pricing.promotions(after, PAGE).await?;
            for promotion in &page.items {
                let id = promotion.id();
                let kept = self.ports.pricing.uses(id, None).await?.total;
                let by_orders = uses.total.get(&id).copied().unwrap_or(0);
                report.checked.promotions += 1;
                report.findings.extend(compare::uses(id, "in all", kept, by_orders));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        for ((id, customer), by_orders) in &uses.by_customer {
            // Nobody counts the uses of a promotion that was deleted.
            if self.ports.pricing.promotion(*id).await?.is_some() {
                let kept = self.ports.pricing.uses(*id, Some(customer)).await?.by_customer;
                let found = compare::uses(*id, "of one customer", kept, *by_orders);
                report.findings.extend(found);
            }
        }
        Ok(())
    }

    async fn look_at_categories(
        &self,
        report: &mut Report,
        progress: &mut Tell<'_>,
    ) -> Result<(), PortError> {
        let (mut counts, mut after) = (ProductCounts::default(), None);
        loop {
            let page = self.ports.catalog.scan(None, after, PAGE).await?;
            for view in &page.items {
                counts.add(view);
            }
            report.checked.products += count(page.items.len());
            progress(&report.checked);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let tree = self.ports.catalog.category_tree().await?;
        let (seen, findings) = compare::categories(&tree, &counts);
        report.checked.categories = seen;
        report.findings.extend(findings);
        Ok(())
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
