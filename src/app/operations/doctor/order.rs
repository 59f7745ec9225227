//! Orders against the events they are made of, their stock, their carts and the work that is left.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Finding;
use super::report::Cure;
use crate::domain::inventory::{HoldTold, Reservation, ReservationState};
use crate::domain::order::{Order, OrderEvent, Phase};
use crate::domain::shared::{Location, OrderId, Sku};
use crate::ports::upkeep::{OrderRow, Repair};

const MEND_FOLD: &str = "its events are what happened: go by its history";
const MEND_STOCK: &str = "compare the order with the ledgers of its SKUs and adjust the stock";
const MEND_CART: &str = "look whether the cart was ordered twice, and cancel one of the orders";

pub(super) fn name(order: &Order) -> String {
    format!("order {}", order.placed().number)
}

/// Holds an order against the fold of its events.
pub(super) fn against_events(order: &Order, events: &[OrderEvent]) -> Option<Finding> {
    let what = name(order);
    let Some(folded) = Order::fold(events) else {
        let found = format!("{} events that tell no order", events.len());
        return Some(Finding::new(what, "events that begin with its placing", found, MEND_FOLD));
    };
    if folded == *order {
        return None;
    }
    let (expected, found) = (summary(&folded), summary(order));
    if expected == found {
        let expected = "what its events tell";
        return Some(Finding::new(what, expected, "other details", MEND_FOLD));
    }
    Some(Finding::new(what, expected, found, MEND_FOLD))
}

/// Holds how an order is found and decided on, and what is kept of it, against the fold of its
/// events, which mends both.
pub(super) fn against_row(
    order: &Order,
    events: &[OrderEvent],
    row: Option<&OrderRow>,
) -> Option<Finding> {
    let folded = Order::fold(events);
    let cure = folded
        .clone()
        .zip(row)
        .map(|(told, row)| Cure::of(Repair::Order { found: row.clone(), told: Arc::new(told) }));
    if let Some(finding) = against_events(order, events) {
        return Some(finding.mended_by(cure));
    }
    let expected = OrderRow::of(&folded?);
    if row == Some(&expected) {
        return None;
    }
    let what = format!("{} as it is found", name(order));
    let found = row.map_or("nothing".to_owned(), |row| shown(row, &expected));
    Some(Finding::new(what, shown(&expected, &expected), found, MEND_FOLD).mended_by(cure))
}

/// A cart's id is its secret, a customer may be an e-mail address; neither is told.
fn shown(row: &OrderRow, own: &OrderRow) -> String {
    let OrderRow { version, status, phase, uses, .. } = row;
    let cart = if row.cart == own.cart { "with its cart" } else { "without its cart" };
    let uses = match uses.len() {
        _ if *uses == own.uses => String::new(),
        count => format!(" and {count} uses of promotions that are not its own"),
    };
    let placed = if row.is_placed_as(own) { "" } else { ", as of another number, buyer or time" };
    format!("{status} ({phase}) at version {version} {cart}{uses}{placed}")
}

fn summary(order: &Order) -> String {
    format!(
        "{} at version {} with {} captured, {} refunded, {} shipments and {} returns",
        order.status(),
        order.version(),
        order.captured(),
        order.refunded(),
        order.shipments().len(),
        order.returns().len(),
    )
}

/// Reservations of an order that are not where those of an order of its phase are, by their places
/// in `kept`.
pub(super) fn misfits(
    order: &Order,
    kept: &[Reservation],
) -> impl Iterator<Item = (usize, Finding)> {
    use ReservationState::{Committed, Expired, Held, Released};
    let fitting: &[ReservationState] = match order.phase() {
        Phase::Pending => &[Held, Expired],
        Phase::Failed => &[Released, Expired],
        Phase::Confirmed | Phase::Cancelled => &[Committed],
    };
    let unfit = kept.iter().enumerate().filter(|(_, kept)| !fitting.contains(&kept.state));
    unfit.map(move |(place, reservation)| {
        let what = format!("reservation of {} for {}", reservation.sku, name(order));
        let states: Vec<&str> = fitting.iter().map(|state| state.as_str()).collect();
        let phase = order.phase().as_str();
        let expected = format!("{} as the order is {phase}", states.join(" or "));
        (place, Finding::new(what, expected, reservation.state.as_str(), MEND_STOCK))
    })
}

/// What makes a reservation fit its order: the state that the ledger tells, and where that still
/// holds units for an order that is over, their end.
pub(super) fn reservation_cure(order: &Order, kept: &Reservation, told: HoldTold) -> Option<Cure> {
    let HoldTold::Stands(told, units) = told else { return None };
    if units != i64::from(kept.quantity.units()) {
        return None;
    }
    if told != kept.state {
        let (sku, location) = (kept.sku.clone(), kept.location.clone());
        let (order, found) = (kept.order, kept.state);
        return Some(Cure::of(Repair::Reservation { order, sku, location, found, told }));
    }
    let end = match order.phase() {
        Phase::Confirmed | Phase::Cancelled => ReservationState::Committed,
        Phase::Failed => ReservationState::Released,
        Phase::Pending => return None,
    };
    let settle = Repair::Settle { order: order.id(), version: order.version(), end };
    (told == ReservationState::Held).then(|| Cure::of(settle))
}

/// Holds the units that an order's reservations are of against what its lines take.
pub(super) fn against_units(order: &Order, kept: &[Reservation]) -> Option<Finding> {
    let lines = order.placed().lines.iter().flat_map(|line| &line.stock);
    let taken = sum(lines.map(|part| (&part.sku, &part.location, part.quantity.units())));
    let reserved = sum(kept.iter().map(|kept| (&kept.sku, &kept.location, kept.quantity.units())));
    (taken != reserved).then(|| {
        let what = format!("units reserved for {}", name(order));
        Finding::new(what, listed(&taken), listed(&reserved), MEND_STOCK)
    })
}

type Units<'a> = BTreeMap<(&'a Sku, &'a Location), u64>;

fn sum<'a>(parts: impl Iterator<Item = (&'a Sku, &'a Location, u32)>) -> Units<'a> {
    let mut units = Units::new();
    for (sku, location, count) in parts {
        let sum = units.entry((sku, location)).or_default();
        *sum = sum.saturating_add(u64::from(count));
    }
    units
}

fn listed(units: &Units<'_>) -> String {
    if units.is_empty() {
        return "none".to_owned();
    }
    let parts =
        units.iter().map(|((sku, at), units)| format!("{units} of {sku} at {}", at.as_str()));
    parts.collect::<Vec<_>>().join(", ")
}

/// Holds an order that did not fail against what its cart became.
pub(super) fn against_cart(order: &Order, became: Option<OrderId>) -> Option<Finding> {
    if order.phase() == Phase::Failed || became == Some(order.id()) {
        return None;
    }
    let found = became.map_or("no order".to_owned(), |other| format!("order {other}"));
    let what = format!("cart of {}", name(order));
    Some(Finding::new(what, format!("order {}", order.id()), found, MEND_CART))
}
