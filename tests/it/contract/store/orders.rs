//! Orders: kept with their events, found in many ways, each cart ordered once.

use std::sync::Arc;

use ecicomm::domain::order::{
    AppliedPromotion, Note, Order, OrderEvent, OrderStatus, PaymentMethod, Placed, ShippingChoice,
    TaxLine, Totals,
};
use ecicomm::domain::shared::{Address, AddressParts, OrderId, Timestamp};
use ecicomm::ports::order::{OrderFilter, OrderMark};
use ecicomm::ports::store::{Conflict, OrderUpdate, Unique, Write};

use super::Backend;
use crate::harness::build::{
    OrderBuilder, at, cart_id, customer_id, order, order_id, promotion_id, usd,
};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            orders,
            [
                an_order_reads_back_with_every_field_and_its_events,
                what_is_not_there_is_none,
                orders_are_read_together_in_the_order_of_their_ids,
                an_order_is_new_once_and_its_number_is_unique,
                a_change_on_another_version_is_stale,
                of_several_changes_of_one_version_exactly_one_wins,
                a_cart_becomes_one_order_until_that_fails,
                a_cart_ordered_by_many_at_once_becomes_one_order,
                orders_come_newest_first_in_pages,
                what_is_placed_between_pages_hides_and_repeats_nothing,
                filters_leave_the_others_out,
                filters_together_all_hold,
                events_are_read_in_pages,
            ]
        );
    };
}
pub(crate) use cases;

/// An order that counts no stock, so that it needs no product.
fn plain(number: u128) -> OrderBuilder {
    order(number).of_downloads()
}

fn address() -> Address {
    let parts = AddressParts {
        name: "Ada".to_owned(),
        line1: "1 Road".to_owned(),
        city: "Town".to_owned(),
        region: Some("CA".to_owned()),
        postal_code: "12345".to_owned(),
        country: "US".to_owned(),
        ..AddressParts::default()
    };
    Address::try_new(parts).unwrap()
}

/// An order with something in every field.
fn full() -> Placed {
    let placed = plain(1).of_cart(3).by_customer(4).placed;
    let promotion = AppliedPromotion {
        promotion: promotion_id(5),
        name: "Spring".to_owned(),
        code: Some("SPRING".to_owned()),
        amount: usd(100),
    };
    let tax =
        TaxLine { name: "VAT".to_owned(), rate_ppm: 72_500, amount: usd(65), included: false };
    Placed {
        totals: Totals {
            discount: usd(100),
            shipping: usd(500),
            tax: usd(65),
            included_tax: usd(0),
            total: usd(1_465),
            ..placed.totals
        },
        coupons: vec!["SPRING".to_owned()],
        promotions: vec![promotion],
        tax_lines: vec![tax],
        shipping_address: Some(address()),
        billing_address: Some(address()),
        shipping: Some(ShippingChoice { code: "flat".to_owned(), name: "Flat".to_owned() }),
        method: PaymentMethod::Card { token: "pm_card_visa".to_owned() },
        ..placed
    }
}

async fn kept(b: &Backend, number: u128) -> Arc<Order> {
    b.orders.order(order_id(number)).await.unwrap().unwrap()
}

fn note(order: &Order, text: &str) -> Write {
    let (text, author) = (text.to_owned(), "staff".to_owned());
    Write::UpdateOrder(Box::new(OrderUpdate {
        change: order.note(Note { text, author, at: at(9) }).unwrap(),
        restock: Vec::new(),
        give_back_uses: false,
        sagas: Vec::new(),
    }))
}

async fn page(
    b: &Backend,
    filter: &OrderFilter,
    after: Option<OrderMark>,
    limit: usize,
) -> (Vec<OrderId>, Option<OrderMark>) {
    let page = b.orders.orders(filter, after, limit).await.unwrap();
    (page.items.iter().map(|order| order.id()).collect(), page.next)
}

async fn found(b: &Backend, filter: OrderFilter) -> Vec<OrderId> {
    let (ids, next) = page(b, &filter, None, 100).await;
    assert_eq!(next, None);
    ids
}

pub async fn an_order_reads_back_with_every_field_and_its_events(b: Backend) {
    let mut placing = plain(1).of_cart(3).placing();
    placing.change = Order::place(full());
    b.commit([Write::PlaceOrder(Box::new(placing))]).await;
    assert_eq!(*kept(&b, 1).await, Order::place(full()).order);
    assert_eq!(b.orders.order_of_cart(cart_id(3)).await.unwrap(), Some(order_id(1)));

    b.commit([note(&*kept(&b, 1).await, "call back")]).await;
    let noted = kept(&b, 1).await;
    assert_eq!((noted.notes().len(), noted.version().number()), (1, 2));
    let events = b.orders.order_events(order_id(1), None, 10).await.unwrap().items;
    assert_eq!(events[0], OrderEvent::Placed(Arc::new(full())));
    assert_eq!(Order::fold(&events).as_ref(), Some(&*noted));
}

pub async fn what_is_not_there_is_none(b: Backend) {
    assert_eq!(b.orders.order(order_id(1)).await.unwrap(), None);
    assert_eq!(b.orders.order_of_cart(cart_id(1)).await.unwrap(), None);
    let events = b.orders.order_events(order_id(1), None, 10).await.unwrap();
    assert_eq!((events.items.len(), events.next), (0, None));
    assert_eq!(found(&b, OrderFilter::default()).await, []);
}

pub async fn orders_are_read_together_in_the_order_of_their_ids(b: Backend) {
    b.commit([plain(1).place()]).await;
    b.commit([plain(2).place()]).await;
    b.commit([note(&*kept(&b, 2).await, "call back")]).await;
    let asked = [2, 9, 1, 2].map(order_id);
    let read = b.orders.by_ids(&asked).await.unwrap();
    let (one, two) = (kept(&b, 1).await, kept(&b, 2).await);
    assert_eq!(two.notes().len(), 1);
    assert_eq!(read, [Some(two.clone()), None, Some(one), Some(two)]);
    assert_eq!(b.orders.by_ids(&[]).await.unwrap(), []);
}

pub async fn an_order_is_new_once_and_its_number_is_unique(b: Backend) {
    b.commit([plain(1).place()]).await;
    let mut twin = plain(2);
    twin.placed.number = plain(1).placed.number;
    let taken = Conflict::Taken(Unique::OrderNumber, twin.placed.number.as_str().to_owned());
    assert_eq!(b.refusal(twin.place()).await, taken);
    let mut same_id = plain(1);
    same_id.placed.number = plain(3).placed.number;
    assert_eq!(b.refusal(same_id.place()).await, Conflict::Stale("order"));
}

pub async fn a_change_on_another_version_is_stale(b: Backend) {
    b.commit([plain(1).place()]).await;
    let first = kept(&b, 1).await;
    b.commit([note(&first, "one")]).await;
    assert_eq!(b.refusal(note(&first, "two")).await, Conflict::Stale("order"));
    let absent = note(&plain(2).build(), "none");
    assert_eq!(b.refusal(absent).await, Conflict::Stale("order"));
    assert_eq!(kept(&b, 1).await.notes().len(), 1);
}

pub async fn of_several_changes_of_one_version_exactly_one_wins(b: Backend) {
    b.commit([plain(1).place()]).await;
    let first = kept(&b, 1).await;
    let notes = (0..16).map(|number| vec![note(&first, &format!("note {number}"))]);
    let outcomes = b.race(notes.collect()).await;
    let winners: Vec<usize> = (0..16).filter(|rival| outcomes[*rival].is_ok()).collect();
    assert_eq!(winners.len(), 1);
    let after = kept(&b, 1).await;
    assert_eq!(after.notes()[0].text, format!("note {}", winners[0]));
}

pub async fn a_cart_becomes_one_order_until_that_fails(b: Backend) {
    let one = || plain(1).of_cart(7);
    b.commit([one().place()]).await;
    assert_eq!(b.refusal(plain(2).of_cart(7).place()).await, Conflict::CartOrdered);
    b.commit([one().compensate(at(1))]).await;
    assert_eq!(b.orders.order_of_cart(cart_id(7)).await.unwrap(), None);

    b.commit([plain(2).of_cart(7).place()]).await;
    b.commit([plain(2).of_cart(7).confirm(at(1))]).await;
    assert_eq!(b.orders.order_of_cart(cart_id(7)).await.unwrap(), Some(order_id(2)));
    assert_eq!(b.refusal(plain(3).of_cart(7).place()).await, Conflict::CartOrdered);
}

pub async fn a_cart_ordered_by_many_at_once_becomes_one_order(b: Backend) {
    let rivals = (1..=16).map(|number| vec![plain(number).of_cart(7).place()]);
    let outcomes = b.race(rivals.collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(found(&b, OrderFilter::default()).await.len(), 1);
}

pub async fn orders_come_newest_first_in_pages(b: Backend) {
    for (number, seconds) in [(1, 10), (2, 30), (3, 20), (4, 20)] {
        b.commit([plain(number).placed_at(at(seconds)).place()]).await;
    }
    let all = OrderFilter::default();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let (ids, next) = page(&b, &all, after, 1).await;
        assert_eq!(ids.len(), 1);
        seen.extend(ids);
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [2, 4, 3, 1].map(order_id));
    assert_eq!(page(&b, &all, None, 4).await, (seen, None));
    let last = OrderMark { placed_at: at(10), order: order_id(1) };
    assert_eq!(page(&b, &all, Some(last), 4).await, (vec![], None));
}

pub async fn what_is_placed_between_pages_hides_and_repeats_nothing(b: Backend) {
    for number in 1..=4 {
        let seconds = i64::try_from(number).unwrap() * 10;
        b.commit([plain(number).placed_at(at(seconds)).place()]).await;
    }
    let all = OrderFilter::default();
    let (first, mark) = page(&b, &all, None, 2).await;
    assert_eq!(first, [4, 3].map(order_id));
    b.commit([plain(9).placed_at(at(90)).place(), plain(8).placed_at(at(15)).place()]).await;
    assert_eq!(page(&b, &all, mark, 9).await, ([2, 8, 1].map(order_id).to_vec(), None));
}

/// Four orders that differ in all that a filter asks for.
async fn assorted(b: &Backend) {
    b.commit([
        plain(1).placed_at(at(10)).by("Ada@Example.com").place(),
        plain(2).placed_at(at(20)).by("bob@example.com").by_customer(2).place(),
        plain(3).placed_at(at(30)).by("ada@example.com").by_customer(2).place(),
        plain(4).placed_at(at(40)).by_customer(1).place(),
    ])
    .await;
    b.commit([plain(1).placed_at(at(10)).by("Ada@Example.com").confirm(at(50))]).await;
}

fn between(from: Option<Timestamp>, to: Option<Timestamp>) -> OrderFilter {
    OrderFilter { placed_from: from, placed_to: to, ..OrderFilter::default() }
}

pub async fn filters_leave_the_others_out(b: Backend) {
    assorted(&b).await;
    let all = OrderFilter::default;
    let by_email = OrderFilter { email: Some("ada@example.com".to_owned()), ..all() };
    assert_eq!(found(&b, by_email.clone()).await, [3, 1].map(order_id));
    let (first, mark) = page(&b, &by_email, None, 1).await;
    assert_eq!(first, [order_id(3)]);
    assert_eq!(page(&b, &by_email, mark, 1).await, (vec![order_id(1)], None));

    let by_customer = OrderFilter { customer: Some(customer_id(2)), ..all() };
    assert_eq!(found(&b, by_customer).await, [3, 2].map(order_id));
    let number = plain(2).placed.number;
    let by_number = OrderFilter { number: Some(number), ..all() };
    assert_eq!(found(&b, by_number).await, [order_id(2)]);
    let confirmed = OrderFilter { status: Some(OrderStatus::Confirmed), ..all() };
    assert_eq!(found(&b, confirmed).await, [order_id(1)]);
    let pending = OrderFilter { status: Some(OrderStatus::Pending), ..all() };
    assert_eq!(page(&b, &pending, None, 3).await, ([4, 3, 2].map(order_id).to_vec(), None));

    assert_eq!(found(&b, between(Some(at(20)), Some(at(40)))).await, [3, 2].map(order_id));
    assert_eq!(found(&b, between(Some(at(41)), None)).await, []);
    assert_eq!(found(&b, between(None, Some(at(10)))).await, []);
    assert_eq!(found(&b, between(Some(at(30)), Some(at(20)))).await, []);
}

pub async fn filters_together_all_hold(b: Backend) {
    assorted(&b).await;
    let both = OrderFilter {
        email: Some("ada@example.com".to_owned()),
        customer: Some(customer_id(2)),
        ..between(Some(at(30)), None)
    };
    assert_eq!(found(&b, both.clone()).await, [order_id(3)]);
    assert_eq!(found(&b, OrderFilter { status: Some(OrderStatus::Failed), ..both }).await, []);
    let number = Some(plain(2).placed.number);
    let other = OrderFilter { number, customer: Some(customer_id(1)), ..OrderFilter::default() };
    assert_eq!(found(&b, other).await, []);
    let late = OrderFilter { number, ..between(Some(at(21)), None) };
    assert_eq!(found(&b, late).await, []);
}

pub async fn events_are_read_in_pages(b: Backend) {
    b.commit([plain(1).place(), plain(1).confirm(at(1))]).await;
    b.commit([note(&*kept(&b, 1).await, "sent")]).await;
    let names = async |after, limit| {
        let page = b.orders.order_events(order_id(1), after, limit).await.unwrap();
        let names: Vec<&str> = page.items.iter().map(OrderEvent::name).collect();
        (names, page.next)
    };
    assert_eq!(names(None, 1).await, (vec!["placed"], Some(1)));
    assert_eq!(names(Some(1), 1).await, (vec!["confirmed"], Some(2)));
    assert_eq!(names(Some(2), 1).await, (vec!["noted"], None));
    assert_eq!(names(None, 3).await, (vec!["placed", "confirmed", "noted"], None));
    assert_eq!(names(Some(3), 3).await, (vec![], None));
}
