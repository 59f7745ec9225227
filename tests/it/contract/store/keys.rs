//! Idempotency keys: claimed once, answered once, forgotten after their retention.

use std::sync::Arc;

use ecicomm::domain::inventory::{StockEventKind, StockItem};
use ecicomm::domain::shared::{Location, Span, StockPolicy, Version};
use ecicomm::ports::cart::{CartLineView, CartView, LineProblem};
use ecicomm::ports::idempotency::{KeyClaim, KeyId, KeyRow, KeyState, Outcome, RETENTION, Refusal};
use ecicomm::ports::store::{Conflict, SagaStep, Unique, Write};

use super::Backend;
use super::stock::{figures, moved};
use crate::harness::build::{
    OrderBuilder, at, cart, cart_line, key, order, order_id, priced_basket, product, sku,
};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            keys,
            [
                a_key_reads_back_with_whatever_its_request_came_to,
                what_is_not_there_is_none,
                a_key_is_used_once,
                a_used_key_keeps_the_whole_unit_out,
                of_many_who_use_a_key_exactly_one_wins,
                the_same_key_of_another_caller_is_another,
                the_key_of_an_order_waits_until_its_saga_tells,
                a_key_that_was_answered_keeps_its_answer,
                a_key_past_its_retention_is_as_good_as_new,
                pruning_forgets_the_oldest_past_their_retention,
            ]
        );
    };
}
pub(crate) use cases;

/// The retention in seconds.
const WEEK: i64 = 7 * 24 * 3_600;

fn plain(number: u128) -> OrderBuilder {
    order(number).of_downloads()
}

fn refused() -> Outcome {
    Outcome::Refused(Refusal::CartOrdered)
}

fn finish(claim: KeyClaim, outcome: Outcome) -> Write {
    Write::FinishKey { claim, outcome }
}

async fn state(b: &Backend, claim: &KeyClaim) -> Option<KeyState> {
    let row = b.keys.key(&claim.id, at(0)).await.unwrap();
    row.map(|row| row.state.clone())
}

fn refusals() -> Vec<Refusal> {
    let line = cart_line(1, 2);
    let shown = cart(1, at(0)).add(line.clone(), at(1)).unwrap();
    let priced = priced_basket(2);
    let problem = Some(LineProblem::InsufficientStock { available: 1 });
    let lines = vec![CartLineView { line, priced: Some(priced.lines()[0].clone()), problem }];
    let view = CartView { cart: Arc::new(shown), lines, priced };
    let text = |text: &str| text.to_owned();
    vec![
        Refusal::InsufficientStock { sku: text("SKU-1"), available: 3 },
        Refusal::StockBelowZero { sku: text("SKU-1") },
        Refusal::ProductUnavailable { sku: text("SKU-1") },
        Refusal::CartChanged { detail: text("dearer"), cart: Some(Arc::new(view)) },
        Refusal::CartChanged { detail: text("gone"), cart: None },
        Refusal::CartOrdered,
        Refusal::CouponNotApplicable { code: text("SPRING"), reason: text("used up") },
        Refusal::NoShippingOption,
        Refusal::PaymentDeclined { reason: text("card_declined"), order: order_id(1) },
        Refusal::OrderFailed { reason: text("timeout") },
        Refusal::InvalidTransition { detail: text("it was sent") },
        Refusal::Duplicate { what: Unique::Sku, value: text("SKU-1") },
        Refusal::InUse { detail: text("it has children") },
    ]
}

pub async fn a_key_reads_back_with_whatever_its_request_came_to(b: Backend) {
    let item = StockItem::restore(
        (sku("SKU-1"), Location::main()),
        StockPolicy::Backorder { limit: 2 },
        5,
        3,
        Version::new(9),
    );
    // What became of the request is kept as a reference to its order.
    b.commit([plain(1).place()]).await;
    let order = plain(1).build();
    let mut outcomes = vec![Outcome::Order(Arc::new(order)), Outcome::Stock(vec![item])];
    outcomes.extend(refusals().into_iter().map(Outcome::Refused));
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let claim = key(&format!("key-{number}"));
        b.commit_at(3, vec![finish(claim.clone(), outcome.clone())]).await;
        let row = b.keys.key(&claim.id, at(4)).await.unwrap().unwrap();
        let expected = KeyRow { claim, state: KeyState::Done(outcome), at: at(3) };
        assert_eq!(*row, expected);
    }
}

pub async fn what_is_not_there_is_none(b: Backend) {
    assert_eq!(state(&b, &key("one")).await, None);
}

pub async fn a_key_is_used_once(b: Backend) {
    b.commit([finish(key("one"), refused())]).await;
    let again = finish(key("one"), Outcome::Stock(Vec::new()));
    assert_eq!(b.refusal(again).await, Conflict::KeyTaken);
    let placing = plain(1).under(key("one")).place();
    assert_eq!(b.refusal(placing).await, Conflict::KeyTaken);
    assert_eq!(state(&b, &key("one")).await, Some(KeyState::Done(refused())));

    let ordering = || plain(2).of_cart(5).under(key("two")).place();
    b.commit([ordering()]).await;
    assert_eq!(b.refusal(finish(key("two"), refused())).await, Conflict::KeyTaken);
    assert_eq!(b.refusal(ordering()).await, Conflict::KeyTaken, "before `CartOrdered`");
}

pub async fn a_used_key_keeps_the_whole_unit_out(b: Backend) {
    b.commit([product(1).save(), finish(key("one"), refused())]).await;
    let unit = vec![
        moved("SKU-1", StockEventKind::Received, 5),
        finish(key("one"), Outcome::Stock(Vec::new())),
    ];
    assert_eq!(b.try_at(0, unit).await, Err(Conflict::KeyTaken));
    assert_eq!(figures(&b, "SKU-1").await, (0, 0));
}

pub async fn of_many_who_use_a_key_exactly_one_wins(b: Backend) {
    let rivals = (1..=32).map(|number| vec![plain(number).under(key("one")).place()]);
    let outcomes = b.race(rivals.collect()).await;
    let winners: Vec<usize> = (0..32).filter(|rival| outcomes[*rival].is_ok()).collect();
    assert_eq!(winners.len(), 1);
    let taken = outcomes.iter().filter(|outcome| **outcome == Err(Conflict::KeyTaken));
    assert_eq!(taken.count(), 31);
    let winner = order_id(u128::try_from(winners[0]).unwrap() + 1);
    assert_eq!(state(&b, &key("one")).await, Some(KeyState::InFlight(winner)));
}

pub async fn the_same_key_of_another_caller_is_another(b: Backend) {
    let other = |claim: KeyClaim| KeyClaim {
        id: KeyId { principal: "other".to_owned(), ..claim.id },
        ..claim
    };
    b.commit([finish(key("one"), refused())]).await;
    assert_eq!(state(&b, &other(key("one"))).await, None);
    b.commit([finish(other(key("one")), Outcome::Stock(Vec::new()))]).await;
    assert_eq!(state(&b, &key("one")).await, Some(KeyState::Done(refused())));
}

pub async fn the_key_of_an_order_waits_until_its_saga_tells(b: Backend) {
    b.commit_at(2, vec![plain(1).under(key("one")).place()]).await;
    let in_flight = Some(KeyState::InFlight(order_id(1)));
    assert_eq!(state(&b, &key("one")).await, in_flight);
    b.commit([Write::StepSaga(Box::new(plain(1).waiting(at(3))))]).await;
    assert_eq!(state(&b, &key("one")).await, in_flight, "a step that tells nothing");

    b.commit([plain(2).under(key("two")).place()]).await;
    let step = SagaStep { outcome: Some(refused()), ..plain(2).compensating(at(4)) };
    b.commit_at(4, vec![Write::CompensateOrder(Box::new(step))]).await;
    let row = b.keys.key(&key("two").id, at(4)).await.unwrap().unwrap();
    let expected = KeyRow { claim: key("two"), state: KeyState::Done(refused()), at: at(0) };
    assert_eq!(*row, expected, "its time runs from its first use");
    assert_eq!(state(&b, &key("one")).await, in_flight);

    b.commit([plain(3).place()]).await;
    let step = SagaStep { outcome: Some(refused()), ..plain(3).confirming(at(5)) };
    b.commit([Write::ConfirmOrder(Box::new(step))]).await;
}

pub async fn a_key_that_was_answered_keeps_its_answer(b: Backend) {
    b.commit([plain(1).under(key("one")).place()]).await;
    let first = SagaStep { outcome: Some(refused()), ..plain(1).waiting(at(1)) };
    let saga = first.saga.clone().retry(0, at(2));
    b.commit([Write::StepSaga(Box::new(first))]).await;
    let outcome = Some(Outcome::Stock(Vec::new()));
    b.commit([Write::StepSaga(Box::new(SagaStep { change: None, saga, outcome }))]).await;
    assert_eq!(state(&b, &key("one")).await, Some(KeyState::Done(refused())));
}

pub async fn a_key_past_its_retention_is_as_good_as_new(b: Backend) {
    assert_eq!(RETENTION, Span::seconds(WEEK));
    b.commit([plain(1).under(key("one")).place()]).await;
    let known = async |seconds| b.keys.key(&key("one").id, at(seconds)).await.unwrap().is_some();
    assert!(known(WEEK - 1).await);
    assert!(!known(WEEK).await);
    let early = b.try_at(WEEK - 1, vec![finish(key("one"), refused())]).await;
    assert_eq!(early, Err(Conflict::KeyTaken));
    b.commit_at(WEEK, vec![finish(key("one"), refused())]).await;
    assert!(known(2 * WEEK - 1).await);

    // The order that had the key before must not answer in its place now.
    let outcome = Some(Outcome::Stock(Vec::new()));
    let late = SagaStep { outcome, ..plain(1).confirming(at(WEEK)) };
    b.commit([Write::ConfirmOrder(Box::new(late))]).await;
    let row = b.keys.key(&key("one").id, at(WEEK)).await.unwrap().unwrap();
    assert_eq!(row.state, KeyState::Done(refused()));
}

pub async fn pruning_forgets_the_oldest_past_their_retention(b: Backend) {
    for (name, seconds) in [("b", 1), ("a", 2), ("c", 0), ("d", 9)] {
        b.commit_at(seconds, vec![finish(key(name), refused())]).await;
    }
    let known = async || {
        let mut known = Vec::new();
        for name in ["a", "b", "c", "d"] {
            // Asked long before, so that what is left out was forgotten and not only hidden.
            if b.keys.key(&key(name).id, at(0)).await.unwrap().is_some() {
                known.push(name);
            }
        }
        known
    };
    assert_eq!(b.keys.expired(at(WEEK + 2), 9).await.unwrap(), 3);
    assert_eq!(b.keys.expired(at(WEEK + 2), 2).await.unwrap(), 2);
    b.commit_at(WEEK + 2, vec![Write::PruneKeys { most: 2 }]).await;
    assert_eq!(b.keys.expired(at(WEEK + 2), 9).await.unwrap(), 1);
    assert_eq!(known().await, ["a", "d"]);
    b.commit_at(WEEK + 2, vec![Write::PruneKeys { most: 2 }]).await;
    assert_eq!(known().await, ["d"]);
}
