//! Uses of promotions: taken with an order while any remain, given back where it comes to nothing.

use ecicomm::domain::pricing::{UsageLimits, Uses};
use ecicomm::domain::shared::RefundId;
use ecicomm::ports::store::{Conflict, OrderUpdate, Write};
use uuid::Uuid;

use super::Backend;
use crate::harness::build::{OrderBuilder, at, order, order_id, promotion_id};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            uses,
            [
                uses_are_counted_in_all_and_by_customer,
                no_more_uses_are_taken_than_there_are,
                a_customer_takes_no_more_uses_than_are_theirs,
                the_last_use_goes_to_exactly_one_of_many,
                a_failed_order_gives_its_use_back,
                a_cancelled_order_gives_its_use_back_where_that_is_asked,
            ]
        );
    };
}
pub(crate) use cases;

const NONE: UsageLimits = UsageLimits { total: None, per_customer: None };

/// An order of one who uses promotion 1.
fn using(number: u128, buyer: &str, limits: UsageLimits) -> OrderBuilder {
    order(number).of_downloads().by(buyer).using(1, limits)
}

async fn used(b: &Backend, customer: Option<&str>) -> Uses {
    b.pricing.uses(promotion_id(1), customer).await.unwrap()
}

fn spent() -> Conflict {
    Conflict::PromotionSpent { promotion: promotion_id(1) }
}

pub async fn uses_are_counted_in_all_and_by_customer(b: Backend) {
    assert_eq!(used(&b, Some("ada@example.com")).await, Uses::default());
    for (number, buyer) in [(1, "ada@example.com"), (2, "bob@example.com"), (3, "Ada@example.com")]
    {
        b.commit([using(number, buyer, NONE).place()]).await;
    }
    let ada = used(&b, Some("ada@example.com")).await;
    assert_eq!(ada, Uses { total: 3, by_customer: 2 });
    assert_eq!(used(&b, None).await, Uses { total: 3, by_customer: 0 });
    let other = b.pricing.uses(promotion_id(2), None).await.unwrap();
    assert_eq!(other, Uses::default());
}

pub async fn no_more_uses_are_taken_than_there_are(b: Backend) {
    let two = UsageLimits { total: Some(2), per_customer: None };
    b.commit([using(1, "a@example.com", two).place()]).await;
    b.commit([using(2, "b@example.com", two).place()]).await;
    assert_eq!(b.refusal(using(3, "c@example.com", two).place()).await, spent());
    assert_eq!(used(&b, None).await.total, 2);
    assert_eq!(b.orders.order(order_id(3)).await.unwrap(), None);
}

pub async fn a_customer_takes_no_more_uses_than_are_theirs(b: Backend) {
    let one_each = UsageLimits { total: None, per_customer: Some(1) };
    b.commit([using(1, "a@example.com", one_each).place()]).await;
    assert_eq!(b.refusal(using(2, "A@example.com", one_each).place()).await, spent());
    b.commit([using(2, "b@example.com", one_each).place()]).await;
}

pub async fn the_last_use_goes_to_exactly_one_of_many(b: Backend) {
    let one = UsageLimits { total: Some(1), per_customer: None };
    let buyers = (1..=32)
        .map(|number| vec![using(number, &format!("buyer-{number}@example.com"), one).place()]);
    let outcomes = b.race(buyers.collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Err(spent())).count(), 31);
    assert_eq!(used(&b, None).await.total, 1);
}

pub async fn a_failed_order_gives_its_use_back(b: Backend) {
    let one = UsageLimits { total: Some(1), per_customer: Some(1) };
    let buyer = "ada@example.com";
    b.commit([using(1, buyer, one).place()]).await;
    b.commit([using(1, buyer, one).compensate(at(1))]).await;
    assert_eq!(used(&b, Some(buyer)).await, Uses::default());
    b.commit([using(2, buyer, one).place()]).await;
    assert_eq!(used(&b, Some(buyer)).await, Uses { total: 1, by_customer: 1 });
}

pub async fn a_cancelled_order_gives_its_use_back_where_that_is_asked(b: Backend) {
    let buyer = "ada@example.com";
    for number in [1, 2] {
        b.commit([using(number, buyer, NONE).place()]).await;
        b.commit([using(number, buyer, NONE).confirm(at(1))]).await;
    }
    for (number, give_back_uses) in [(1, false), (2, true)] {
        let kept = b.orders.order(order_id(number)).await.unwrap().unwrap();
        let refund = RefundId::new(Uuid::from_u128(number));
        b.commit([Write::UpdateOrder(Box::new(OrderUpdate {
            change: kept.cancel("mistake".to_owned(), refund, at(2)).unwrap(),
            restock: Vec::new(),
            give_back_uses,
            sagas: Vec::new(),
        }))])
        .await;
    }
    assert_eq!(used(&b, Some(buyer)).await, Uses { total: 1, by_customer: 1 });
}
