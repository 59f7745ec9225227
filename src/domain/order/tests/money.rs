use proptest::prelude::*;

use super::*;

#[test]
fn refunds_that_wait_count_against_what_was_taken() {
    let order = after(refund(&confirmed(), 8, 6_000));
    assert_eq!(refund(&order, 9, 6_000), Err(OrderError::TooMuchMoney { left: usd(4_000) }));
    assert!(refund(&order, 9, 4_000).is_ok());
    assert_eq!(order.refunded(), usd(0));
    let order = after(order.refund_paid(refund_id(8), NOW));
    assert_eq!(refund(&order, 9, 4_001), Err(OrderError::TooMuchMoney { left: usd(4_000) }));
    assert_eq!(order.refunded(), usd(6_000));
}

#[test]
fn a_refund_that_failed_frees_its_money_again() {
    let order = after(refund(&confirmed(), 8, 10_000));
    assert_eq!(refund(&order, 9, 1), Err(OrderError::TooMuchMoney { left: usd(0) }));
    let order = refused_refund(&order, 8);
    let expected = RefundState::Failed { reason: "card closed".to_owned() };
    assert_eq!(order.refund(refund_id(8)).unwrap().state, expected);
    assert_eq!(order.status(), OrderStatus::Attention);
    let order = after(refund(&order, 9, 10_000));
    assert_eq!(after(order.refund_paid(refund_id(9), NOW)).refunded(), usd(10_000));
}

#[test]
fn money_of_a_cancelled_order_can_be_tried_to_pay_back_again() {
    let order = after(confirmed().cancel("late".to_owned(), refund_id(8), NOW));
    let order = refused_refund(&order, 8);
    let order = after(refund(&order, 9, 10_000));
    let order = after(order.refund_paid(refund_id(9), NOW));
    assert_eq!(order.payment_status(), PaymentStatus::Refunded);
}

#[test]
fn an_order_needs_attention_until_staff_deal_with_the_refund_that_failed() {
    let stuck = refused_refund(&after(refund(&confirmed(), 8, 6_000)), 8);
    let retried = after(stuck.resolve_refund(refund_id(8), Resolution::Retry, refund_id(9), NOW));
    assert_eq!((retried.status(), retried.attention()), (OrderStatus::Confirmed, None));
    assert_eq!(retried.refund(refund_id(8)).unwrap().state, RefundState::Replaced);
    let again = retried.refund(refund_id(9)).unwrap();
    assert_eq!((again.amount, &again.state), (usd(6_000), &RefundState::Pending));
    let by_hand = after(stuck.resolve_refund(refund_id(8), Resolution::Paid, refund_id(77), NOW));
    assert_eq!((by_hand.status(), by_hand.refunded()), (OrderStatus::Confirmed, usd(6_000)));
    let dropped = after(stuck.resolve_refund(refund_id(8), Resolution::Drop, refund_id(77), NOW));
    assert_eq!((dropped.status(), dropped.refunded()), (OrderStatus::Confirmed, usd(0)));
    assert!(refund(&dropped, 9, 10_000).is_ok());
}

#[test]
fn a_failed_refund_is_not_paid_again_out_of_money_that_went_back_meanwhile() {
    let stuck = refused_refund(&after(refund(&confirmed(), 8, 6_000)), 8);
    let order = after(refund(&stuck, 9, 5_000));
    let left = OrderError::TooMuchMoney { left: usd(5_000) };
    for resolution in [Resolution::Retry, Resolution::Paid] {
        let asked = order.resolve_refund(refund_id(8), resolution, refund_id(10), NOW);
        assert_eq!(asked, Err(left.clone()), "{resolution:?}");
    }
    assert!(order.resolve_refund(refund_id(8), Resolution::Drop, refund_id(77), NOW).is_ok());
}

#[test]
fn an_order_full_of_refunds_can_still_be_settled() {
    let mut order = refused_refund(&after(refund(&confirmed(), 8, 1)), 8);
    for number in 1..Order::MAX_ENTRIES {
        order = after(refund(&order, 1_000 + u128::try_from(number).unwrap(), 1));
    }
    let resolve = |way| order.resolve_refund(refund_id(8), way, refund_id(9), NOW);
    assert!(resolve(Resolution::Retry).is_err());
    assert!(resolve(Resolution::Paid).is_ok() && resolve(Resolution::Drop).is_ok());
}

#[test]
fn what_is_owed_for_lost_stock_ends_the_order_when_it_was_paid_by_hand() {
    let owing = after(pending().owe_back(refund_id(8), STOCK_LOST, NOW));
    let stuck = refused_refund(&owing, 8);
    assert!(stuck.resolve_refund(refund_id(8), Resolution::Drop, refund_id(77), NOW).is_err());
    let ended = after(stuck.resolve_refund(refund_id(8), Resolution::Paid, refund_id(77), NOW));
    assert_eq!((ended.phase(), ended.reason()), (Phase::Failed, Some(STOCK_LOST)));
    assert_eq!(ended.refunded(), ended.captured());
    let retried = after(stuck.resolve_refund(refund_id(8), Resolution::Retry, refund_id(9), NOW));
    assert_eq!((retried.phase(), retried.attention()), (Phase::Pending, None));
    assert!(retried.paid_back(refund_id(9), STOCK_LOST, NOW).is_ok());
}

#[test]
fn a_refund_is_a_positive_amount_in_the_currency_of_the_order() {
    let euros = Money::new(100, Currency::try_new("EUR").unwrap());
    for amount in [usd(0), usd(-1), euros] {
        let asked = confirmed().request_refund(refund_id(8), amount, None, NOW);
        assert_eq!(asked, Err(OrderError::BadAmount), "{amount}");
    }
}

#[test]
fn an_order_takes_at_most_so_many_refunds() {
    let mut order = confirmed();
    for number in 0..Order::MAX_ENTRIES {
        order = after(refund(&order, 1_000 + u128::try_from(number).unwrap(), 1));
    }
    let from = OrderStatus::Confirmed;
    let refused = OrderError::InvalidTransition { from, action: "refunded" };
    assert_eq!(refund(&order, 8, 1), Err(refused));
}

#[test]
fn a_refund_is_settled_once() {
    let order = after(refund(&confirmed(), 8, 100));
    let paid = after(order.refund_paid(refund_id(8), NOW));
    assert!(paid.refund_paid(refund_id(8), NOW).is_err());
    assert!(paid.refund_failed(refund_id(8), "late".to_owned(), NOW).is_err());
    assert_eq!(order.refund_paid(refund_id(9), NOW), Err(OrderError::NoSuch("refund")));
}

#[test]
fn what_was_taken_for_lost_stock_goes_back_whole_and_ends_the_order() {
    let owing = pending().owe_back(refund_id(8), STOCK_LOST, NOW).unwrap();
    let names: Vec<_> = owing.events.iter().map(OrderEvent::name).collect();
    assert_eq!(names, ["payment_captured", "refund_requested"]);
    assert_eq!(owing.order.refund(refund_id(8)).unwrap().amount, usd(10_000));
    assert_eq!(owing.order.phase(), Phase::Pending);
    let ended = owing.order.paid_back(refund_id(8), STOCK_LOST, NOW).unwrap();
    let names: Vec<_> = ended.events.iter().map(OrderEvent::name).collect();
    assert_eq!(names, ["refund_paid", "failed"]);
    assert_eq!(ended.order.refunded(), ended.order.captured());
    assert_eq!(owing.order.paid_back(refund_id(9), "?", NOW), Err(OrderError::NoSuch("refund")));
}

#[test]
fn an_invoice_is_confirmed_unpaid_and_captured_or_voided_later() {
    let order = invoiced();
    assert_eq!((order.phase(), order.captured()), (Phase::Confirmed, usd(0)));
    let paid = after(order.capture_invoice(payment_id(), NOW));
    assert_eq!((paid.captured(), paid.authorized()), (usd(10_000), usd(10_000)));
    let voided = after(order.void_invoice(payment_id(), NOW));
    assert_eq!((voided.captured(), voided.phase()), (usd(0), Phase::Confirmed));
    let other = PaymentId::new(uuid(404));
    assert_eq!(order.capture_invoice(other, NOW), Err(OrderError::NoSuch("payment")));
    assert_eq!(order.void_invoice(other, NOW), Err(OrderError::NoSuch("payment")));
}

#[test]
fn a_card_order_is_not_confirmed_without_its_money() {
    assert!(pending().confirm(false, NOW).is_err());
    let change = pending().confirm(true, NOW).unwrap();
    let names: Vec<_> = change.events.iter().map(OrderEvent::name).collect();
    assert_eq!(names, ["payment_captured", "confirmed"]);
}

#[test]
fn an_order_that_costs_nothing_is_settled_when_it_is_confirmed() {
    for method in [card(), PaymentMethod::Invoice] {
        let free = Order::place(placed(vec![line(1, 0, 2, 0)], method)).order;
        assert!(free.amount_due().is_zero());
        let free = after(free.confirm(false, NOW));
        assert_eq!(free.payment_status(), PaymentStatus::Captured);
        assert!(free.capture_invoice(payment_id(), NOW).is_err());
        assert!(refund(&free, 8, 1).is_err());
        let shipped = ship(&free, 5, None);
        assert_eq!(receive(&ask_back(&shipped, 6, None), 6).refunds(), []);
        let cancelled = free.cancel("late".to_owned(), refund_id(8), NOW).unwrap();
        assert_eq!(cancelled.events.len(), 1);
    }
}

#[test]
fn units_that_come_back_bring_their_share_of_what_was_paid_for_the_line() {
    let discounted = OrderLine { discount: usd(1), total: usd(2_999), ..line(1, 1_000, 3, 241) };
    let lines = vec![discounted, line(2, 7_000, 1, 0)];
    let order = after(Order::place(placed(lines, card())).order.confirm(true, NOW));
    let order = ship(&order, 5, None);
    let mut order = order;
    let mut amounts = Vec::new();
    for number in [6, 7, 8] {
        order = receive(&ask_back(&order, number, Some(&[units(1, 1)])), number);
        amounts.push(order.refund(refund_id(number)).unwrap().amount.amount());
    }
    assert_eq!(amounts, [1_080, 1_080, 1_080]);
    assert_eq!(amounts.iter().sum::<i64>(), 2_999 + 241);
}

#[test]
fn a_return_of_several_lines_brings_the_shares_of_all() {
    let order = ask_back(&ship(&confirmed(), 5, None), 6, Some(&[units(1, 2), units(2, 1)]));
    let owed = receive(&order, 6).refund(refund_id(6)).cloned().unwrap();
    assert_eq!((owed.amount, owed.payment), (usd(9_000), payment_id()));
    assert_eq!(owed.reason.as_deref(), Some("return received"));
}

#[test]
fn a_return_pays_no_more_than_is_left_of_the_money() {
    let shipped = ship(&after(refund(&confirmed(), 8, 9_500)), 5, None);
    let order = receive(&ask_back(&shipped, 6, Some(&[units(1, 1)])), 6);
    assert_eq!(order.refund(refund_id(6)).unwrap().amount, usd(500));
    let order = receive(&ask_back(&order, 7, None), 7);
    assert_eq!(order.refund(refund_id(7)), None);
    assert_eq!(order.status(), OrderStatus::Returned);
}

#[test]
fn a_return_of_what_was_never_paid_brings_nothing() {
    let order = receive(&ask_back(&ship(&invoiced(), 5, None), 6, None), 6);
    assert_eq!(order.refunds(), []);
    assert_eq!(order.status(), OrderStatus::Returned);
}

#[test]
fn the_share_of_more_units_than_there_are_is_what_is_left() {
    let line = line(1, 1_000, 3, 0);
    assert_eq!(line.value_of(2, 5), Some(usd(1_000)));
    assert_eq!(line.value_of(3, 1), Some(usd(0)));
    assert_eq!(line.value_of(u32::MAX, 1), None);
}

proptest! {
    #[test]
    fn the_shares_of_all_units_sum_exactly_to_what_was_paid_for_the_line(
        total in 0_i64..=i64::MAX / 2,
        tax in 0_i64..=i64::MAX / 2,
        parts in prop::collection::vec(1_u32..50, 1..12),
    ) {
        let count = parts.iter().sum();
        let line = OrderLine { total: usd(total), ..line(1, 0, count, tax) };
        let mut before = 0;
        let mut sum = usd(0);
        for part in parts {
            let share = line.value_of(before, part).unwrap();
            prop_assert!(!share.is_negative());
            sum = sum.plus(share).unwrap();
            before += part;
        }
        prop_assert_eq!(sum, usd(total).plus(usd(tax)).unwrap());
    }

    #[test]
    fn a_unit_is_worth_its_even_share_within_one_minor_unit(
        total in 0_i64..1_000_000,
        count in 1_u32..1_000,
        before in 0_u32..1_000,
    ) {
        let line = OrderLine { total: usd(total), ..line(1, 0, count, 0) };
        let share = line.value_of(before % count, 1).unwrap().amount();
        let even = total / i64::from(count);
        prop_assert!(share == even || share == even + 1, "{share} of {even}");
    }
}
