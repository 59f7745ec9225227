//! What would keep events from those who wait for them, work from those who would do it, and
//! products from those who look: told where it is, mended where it still is, and nowhere else.

use ecicomm::domain::order::{PromotionUse, SagaId};
use ecicomm::domain::pricing::UsageLimits;
use ecicomm::ports::store::{Conflict, Write};
use ecicomm::ports::upkeep::{Leased, LogEnd, Repair, SagaFault};

use super::Backend;
use crate::harness::build::{at, lease, order, order_id, product, product_id, promotion_id};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            mend_log,
            [
                a_log_that_ends_with_its_last_event_is_not_mended,
                an_event_that_was_told_is_not_lost,
                a_saga_that_someone_has_for_days_is_free_again,
                a_consumer_that_someone_has_for_days_is_free_again,
                a_product_that_is_shown_is_not_shown_anew,
                what_each_customer_used_is_told_in_pages,
            ]
        );
    };
}
pub(crate) use cases;

/// In seconds.
const DAY: i64 = 24 * 60 * 60;

fn mend(repair: Repair) -> Write {
    Write::Mend(Box::new(repair))
}

pub async fn a_log_that_ends_with_its_last_event_is_not_mended(b: Backend) {
    assert_eq!(b.upkeep.log_end().await.unwrap(), LogEnd { head: 0, last: 0 });
    b.commit((1..=3).map(|number| product(number).save())).await;
    assert_eq!(b.events.head().await.unwrap(), 3);
    assert_eq!(b.upkeep.log_end().await.unwrap(), LogEnd { head: 3, last: 3 });
    for (found, told) in [(3, 3), (2, 3), (3, 4)] {
        let refused = b.refusal(mend(Repair::Head { found, told })).await;
        assert_eq!(refused, Conflict::Stale("log"), "{found} to {told}");
    }
    assert_eq!(b.events.head().await.unwrap(), 3);
}

pub async fn an_event_that_was_told_is_not_lost(b: Backend) {
    b.commit((1..=5).map(|number| product(number).save())).await;
    let mut after = None;
    loop {
        let looked = b.upkeep.lost_events(after, 2).await.unwrap();
        assert_eq!(looked.lost, Vec::<u64>::new());
        after = looked.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(b.events.head().await.unwrap(), 5);
    for lost in [vec![1], vec![1, 2], vec![9_999]] {
        let refused = b.refusal(mend(Repair::Events { lost })).await;
        assert_eq!(refused, Conflict::Stale("log"));
    }
    assert_eq!(b.events.head().await.unwrap(), 5, "nothing is told twice");
}

pub async fn a_saga_that_someone_has_for_days_is_free_again(b: Backend) {
    b.commit([order(1).of_downloads().place()]).await;
    let id = SagaId::Checkout(order_id(1));
    let claim = async |owner: &str, until: i64| {
        b.sagas.claim(id, lease(owner, at(until)), at(10)).await.unwrap().is_some()
    };
    let wrong = async || {
        let wrong = b.upkeep.wrong_sagas(&[order_id(1)], at(10)).await.unwrap();
        wrong.into_iter().map(|(saga, fault)| (saga.id, fault)).collect::<Vec<_>>()
    };
    let end = || vec![mend(Repair::Lease { of: Leased::Saga(id) })];
    assert!(claim("one", 10 + DAY).await);
    assert_eq!(wrong().await, []);
    assert_eq!(b.try_at(10, end()).await, Err(Conflict::Stale("saga")));
    assert!(claim("one", 11 + DAY).await);
    assert_eq!(wrong().await, [(id, SagaFault::Lease)]);
    assert!(!claim("two", 15).await);
    b.commit_at(10, end()).await;
    assert_eq!(wrong().await, []);
    assert_eq!(b.sagas.saga(id).await.unwrap().unwrap().lease, None);
    assert_eq!(b.try_at(10, end()).await, Err(Conflict::Stale("saga")), "it has ended");
    assert!(claim("two", 15).await);
}

pub async fn a_consumer_that_someone_has_for_days_is_free_again(b: Backend) {
    b.commit([product(1).save()]).await;
    let take = async |owner: &str, until: i64| {
        b.events.lease_consumer("mail", lease(owner, at(until)), at(10)).await.unwrap()
    };
    let stuck = async || b.upkeep.stuck_consumers(at(10)).await.unwrap();
    let end = || vec![mend(Repair::Lease { of: Leased::Consumer("mail".to_owned()) })];
    assert!(take("one", 10 + DAY).await.is_some());
    let advance =
        Write::AdvanceConsumer { consumer: "mail".to_owned(), from: 0, to: 1, park: Vec::new() };
    b.commit([advance]).await;
    assert_eq!(stuck().await, Vec::<String>::new());
    assert_eq!(b.try_at(10, end()).await, Err(Conflict::Stale("consumer")));
    assert!(take("one", 11 + DAY).await.is_some());
    assert_eq!(stuck().await, ["mail"]);
    assert_eq!(take("two", 15).await, None);
    b.commit_at(10, end()).await;
    assert_eq!(stuck().await, Vec::<String>::new());
    assert_eq!(b.try_at(10, end()).await, Err(Conflict::Stale("consumer")), "it has ended");
    assert_eq!(take("two", 15).await.unwrap().position, 1, "it goes on where it was");
}

pub async fn a_product_that_is_shown_is_not_shown_anew(b: Backend) {
    b.commit((1..=3).map(|number| product(number).save())).await;
    let view = async || b.catalog.product(product_id(1)).await.unwrap().unwrap();
    let before = view().await;
    let mut after = None;
    loop {
        let page = b.upkeep.unshown(after, 2).await.unwrap();
        assert_eq!(page.items, []);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    for number in [1, 9] {
        let refused = b.refusal(mend(Repair::Unshown { product: product_id(number) })).await;
        assert_eq!(refused, Conflict::Stale("product"));
    }
    assert_eq!(view().await, before);
}

pub async fn what_each_customer_used_is_told_in_pages(b: Backend) {
    let using = |number, buyer: &str| {
        order(number).of_downloads().by(buyer).using(1, UsageLimits::default())
    };
    assert_eq!(b.upkeep.customer_uses(None, 9).await.unwrap().items, []);
    for (number, buyer) in [(1, "ada@example.com"), (2, "eve@example.com"), (3, "eve@example.com")]
    {
        b.commit([using(number, buyer).place()]).await;
    }
    let used = |customer: &str| PromotionUse {
        promotion: promotion_id(1),
        customer_key: customer.to_owned(),
    };
    let (ada, eve) = (used("ada@example.com"), used("eve@example.com"));
    let first = b.upkeep.customer_uses(None, 1).await.unwrap();
    assert_eq!(first.items, [(ada.clone(), 1)]);
    assert_eq!(first.next, Some(ada.clone()));
    let second = b.upkeep.customer_uses(Some(ada), 1).await.unwrap();
    assert_eq!((second.items, second.next), (vec![(eve, 2)], None));
}
