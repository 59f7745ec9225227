//! Stock figures against the ledger they are the sum of, and against what orders hold.

use std::collections::BTreeMap;

use super::Finding;
use crate::domain::inventory::{Reservation, ReservationState, StockEvent, StockItem};
use crate::domain::shared::{Location, Sku, StockPolicy};

const MEND_LEDGER: &str = "stop its sale, count the units in the house and adjust the stock";
const MEND_HELD: &str = "look at the orders under way with this SKU; until that is settled, adjust \
                         the stock by the difference so that the right number sells";

/// The stock of one SKU as its ledger tells it, entry by entry.
pub(super) struct Ledger {
    sku: Sku,
    folded: BTreeMap<Location, StockItem>,
}

impl Ledger {
    /// The SKU of `kept` before anything happened to it.
    pub fn of(sku: &Sku, kept: &[StockItem]) -> Self {
        let blank = |item: &StockItem| {
            let location = item.location().clone();
            (location.clone(), StockItem::new(sku.clone(), location, item.policy()))
        };
        Self { sku: sku.clone(), folded: kept.iter().map(blank).collect() }
    }

    /// Adds an entry.
    pub fn add(&mut self, event: &StockEvent) {
        let location = event.location.clone();
        let new = || StockItem::new(self.sku.clone(), location.clone(), StockPolicy::Tracked);
        let item = self.folded.remove(&location).unwrap_or_else(new);
        self.folded.insert(location, item.fold(event));
    }

    /// Holds what the entries sum to against what is kept.
    pub fn compare(self, kept: &[StockItem]) -> Vec<Finding> {
        let known = |location: &Location| kept.iter().find(|item| item.location() == location);
        let differs = |(location, folded): (Location, StockItem)| {
            let what = format!("stock of {} at {}", self.sku, location.as_str());
            match known(&location) {
                None => Some(Finding::new(what, figures(&folded), "nothing", MEND_LEDGER)),
                Some(item) if figures(item) == figures(&folded) => None,
                Some(item) => {
                    Some(Finding::new(what, figures(&folded), figures(item), MEND_LEDGER))
                }
            }
        };
        self.folded.into_iter().filter_map(differs).collect()
    }
}

fn figures(item: &StockItem) -> String {
    let entries = item.version().number().saturating_sub(1);
    format!("{} on hand and {} reserved by {entries} entries", item.on_hand(), item.reserved())
}

/// The units that orders hold, by SKU and location. Only what is held takes memory.
#[derive(Default)]
pub(super) struct Held {
    units: BTreeMap<(Sku, Location), i64>,
}

impl Held {
    /// Counts those of `reservations` that are still held.
    pub fn add(&mut self, reservations: &[Reservation]) {
        for kept in reservations.iter().filter(|kept| kept.state == ReservationState::Held) {
            let place = (kept.sku.clone(), kept.location.clone());
            let units = self.units.entry(place).or_default();
            *units = units.saturating_add(i64::from(kept.quantity.units()));
        }
    }

    /// Holds a reserved figure against what orders hold of it, once for each item of stock.
    pub fn compare(&mut self, item: &StockItem) -> Option<Finding> {
        let place = (item.sku().clone(), item.location().clone());
        let held = self.units.remove(&place).unwrap_or(0);
        (held != item.reserved()).then(|| finding(&place, held, item.reserved()))
    }

    /// What orders hold of stock that is not there, after every item was compared.
    pub fn rest(self) -> Vec<Finding> {
        self.units.iter().map(|(place, held)| finding(place, *held, 0)).collect()
    }
}

fn finding((sku, location): &(Sku, Location), held: i64, reserved: i64) -> Finding {
    let what = format!("reserved units of {sku} at {}", location.as_str());
    Finding::new(what, format!("{held} held by orders"), reserved, MEND_HELD)
}
