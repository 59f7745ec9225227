//! Orders against the events they are made of, their stock, their carts and the work that is left.

use std::collections::BTreeMap;

use super::Finding;
use crate::domain::inventory::{Reservation, ReservationState};
use crate::domain::order::{Order, OrderEvent, Phase};
use crate::domain::shared::{Location, OrderId, Sku};

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

/// Holds an order against its reservations: they are for what its lines take, and where an order of
/// its phase has them.
pub(super) fn against_reservations(order: &Order, kept: &[Reservation]) -> Vec<Finding> {
    use ReservationState::{Committed, Expired, Held, Released};
    let fitting: &[ReservationState] = match order.phase() {
        Phase::Pending => &[Held, Expired],
        Phase::Failed => &[Released, Expired],
        Phase::Confirmed | Phase::Cancelled => &[Committed],
    };
    let mut findings = Vec::new();
    for reservation in kept.iter().filter(|kept| !fitting.contains(&kept.state)) {
        let what = format!("reservation of {} for {}", reservation.sku, name(order));
        let states: Vec<String> = fitting.iter().map(|state| lower(*state)).collect();
        let expected = format!("{} as the order is {}", states.join(" or "), lower(order.phase()));
        let found = lower(reservation.state);
        findings.push(Finding::new(what, expected, found, MEND_STOCK));
    }
    let lines = order.placed().lines.iter().flat_map(|line| &line.stock);
    let taken = sum(lines.map(|part| (&part.sku, &part.location, part.quantity.units())));
    let reserved = sum(kept.iter().map(|kept| (&kept.sku, &kept.location, kept.quantity.units())));
    if taken != reserved {
        let what = format!("units reserved for {}", name(order));
        findings.push(Finding::new(what, listed(&taken), listed(&reserved), MEND_STOCK));
    }
    findings
}

fn lower(state: impl std::fmt::Debug) -> String {
    format!("{state:?}").to_lowercase()
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
