//! Reservations: what an order holds, and how that ends in exactly one way.

use std::iter;

use ecicomm::domain::inventory::{Reservation, ReservationState, StockEventKind, StockItem};
use ecicomm::domain::order::Phase;
use ecicomm::domain::shared::{Allocation, Location, OrderId, RefundId, StockPolicy};
use ecicomm::ports::store::{Conflict, OrderUpdate, Restock, Write};
use futures_util::future::join_all;
use uuid::Uuid;

use super::Backend;
use super::stock::{figures, ledger, moved};
use crate::harness::build::{HOLD, at, location, order, order_id, product, sku, units};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            reservations,
            [
                a_placed_order_holds_its_stock,
                quantities_are_summed_per_sku_and_location_before_they_are_checked,
                an_order_that_is_short_is_refused_whole_and_names_the_first_short_sku,
                the_last_unit_goes_to_exactly_one_of_many,
                many_buyers_of_several_skus_never_hold_more_than_there_is,
                a_backorder_is_held_up_to_its_limit,
                a_confirmed_order_takes_its_stock_along,
                an_order_without_counted_stock_confirms,
                a_hold_that_ran_out_cannot_be_confirmed,
                a_compensated_order_gives_back_what_it_still_holds,
                a_hold_runs_out_only_when_its_time_has_come,
                overdue_orders_come_longest_overdue_first,
                an_overdue_order_is_given_to_one_sweeper_until_its_claim_ends,
                no_two_sweepers_at_once_are_given_the_same_order,
                confirmation_and_expiry_end_in_exactly_one_way,
                confirmation_and_compensation_end_in_exactly_one_way,
                units_come_back_with_what_happened_to_their_order,
                the_ledger_folds_to_the_figures,
            ]
        );
    };
}
pub(crate) use cases;

/// Plain products from 1 on, with so many units of each.
async fn stocked(b: &Backend, quantities: &[i64]) {
    for (number, quantity) in (1..).zip(quantities) {
        b.commit([product(number).save()]).await;
        if *quantity > 0 {
            let code = format!("SKU-{number}");
            b.commit([moved(&code, StockEventKind::Received, *quantity)]).await;
        }
    }
}

async fn states(b: &Backend, number: u128) -> Vec<ReservationState> {
    let kept = b.stock.reservations(order_id(number)).await.unwrap();
    kept.iter().map(|reservation| reservation.state).collect()
}

async fn kinds(b: &Backend, code: &str) -> Vec<StockEventKind> {
    ledger(b, code).await.iter().map(|event| event.kind).collect()
}

fn expire(number: u128) -> Write {
    Write::ExpireReservations { order: order_id(number) }
}

/// When every hold of an order placed at the beginning has run out, in seconds.
const LATER: i64 = 30 * 60;

pub async fn a_placed_order_holds_its_stock(b: Backend) {
    stocked(&b, &[5]).await;
    b.commit([order(1).of(&[("SKU-1", 2)]).place()]).await;
    assert_eq!(figures(&b, "SKU-1").await, (5, 2));
    let held = Reservation {
        order: order_id(1),
        sku: sku("SKU-1"),
        location: Location::main(),
        quantity: units(2),
        state: ReservationState::Held,
        held_until: at(0).plus(HOLD),
    };
    assert_eq!(b.stock.reservations(order_id(1)).await.unwrap(), [held]);
    let event = ledger(&b, "SKU-1").await.remove(1);
    assert_eq!((event.kind, event.quantity), (StockEventKind::Reserved, 2));
    assert_eq!(event.order, Some(order_id(1)));
}

pub async fn quantities_are_summed_per_sku_and_location_before_they_are_checked(b: Backend) {
    stocked(&b, &[5]).await;
    let short = Conflict::OutOfStock { sku: sku("SKU-1"), available: 5 };
    let twice = order(1).of(&[("SKU-1", 3), ("sku-1", 3)]).place();
    assert_eq!(b.refusal(twice).await, short);
    b.commit([order(1).of(&[("SKU-1", 3), ("sku-1", 2)]).place()]).await;
    let kept = b.stock.reservations(order_id(1)).await.unwrap();
    assert_eq!((kept.len(), kept[0].quantity), (1, units(5)));
    assert_eq!(figures(&b, "SKU-1").await, (5, 5));
}

pub async fn an_order_that_is_short_is_refused_whole_and_names_the_first_short_sku(b: Backend) {
    stocked(&b, &[5, 1, 0]).await;
    let greedy = order(1).of(&[("SKU-1", 2), ("SKU-2", 3), ("SKU-3", 1)]);
    let short = Conflict::OutOfStock { sku: sku("SKU-2"), available: 1 };
    assert_eq!(b.refusal(greedy.place()).await, short);
    assert_eq!(figures(&b, "SKU-1").await, (5, 0));
    assert_eq!(ledger(&b, "SKU-1").await.len(), 1);
    assert_eq!(b.stock.reservations(order_id(1)).await.unwrap(), []);
    assert_eq!(b.orders.order(order_id(1)).await.unwrap(), None);

    let elsewhere = order(1).of_at(&location("annex"), &[("SKU-1", 1)]).place();
    let none = Conflict::OutOfStock { sku: sku("SKU-1"), available: 0 };
    assert_eq!(b.refusal(elsewhere).await, none);
}

pub async fn the_last_unit_goes_to_exactly_one_of_many(b: Backend) {
    stocked(&b, &[1]).await;
    let buyers = (1..=64).map(|number| vec![order(number).place()]);
    let outcomes = b.race(buyers.collect()).await;
    let winners: Vec<usize> = (0..64).filter(|buyer| outcomes[*buyer].is_ok()).collect();
    assert_eq!(winners.len(), 1);
    let none = Conflict::OutOfStock { sku: sku("SKU-1"), available: 0 };
    let losers = outcomes.iter().filter(|outcome| **outcome == Err(none.clone()));
    assert_eq!(losers.count(), 63);
    assert_eq!(figures(&b, "SKU-1").await, (1, 1));
    let winner = u128::try_from(winners[0]).unwrap() + 1;
    assert_eq!(states(&b, winner).await, [ReservationState::Held]);
}

pub async fn many_buyers_of_several_skus_never_hold_more_than_there_is(b: Backend) {
    stocked(&b, &[20, 30]).await;
    // Half of them take the SKUs the other way round.
    let buyer = |number: u128| match number % 2 {
        0 => order(number).of(&[("SKU-1", 1), ("SKU-2", 2)]),
        _ => order(number).of(&[("SKU-2", 2), ("SKU-1", 1)]),
    };
    let outcomes = b.race((1..=60).map(|number| vec![buyer(number).place()]).collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 15);
    assert_eq!(figures(&b, "SKU-1").await, (20, 15));
    assert_eq!(figures(&b, "SKU-2").await, (30, 30));
}

pub async fn a_backorder_is_held_up_to_its_limit(b: Backend) {
    b.commit([product(1).policy(StockPolicy::Backorder { limit: 3 }).save()]).await;
    b.commit([moved("SKU-1", StockEventKind::Received, 1)]).await;
    b.commit([order(1).of(&[("SKU-1", 3)]).place()]).await;
    let short = Conflict::OutOfStock { sku: sku("SKU-1"), available: 1 };
    assert_eq!(b.refusal(order(2).of(&[("SKU-1", 2)]).place()).await, short);
    b.commit([order(1).of(&[("SKU-1", 3)]).confirm(at(0))]).await;
    assert_eq!(figures(&b, "SKU-1").await, (-2, 0));
    b.commit([order(2).of(&[("SKU-1", 1)]).place()]).await;
}

pub async fn a_confirmed_order_takes_its_stock_along(b: Backend) {
    stocked(&b, &[5, 5]).await;
    let both = || order(1).of(&[("SKU-1", 2), ("SKU-2", 1)]);
    b.commit([both().place()]).await;
    b.commit([both().confirm(at(1))]).await;
    assert_eq!(figures(&b, "SKU-1").await, (3, 0));
    assert_eq!(figures(&b, "SKU-2").await, (4, 0));
    assert_eq!(states(&b, 1).await, [ReservationState::Committed; 2]);
    let committed = ledger(&b, "SKU-1").await.remove(2);
    assert_eq!((committed.kind, committed.quantity), (StockEventKind::Committed, 2));
    assert_eq!(committed.order, Some(order_id(1)));
    let kept = b.orders.order(order_id(1)).await.unwrap().unwrap();
    assert_eq!(kept.phase(), Phase::Confirmed);
}

pub async fn an_order_without_counted_stock_confirms(b: Backend) {
    b.commit([order(1).of_downloads().place()]).await;
    b.commit([order(1).of_downloads().confirm(at(1))]).await;
    let kept = b.orders.order(order_id(1)).await.unwrap().unwrap();
    assert_eq!(kept.phase(), Phase::Confirmed);
}

pub async fn a_hold_that_ran_out_cannot_be_confirmed(b: Backend) {
    stocked(&b, &[5, 5]).await;
    let both = || order(1).of(&[("SKU-1", 2), ("SKU-2", 1)]);
    b.commit([both().place()]).await;
    b.commit_at(LATER, vec![expire(1)]).await;
    assert_eq!(figures(&b, "SKU-1").await, (5, 0));
    assert_eq!(states(&b, 1).await, [ReservationState::Expired; 2]);

    assert_eq!(b.refusal(both().confirm(at(1))).await, Conflict::ReservationLost);
    assert_eq!(figures(&b, "SKU-1").await, (5, 0));
    let kept = b.orders.order(order_id(1)).await.unwrap().unwrap();
    assert_eq!(kept.phase(), Phase::Pending, "nothing of the refused step remains");
    b.commit([both().compensate(at(2))]).await;
    assert_eq!(figures(&b, "SKU-1").await, (5, 0), "nothing is given back twice");
    assert_eq!(states(&b, 1).await, [ReservationState::Expired; 2]);
}

pub async fn a_compensated_order_gives_back_what_it_still_holds(b: Backend) {
    stocked(&b, &[5]).await;
    b.commit([order(1).of(&[("SKU-1", 2)]).place(), order(2).of(&[("SKU-1", 3)]).place()]).await;
    b.commit([order(1).of(&[("SKU-1", 2)]).compensate(at(1))]).await;
    assert_eq!(figures(&b, "SKU-1").await, (5, 3));
    assert_eq!(states(&b, 1).await, [ReservationState::Released]);
    assert_eq!(states(&b, 2).await, [ReservationState::Held]);
    assert_eq!(kinds(&b, "SKU-1").await.last(), Some(&StockEventKind::Released));
}

pub async fn a_hold_runs_out_only_when_its_time_has_come(b: Backend) {
    stocked(&b, &[5]).await;
    b.commit([order(1).of(&[("SKU-1", 2)]).place()]).await;
    let lost = Err(Conflict::ReservationLost);
    assert_eq!(b.try_at(LATER - 1, vec![expire(1)]).await, lost);
    assert_eq!(states(&b, 1).await, [ReservationState::Held]);
    b.commit_at(LATER, vec![expire(1)]).await;
    assert_eq!(kinds(&b, "SKU-1").await.last(), Some(&StockEventKind::Expired));
    let entries = ledger(&b, "SKU-1").await.len();
    assert_eq!(b.try_at(LATER, vec![expire(1)]).await, lost);
    assert_eq!(b.try_at(LATER, vec![expire(9)]).await, lost);
    assert_eq!(ledger(&b, "SKU-1").await.len(), entries, "it runs out once");
}

/// Claims at a second, until another.
async fn claim(b: &Backend, now: i64, until: i64, most: usize) -> Vec<OrderId> {
    b.stock.claim_overdue(at(until), at(now), most).await.unwrap()
}

pub async fn overdue_orders_come_longest_overdue_first(b: Backend) {
    stocked(&b, &[9]).await;
    for (number, seconds) in [(1, 20), (2, 0), (3, 10), (4, 99)] {
        b.commit([order(number).placed_at(at(seconds)).place()]).await;
    }
    // A claim that ends at once is only a look.
    let overdue = async |seconds, most| claim(&b, seconds, seconds, most).await;
    assert_eq!(overdue(LATER - 1, 10).await, []);
    assert_eq!(overdue(LATER, 10).await, [order_id(2)]);
    assert_eq!(overdue(LATER + 20, 10).await, [2, 3, 1].map(order_id));
    assert_eq!(overdue(LATER + 20, 2).await, [2, 3].map(order_id));

    b.commit([order(2).confirm(at(1))]).await;
    b.commit([order(3).placed_at(at(10)).compensate(at(11))]).await;
    b.commit_at(LATER + 20, vec![expire(1)]).await;
    let left: Vec<OrderId> = overdue(LATER + 100, 10).await;
    assert_eq!(left, [order_id(4)]);
}

pub async fn an_overdue_order_is_given_to_one_sweeper_until_its_claim_ends(b: Backend) {
    stocked(&b, &[9]).await;
    for number in 1..=4 {
        b.commit([order(number).placed_at(at(i64::try_from(number).unwrap())).place()]).await;
    }
    let (now, until) = (LATER + 9, LATER + 14);
    assert_eq!(claim(&b, now, until, 2).await, [1, 2].map(order_id));
    assert_eq!(claim(&b, now, until, 9).await, [3, 4].map(order_id));
    assert_eq!(claim(&b, until - 1, until + 5, 9).await, []);
    // Who claimed it does not matter to what ends it.
    b.commit([order(1).placed_at(at(1)).compensate(at(2))]).await;
    b.commit_at(now, vec![expire(3)]).await;
    assert_eq!(claim(&b, until, until + 5, 9).await, [2, 4].map(order_id));
}

pub async fn no_two_sweepers_at_once_are_given_the_same_order(b: Backend) {
    stocked(&b, &[60]).await;
    for number in 1..=40 {
        b.commit([order(number).of(&[("SKU-1", 1)]).place()]).await;
    }
    let sweepers = (0..8).map(|_| claim(&b, LATER, LATER + 60, 10));
    let mut claimed: Vec<OrderId> = join_all(sweepers).await.into_iter().flatten().collect();
    claimed.extend(claim(&b, LATER, LATER + 60, 40).await);
    assert_eq!(claimed.len(), 40, "each once");
    claimed.sort_unstable();
    claimed.dedup();
    assert_eq!(claimed.len(), 40, "all of them");
}

pub async fn confirmation_and_expiry_end_in_exactly_one_way(b: Backend) {
    stocked(&b, &[100]).await;
    for number in 1..=50 {
        let long_ago = || order(number).placed_at(at(-LATER));
        b.commit([long_ago().place()]).await;
        let units = vec![vec![long_ago().confirm(at(0))], vec![expire(number)]];
        let outcomes = b.race(units).await;
        let (end, lost) = match &outcomes[0] {
            Ok(()) => (ReservationState::Committed, &outcomes[1]),
            Err(_) => (ReservationState::Expired, &outcomes[0]),
        };
        assert_eq!(states(&b, number).await, [end]);
        assert_eq!(*lost, Err(Conflict::ReservationLost));
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    }
    let kinds = kinds(&b, "SKU-1").await;
    let count = |kind| kinds.iter().filter(|known| **known == kind).count();
    let (sold, expired) = (count(StockEventKind::Committed), count(StockEventKind::Expired));
    assert_eq!(sold + expired, 50);
    assert_eq!(figures(&b, "SKU-1").await, (100 - i64::try_from(sold).unwrap(), 0));
}

pub async fn confirmation_and_compensation_end_in_exactly_one_way(b: Backend) {
    stocked(&b, &[50]).await;
    for number in 1..=50 {
        b.commit([order(number).place()]).await;
        let units = vec![vec![order(number).confirm(at(0))], vec![order(number).compensate(at(0))]];
        let outcomes = b.race(units).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(outcomes.contains(&Err(Conflict::Stale("saga"))));
        let confirmed = outcomes[0].is_ok();
        let end = if confirmed { ReservationState::Committed } else { ReservationState::Released };
        assert_eq!(states(&b, number).await, [end]);
    }
}

pub async fn units_come_back_with_what_happened_to_their_order(b: Backend) {
    stocked(&b, &[5]).await;
    let one = || order(1).of(&[("SKU-1", 2)]);
    b.commit([one().place(), one().confirm(at(1))]).await;
    let kept = b.orders.order(order_id(1)).await.unwrap().unwrap();
    let refund = RefundId::new(Uuid::from_u128(1));
    let back = Restock {
        allocation: Allocation {
            sku: sku("SKU-1"),
            location: Location::main(),
            quantity: units(2),
        },
        kind: StockEventKind::Cancelled,
    };
    let elsewhere = Restock {
        allocation: Allocation { location: location("annex"), ..back.allocation.clone() },
        kind: StockEventKind::Returned,
    };
    b.commit([Write::UpdateOrder(Box::new(OrderUpdate {
        change: kept.cancel("mistake".to_owned(), refund, at(2)).unwrap(),
        restock: vec![back, elsewhere],
        give_back_uses: false,
        sagas: Vec::new(),
    }))])
    .await;
    let items = b.stock.stock(&[sku("SKU-1")]).await.unwrap().remove(0);
    let on_hand: Vec<i64> = items.iter().map(StockItem::on_hand).collect();
    assert_eq!(on_hand, [5, 2]);
    let events = ledger(&b, "SKU-1").await;
    let last = &events[events.len() - 2];
    assert_eq!((last.kind, last.quantity), (StockEventKind::Cancelled, 2));
    assert_eq!(last.order, Some(order_id(1)));
}

pub async fn the_ledger_folds_to_the_figures(b: Backend) {
    stocked(&b, &[40]).await;
    let buyer = |number: u128| {
        let quantity = i64::try_from(number % 3 + 1).unwrap();
        order(number).of(&[("SKU-1", quantity)])
    };
    b.race((1..=12).map(|number| vec![buyer(number).place()]).collect()).await;
    let ends = (1..=12).map(|number| match number % 3 {
        0 => vec![buyer(number).confirm(at(0))],
        1 => vec![buyer(number).compensate(at(0))],
        _ => vec![moved("SKU-1", StockEventKind::Adjusted, -1)],
    });
    b.race(ends.chain(iter::once(vec![expire(2)])).collect()).await;

    let kept = super::stock::item(&b, "SKU-1").await;
    let empty = StockItem::new(sku("SKU-1"), Location::main(), StockPolicy::Tracked);
    let folded = ledger(&b, "SKU-1").await.iter().fold(empty, StockItem::fold);
    assert_eq!(folded, kept);
    let mut held = 0;
    for number in 1..=12 {
        for reservation in b.stock.reservations(order_id(number)).await.unwrap() {
            if reservation.state == ReservationState::Held {
                held += i64::from(reservation.quantity.units());
            }
        }
    }
    assert_eq!(kept.reserved(), held);
}
