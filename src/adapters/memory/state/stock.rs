use crate::adapters::memory::map::{List, Map, Set};
use crate::adapters::record::Fact;
use crate::domain::inventory::{Reservation, ReservationState, StockError, StockEvent, StockItem};
use crate::domain::shared::{Location, OrderId, Sku, StockPolicy, Timestamp};

/// The stock of a SKU everywhere, with its ledger.
#[derive(Clone, Default)]
pub struct SkuStock {
    /// Its stock at each location that knows it, the preferred location first.
    pub items: Vec<StockItem>,
    /// Everything that moved it, oldest first.
    pub ledger: List<StockEvent>,
}

/// Stock and what orders hold of it. `held` follows from `reservations`.
#[derive(Clone, Default)]
pub struct StockState {
    /// Stock by SKU.
    pub skus: Map<Sku, SkuStock>,
    /// Reservations by order.
    pub reservations: Map<OrderId, Vec<Reservation>>,
    /// Orders with reservations that are still held, by when the first of those runs out.
    pub held: Set<(Timestamp, OrderId)>,
    /// What changed since facts were last taken.
    pub facts: Vec<Fact>,
}

impl StockState {
    /// The stock of a SKU at each location that knows it.
    pub fn items(&self, sku: &Sku) -> &[StockItem] {
        self.skus.get(sku).map_or(&[], |stock| &stock.items)
    }

    /// The stock of a SKU at a location, if that knows it.
    pub fn item(&self, sku: &Sku, location: &Location) -> Option<&StockItem> {
        self.items(sku).iter().find(|item| item.location() == location)
    }

    /// Puts the SKU's stock under a policy, at every location that knows it.
    pub fn set_policy(&mut self, sku: &Sku, policy: StockPolicy) {
        if self.items(sku).iter().all(|item| item.policy() == policy) {
            return;
        }
        if let Some(stock) = self.skus.get_mut(sku) {
            for item in &mut stock.items {
                *item = item.clone().with_policy(policy);
                self.facts.push(Fact::Stock(item.clone()));
            }
        }
    }

    /// Makes a location know a SKU, with nothing there yet.
    pub fn add_item(&mut self, item: StockItem, preferred: &Location) {
        let mut stock = self.skus.get(item.sku()).cloned().unwrap_or_default();
        let rank = |item: &StockItem| (item.location() != preferred, item.location().clone());
        let place = stock.items.partition_point(|known| rank(known) < rank(&item));
        let sku = item.sku().clone();
        self.facts.push(Fact::Stock(item.clone()));
        stock.items.insert(place, item);
        self.skus.insert_mut(sku, stock);
    }

    /// Books an event on figures and ledger. `None` where the location does not know the SKU.
    pub fn book(&mut self, event: &StockEvent) -> Option<Result<(), StockError>> {
        let stock = self.skus.get_mut(&event.sku)?;
        let item = stock.items.iter_mut().find(|item| *item.location() == event.location)?;
        Some(item.clone().book(event).map(|booked| {
            *item = booked;
            self.facts.push(Fact::Stock(item.clone()));
            stock.ledger.push_back_mut(event.clone());
            let number = u64::try_from(stock.ledger.len()).unwrap_or(u64::MAX);
            self.facts.push(Fact::StockEvent(number, event.clone()));
        }))
    }

    /// Keeps other figures of a stock that its location knows.
    pub fn put_item(&mut self, item: StockItem) {
        let stock = self.skus.get_mut(item.sku());
        let known = stock.into_iter().flat_map(|stock| &mut stock.items);
        for kept in known.filter(|known| known.location() == item.location()) {
            *kept = item.clone();
            self.facts.push(Fact::Stock(item.clone()));
        }
    }

    /// Adds an entry to a SKU's ledger whose figures are booked already; its number.
    pub fn restore_entry(&mut self, event: StockEvent) -> Option<u64> {
        let stock = self.skus.get_mut(&event.sku)?;
        stock.ledger.push_back_mut(event);
        u64::try_from(stock.ledger.len()).ok()
    }

    /// Keeps the reservations of an order.
    pub fn put_reservations(&mut self, order: OrderId, reservations: Vec<Reservation>) {
        let first = |reservations: &[Reservation]| {
            let held = reservations.iter().filter(|r| r.state == ReservationState::Held);
            held.map(|reservation| reservation.held_until).min()
        };
        let before = self.reservations.get(&order).and_then(|kept| first(kept));
        let now = first(&reservations);
        if before != now {
            if let Some(until) = before {
                self.held.remove_mut(&(until, order));
            }
            if let Some(until) = now {
                self.held.insert_mut((until, order));
            }
        }
        self.facts.push(Fact::Reservations(order, reservations.clone()));
        self.reservations.insert_mut(order, reservations);
    }
}
