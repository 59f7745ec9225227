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
    places: BTreeMap<Location, Place>,
    entries: u64,
}

/// What a ledger tells of one place: all of it, and as much as the stock there was made of when it
/// was read.
struct Place {
    /// How many entries those are.
    known: u64,
    then: Sum,
    all: Sum,
    /// Whether fewer units were held than none, by all orders or by one of them.
    contradictory: bool,
    /// Whether the rest was entered after the stock was read.
    is_newer: bool,
}

#[derive(Clone)]
struct Sum {
    item: StockItem,
    /// The units that each order holds.
    held: HeldBy,
}

impl Sum {
    /// Adds an entry; whether that could be.
    fn add(&mut self, event: &StockEvent) -> bool {
        self.item = self.item.clone().fold(event);
        let held = event.order.filter(|_| event.reserved_delta() != 0);
        let by_order = held.map(|order| hold(&mut self.held, order, event.reserved_delta()));
        self.item.reserved() >= 0 && by_order.is_none_or(|units| units >= 0)
    }
}

impl Place {
    fn new(blank: StockItem, known: u64) -> Self {
        let then = Sum { item: blank, held: HeldBy::new() };
        Self { known, all: then.clone(), then, contradictory: false, is_newer: false }
    }

    fn entries(&self) -> u64 {
        entries(&self.all.item)
    }

    /// What the stock is held against.
    fn told(&self) -> &Sum {
        if self.is_newer { &self.then } else { &self.all }
    }
}

fn entries(item: &StockItem) -> u64 {
    item.version().number().saturating_sub(1)
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
        let place = |item: &StockItem| {
            let location = item.location().clone();
            let blank = StockItem::new(sku.clone(), location.clone(), item.policy());
            (location, Place::new(blank, entries(item)))
        };
        Self { sku: sku.clone(), places: kept.iter().map(place).collect(), entries: 0 }
    }

    /// Adds an entry.
    pub fn add(&mut self, event: &StockEvent) {
        self.entries = self.entries.saturating_add(1);
        let location = event.location.clone();
        let sku = &self.sku;
        let new = || {
            let blank = StockItem::new(sku.clone(), location.clone(), StockPolicy::Tracked);
            Place::new(blank, 0)
        };
        let place = self.places.entry(location.clone()).or_insert_with(new);
        place.contradictory |= !place.all.add(event);
        if place.entries() <= place.known {
            place.then.add(event);
        }
    }

    /// How many entries there are.
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// Whether it tells more of a place than the stock there was made of.
    pub fn tells_more(&self) -> bool {
        self.places.values().any(|place| place.entries() > place.known)
    }

    /// Takes what it tells beyond that for newer, where the stock is made of it by `now`.
    pub fn settle(&mut self, now: &[StockItem]) {
        for (location, place) in &mut self.places {
            let item = now.iter().find(|item| item.location() == location);
            let told = place.entries();
            place.is_newer = told > place.known && item.is_some_and(|item| entries(item) >= told);
        }
    }

    /// The orders that hold units at a place, as the entries tell.
    pub fn held_at(&self, location: &Location) -> HeldBy {
        self.places.get(location).map(|place| place.told().held.clone()).unwrap_or_default()
    }

    /// Holds what the entries sum to against what is kept.
    pub fn compare(&self, kept: &[StockItem]) -> Vec<Finding> {
        let known = |location: &Location| kept.iter().find(|item| item.location() == location);
        let differs = |(location, place): (&Location, &Place)| {
            let (item, told) = (known(location), &place.told().item);
            if item.map(figures) == Some(figures(told)) || item.is_none() && place.is_newer {
                return None;
            }
            let advice = if place.contradictory { MEND_CONTRADICTION } else { MEND_LEDGER };
            let finding = unlike(item, told, advice);
            Some(if place.contradictory { finding.mended_by(None) } else { finding })
        };
        self.places.iter().filter_map(differs).collect()
    }
}

/// What is kept of a stock, and what it should be, which mends it.
fn unlike(item: Option<&StockItem>, told: &StockItem, advice: &'static str) -> Finding {
    let what = format!("stock of {} at {}", told.sku(), told.location().as_str());
    let found = item.map_or("nothing".to_owned(), figures);
    let cure = Cure::of(Repair::Stock { found: item.cloned(), told: told.clone() });
    Finding::new(what, figures(told), found, advice).mended_by(cure)
}

/// Stock of which nothing is kept, and to which nothing ever happened.
pub(super) fn lost(blank: &StockItem) -> Finding {
    unlike(None, blank, MEND_LEDGER)
}

fn figures(item: &StockItem) -> String {
    let (on_hand, reserved, entries) = (item.on_hand(), item.reserved(), entries(item));
    format!("{on_hand} on hand and {reserved} reserved by {entries} entries")
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
    pub fn rest(self) -> Vec<(Sku, BTreeSet<OrderId>, Finding)> {
        let units = self.units.into_iter();
        let finding = |(place, by): ((Sku, Location), HeldBy)| {
            let finding = reserved(&place, &sum(&by), 0);
            (place.0, by.into_keys().collect(), finding)
        };
        units.map(finding).collect()
    }

    /// What of a SKU is held by these reservations, by location.
    pub fn of(sku: &Sku, reservations: &[Reservation]) -> BTreeMap<Location, HeldBy> {
        let mut held = Self::default();
        held.add(reservations);
        let own = held.units.into_iter().filter(|((held, _), _)| held == sku);
        own.map(|((_, location), by)| (location, by)).collect()
    }
}

fn sum(by: &HeldBy) -> i64 {
    by.values().fold(0, |sum, units| sum.saturating_add(*units))
}

/// Holds a reserved figure against the orders that hold something of it, and these against those
/// that its ledger tells of.
pub(super) fn against_held(item: &StockItem, held: &HeldBy, told: &HeldBy) -> Option<Finding> {
    held_at(item.sku(), item.location(), Some(item), held, told)
}

/// The same at a place of which nothing may be kept.
pub(super) fn held_at(
    sku: &Sku,
    location: &Location,
    item: Option<&StockItem>,
    held: &HeldBy,
    told: &HeldBy,
) -> Option<Finding> {
    let (place, kept) = ((sku.clone(), location.clone()), item.map_or(0, StockItem::reserved));
    if sum(held) != kept {
        return Some(reserved(&place, &sum(held), kept));
    }
    // Two that are wrong may add up.
    (held != told).then(|| reserved(&place, &"units of other orders", kept))
}

fn reserved((sku, location): &(Sku, Location), held: &dyn fmt::Display, kept: i64) -> Finding {
    let what = format!("reserved units of {sku} at {}", location.as_str());
    Finding::new(what, format!("{held} held by orders"), kept, MEND_HELD)
}
