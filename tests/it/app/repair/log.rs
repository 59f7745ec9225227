//! What keeps events from those who wait for them, and work from those who would do it.

use ecicomm::domain::order::SagaId;
use ecicomm::ports::events::EventBody;
use sqlx::Executor as _;

use super::super::doctor::{card, order, rest};
use super::postgres::{LOST_EVENTS, Planted};
use super::{examined, order_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_nobody_would_hear_of_are_told() {
    let planted = Planted::new().await;
    let events = &planted.shop.ports.events;
    let head = events.head().await.unwrap();
    planted.mends(LOST_EVENTS, &["delivery of events from "]).await;
    let told = events.events_after(head, 10).await.unwrap();
    assert_eq!(told.len(), 3, "one for each category: {told:?}");
    for event in &told {
        assert!(matches!(event.body, EventBody::CategoryChanged(_)), "{event:?}");
    }
    rest(&planted.shop).await;

    // One that had a position once.
    let one = "DELETE FROM event_positions WHERE event_id =
        (SELECT min(id) FROM events WHERE aggregate = 'promotion')";
    let head = events.head().await.unwrap();
    planted.mends(one, &["delivery of event "]).await;
    let told = events.events_after(head, 10).await.unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(matches!(told[0].body, EventBody::PromotionChanged(_)), "{told:?}");
    rest(&planted.shop).await;
    assert_eq!(examined(&planted.shop).await.findings, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sales_are_not_counted_by_events_that_nobody_heard_of() {
    let planted = Planted::new().await;
    let one = "DELETE FROM event_positions WHERE event_id =
        (SELECT min(id) FROM events WHERE aggregate = 'promotion')";
    planted.plant(one).await;
    // Whatever it is about: what it would have told is not counted yet.
    planted.plant("UPDATE product_views SET sold = sold + 5").await;
    let report = examined(&planted.shop).await;
    let what: Vec<&str> = report.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert!(what.iter().any(|what| what.starts_with("delivery of event ")), "{what:?}");
    assert!(!what.iter().any(|what| what.starts_with("popularity")), "{what:?}");
    assert!(report.unchecked.iter().any(|what| what.starts_with("popularity")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_waits_for_its_position_is_not_lost() {
    let planted = Planted::new().await;
    let ports = &planted.shop.ports;
    let mut sequencer = planted.connect().await;
    // Nobody gives positions meanwhile.
    sequencer.execute("BEGIN; SELECT pg_advisory_xact_lock(7306356116820488301)").await.unwrap();
    let tell = "SELECT tell('category', key, 'changed', now(), NULL) FROM events
        WHERE aggregate = 'category' GROUP BY key";
    planted.plant(tell).await;
    assert_eq!(ports.events.waiting().await.unwrap(), 3);
    let looked = ports.upkeep.lost_events(None, 100_000).await.unwrap();
    assert!(looked.events > 3 && looked.next.is_none(), "{looked:?}");
    assert_eq!(looked.lost, Vec::<u64>::new());
    sequencer.execute("ROLLBACK").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_ends_too_early_goes_on_behind_its_last_event() {
    let planted = Planted::new().await;
    let (shop, events) = (&planted.shop, &planted.shop.ports.events);
    let (head, consumers) = (events.head().await.unwrap(), events.consumers().await.unwrap());
    assert!(consumers.iter().any(|consumer| consumer.position == head));
    planted.mends("UPDATE event_head SET position = position - 3", &["end of the log"]).await;
    assert_eq!(events.head().await.unwrap(), head);
    assert_eq!(events.consumers().await.unwrap(), consumers, "nobody hears of anything twice");
    order(shop, "late", card("visa")).await.unwrap();
    assert!(events.head().await.unwrap() > head);
    rest(shop).await;
    assert_eq!(examined(shop).await.findings, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_for_days_ends_and_one_for_an_hour_does_not() {
    let planted = Planted::new().await;
    let shop = &planted.shop;
    let waiting = order_of(shop, "bank").await.id();
    let until = |later: &str| format!("lease_owner = 'gone', lease_until = now() + '{later}'");
    let saga =
        |later: &str| format!("UPDATE sagas SET {} WHERE order_id = '{waiting}'", until(later));
    let consumer =
        |later: &str| format!("UPDATE consumers SET {} WHERE name = 'popularity'", until(later));
    planted.plant(&saga("1 hour")).await;
    planted.plant(&consumer("1 hour")).await;
    assert_eq!(examined(shop).await.findings, []);
    planted.mends(&saga("30 days"), &["checkout of order"]).await;
    let id = SagaId::Checkout(waiting);
    assert_eq!(shop.ports.sagas.saga(id).await.unwrap().unwrap().lease, None);
    planted.mends(&consumer("2 days"), &["lease of the consumer popularity"]).await;
    order(shop, "late", card("visa")).await.unwrap();
    rest(shop).await;
    let report = examined(shop).await;
    assert_eq!((report.findings, report.unchecked), (Vec::new(), Vec::new()), "it was counted");
}
