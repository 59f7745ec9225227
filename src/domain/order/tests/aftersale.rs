use super::*;

fn too_many(sku: &str, left: u32, action: &'static str) -> OrderError {
    OrderError::TooManyUnits { sku: sku.to_owned(), left, action }
}

#[test]
fn parcels_add_up_per_line_until_all_is_sent() {
    let order = ship(&confirmed(), 5, Some(&[units(1, 1)]));
    assert_eq!((progress_of(&order, 1).shipped, progress_of(&order, 2).shipped), (1, 0));
    let order = ship(&order, 6, Some(&[units(1, 1), units(2, 1)]));
    assert_eq!((progress_of(&order, 1).shipped, progress_of(&order, 2).shipped), (2, 1));
    assert_eq!(order.status(), OrderStatus::PartiallyShipped);
    let order = ship(&order, 7, None);
    assert_eq!(order.shipments().last().unwrap().units, [units(1, 1)]);
    assert_eq!(order.status(), OrderStatus::Shipped);
}

#[test]
fn units_named_twice_are_summed_before_they_are_checked() {
    let twice = [units(1, 2), units(2, 1), units(1, 1)];
    let order = ship(&confirmed(), 5, Some(&twice));
    assert_eq!(order.shipments()[0].units, [units(1, 3), units(2, 1)]);
    let over =
        confirmed().ship(shipment_id(5), Some(&[units(1, 2), units(1, 2)]), (None, None), NOW);
    assert_eq!(over, Err(too_many("SKU-1", 1, "shipped")));
}

#[test]
fn no_more_units_are_sent_than_are_left() {
    let order = ship(&confirmed(), 5, Some(&[units(1, 2)]));
    let more = order.ship(shipment_id(6), Some(&[units(1, 2)]), (None, None), NOW);
    assert_eq!(more, Err(too_many("SKU-1", 1, "shipped")));
    let none = order.ship(shipment_id(6), Some(&[]), (None, None), NOW);
    assert_eq!(none, Err(OrderError::Nothing("shipped")));
    let other = order.ship(shipment_id(6), Some(&[units(3, 1)]), (None, None), NOW);
    assert_eq!(other, Err(OrderError::NoSuch("line")));
}

#[test]
fn a_parcel_keeps_who_carries_it_and_when_it_left_and_arrived() {
    let sent_by = (Some("Penguin Post".to_owned()), Some("PP1".to_owned()));
    let order = after(confirmed().ship(shipment_id(5), None, sent_by, later(1)));
    let order = after(order.deliver(shipment_id(5), later(2)));
    let expected = Shipment {
        id: shipment_id(5),
        units: vec![units(1, 3), units(2, 1)],
        carrier: Some("Penguin Post".to_owned()),
        tracking: Some("PP1".to_owned()),
        shipped_at: later(1),
        delivered_at: Some(later(2)),
    };
    assert_eq!(order.shipments(), [expected]);
}

#[test]
fn a_parcel_arrives_once_and_brings_its_own_units_only() {
    let order = ship(&confirmed(), 5, Some(&[units(1, 2)]));
    let order = deliver(&ship(&order, 6, None), 5);
    assert_eq!((progress_of(&order, 1).delivered, progress_of(&order, 2).delivered), (2, 0));
    let again = order.deliver(shipment_id(5), NOW);
    assert!(matches!(again, Err(OrderError::InvalidTransition { action: "delivered", .. })));
    assert_eq!(order.deliver(shipment_id(9), NOW), Err(OrderError::NoSuch("shipment")));
}

#[test]
fn an_order_on_an_invoice_may_be_sent_before_it_is_paid() {
    let order = ship(&invoiced(), 5, None);
    assert_eq!(order.payment_status(), PaymentStatus::Pending);
    assert_eq!(after(order.capture_invoice(payment_id(), NOW)).captured(), usd(10_000));
}

#[test]
fn once_the_invoice_was_voided_nothing_more_is_sent() {
    let order = ship(&invoiced(), 5, Some(&[units(1, 1)]));
    let order = after(order.void_invoice(payment_id(), NOW));
    let rest = order.ship(shipment_id(6), None, (None, None), NOW);
    assert!(matches!(rest, Err(OrderError::InvalidTransition { action: "shipped", .. })));
    assert_eq!(ask_back(&order, 7, None).returns()[0].units, [units(1, 1)]);
}

#[test]
fn only_what_was_sent_and_is_not_coming_back_already_can_be_returned() {
    let order = ship(&confirmed(), 5, Some(&[units(1, 2)]));
    let ask = |order: &Order, parts: &[UnitsOf]| {
        order.request_return(return_id(8), Some(parts), "too dark".to_owned(), NOW)
    };
    assert_eq!(ask(&order, &[units(1, 3)]), Err(too_many("SKU-1", 2, "returned")));
    assert_eq!(ask(&order, &[units(2, 1)]), Err(too_many("SKU-2", 0, "returned")));
    let order = ask_back(&order, 6, Some(&[units(1, 1)]));
    assert_eq!(ask(&order, &[units(1, 2)]), Err(too_many("SKU-1", 1, "returned")));
    assert_eq!(ask(&order, &[]), Err(OrderError::Nothing("returned")));
    let order = ask_back(&receive(&order, 6), 7, None);
    assert_eq!(order.returns()[1].units, [units(1, 1)]);
    assert_eq!(progress_of(&order, 1).returning, 2);
    assert!(matches!(
        order.request_return(return_id(8), None, "all".to_owned(), NOW),
        Err(OrderError::InvalidTransition { action: "returned", .. })
    ));
}

#[test]
fn what_was_never_sent_cannot_be_returned_even_by_name() {
    let asked =
        confirmed().request_return(return_id(6), Some(&[units(1, 1)]), "too dark".to_owned(), NOW);
    let from = OrderStatus::Confirmed;
    assert_eq!(asked, Err(OrderError::InvalidTransition { from, action: "returned" }));
}

#[test]
fn a_return_changes_the_status_when_it_arrives_and_not_before() {
    let order = ask_back(&ship(&confirmed(), 5, None), 6, None);
    assert_eq!(order.status(), OrderStatus::Shipped);
    assert_eq!(progress_of(&order, 1).returned, 0);
    let order = receive(&order, 6);
    assert_eq!(order.status(), OrderStatus::Returned);
    assert_eq!(progress_of(&order, 1).returned, 3);
}

#[test]
fn a_return_that_came_before_the_rest_was_sent_does_not_hold_the_rest_up() {
    let order = ship(&confirmed(), 5, Some(&[units(1, 1)]));
    let order = receive(&ask_back(&order, 6, None), 6);
    assert_eq!(order.status(), OrderStatus::PartiallyReturned);
    let order = ship(&order, 7, None);
    assert_eq!(order.shipments()[1].units, [units(1, 2), units(2, 1)]);
    assert_eq!(receive(&ask_back(&order, 8, None), 8).status(), OrderStatus::Returned);
}

#[test]
fn a_return_is_received_once_and_says_whether_its_units_went_back_on_sale() {
    let order = ask_back(&ship(&confirmed(), 5, None), 6, Some(&[units(1, 1)]));
    let order = ask_back(&order, 7, Some(&[units(1, 1)]));
    let order = after(order.receive_return(return_id(6), true, refund_id(6), later(1)));
    let order = after(order.receive_return(return_id(7), false, refund_id(7), later(2)));
    let told: Vec<_> =
        order.returns().iter().map(|asked| (asked.restocked, asked.received_at)).collect();
    assert_eq!(told, [(true, Some(later(1))), (false, Some(later(2)))]);
    let again = order.receive_return(return_id(6), true, refund_id(9), NOW);
    assert!(matches!(again, Err(OrderError::InvalidTransition { action: "received", .. })));
    let unknown = order.receive_return(return_id(9), true, refund_id(9), NOW);
    assert_eq!(unknown, Err(OrderError::NoSuch("return")));
}

#[test]
fn calling_off_takes_every_unit_out_and_owes_what_was_taken() {
    let change = confirmed().cancel("changed my mind".to_owned(), refund_id(9), later(1)).unwrap();
    let names: Vec<_> = change.events.iter().map(OrderEvent::name).collect();
    assert_eq!(names, ["cancelled", "refund_requested"]);
    assert_eq!(progress_of(&change.order, 1).cancelled, 3);
    assert_eq!(progress_of(&change.order, 2).cancelled, 1);
    let owed = change.order.refund(refund_id(9)).unwrap();
    assert_eq!((owed.amount, owed.payment), (usd(10_000), payment_id()));
    assert_eq!((&owed.state, owed.requested_at), (&RefundState::Pending, later(1)));
}

#[test]
fn calling_off_owes_only_what_did_not_go_back_before() {
    let order = after(refund(&confirmed(), 8, 4_000));
    let order = after(order.cancel("late".to_owned(), refund_id(9), NOW));
    assert_eq!(order.refund(refund_id(9)).unwrap().amount, usd(6_000));
    let all_back = after(refund(&confirmed(), 8, 10_000));
    let change = all_back.cancel("late".to_owned(), refund_id(9), NOW).unwrap();
    assert_eq!(change.events.len(), 1);
}

#[test]
fn calling_an_unpaid_invoice_off_voids_it_and_a_paid_one_goes_back() {
    let names = |order: &Order| {
        let change = order.cancel("late".to_owned(), refund_id(9), NOW).unwrap();
        change.events.iter().map(OrderEvent::name).collect::<Vec<_>>()
    };
    assert_eq!(names(&invoiced()), ["cancelled", "payment_voided"]);
    let paid = after(invoiced().capture_invoice(payment_id(), NOW));
    assert_eq!(names(&paid), ["cancelled", "refund_requested"]);
    let voided = after(invoiced().void_invoice(payment_id(), NOW));
    assert_eq!(names(&voided), ["cancelled"]);
}

#[test]
fn what_left_the_house_cannot_be_called_off() {
    let order = ship(&confirmed(), 5, Some(&[units(1, 1)]));
    assert_eq!(
        order.cancel("late".to_owned(), refund_id(9), NOW),
        Err(OrderError::InvalidTransition {
            from: OrderStatus::PartiallyShipped,
            action: "cancelled"
        })
    );
}

#[test]
fn an_order_takes_at_most_so_many_parcels_and_returns() {
    let mut order =
        after(Order::place(placed(vec![line(1, 1, 600, 0)], card())).order.confirm(true, NOW));
    let one = [units(1, 1)];
    for number in 0..Order::MAX_ENTRIES {
        let number = u128::try_from(number).unwrap();
        order = ship(&order, 1_000 + number, Some(&one));
    }
    assert!(order.ship(shipment_id(5), Some(&one), (None, None), NOW).is_err());
    for number in 0..Order::MAX_ENTRIES {
        let number = u128::try_from(number).unwrap();
        order = ask_back(&order, 1_000 + number, Some(&one));
    }
    let more = order.request_return(return_id(5), Some(&one), "again".to_owned(), NOW);
    assert!(matches!(more, Err(OrderError::InvalidTransition { action: "returned", .. })));
}
