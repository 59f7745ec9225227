use super::*;
use crate::domain::shared::{
    Availability, Location, OrderId, Quantity, Sku, StockPolicy, Timestamp,
};
use proptest::prelude::*;

fn sku() -> Sku {
    Sku::try_new("LAMP-1").unwrap()
}

fn item(policy: StockPolicy) -> StockItem {
    StockItem::new(sku(), Location::main(), policy)
}

fn event(kind: StockEventKind, quantity: i64) -> StockEvent {
    StockEvent {
        sku: sku(),
        location: Location::main(),
        kind,
        quantity,
        order: Some(OrderId::new(uuid::Uuid::nil())),
        reason: None,
        at: Timestamp::from_micros(0),
    }
}

fn with_stock(on_hand: i64, policy: StockPolicy) -> StockItem {
    item(policy).book(&event(StockEventKind::Received, on_hand)).unwrap()
}

#[test]
fn a_reservation_beyond_what_is_free_is_refused() {
    let stock = with_stock(3, StockPolicy::Tracked);
    let stock = stock.book(&event(StockEventKind::Reserved, 2)).unwrap();
    let refused = stock.clone().book(&event(StockEventKind::Reserved, 2));
    assert_eq!(refused, Err(StockError::OutOfStock { sku: sku(), available: 1 }));
    assert_eq!((stock.on_hand(), stock.reserved(), stock.available()), (3, 2, 1));
}

#[test]
fn a_backorder_sells_below_zero_down_to_its_limit() {
    let stock = with_stock(1, StockPolicy::Backorder { limit: 2 });
    let stock = stock.book(&event(StockEventKind::Reserved, 3)).unwrap();
    let stock = stock.book(&event(StockEventKind::Committed, 3)).unwrap();
    assert_eq!((stock.on_hand(), stock.reserved(), stock.available()), (-2, 0, 0));
    assert!(stock.book(&event(StockEventKind::Reserved, 1)).is_err());
}

#[test]
fn an_adjustment_cannot_take_what_is_held() {
    let stock = with_stock(5, StockPolicy::Tracked);
    let stock = stock.book(&event(StockEventKind::Reserved, 4)).unwrap();
    assert!(stock.clone().book(&event(StockEventKind::Adjusted, -2)).is_err());
    assert_eq!(stock.book(&event(StockEventKind::Adjusted, -1)).unwrap().available(), 0);
}

#[test]
fn what_is_not_held_cannot_be_committed() {
    assert!(
        with_stock(5, StockPolicy::Tracked).book(&event(StockEventKind::Committed, 1)).is_err()
    );
}

#[test]
fn stock_that_waits_for_backorders_can_be_received_and_cancelled() {
    let stock = with_stock(0, StockPolicy::Backorder { limit: 5 });
    let stock = stock.book(&event(StockEventKind::Reserved, 5)).unwrap();
    let stock = stock.book(&event(StockEventKind::Committed, 5)).unwrap();
    let stock = stock.with_policy(StockPolicy::Tracked);
    assert_eq!(stock.book(&event(StockEventKind::Received, 2)).unwrap().on_hand(), -3);
}

#[test]
fn bands_follow_the_free_units() {
    use Availability::*;
    let band = |free, policy| Availability::of(free, policy, 5);
    assert_eq!(band(5, StockPolicy::Tracked), InStock);
    assert_eq!(band(4, StockPolicy::Tracked), LowStock);
    assert_eq!(band(0, StockPolicy::Tracked), OutOfStock);
    assert_eq!(band(0, StockPolicy::Backorder { limit: 1 }), Backorder);
    assert_eq!(band(-1, StockPolicy::Backorder { limit: 1 }), OutOfStock);
    assert_eq!(band(-9, StockPolicy::Untracked), InStock);
}

#[test]
fn allocation_prefers_one_location_and_else_splits() {
    let at = |code: &str, on_hand| {
        StockItem::restore(
            (sku(), Location::try_new(code).unwrap()),
            StockPolicy::Tracked,
            on_hand,
            0,
            crate::domain::shared::Version::FIRST,
        )
    };
    let items = [at("a", 2), at("b", 5), at("c", 4)];
    let units = |wanted| {
        allocate(&sku(), Quantity::try_new(wanted).unwrap(), &items).map(|taken| {
            taken
                .iter()
                .map(|a| (a.location.as_str().to_owned(), a.quantity.units()))
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(units(4).unwrap(), [("b".to_owned(), 4)]);
    assert_eq!(units(8).unwrap(), [("a".to_owned(), 2), ("b".to_owned(), 5), ("c".to_owned(), 1)]);
    assert_eq!(units(12), Err(StockError::OutOfStock { sku: sku(), available: 11 }));
}

#[test]
fn units_in_hand_go_before_backorders() {
    use crate::domain::shared::Version;
    let at = |code: &str, on_hand, limit| {
        let place = (sku(), Location::try_new(code).unwrap());
        StockItem::restore(place, StockPolicy::Backorder { limit }, on_hand, 0, Version::FIRST)
    };
    let units = |wanted, items: &[StockItem]| {
        let taken = allocate(&sku(), Quantity::try_new(wanted).unwrap(), items).unwrap();
        taken
            .iter()
            .map(|a| (a.location.as_str().to_owned(), a.quantity.units()))
            .collect::<Vec<_>>()
    };
    let told = |pairs: &[(&str, u32)]| -> Vec<(String, u32)> {
        pairs.iter().map(|(code, units)| ((*code).to_owned(), *units)).collect()
    };
    let owing = [at("main", -5, 10), at("east", 3, 10)];
    assert_eq!(units(1, &owing), told(&[("east", 1)]));
    assert_eq!(units(3, &owing), told(&[("east", 3)]));
    assert_eq!(units(4, &owing), told(&[("main", 1), ("east", 3)]));
    assert_eq!(units(9, &owing), told(&[("east", 9)]), "main has no room for the other six");
    let both = [at("main", 2, 10), at("east", 3, 0)];
    assert_eq!(units(5, &both), told(&[("main", 2), ("east", 3)]));
    assert_eq!(units(7, &both), told(&[("main", 4), ("east", 3)]));
    let none = [at("main", 0, 3), at("east", 0, 9)];
    assert_eq!(units(5, &none), told(&[("east", 5)]));
    assert_eq!(units(11, &none), told(&[("main", 3), ("east", 8)]));
}

#[test]
fn locations_add_up_and_one_with_backorders_takes_nothing_from_another() {
    use crate::domain::shared::Version;
    let policy = StockPolicy::Backorder { limit: 10 };
    let at = |code: &str, on_hand, reserved| {
        let place = (sku(), Location::try_new(code).unwrap());
        StockItem::restore(place, policy, on_hand, reserved, Version::FIRST)
    };
    let both = Sellable::of(policy, &[at("main", -5, 0), at("east", 4, 1)]);
    assert_eq!(both, Sellable::Units { free: 3, available: 18 });
    assert_eq!((both.band(5), both.available()), (Availability::LowStock, Some(18)));
    let pairs = both.sets_of(Quantity::try_new(4).unwrap());
    assert_eq!((pairs.band(5), pairs.available()), (Availability::Backorder, Some(4)));
    let endless = Sellable::of(StockPolicy::Untracked, &[]);
    assert_eq!((endless.band(5), endless.available()), (Availability::InStock, None));
    assert_eq!((endless.and(pairs), both.and(endless)), (pairs, both));
    assert_eq!(both.and(Sellable::NONE).band(5), Availability::OutOfStock);
}

proptest! {
    #[test]
    fn an_allocation_owes_only_what_is_in_no_hand(
        figures in proptest::collection::vec((-8_i64..9, 0_i64..4, 0_u32..9), 0..5),
        wanted in 1_i64..30,
    ) {
        use crate::domain::shared::Version;
        let items: Vec<StockItem> = figures
            .iter()
            .enumerate()
            .map(|(index, (on_hand, reserved, limit))| {
                let place = (sku(), Location::try_new(&format!("l{index}")).unwrap());
                let policy = StockPolicy::Backorder { limit: *limit };
                StockItem::restore(place, policy, *on_hand, *reserved, Version::FIRST)
            })
            .collect();
        let sum = |units: fn(&StockItem) -> i64| items.iter().map(units).sum::<i64>();
        let (available, in_hand) = (sum(StockItem::available), sum(|item| item.free().max(0)));
        match allocate(&sku(), Quantity::try_new(wanted).unwrap(), &items) {
            Err(error) => {
                prop_assert!(available < wanted);
                prop_assert_eq!(error, StockError::OutOfStock { sku: sku(), available });
            }
            Ok(taken) => {
                let (mut given, mut owed) = (0, 0);
                for part in &taken {
                    let units = i64::from(part.quantity.units());
                    let mut here = items.iter().filter(|item| *item.location() == part.location);
                    let item = here.next().unwrap();
                    prop_assert!(units <= item.available());
                    given += units;
                    owed += (units - item.free().max(0)).max(0);
                }
                let mut places: Vec<_> = taken.iter().map(|part| part.location.clone()).collect();
                places.dedup();
                prop_assert_eq!(places.len(), taken.len());
                prop_assert_eq!((given, owed), (wanted, (wanted - in_hand).max(0)));
                if items.iter().any(|item| item.free() >= wanted) {
                    prop_assert_eq!(taken.len(), 1);
                }
            }
        }
    }

    #[test]
    fn whatever_is_booked_never_oversells_and_folds_to_the_figures(
        moves in proptest::collection::vec((0_usize..8, 1_i64..20), 1..60),
        limit in 0_u32..10,
    ) {
        use StockEventKind::*;
        let kinds = [Received, Reserved, Released, Expired, Committed, Cancelled, Returned, Adjusted];
        let policy = StockPolicy::Backorder { limit };
        let mut stock = item(policy);
        let mut ledger = Vec::new();
        for (kind, quantity) in moves {
            let signed = if kinds[kind] == Adjusted { 10 - quantity } else { quantity };
            let event = event(kinds[kind], signed);
            if let Ok(next) = stock.clone().book(&event) {
                stock = next;
                ledger.push(event);
            }
            prop_assert!(stock.reserved() >= 0);
            prop_assert!(stock.free() >= -i64::from(limit));
        }
        prop_assert_eq!(ledger.iter().fold(item(policy), StockItem::fold), stock);
    }
}

#[test]
fn a_ledger_tells_where_a_reservation_stands_unless_it_contradicts_itself() {
    use StockEventKind::*;
    let told = |entries: &[(StockEventKind, i64)]| {
        let entries = entries.iter().map(|(kind, units)| event(*kind, *units));
        entries.fold(HoldTold::default(), |told, entry| told.then(&entry))
    };
    let stands = |state| HoldTold::Stands(state, 2);
    assert_eq!(told(&[]), HoldTold::Nothing);
    assert_eq!(told(&[(Reserved, 2)]), stands(ReservationState::Held));
    for (end, state) in [
        (Committed, ReservationState::Committed),
        (Released, ReservationState::Released),
        (Expired, ReservationState::Expired),
    ] {
        assert_eq!(told(&[(Reserved, 2), (end, 2)]), stands(state));
        for wrong in
            [&[(end, 2)][..], &[(Reserved, 2), (end, 1)], &[(Reserved, 2), (end, 2), (end, 2)]]
        {
            assert_eq!(told(wrong), HoldTold::Contradiction, "{wrong:?}");
        }
    }
    assert_eq!(told(&[(Reserved, 2), (Reserved, 2)]), HoldTold::Contradiction);
    let sold = [(Reserved, 2), (Committed, 2), (Returned, 1)];
    assert_eq!(told(&sold), stands(ReservationState::Committed));
}
