use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use ecicomm::domain::inventory::{ReservationState, StockEvent, StockEventKind, StockItem};
use ecicomm::domain::order::{OrderEvent, Phase};
use ecicomm::domain::shared::{Allocation, Location, Sku, StockPolicy};

use super::{Checker, Left};
use crate::simulation::world::{Life, Trouble, micros_of};

/// How a hold ends.
const ENDS: [StockEventKind; 3] =
    [StockEventKind::Committed, StockEventKind::Released, StockEventKind::Expired];
/// The calls by which the sweeper lets go of holds.
const SWEEPS: [&str; 2] = ["claim overdue", "commit ExpireReservations"];
/// How long a sweep takes at most where the answers to it are slow, in microseconds.
const SLOW_SWEEP: i64 = 20_000_000;

type Place = (Sku, Location);

/// Units by SKU and location.
#[derive(Default)]
struct Units(BTreeMap<Place, i64>);

impl Units {
    fn add(&mut self, sku: &Sku, location: &Location, units: i64) {
        *self.0.entry((sku.clone(), location.clone())).or_default() += units;
    }

    fn take(&mut self, allocations: &[Allocation]) {
        for part in allocations {
            self.add(&part.sku, &part.location, i64::from(part.quantity.units()));
        }
    }

    fn of(&self, item: &StockItem) -> i64 {
        let place = (item.sku().clone(), item.location().clone());
        self.0.get(&place).copied().unwrap_or_default()
    }
}

/// How many sweeps the seed broke in a time: by a fault, or with one of the `others`. What a server had
/// claimed is left alone by the rest until the claim ends.
fn broken_sweeps<'l>(
    time: RangeInclusive<i64>,
    troubles: &[Trouble],
    others: impl Iterator<Item = &'l Life>,
) -> i64 {
    let faults = troubles.iter().filter(|trouble| SWEEPS.contains(&trouble.op));
    let faults = faults.filter(|trouble| time.contains(&trouble.at)).count();
    let ends = others.filter_map(|life| life.to).filter(|end| time.contains(end)).count();
    i64::try_from(faults + ends).unwrap()
}

/// What the orders say that stock did.
#[derive(Default)]
struct Told {
    held: Units,
    sold: Units,
    cancelled: Units,
    /// By SKU: where a line came from two locations, the ledger says where its units went back to.
    returned: BTreeMap<Sku, i64>,
}

impl Checker<'_> {
    /// I1, I2, I3: nothing is oversold, the ledger sums to the figures, and both agree with orders
    /// and reservations.
    pub(super) fn stock(&self, left: &Left) {
        let told = told_by(left);
        for (sku, shelf) in &left.shelves {
            let returned = shelf.ledger.iter().filter(|e| e.kind == StockEventKind::Returned);
            let returned: i64 = returned.map(|event| event.quantity).sum();
            let by_orders = told.returned.get(sku).copied().unwrap_or_default();
            self.world.check(returned == by_orders, || {
                format!("I2: {returned} of {sku} returned in the ledger, {by_orders} by orders")
            });
            for item in &shelf.items {
                let here = |event: &&StockEvent| event.location == *item.location();
                let ledger: Vec<&StockEvent> = shelf.ledger.iter().filter(here).collect();
                self.never_oversold(item, &ledger);
                self.sums_up(item, &ledger, &told);
            }
        }
        self.reservations(left);
        self.held_in_time(left);
    }

    /// I1 at every moment: the ledger is walked entry by entry.
    fn never_oversold(&self, item: &StockItem, ledger: &[&StockEvent]) {
        let limit = match item.policy() {
            StockPolicy::Tracked => 0,
            StockPolicy::Backorder { limit } => i64::from(limit),
            StockPolicy::Untracked => i64::MAX,
        };
        let (mut on_hand, mut reserved) = (0_i64, 0_i64);
        for event in ledger {
            let (hand, held) = deltas(event);
            on_hand += hand;
            reserved += held;
            self.world.check(reserved >= 0 && on_hand.saturating_add(limit) >= reserved, || {
                format!("I1: {on_hand} on hand and {reserved} reserved after {event:?}")
            });
        }
        self.world.check((on_hand, reserved) == (item.on_hand(), item.reserved()), || {
            format!("I2: the ledger sums to {on_hand} and {reserved}, not {item:?}")
        });
    }

    /// I2 and I3 against the orders.
    fn sums_up(&self, item: &StockItem, ledger: &[&StockEvent], told: &Told) {
        let sum = |kind: StockEventKind| -> i64 {
            ledger.iter().filter(|event| event.kind == kind).map(|event| event.quantity).sum()
        };
        for (kind, units) in
            [(StockEventKind::Committed, &told.sold), (StockEventKind::Cancelled, &told.cancelled)]
        {
            self.world.check(sum(kind) == units.of(item), || {
                format!("I2: {kind:?} {} in the ledger, {} by orders: {item:?}", sum(kind), {
                    units.of(item)
                })
            });
        }
        self.world.check(item.reserved() == told.held.of(item), || {
            format!("I3: {} held by reservations: {item:?}", told.held.of(item))
        });
    }

    /// I3: no hold ran out early, and none outlasted its time by more than a period of the sweeper
    /// of a server that was there all the while.
    fn held_in_time(&self, left: &Left) {
        let (lives, troubles) = (self.world.all_lives(), self.world.troubles_since(0));
        for held in left.orders.values().flat_map(|known| &known.reservations) {
            let ledger = left.shelves.get(&held.sku).map(|shelf| &shelf.ledger[..]);
            let ended = ledger.unwrap_or_default().iter().find(|event| {
                event.order == Some(held.order)
                    && event.location == held.location
                    && ENDS.contains(&event.kind)
            });
            let Some(ended) = ended else {
                self.world.check(false, || format!("I3: nothing ended {held:?}"));
                continue;
            };
            let early = ended.kind == StockEventKind::Expired && ended.at < held.held_until;
            self.world.check(!early, || format!("I3: {held:?} ran out early, at {ended:?}"));
            let times = [held.held_until, ended.at].map(micros_of);
            for life in &lives {
                let (from, to) =
                    (life.from.max(times[0]), life.to.unwrap_or(i64::MAX).min(times[1]));
                let others = lives.iter().filter(|other| other.process != life.process);
                let broken = broken_sweeps(from..=to, &troubles, others);
                self.world.check(to - from <= self.patience(broken), || {
                    format!("I3: {held:?} ended at {ended:?} although there was {life:?}")
                });
            }
        }
    }

    /// How long a server may take to let go of a hold: a period, one more for each sweep that the
    /// seed broke, and as long as slow answers take.
    fn patience(&self, broken: i64) -> i64 {
        let period = self.world.plan.sweep_every.as_micros() + SLOW_SWEEP;
        (1 + broken) * period
    }

    /// I3: each reservation ended once, as its order did.
    fn reservations(&self, left: &Left) {
        for known in left.orders.values() {
            let phase = known.order.phase();
            let failed_at = known.events.iter().find_map(|event| match event {
                OrderEvent::Failed(_, at) => Some(*at),
                _ => None,
            });
            for reservation in &known.reservations {
                let state = reservation.state;
                let ran_out = failed_at >= Some(reservation.held_until);
                let right = match phase {
                    Phase::Confirmed | Phase::Cancelled => state == ReservationState::Committed,
                    // One that failed in time let go by itself.
                    Phase::Failed => {
                        state == ReservationState::Released
                            || state == ReservationState::Expired && ran_out
                    }
                    Phase::Pending => state == ReservationState::Held,
                };
                self.world.check(right, || format!("I3: {phase:?} with {reservation:?}"));
            }
            let wanted = known.order.placed().lines.iter().flat_map(|line| &line.stock);
            let wanted: i64 = wanted.map(|part| i64::from(part.quantity.units())).sum();
            let held = known.reservations.iter().map(|held| i64::from(held.quantity.units()));
            let held: i64 = held.sum();
            self.world.check(wanted == held, || {
                format!("I3: {} takes {wanted} and reserved {held}", known.order.id())
            });
        }
    }
}

fn told_by(left: &Left) -> Told {
    let mut told = Told::default();
    for known in left.orders.values() {
        let order = &known.order;
        for reservation in &known.reservations {
            if reservation.state == ReservationState::Held {
                let units = i64::from(reservation.quantity.units());
                told.held.add(&reservation.sku, &reservation.location, units);
            }
        }
        for (line, _) in order.lines() {
            if matches!(order.phase(), Phase::Confirmed | Phase::Cancelled) {
                told.sold.take(&line.stock);
            }
            if order.phase() == Phase::Cancelled {
                told.cancelled.take(&line.stock);
            }
        }
        for back in order.returns().iter().filter(|back| back.restocked) {
            for part in &back.units {
                let (line, _) = order.line(part.line).unwrap();
                if !line.stock.is_empty() {
                    let units = i64::from(part.quantity.units());
                    *told.returned.entry(line.sku.clone()).or_default() += units;
                }
            }
        }
    }
    told
}

/// By how much an entry moves on hand and reserved.
fn deltas(event: &StockEvent) -> (i64, i64) {
    let units = event.quantity;
    match event.kind {
        StockEventKind::Received
        | StockEventKind::Cancelled
        | StockEventKind::Returned
        | StockEventKind::Adjusted => (units, 0),
        StockEventKind::Reserved => (0, units),
        StockEventKind::Released | StockEventKind::Expired => (0, -units),
        StockEventKind::Committed => (-units, -units),
    }
}
