//! Reading stock with its ledger.

use std::collections::{BTreeMap, BTreeSet};

use super::look::{StockSubject, Subject, Suspects};
use super::orders::reservation_cure;
use super::report::Cure;
use super::stock::{self, Held, HeldBy, Ledger};
use super::{Doctor, Finding, PAGE, Progress, Report, count};
use crate::app::AppError;
use crate::domain::inventory::{Reservation, StockItem};
use crate::domain::order::Order;
use crate::domain::shared::{Location, OrderId, Sku};
use crate::ports::PortError;

impl Doctor {
    pub(super) async fn stock(
        &self,
        mut held: Held,
        report: &mut Report,
        progress: Progress<'_>,
    ) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let page = self.ports.stock.list(after, PAGE).await?;
            let mut suspects = Suspects::default();
            for items in &page.items {
                let Some(sku) = items.first().map(StockItem::sku) else { continue };
                let ledger = self.ledger(sku, items).await?;
                count(&mut report.checked.movements, ledger.entries());
                let mut findings = ledger.compare(items);
                let mut orders = BTreeSet::new();
                for item in items {
                    let (by, told) = (held.take(item), ledger.held_at(item.location()));
                    findings.extend(stock::against_held(item, &by, &told));
                    orders.extend(differing(&by, &told));
                }
                let subject = StockSubject { sku: sku.clone(), orders, blank: None };
                suspects.add(Subject::Stock(subject), findings);
            }
            self.confirm(suspects, report).await?;
            count(&mut report.checked.skus, page.items.len());
            progress("SKUs", report.checked.skus);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        self.lost_stock(report).await?;
        let mut suspects = Suspects::default();
        for (sku, orders, finding) in held.rest() {
            let subject = StockSubject { sku, orders, blank: None };
            suspects.add(Subject::Stock(subject), [finding]);
        }
        self.confirm(suspects, report).await
    }

    /// Looks for SKUs that are counted and of which no stock is kept anywhere.
    async fn lost_stock(&self, report: &mut Report) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let page = self.ports.upkeep.lost_stock(after, PAGE).await?;
            let mut suspects = Suspects::default();
            for blank in page.items {
                let sku = blank.sku().clone();
                let ledger = self.ledger(&sku, &[]).await?;
                let findings = of_nothing(&ledger, Some(&blank));
                let orders = BTreeSet::new();
                let subject = StockSubject { sku, orders, blank: Some(blank) };
                suspects.add(Subject::Stock(subject), findings);
            }
            self.confirm(suspects, report).await?;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// The ledger of a SKU whose stock was just read, each entry once. What was entered since is told
    /// from what the stock should tell of.
    async fn ledger(&self, sku: &Sku, items: &[StockItem]) -> Result<Ledger, PortError> {
        let mut ledger = Ledger::of(sku, items);
        let mut after = None;
        loop {
            let page = self.ports.stock.events(sku, after, PAGE).await?;
            for event in &page.items {
                ledger.add(event);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if ledger.tells_more() {
            ledger.settle(&self.items(sku).await?);
        }
        Ok(ledger)
    }

    async fn items(&self, sku: &Sku) -> Result<Vec<StockItem>, PortError> {
        let mut found = self.ports.stock.stock(std::slice::from_ref(sku)).await?;
        Ok(found.pop().unwrap_or_default())
    }

    /// What is found of the stock of a SKU now, each with what mends it.
    pub(super) async fn look_at_stock(
        &self,
        subject: &StockSubject,
    ) -> Result<Vec<Finding>, AppError> {
        let items = self.items(&subject.sku).await?;
        let ledger = self.ledger(&subject.sku, &items).await?;
        let mut findings = if items.is_empty() {
            of_nothing(&ledger, subject.blank.as_ref())
        } else {
            ledger.compare(&items)
        };
        // Orders are read after the ledger that they are held against; one that moves meanwhile is
        // looked at again.
        let mut orders: Vec<(OrderId, Vec<Reservation>)> = Vec::new();
        for id in &subject.orders {
            orders.push((*id, self.ports.stock.reservations(*id).await?));
        }
        let kept: Vec<Reservation> = orders.iter().flat_map(|(_, all)| all.clone()).collect();
        let by_place = Held::of(&subject.sku, &kept);
        let known = items.iter().map(|item| item.location().clone());
        let places: BTreeSet<Location> = known.chain(by_place.keys().cloned()).collect();
        for place in places {
            let told = ledger.held_at(&place);
            let mut by = told.clone();
            by.retain(|id, _| !subject.orders.contains(id));
            by.extend(by_place.get(&place).into_iter().flatten().map(|(id, units)| (*id, *units)));
            let item = items.iter().find(|item| *item.location() == place);
            let Some(finding) = stock::held_at(&subject.sku, &place, item, &by, &told) else {
                continue;
            };
            let differing = differing(&by, &told);
            let wrong = orders.iter().filter(|(id, _)| differing.contains(id));
            let cure = self.holds_cure(&subject.sku, &place, wrong).await?;
            findings.push(finding.mended_by(cure));
        }
        Ok(findings)
    }

    /// What makes reservations what the ledger tells of each order that holds something of a stock
    /// by one of them and not by the other.
    async fn holds_cure(
        &self,
        sku: &Sku,
        place: &Location,
        wrong: impl Iterator<Item = &(OrderId, Vec<Reservation>)>,
    ) -> Result<Option<Cure>, AppError> {
        let wrong: BTreeMap<OrderId, &Vec<Reservation>> =
            wrong.map(|(id, kept)| (*id, kept)).collect();
        let ids: Vec<OrderId> = wrong.keys().copied().take(PAGE).collect();
        if ids.is_empty() {
            return Ok(None);
        }
        let holds = self.holds(wrong.values().copied().flatten()).await?;
        let orders = self.ports.orders.by_ids(&ids).await?;
        let mut writes = Vec::new();
        for order in orders.into_iter().flatten() {
            let order: &Order = &order;
            let Some(all) = wrong.get(&order.id()) else { continue };
            let of = |kept: &&Reservation| kept.sku == *sku && kept.location == *place;
            let Some(kept) = all.iter().find(of) else { continue };
            let cure = reservation_cure(order, kept, all, &holds);
            writes.extend(cure.iter().flat_map(|cure| cure.0.iter().cloned()));
        }
        Ok((!writes.is_empty()).then(|| Cure(writes.into())))
    }
}

/// What of a SKU should be kept of which nothing is.
fn of_nothing(ledger: &Ledger, blank: Option<&StockItem>) -> Vec<Finding> {
    if ledger.entries() > 0 {
        return ledger.compare(&[]);
    }
    blank.map(stock::lost).into_iter().collect()
}

/// The orders that hold something by one of two tellings and not by the other.
fn differing(by: &HeldBy, told: &HeldBy) -> BTreeSet<OrderId> {
    let ids = by.keys().chain(told.keys());
    ids.filter(|id| by.get(id) != told.get(id)).copied().collect()
}
