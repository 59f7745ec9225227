use proptest::prelude::*;
use std::sync::Arc;

use super::*;

/// An order with everything that happened to it.
struct Story {
    order: Order,
    events: Vec<OrderEvent>,
    steps: u32,
}

impl Story {
    fn begin(lines: Vec<OrderLine>, method: PaymentMethod) -> Self {
        let change = Order::place(placed(lines, method));
        Self { order: change.order, events: change.events, steps: 0 }
    }

    /// Goes on with a transition, if it is legal.
    fn go_on(&mut self, change: Result<OrderChange, OrderError>) {
        let Ok(change) = change else { return };
        assert_eq!(change.expected, Some(self.order.version()));
        self.order = change.order;
        self.events.extend(change.events);
        self.steps += 1;
    }

    /// The transition that three numbers stand for, on things of the order where it has them.
    fn attempt(&mut self, (action, which, amount): (u8, u8, u16), at: Timestamp) {
        let order = &self.order;
        let new = 10_000 + u128::from(order.version().number());
        let pick = |count: usize| usize::from(which).checked_rem(count);
        let shipment = pick(order.shipments().len()).map(|index| order.shipments()[index].id);
        let asked = pick(order.returns().len()).map(|index| order.returns()[index].id);
        let owed = pick(order.refunds().len()).map(|index| order.refunds()[index].id);
        let owed = owed.unwrap_or(refund_id(404));
        let count = u32::from(amount % 4 + 1);
        let some = [units(u128::from(which % 2 + 1), count)];
        let some = (which < 200).then_some(&some[..]);
        let change = match action % 21 {
            0 => order.payment_unknown(at),
            1 => order.payment_requires_action("https://bank".to_owned(), at),
            2 => order.confirm(true, at),
            3 => order.confirm(false, at),
            4 => order.decline("card_declined".to_owned(), at),
            5 => order.fail("payment_timeout", at),
            6 => order.owe_back(refund_id(new), STOCK_LOST, at),
            7 => order.paid_back(owed, STOCK_LOST, at),
            8 => order.cancel("changed my mind".to_owned(), refund_id(new), at),
            9 | 10 => order.ship(shipment_id(new), some, (None, None), at),
            11 => order.deliver(shipment.unwrap_or(shipment_id(404)), at),
            12 => order.request_return(return_id(new), some, "too dark".to_owned(), at),
            13 => {
                let asked = asked.unwrap_or(return_id(404));
                order.receive_return(asked, amount % 2 == 0, refund_id(new), at)
            }
            14 => order.request_refund(refund_id(new), usd(i64::from(amount)), None, at),
            15 => order.refund_paid(owed, at),
            16 => order.refund_failed(owed, "card closed".to_owned(), at),
            17 => order.capture_invoice(payment_id(), at),
            18 => order.void_invoice(payment_id(), at),
            19 => {
                let ways = [Resolution::Retry, Resolution::Paid, Resolution::Drop];
                let way = ways[usize::from(amount % 3)];
                order.resolve_refund(owed, way, refund_id(new), at)
            }
            _ => order.note(Note { text: "called".to_owned(), author: "Bo".to_owned(), at }),
        };
        self.go_on(change);
    }
}

/// What holds for every order at every moment.
fn check(order: &Order) {
    for (line, progress) in order.lines() {
        let sent = progress.cancelled + progress.shipped;
        assert!(sent <= line.quantity.units(), "{progress:?}");
        assert!(progress.delivered <= progress.shipped, "{progress:?}");
        assert!(progress.returning <= progress.shipped, "{progress:?}");
        assert!(progress.returned <= progress.returning, "{progress:?}");
        assert_eq!(line.unshipped(progress), line.quantity.units() - sent);
    }
    let promised = order.refunds().iter().filter(|refund| refund.is_promised());
    let promised: i64 = promised.map(|refund| refund.amount.amount()).sum();
    assert!(promised <= order.captured().amount(), "{promised} of {}", order.captured());
    assert!(order.captured().amount() <= order.placed().totals.total.amount());
    assert!(order.refunds().iter().all(|refund| refund.amount.amount() > 0));
    if order.phase() == Phase::Failed {
        assert_eq!(order.captured(), order.refunded());
    }
    if !order.shipments().is_empty() {
        assert_eq!(order.phase(), Phase::Confirmed);
    }
    let broken = order.refunds().iter().any(|r| matches!(r.state, RefundState::Failed { .. }));
    assert_eq!(order.status() == OrderStatus::Attention, broken);
}

fn paid_by(invoice: bool) -> PaymentMethod {
    if invoice { PaymentMethod::Invoice } else { card() }
}

fn tries() -> impl Strategy<Value = Vec<(u8, u8, u16)>> {
    prop::collection::vec(any::<(u8, u8, u16)>(), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn an_order_is_the_fold_of_its_events_after_any_legal_history(
        invoice: bool,
        stands: bool,
        prices in (0_i64..50_000, 0_i64..50_000),
        tries in tries(),
    ) {
        let lines = vec![line(1, prices.0, 3, 7), line(2, prices.1, 2, 0)];
        let mut story = Story::begin(lines, paid_by(invoice));
        if stands {
            story.go_on(story.order.confirm(!invoice, NOW));
        }
        for (second, attempt) in (1_i64..).zip(tries) {
            story.attempt(attempt, later(second));
            check(&story.order);
        }
        let told = Order::fold(&story.events);
        prop_assert_eq!(told.as_ref(), Some(&story.order));
        let events = u64::try_from(story.events.len()).unwrap();
        prop_assert_eq!(story.order.version(), Version::new(events));
        prop_assert_eq!(story.order.updated_at(), story.events.last().unwrap().at());
    }

    #[test]
    fn every_prefix_of_a_history_is_a_history(tries in tries()) {
        let mut story = Story::begin(lamps_and_desk(), card());
        story.go_on(story.order.confirm(true, NOW));
        for attempt in tries {
            story.attempt(attempt, NOW);
        }
        for count in 1..=story.events.len() {
            let order = Order::fold(&story.events[..count]).unwrap();
            prop_assert_eq!(order.version(), Version::new(u64::try_from(count).unwrap()));
        }
    }
}

#[test]
fn a_random_history_reaches_every_corner_of_an_order() {
    let mut story = Story::begin(lamps_and_desk(), card());
    let tries = [
        (2, 0, 0),
        (9, 0, 0),
        (10, 255, 0),
        (11, 0, 0),
        (12, 1, 0),
        (13, 0, 0),
        (15, 0, 0),
        (14, 0, 100),
        (16, 1, 0),
        (20, 0, 0),
    ];
    for attempt in tries {
        story.attempt(attempt, NOW);
    }
    assert_eq!(story.steps, 10);
    let names: Vec<_> = story.events.iter().map(OrderEvent::name).collect();
    let expected = [
        "placed",
        "payment_captured",
        "confirmed",
        "shipped",
        "shipped",
        "delivered",
        "return_requested",
        "return_received",
        "refund_requested",
        "refund_paid",
        "refund_requested",
        "refund_failed",
        "noted",
    ];
    assert_eq!(names, expected);
}

#[test]
fn events_tell_when_they_happened() {
    let first = OrderEvent::Placed(Arc::new(placed(lamps_and_desk(), card())));
    assert_eq!(first.at(), NOW);
    let order = ship(&confirmed(), 5, None);
    let changes = [
        order.deliver(shipment_id(5), later(1)),
        order.request_return(return_id(6), None, "too dark".to_owned(), later(1)),
        order.request_refund(refund_id(7), usd(1), None, later(1)),
        order.note(Note { text: "called".to_owned(), author: "Bo".to_owned(), at: later(1) }),
    ];
    for change in changes {
        assert!(change.unwrap().events.iter().all(|event| event.at() == later(1)));
    }
}
