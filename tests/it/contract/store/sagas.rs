//! Sagas: stepped on their version, and claimed by one process at a time.

use ecicomm::domain::order::{
    CheckoutState, Effect, Note, OrderChange, Phase, RefundJobState, Saga, SagaId, SagaPlan,
};
use ecicomm::domain::shared::{OrderId, RefundId, Timestamp};
use ecicomm::ports::order::SagasAt;
use ecicomm::ports::store::{Conflict, OrderUpdate, SagaStep, Write};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::Backend;
use crate::harness::build::{OrderBuilder, at, lease, order, order_id};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            sagas,
            [
                a_saga_reads_back_with_every_field,
                a_saga_steps_only_from_the_version_it_has,
                a_saga_begins_once,
                a_saga_may_begin_with_a_change_of_its_order,
                a_step_without_a_change_leaves_the_order,
                a_claim_keeps_others_out_until_it_ends,
                a_claim_changes_no_version,
                what_is_over_or_not_due_cannot_be_claimed,
                of_many_who_claim_a_saga_exactly_one_gets_it,
                due_sagas_come_longest_due_first,
                many_who_claim_what_is_due_share_it,
                the_next_is_due_when_it_may_be_claimed,
                open_sagas_are_those_under_way_and_those_a_person_must_see,
                sagas_are_counted_by_what_they_do_next,
            ]
        );
    };
}
pub(crate) use cases;

fn plain(number: u128) -> OrderBuilder {
    order(number).of_downloads()
}

fn checkout(number: u128) -> SagaId {
    SagaId::Checkout(order_id(number))
}

async fn kept(b: &Backend, number: u128) -> Saga {
    b.sagas.saga(checkout(number)).await.unwrap().unwrap()
}

fn step(saga: Saga) -> Write {
    Write::StepSaga(Box::new(SagaStep { change: None, saga, outcome: None }))
}

/// Places orders whose checkouts are free, each due at its own time.
async fn due_at(b: &Backend, dues: &[(u128, i64)]) {
    for (number, seconds) in dues {
        b.commit([plain(*number).place()]).await;
        let plan = SagaPlan::Checkout(CheckoutState::Paying);
        let free = plain(*number).placing().saga.advance(plan, &[], at(*seconds));
        b.commit([step(free)]).await;
    }
}

async fn claim(b: &Backend, number: u128, owner: &str, until: i64, now: i64) -> Option<Saga> {
    b.sagas.claim(checkout(number), lease(owner, at(until)), at(now)).await.unwrap()
}

async fn claim_due(b: &Backend, owner: &str, now: i64, most: usize) -> Vec<OrderId> {
    let claimed = b.sagas.claim_due(lease(owner, at(now + 5)), at(now), most).await.unwrap();
    claimed.iter().map(|saga| saga.id.order()).collect()
}

pub async fn a_saga_reads_back_with_every_field(b: Backend) {
    assert_eq!(b.sagas.saga(checkout(1)).await.unwrap(), None);
    b.commit([plain(1).place()]).await;
    let first = plain(1).placing().saga;
    assert_eq!(kept(&b, 1).await, first);

    let state = CheckoutState::AwaitingBuyer { until: at(99) };
    let second = first
        .advance(SagaPlan::Checkout(state), &[Effect::ActionRequired], at(3))
        .waiting(at(99))
        .leased(lease("other", at(8)));
    b.commit([step(second.clone())]).await;
    assert_eq!(kept(&b, 1).await, second);
    let third = second.retry(1_000, at(4));
    b.commit([step(third.clone())]).await;
    assert_eq!(kept(&b, 1).await, third);
}

pub async fn a_saga_steps_only_from_the_version_it_has(b: Backend) {
    let absent = step(plain(1).waiting(at(1)).saga);
    assert_eq!(b.refusal(absent).await, Conflict::Stale("saga"));
    b.commit([plain(1).place()]).await;
    let same = step(plain(1).placing().saga);
    assert_eq!(b.refusal(same).await, Conflict::Stale("saga"));

    let rivals = (0..16).map(|number| {
        let saga = plain(1).placing().saga.retry(number, at(1));
        vec![step(saga)]
    });
    let outcomes = b.race(rivals.collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(kept(&b, 1).await.attempts, 1);
}

pub async fn a_saga_begins_once(b: Backend) {
    b.commit([plain(1).place()]).await;
    let mut other = plain(2).placing();
    other.saga = plain(1).placing().saga;
    let twice = Write::PlaceOrder(Box::new(other));
    assert_eq!(b.refusal(twice).await, Conflict::Stale("saga"));
    assert_eq!(b.orders.order(order_id(2)).await.unwrap(), None);
}

pub async fn a_saga_may_begin_with_a_change_of_its_order(b: Backend) {
    b.commit([plain(1).place(), plain(1).confirm(at(1))]).await;
    let order = b.orders.order(order_id(1)).await.unwrap().unwrap();
    let refund = Saga::refund(order_id(1), RefundId::new(Uuid::from_u128(7)), at(2));
    let note = Note { text: "look".to_owned(), author: "Bo".to_owned(), at: at(2) };
    let update = Write::UpdateOrder(Box::new(OrderUpdate {
        change: order.note(note).unwrap(),
        restock: Vec::new(),
        give_back_uses: false,
        sagas: vec![refund.clone()],
    }));
    b.commit([update]).await;
    assert_eq!(b.sagas.saga(refund.id).await.unwrap(), Some(refund.clone()));
    assert_eq!(claim_due(&b, "worker", 2, 9).await, [order_id(1)]);

    let plan = SagaPlan::Refund(RefundJobState::Paid);
    b.commit([step(refund.clone().advance(plan, &[Effect::RefundPaid], at(3)))]).await;
    let paid = b.sagas.saga(refund.id).await.unwrap().unwrap();
    assert!(paid.is_over());
}

pub async fn a_step_without_a_change_leaves_the_order(b: Backend) {
    b.commit([plain(1).place()]).await;
    b.commit([step(plain(1).placing().saga.retry(0, at(1)))]).await;
    let order = b.orders.order(order_id(1)).await.unwrap().unwrap();
    assert_eq!(order.version().number(), 1);
    b.commit([plain(2).place()]).await;
    b.commit([Write::StepSaga(Box::new(plain(2).waiting(at(1))))]).await;
    let order = b.orders.order(order_id(2)).await.unwrap().unwrap();
    assert_eq!((order.version().number(), order.phase()), (2, Phase::Pending));
}

pub async fn a_claim_keeps_others_out_until_it_ends(b: Backend) {
    b.commit([plain(1).place()]).await;
    assert_eq!(claim(&b, 1, "other", 9, 4).await, None, "`test` has it for five seconds");
    assert!(claim(&b, 1, "test", 10, 4).await.is_some(), "its owner may take it again");
    assert_eq!(claim(&b, 1, "other", 14, 9).await, None);
    let taken = claim(&b, 1, "other", 15, 10).await.unwrap();
    assert_eq!(taken.lease, Some(lease("other", at(15))));
    assert_eq!(kept(&b, 1).await, taken);
    assert_eq!(claim(&b, 1, "test", 16, 11).await, None);
    assert_eq!(claim(&b, 2, "test", 16, 11).await, None, "there is no such saga");
}

pub async fn a_claim_changes_no_version(b: Backend) {
    b.commit([plain(1).place()]).await;
    let claimed = claim(&b, 1, "other", 9, 5).await.unwrap();
    assert_eq!(claimed.version, plain(1).placing().saga.version);
    b.commit([step(claimed.retry(0, at(6)))]).await;
}

pub async fn what_is_over_or_not_due_cannot_be_claimed(b: Backend) {
    due_at(&b, &[(1, 10)]).await;
    assert_eq!(claim(&b, 1, "worker", 99, 9).await, None);
    assert_eq!(claim_due(&b, "worker", 9, 9).await, []);
    assert!(claim(&b, 1, "worker", 99, 10).await.is_some());

    b.commit([plain(2).place(), plain(2).confirm(at(1))]).await;
    assert_eq!(claim(&b, 2, "worker", 99, 50).await, None);
    assert_eq!(claim_due(&b, "worker", 50, 9).await, []);
}

pub async fn of_many_who_claim_a_saga_exactly_one_gets_it(b: Backend) {
    due_at(&b, &[(1, 0)]).await;
    let mut rivals = JoinSet::new();
    for number in 0..32 {
        let b = b.clone();
        rivals.spawn(async move { claim(&b, 1, &format!("worker-{number}"), 5, 0).await });
    }
    let claims = rivals.join_all().await;
    assert_eq!(claims.iter().flatten().count(), 1);
}

pub async fn due_sagas_come_longest_due_first(b: Backend) {
    due_at(&b, &[(1, 30), (2, 10), (3, 20), (4, 10), (5, 99)]).await;
    assert_eq!(claim_due(&b, "worker", 30, 3).await, [2, 4, 3].map(order_id));
    assert_eq!(claim_due(&b, "worker", 30, 3).await, [order_id(1)]);
    assert_eq!(claim_due(&b, "worker", 30, 3).await, [], "the rest is in hand or not due");
    assert_eq!(claim_due(&b, "other", 35, 2).await, [2, 4].map(order_id), "leases ended");
}

pub async fn many_who_claim_what_is_due_share_it(b: Backend) {
    let dues: Vec<(u128, i64)> = (1..=40).map(|number| (number, 0)).collect();
    due_at(&b, &dues).await;
    let mut workers = JoinSet::new();
    for number in 0..8 {
        let b = b.clone();
        workers.spawn(async move { claim_due(&b, &format!("worker-{number}"), 0, 7).await });
    }
    let mut claimed: Vec<OrderId> = workers.join_all().await.into_iter().flatten().collect();
    claimed.sort_unstable();
    assert_eq!(claimed, (1..=40).map(order_id).collect::<Vec<_>>());
}

pub async fn the_next_is_due_when_it_may_be_claimed(b: Backend) {
    let next = async || b.sagas.next_due().await.unwrap();
    assert_eq!(next().await, None);
    due_at(&b, &[(1, 10), (2, 40)]).await;
    assert_eq!(next().await, Some(at(10)));
    claim(&b, 1, "worker", 25, 10).await.unwrap();
    assert_eq!(next().await, Some(at(25)), "it is in hand until then");
    claim(&b, 1, "worker", 60, 25).await.unwrap();
    assert_eq!(next().await, Some(at(40)));

    for number in [1, 2] {
        let plan = SagaPlan::Checkout(CheckoutState::NeedsAttention);
        b.commit([step(kept(&b, number).await.advance(plan, &[], at(61)))]).await;
    }
    assert_eq!(next().await, None::<Timestamp>);
}

pub async fn open_sagas_are_those_under_way_and_those_a_person_must_see(b: Backend) {
    let open = async |after, limit| {
        let page = b.sagas.open(after, limit).await.unwrap();
        let ids: Vec<SagaId> = page.items.iter().map(|saga| saga.id).collect();
        (ids, page.next)
    };
    assert_eq!(open(None, 5).await, (vec![], None));
    b.commit((1..=4).map(|number| plain(number).place())).await;
    b.commit([plain(1).confirm(at(1)), plain(2).compensate(at(1))]).await;
    let plan = SagaPlan::Checkout(CheckoutState::NeedsAttention);
    b.commit([step(kept(&b, 4).await.advance(plan, &[], at(1)))]).await;

    assert_eq!(open(None, 2).await, (vec![checkout(3), checkout(4)], None));
    assert_eq!(open(None, 1).await, (vec![checkout(3)], Some(checkout(3))));
    assert_eq!(open(Some(checkout(3)), 1).await, (vec![checkout(4)], None));
}

pub async fn sagas_are_counted_by_what_they_do_next(b: Backend) {
    assert_eq!(b.sagas.counts().await.unwrap(), []);
    due_at(&b, &[(1, 30), (2, 20), (3, 40)]).await;
    for number in 4..=7 {
        b.commit([plain(number).place()]).await;
    }
    b.commit([step(plain(4).waiting(at(9)).saga)]).await;
    let until = CheckoutState::AwaitingBuyer { until: at(99) };
    let acting = plain(5).placing().saga.advance(SagaPlan::Checkout(until), &[], at(7));
    let stuck = SagaPlan::Checkout(CheckoutState::NeedsAttention);
    let stuck = plain(6).placing().saga.advance(stuck, &[], at(8));
    b.commit([step(acting), step(stuck), plain(7).confirm(at(1))]).await;
    let order = b.orders.order(order_id(7)).await.unwrap().unwrap();
    let sagas = [(1, 11), (2, 12)].map(|(number, due)| {
        Saga::refund(order_id(7), RefundId::new(Uuid::from_u128(number)), at(due))
    });
    let change = OrderChange {
        expected: Some(order.version()),
        order: (*order).clone(),
        events: Vec::new(),
    };
    let refunds =
        OrderUpdate { change, restock: Vec::new(), give_back_uses: false, sagas: sagas.to_vec() };
    b.commit([Write::UpdateOrder(Box::new(refunds))]).await;
    let told = |kind: &str, step: &str, count, due| SagasAt {
        names: (kind.to_owned(), step.to_owned()),
        count,
        oldest_due: at(due),
    };
    let expected = [
        told("checkout", "awaiting_buyer", 1, 7),
        told("checkout", "needs_attention", 1, 8),
        told("checkout", "paying", 3, 20),
        told("checkout", "resolving", 1, 9),
        told("refund", "paying", 2, 11),
    ];
    assert_eq!(b.sagas.counts().await.unwrap(), expected);
}
