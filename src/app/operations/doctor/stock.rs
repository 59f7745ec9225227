//! Stock figures against the ledger they are the sum of, and against what orders hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Finding;
use super::report::Cure;
use crate::domain::inventory::{Reservation, ReservationState, StockEvent, StockItem};
use crate::domain::shared::{Location, OrderId, Sku, StockPolicy};
use crate::ports::upkeep::Repair;

const MEND_LEDGER: &str = "stop its sale, count the units in the house and adjust the stock";
const MEND_CONTRADICTION: &str = "the ledger contradicts itself, so nothing is proved: stop its \
                                  sale, count the units in the house and adjust the stock";
const MEND_HELD: &str = "look at the orders under way with this SKU; until that is settled, adjust \
                         the stock by the difference so that the right number sells";

/// The stock of one SKU as its ledger tells it, entry by entry.
pub(super) struct Ledger {
    sku: Sku,
    folded: BTreeMap<Location, StockItem>,
    /// The units that each order holds.
    held: BTreeMap<Location, HeldBy>,
    /// Where fewer units were held than none, by all orders or by one of them.
    contradictory: BTreeSet<Location>,
}

/// Units by the order that holds them; none of nothing.
pub(super) type HeldBy = BTreeMap<OrderId, i64>;

/// The units that an order holds after `units` more.
fn hold(by: &mut HeldBy, order: OrderId, units: i64) -> i64 {
    let sum = by.remove(&order).unwrap_or(0).saturating_add(units);
    if sum != 0 {
        by.insert(order, sum);
    }
    sum
}

impl Ledger {
    /// The SKU of `kept` before anything happened to it.
    pub fn of(sku: &Sku, kept: &[StockItem]) -> Self {
        let blank = |item: &StockItem| {
            let location = item.location().clone();
            (location.clone(), StockItem::new(sku.clone(), location, item.policy()))
        };
        Self {
            sku: sku.clone(),
            folded: kept.iter().map(blank).collect(),
            held: BTreeMap::new(),
            contradictory: BTreeSet::new(),
        }
    }

    /// Adds an entry.
    pub fn add(&mut self, event: &StockEvent) {
        let location = event.location.clone();
        let new = || StockItem::new(self.sku.clone(), location.clone(), StockPolicy::Tracked);
        let item = self.folded.remove(&location).unwrap_or_else(new).fold(event);
        if item.reserved() < 0 {
            self.contradictory.insert(location.clone());
        }
        self.folded.insert(location.clone(), item);
        if let Some(order) = event.order.filter(|_| event.reserved_delta() != 0) {
            let by = self.held.entry(location.clone()).or_default();
            if hold(by, order, event.reserved_delta()) < 0 {
                self.contradictory.insert(location);
            }
        }
    }

    /// The orders that hold units at a place, as the entries tell.
    pub fn held_at(&self, location: &Location) -> HeldBy {
        self.held.get(location).cloned().unwrap_or_default()
    }

    /// Holds what the entries sum to against what is kept.
    pub fn compare(&self, kept: &[StockItem]) -> Vec<Finding> {
        let known = |location: &Location| kept.iter().find(|item| item.location() == location);
        let differs = |(location, folded): (&Location, &StockItem)| {
            let what = format!("stock of {} at {}", self.sku, location.as_str());
            let item = known(location);
            if item.map(figures) == Some(figures(folded)) {
                return None;
            }
            let found = item.map_or("nothing".to_owned(), figures);
            let (found_item, told) = (item.cloned(), folded.clone());
            let contradicts = self.contradictory.contains(location);
            let advice = if contradicts { MEND_CONTRADICTION } else { MEND_LEDGER };
            let cure = Cure::of(Repair::Stock { found: found_item, told });
            let finding = Finding::new(what, figures(folded), found, advice);
            Some(finding.mended_by(Some(cure).filter(|_| !contradicts)))
        };
        self.folded.iter().filter_map(differs).collect()
    }
}

fn figures(item: &StockItem) -> String {
    let entries = item.version().number().saturating_sub(1);
    format!("{} on hand and {} reserved by {entries} entries", item.on_hand(), item.reserved())
}

/// The units that orders hold, by SKU and location. Only what is held takes memory.
#[derive(Default)]
pub(super) struct Held {
    units: BTreeMap<(Sku, Location), HeldBy>,
}

impl Held {
    /// Counts those of `reservations` that are still held.
    pub fn add(&mut self, reservations: &[Reservation]) {
        for kept in reservations.iter().filter(|kept| kept.state == ReservationState::Held) {
            let place = (kept.sku.clone(), kept.location.clone());
            let units = i64::from(kept.quantity.units());
            hold(self.units.entry(place).or_default(), kept.order, units);
        }
    }

    /// Takes out the orders that hold something of a stock, once for each.
    pub fn take(&mut self, item: &StockItem) -> HeldBy {
        let place = (item.sku().clone(), item.location().clone());
        self.units.remove(&place).unwrap_or_default()
    }

    /// What orders hold of stock that is not there, after every item was taken.
    pub fn rest(self) -> Vec<Finding> {
        self.units.iter().map(|(place, by)| reserved(place, &sum(by), 0)).collect()
    }
}

fn sum(by: &HeldBy) -> i64 {
    by.values().fold(0, |sum, units| sum.saturating_add(*units))
}

/// Holds a reserved figure against the orders that hold something of it, and these against those
/// that its ledger tells of.
pub(super) fn against_held(item: &StockItem, held: &HeldBy, told: &HeldBy) -> Option<Finding> {
    let place = (item.sku().clone(), item.location().clone());
    if sum(held) != item.reserved() {
        return Some(reserved(&place, &sum(held), item.reserved()));
    }
    // Two that are wrong may add up.
    (held != told).then(|| reserved(&place, &"units of other orders", item.reserved()))
}

fn reserved((sku, location): &(Sku, Location), held: &dyn fmt::Display, kept: i64) -> Finding {
    let what = format!("reserved units of {sku} at {}", location.as_str());
    Finding::new(what, format!("{held} held by orders"), kept, MEND_HELD)
}
