//! The event log: everything that happened in one sequence, and who has heard of it.

use std::collections::BTreeMap;

use ecicomm::domain::inventory::StockEventKind;
use ecicomm::domain::order::OrderEvent;
use ecicomm::domain::shared::{Location, Version};
use ecicomm::ports::events::{Aggregate, Event, EventBody, ParkedEvent};
use ecicomm::ports::store::{Conflict, ParkedOutcome, Write};
use tokio::task::JoinSet;

use super::Backend;
use super::stock::moved;
use crate::harness::build::{
    at, category, category_id, lease, order, order_id, product, product_id, revised, save_category,
    save_product, sku, text,
};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            events,
            [
                what_happens_is_told_in_the_order_of_the_writes,
                events_are_read_behind_a_position,
                a_refused_unit_tells_of_nothing,
                racing_commits_leave_no_gap_and_keep_the_order_of_each_aggregate,
                who_waits_is_woken_by_the_next_event,
                a_wait_that_is_given_up_harms_no_other,
                a_consumer_is_played_by_one_at_a_time,
                of_many_who_lease_a_consumer_exactly_one_gets_it,
                a_consumer_moves_only_from_where_it_is,
                an_effect_and_the_move_past_its_event_happen_exactly_once,
                events_set_aside_are_kept_by_position,
                an_event_set_aside_is_retried_given_up_replayed_and_done,
                dead_letters_are_read_in_pages,
            ]
        );
    };
}
pub(crate) use cases;

fn advance(from: u64, to: u64, park: Vec<ParkedEvent>) -> Write {
    Write::AdvanceConsumer { consumer: "search".to_owned(), from, to, park }
}

fn settle(position: u64, outcome: ParkedOutcome) -> Write {
    Write::SettleParked { consumer: "search".to_owned(), position, outcome }
}

async fn leased(b: &Backend, name: &str, owner: &str, until: i64, now: i64) -> Option<u64> {
    let lease = lease(owner, at(until));
    let consumer = b.events.lease_consumer(name, lease, at(now)).await.unwrap();
    consumer.map(|consumer| {
        assert_eq!(consumer.name, name);
        consumer.position
    })
}

async fn positions(b: &Backend) -> Vec<(String, u64)> {
    let consumers = b.events.consumers().await.unwrap();
    consumers.into_iter().map(|consumer| (consumer.name, consumer.position)).collect()
}

pub async fn what_happens_is_told_in_the_order_of_the_writes(b: Backend) {
    b.commit([save_category(&category(1, "Beds"))]).await;
    let unit = vec![
        product(1).save(),
        moved("SKU-1", StockEventKind::Received, 5),
        Write::AddPopularity { product: product_id(1), units: 2 },
    ];
    b.commit_at(7, unit).await;
    b.commit([order(1).place()]).await;
    let remove = Write::DeleteCategory { id: category_id(1), expected: Version::FIRST };
    b.commit([remove]).await;

    let events = b.all_events().await;
    let placed = OrderEvent::Placed(order(1).build().placed().clone().into());
    let stock = Aggregate::Stock(sku("SKU-1"), Location::main());
    let told: Vec<(&Aggregate, u64)> =
        events.iter().map(|event| (&event.aggregate, event.sequence)).collect();
    assert_eq!(
        told,
        [
            (&Aggregate::Category(category_id(1)), 1),
            (&Aggregate::Product(product_id(1)), 1),
            (&stock, 1),
            (&Aggregate::Product(product_id(1)), 2),
            (&Aggregate::Order(order_id(1)), 1),
            (&stock, 2),
            (&Aggregate::Category(category_id(1)), 2),
        ]
    );
    let bodies: Vec<&EventBody> = events.iter().map(|event| &event.body).collect();
    assert_eq!(*bodies[0], EventBody::CategoryChanged(category_id(1)));
    assert_eq!(*bodies[1], EventBody::ProductSaved(product_id(1), Version::FIRST));
    assert_eq!(*bodies[3], EventBody::PopularityMoved(product_id(1)));
    assert_eq!(*bodies[4], EventBody::Order(order_id(1), placed));
    assert_eq!(*bodies[6], EventBody::CategoryChanged(category_id(1)));
    let ledger = super::stock::ledger(&b, "SKU-1").await;
    assert_eq!(*bodies[2], EventBody::Stock(ledger[0].clone()));
    assert_eq!(*bodies[5], EventBody::Stock(ledger[1].clone()));
    let times: Vec<_> = events.iter().map(|event| event.at).collect();
    assert_eq!(times, [0, 7, 7, 7, 0, 0, 0].map(at));
}

pub async fn events_are_read_behind_a_position(b: Backend) {
    assert_eq!(b.events.head().await.unwrap(), 0);
    assert!(b.all_events().await.is_empty());
    b.commit((1..=3).map(|number| product(number).save())).await;
    let read = async |position, most| {
        let events = b.events.events_after(position, most).await.unwrap();
        events.iter().map(|event| event.position).collect::<Vec<u64>>()
    };
    assert_eq!(b.events.head().await.unwrap(), 3);
    assert_eq!(read(0, 1).await, [1]);
    assert_eq!(read(1, 2).await, [2, 3]);
    assert_eq!(read(2, 9).await, [3]);
    assert!(read(3, 9).await.is_empty());
}

pub async fn a_refused_unit_tells_of_nothing(b: Backend) {
    b.commit([product(1).save()]).await;
    let unit = vec![product(2).save(), product(1).save()];
    assert_eq!(b.try_at(0, unit).await, Err(Conflict::Stale("product")));
    assert_eq!(b.events.head().await.unwrap(), 1);
    b.commit([product(3).save()]).await;
    let events = b.all_events().await;
    assert_eq!((events.len(), events[1].position), (2, 2), "no position was lost");
}

/// Checks that positions and the sequences of each aggregate have no gap and go up together.
fn check_sequences(events: &[Event]) {
    let mut last: BTreeMap<&Aggregate, u64> = BTreeMap::new();
    for (expected, event) in (1..).zip(events) {
        assert_eq!(event.position, expected);
        let before = last.insert(&event.aggregate, event.sequence).unwrap_or(0);
        assert_eq!(event.sequence, before + 1, "{:?}", event.aggregate);
    }
}

pub async fn racing_commits_leave_no_gap_and_keep_the_order_of_each_aggregate(b: Backend) {
    b.commit((1..=3).map(|number| product(number).save())).await;
    let units = (0..60).map(|number| {
        let code = format!("SKU-{}", number % 3 + 1);
        let product = product_id(number % 3 + 1);
        vec![moved(&code, StockEventKind::Received, 1), Write::AddPopularity { product, units: 1 }]
    });
    b.race(units.collect()).await;
    let events = b.all_events().await;
    assert_eq!(events.len(), 3 + 120);
    check_sequences(&events);
    for number in 1..=3 {
        let aggregate = Aggregate::Stock(sku(&format!("SKU-{number}")), Location::main());
        let told = events.iter().filter(|event| event.aggregate == aggregate);
        assert_eq!(told.count(), 20);
    }
}

pub async fn who_waits_is_woken_by_the_next_event(b: Backend) {
    b.commit([product(1).save()]).await;
    b.events.wait_after(0).await.unwrap();
    let waiters = (0..4).map(|_| {
        let events = b.events.clone();
        tokio::spawn(async move {
            events.wait_after(1).await.unwrap();
            events.head().await.unwrap()
        })
    });
    let waiters: Vec<_> = waiters.collect();
    b.commit([product(2).save()]).await;
    for waiter in waiters {
        assert!(waiter.await.unwrap() >= 2);
    }
}

pub async fn a_wait_that_is_given_up_harms_no_other(b: Backend) {
    {
        let mut given_up = b.events.wait_after(0);
        let polled = futures_util::future::poll_immediate(&mut given_up).await;
        assert!(polled.is_none(), "there is nothing yet");
    }
    let events = b.events.clone();
    let other = tokio::spawn(async move { events.wait_after(0).await });
    b.commit([product(1).save()]).await;
    other.await.unwrap().unwrap();
}

pub async fn a_consumer_is_played_by_one_at_a_time(b: Backend) {
    assert!(positions(&b).await.is_empty());
    assert_eq!(leased(&b, "search", "one", 5, 0).await, Some(0), "a new one is made");
    assert_eq!(leased(&b, "search", "two", 9, 4).await, None);
    assert_eq!(leased(&b, "mail", "two", 9, 4).await, Some(0));
    assert_eq!(leased(&b, "search", "one", 10, 4).await, Some(0), "its owner goes on");
    assert_eq!(leased(&b, "search", "two", 14, 9).await, None);
    assert_eq!(leased(&b, "search", "two", 15, 10).await, Some(0), "the lease ended");
    assert_eq!(leased(&b, "search", "one", 20, 11).await, None);
    let names = [("mail".to_owned(), 0), ("search".to_owned(), 0)];
    assert_eq!(positions(&b).await, names);
}

pub async fn of_many_who_lease_a_consumer_exactly_one_gets_it(b: Backend) {
    let mut rivals = JoinSet::new();
    for number in 0..32 {
        let b = b.clone();
        rivals.spawn(async move { leased(&b, "search", &format!("worker-{number}"), 5, 0).await });
    }
    let leases = rivals.join_all().await;
    assert_eq!(leases.iter().flatten().count(), 1);
}

pub async fn a_consumer_moves_only_from_where_it_is(b: Backend) {
    b.commit((1..=3).map(|number| product(number).save())).await;
    assert_eq!(b.refusal(advance(0, 1, vec![])).await, Conflict::Stale("consumer"));
    leased(&b, "search", "one", 5, 0).await;
    b.commit([advance(0, 2, vec![])]).await;
    assert_eq!(b.refusal(advance(0, 1, vec![])).await, Conflict::Stale("consumer"));
    assert_eq!(leased(&b, "search", "two", 9, 1).await, None, "moving ends no lease");
    assert_eq!(leased(&b, "search", "one", 9, 1).await, Some(2));
    b.commit([advance(2, 0, vec![])]).await;
    assert_eq!(positions(&b).await, [("search".to_owned(), 0)], "set back, to hear it again");
}

pub async fn an_effect_and_the_move_past_its_event_happen_exactly_once(b: Backend) {
    b.commit([product(1).save()]).await;
    leased(&b, "search", "one", 5, 0).await;
    let unit = || {
        let sold = Write::AddPopularity { product: product_id(1), units: 1 };
        vec![sold, advance(0, 1, vec![])]
    };
    let outcomes = b.race((0..16).map(|_| unit()).collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.contains(&Err(Conflict::Stale("consumer"))));
    let view = b.catalog.product(product_id(1)).await.unwrap().unwrap();
    assert_eq!(view.popularity, 1);
}

/// Sets the events of three edits of a product aside.
async fn three_parked(b: &Backend) -> Vec<ParkedEvent> {
    let first = product(1).build();
    let second = revised(&first, |content| content.name = text("Second"));
    let third = revised(&second, |content| content.name = text("Third"));
    b.commit([&first, &second, &third].map(save_product)).await;
    leased(b, "search", "one", 5, 0).await;
    let events = b.all_events().await;
    let park = |event: Event| ParkedEvent {
        attempts: u32::from(event.position == 1),
        due: at(i64::try_from(event.position).unwrap()),
        reason: if event.position == 1 { "away".to_owned() } else { String::new() },
        dead: false,
        event,
    };
    let parked: Vec<ParkedEvent> = events.into_iter().map(park).collect();
    let late_first = vec![parked[2].clone(), parked[0].clone(), parked[1].clone()];
    b.commit([advance(0, 3, late_first)]).await;
    parked
}

async fn parked(b: &Backend) -> Vec<ParkedEvent> {
    b.events.parked("search", 10).await.unwrap()
}

pub async fn events_set_aside_are_kept_by_position(b: Backend) {
    assert!(parked(&b).await.is_empty());
    let expected = three_parked(&b).await;
    assert_eq!(parked(&b).await, expected);
    assert_eq!(b.events.parked("search", 2).await.unwrap(), expected[..2]);
    assert!(b.events.parked("mail", 9).await.unwrap().is_empty());
    assert_eq!(positions(&b).await, [("search".to_owned(), 3)]);
    let stale = b.try_at(0, vec![advance(9, 10, vec![expected[0].clone()])]).await;
    assert_eq!(stale, Err(Conflict::Stale("consumer")));
}

pub async fn an_event_set_aside_is_retried_given_up_replayed_and_done(b: Backend) {
    let first = three_parked(&b).await.remove(0);
    let reason = || "still away".to_owned();
    let retry = ParkedOutcome::Retry { attempts: 2, due: at(9), reason: reason() };
    b.commit([settle(1, retry)]).await;
    let retried = ParkedEvent { attempts: 2, due: at(9), reason: reason(), ..first };
    assert_eq!(parked(&b).await[0], retried);

    let given_up = ParkedOutcome::Dead { attempts: 3, reason: "for good".to_owned() };
    b.commit([settle(1, given_up)]).await;
    assert_eq!(parked(&b).await.len(), 2);
    let dead = b.events.dead_letters("search", None, 9).await.unwrap().items;
    let reason = "for good".to_owned();
    let expected = ParkedEvent { attempts: 3, reason, dead: true, ..retried };
    assert_eq!(dead, [expected]);

    b.commit_at(50, vec![settle(1, ParkedOutcome::Replay)]).await;
    let replayed = parked(&b).await.remove(0);
    assert_eq!((replayed.attempts, replayed.due, replayed.dead), (0, at(50), false));
    assert!(b.events.dead_letters("search", None, 9).await.unwrap().items.is_empty());

    b.commit([settle(1, ParkedOutcome::Done)]).await;
    assert_eq!(parked(&b).await.len(), 2);
    let again = settle(1, ParkedOutcome::Done);
    assert_eq!(b.refusal(again).await, Conflict::Stale("parked event"));
}

pub async fn dead_letters_are_read_in_pages(b: Backend) {
    three_parked(&b).await;
    for position in [3, 1, 2] {
        let given_up = ParkedOutcome::Dead { attempts: 10, reason: String::new() };
        b.commit([settle(position, given_up)]).await;
    }
    let read = async |after, limit| {
        let page = b.events.dead_letters("search", after, limit).await.unwrap();
        let positions: Vec<u64> = page.items.iter().map(|dead| dead.event.position).collect();
        (positions, page.next)
    };
    assert_eq!(read(None, 1).await, (vec![1], Some(1)));
    assert_eq!(read(Some(1), 1).await, (vec![2], Some(2)));
    assert_eq!(read(Some(2), 1).await, (vec![3], None));
    assert_eq!(read(None, 3).await, (vec![1, 2, 3], None));
    assert_eq!(read(Some(3), 3).await, (vec![], None));
}
