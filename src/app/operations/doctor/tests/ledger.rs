//! Stock against its ledger and against what orders hold.

use super::super::stock::{HeldBy, Ledger};
use super::*;
use crate::domain::inventory::{StockEvent, StockEventKind, StockItem};

fn movement(kind: StockEventKind, quantity: i64) -> StockEvent {
    let (sku, location) = (sku(), Location::main());
    StockEvent { sku, location, kind, quantity, order: None, reason: None, at: NOW }
}

fn item(on_hand: i64, reserved: i64, entries: u64) -> StockItem {
    let place = (sku(), Location::main());
    let version = Version::new(entries + 1);
    StockItem::restore(place, StockPolicy::Tracked, on_hand, reserved, version)
}

#[test]
fn figures_are_held_against_the_sum_of_their_ledger() {
    let compare = |kept: &[StockItem]| {
        let mut ledger = Ledger::of(&sku(), kept);
        ledger.add(&movement(StockEventKind::Received, 10));
        ledger.add(&movement(StockEventKind::Reserved, 3));
        ledger.compare(kept)
    };
    assert_eq!(compare(&[item(10, 3, 2)]), []);
    tells(compare(&[item(11, 3, 2)]), &["LAMP-1 at main", "expected 10 on hand", "found 11 on"]);
    tells(compare(&[item(10, 2, 2)]), &["expected 10 on hand and 3 reserved", "and 2 reserved"]);
    tells(compare(&[item(10, 3, 3)]), &["by 2 entries", "by 3 entries"]);
    tells(compare(&[]), &["expected 10 on hand", "found nothing"]);
}

#[test]
fn reserved_units_are_held_against_what_orders_hold() {
    let held = || {
        let mut held = Held::default();
        held.add(&[reservation(ReservationState::Held, 3)]);
        held.add(&[reservation(ReservationState::Expired, 9)]);
        held
    };
    let three = HeldBy::from([(pending().id(), 3)]);
    let compare = |kept: &StockItem, by: &HeldBy| stock::against_held(kept, by, &three);
    let mut right = held();
    assert_eq!(right.take(&item(10, 3, 0)), three);
    assert!(right.rest().is_empty());
    assert_eq!(compare(&item(10, 3, 0), &three), None);
    tells(compare(&item(10, 4, 0), &three), &["expected 3 held by orders", "found 4"]);
    tells(compare(&item(10, 1, 0), &HeldBy::new()), &["expected 0 held by orders", "found 1"]);
    let others = HeldBy::from([(OrderId::new(uuid(99)), 3)]);
    tells(compare(&item(10, 3, 0), &others), &["expected units of other orders", "found 3"]);
    let (of, orders, finding) = held().rest().remove(0);
    assert_eq!((of, orders), (sku(), [pending().id()].into()));
    tells([finding], &["reserved units of LAMP-1", "expected 3", "found 0"]);
}

#[test]
fn what_was_entered_after_the_stock_was_read_is_no_finding() {
    let kept = [item(10, 3, 2)];
    let ledger = |now: &[StockItem]| {
        let mut ledger = Ledger::of(&sku(), &kept);
        ledger.add(&movement(StockEventKind::Received, 10));
        ledger.add(&movement(StockEventKind::Reserved, 3));
        assert!(!ledger.tells_more());
        ledger.add(&movement(StockEventKind::Reserved, 4));
        assert!(ledger.tells_more());
        ledger.settle(now);
        ledger
    };
    assert_eq!(ledger(&[item(10, 7, 3)]).compare(&kept), []);
    assert_eq!(ledger(&[item(12, 9, 5)]).compare(&kept), []);
    // The stock never heard of the entry.
    tells(ledger(&kept).compare(&kept), &["expected 10 on hand and 7 reserved", "by 2 entries"]);
    // It is newer, and what the stock is made of is wrong nevertheless.
    let mut wrong = Ledger::of(&sku(), &[item(11, 3, 2)]);
    wrong.add(&movement(StockEventKind::Received, 10));
    wrong.add(&movement(StockEventKind::Reserved, 3));
    wrong.add(&movement(StockEventKind::Reserved, 4));
    wrong.settle(&[item(11, 7, 3)]);
    tells(wrong.compare(&[item(11, 3, 2)]), &["expected 10 on hand and 3 reserved", "found 11"]);
}

#[test]
fn a_ledger_that_contradicts_itself_proves_nothing() {
    let kept = [item(10, 0, 3)];
    let mut ledger = Ledger::of(&sku(), &kept);
    for (kind, units) in [
        (StockEventKind::Received, 10),
        (StockEventKind::Released, 1),
        (StockEventKind::Reserved, 2),
    ] {
        ledger.add(&movement(kind, units));
    }
    let findings = ledger.compare(&kept);
    assert!(!findings[0].is_mendable());
    tells(findings, &["expected 10 on hand and 1 reserved", "the ledger contradicts itself"]);
}

#[test]
fn a_ledger_by_which_an_order_lets_go_twice_proves_nothing() {
    let kept = [item(10, 2, 6)];
    let mut ledger = Ledger::of(&sku(), &kept);
    let of = |event: StockEvent, number| StockEvent {
        order: Some(OrderId::new(Uuid::from_u128(number))),
        ..event
    };
    ledger.add(&movement(StockEventKind::Received, 10));
    for (kind, number) in [
        (StockEventKind::Reserved, 1),
        (StockEventKind::Reserved, 2),
        (StockEventKind::Expired, 1),
        (StockEventKind::Expired, 1),
    ] {
        ledger.add(&of(movement(kind, 2), number));
    }
    let findings = ledger.compare(&kept);
    assert!(!findings[0].is_mendable());
    tells(findings, &["expected 10 on hand and 0 reserved", "the ledger contradicts itself"]);
}
