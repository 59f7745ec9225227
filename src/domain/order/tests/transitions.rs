use super::*;

/// What can be done to an order, column by column of [`TABLE`]: until it stands, with its goods,
/// with its money, and at any time.
const ACTIONS: &str = "
    unknown ask capture unpaid decline fail owe pay_back
    cancel ship deliver return receive
    refund refunded refuse retry by_hand drop paid void
    note
";

/// Every action in every state: `y` is done, `-` is refused as an invalid transition, `.` names a
/// shipment, return or refund that is not there, `$` asks for more money than is left.
const TABLE: &str = "
    pending             yyy-yyy. --.-. -.....-- y
    pending_invoice     yyyyyyy. --.-. -.....-- y
    unknown             yyy-yyy. --.-. -.....-- y
    asked               yyy-yyy. --.-. -.....-- y
    owing               -------y --.-. --y----- y
    stuck               -------- --.-. ---yy--- y
    confirmed           -------- yy.-. y.....-- y
    invoiced            -------- yy.-. -.....yy y
    invoice_paid        -------- yy.-. y.....-- y
    invoice_voided      -------- y-.-. -.....-- y
    refunding           -------- yy.-. $yy----- y
    refunded            -------- yy.-. $------- y
    part_shipped        -------- -yyy. y.....-- y
    shipped             -------- --yy. y.....-- y
    shipped_unpaid      -------- --yy. -.....yy y
    delivered           -------- ---y. y.....-- y
    returning           -------- ----y y.....-- y
    part_returned       -------- ---y- yyy----- y
    returned            -------- ----- $yy----- y
    cancelled           -------- --.-. $yy----- y
    cancelled_refunded  -------- --.-. $------- y
    cancelled_stuck     -------- --.-. y--yyy-- y
    cancelled_unpaid    -------- --.-. -.....-- y
    declined            -------- --.-. -.....-- y
    failed              -------- --.-. -.....-- y
    paid_back           -------- --.-. -------- y
";

fn owing() -> Order {
    after(pending().owe_back(refund_id(9), STOCK_LOST, NOW))
}

fn cancelled(order: &Order) -> Order {
    after(order.cancel("changed my mind".to_owned(), refund_id(9), NOW))
}

fn paid(order: &Order, number: u128) -> Order {
    after(order.refund_paid(refund_id(number), NOW))
}

/// An order in the state that a row of the table is about.
fn order_that_is(state: &str) -> Order {
    let everything_back = || ask_back(&deliver(&ship(&confirmed(), 5, None), 5), 6, None);
    match state {
        "pending" => pending(),
        "pending_invoice" => Order::place(placed(lamps_and_desk(), PaymentMethod::Invoice)).order,
        "unknown" => after(pending().payment_unknown(NOW)),
        "asked" => after(pending().payment_requires_action("https://bank".to_owned(), NOW)),
        "owing" => owing(),
        "stuck" => refused_refund(&owing(), 9),
        "confirmed" => confirmed(),
        "invoiced" => invoiced(),
        "invoice_paid" => after(invoiced().capture_invoice(payment_id(), NOW)),
        "invoice_voided" => after(invoiced().void_invoice(payment_id(), NOW)),
        "refunding" => after(refund(&confirmed(), 9, 10_000)),
        "refunded" => paid(&order_that_is("refunding"), 9),
        "part_shipped" => ship(&confirmed(), 5, Some(&[units(1, 2)])),
        "shipped" => ship(&confirmed(), 5, None),
        "shipped_unpaid" => ship(&invoiced(), 5, None),
        "delivered" => deliver(&order_that_is("shipped"), 5),
        "returning" => everything_back(),
        "part_returned" => {
            receive(&ask_back(&order_that_is("delivered"), 6, Some(&[units(1, 1)])), 6)
        }
        "returned" => receive(&everything_back(), 6),
        "cancelled" => cancelled(&confirmed()),
        "cancelled_refunded" => paid(&cancelled(&confirmed()), 9),
        "cancelled_stuck" => refused_refund(&cancelled(&confirmed()), 9),
        "cancelled_unpaid" => cancelled(&invoiced()),
        "declined" => after(pending().decline("insufficient_funds".to_owned(), NOW)),
        "failed" => after(pending().fail("payment_timeout", NOW)),
        "paid_back" => after(owing().paid_back(refund_id(9), STOCK_LOST, NOW)),
        other => panic!("no state is called {other}"),
    }
}

/// Does what a column of the table is about, on what the order has where it has it.
fn attempt(order: &Order, action: &str) -> Result<OrderChange, OrderError> {
    let shipments = order.shipments();
    let open = shipments.iter().find(|shipment| shipment.delivered_at.is_none());
    let shipment = open.or(shipments.first()).map_or(shipment_id(404), |found| found.id);
    let open = order.returns().iter().find(|asked| asked.received_at.is_none());
    let asked = open.or(order.returns().first()).map_or(return_id(404), |found| found.id);
    let open = order.refunds().iter().find(|refund| refund.state == RefundState::Pending);
    let owed = open.or(order.refunds().first()).map_or(refund_id(404), |found| found.id);
    match action {
        "unknown" => order.payment_unknown(NOW),
        "ask" => order.payment_requires_action("https://bank".to_owned(), NOW),
        "capture" => order.confirm(true, NOW),
        "unpaid" => order.confirm(false, NOW),
        "decline" => order.decline("card_declined".to_owned(), NOW),
        "fail" => order.fail("payment_timeout", NOW),
        "owe" => order.owe_back(refund_id(77), STOCK_LOST, NOW),
        "pay_back" => order.paid_back(owed, STOCK_LOST, NOW),
        "cancel" => order.cancel("changed my mind".to_owned(), refund_id(77), NOW),
        "ship" => order.ship(shipment_id(77), None, (None, None), NOW),
        "deliver" => order.deliver(shipment, NOW),
        "return" => order.request_return(return_id(77), None, "too dark".to_owned(), NOW),
        "receive" => order.receive_return(asked, true, refund_id(77), NOW),
        "refund" => order.request_refund(refund_id(77), usd(1), None, NOW),
        "refunded" => order.refund_paid(owed, NOW),
        "refuse" => order.refund_failed(owed, "card closed".to_owned(), NOW),
        "paid" => order.capture_invoice(payment_id(), NOW),
        "void" => order.void_invoice(payment_id(), NOW),
        "note" => order.note(Note { text: "called".to_owned(), author: "Bo".to_owned(), at: NOW }),
        "retry" => order.resolve_refund(owed, Resolution::Retry, refund_id(78), NOW),
        "by_hand" => order.resolve_refund(owed, Resolution::Paid, refund_id(77), NOW),
        "drop" => order.resolve_refund(owed, Resolution::Drop, refund_id(77), NOW),
        other => panic!("no action is called {other}"),
    }
}

/// State, action and what is expected, for every cell of the table.
fn cells() -> Vec<(&'static str, &'static str, char)> {
    let actions: Vec<&str> = ACTIONS.split_whitespace().collect();
    let mut cells = Vec::new();
    for row in TABLE.trim().lines() {
        let (state, expected) = row.trim().split_once(' ').unwrap();
        let expected: Vec<char> = expected.chars().filter(|cell| *cell != ' ').collect();
        assert_eq!(expected.len(), actions.len(), "{state}");
        cells.extend(actions.iter().zip(expected).map(|(action, cell)| (state, *action, cell)));
    }
    cells
}

#[test]
fn every_action_in_every_state_is_done_or_refused_as_the_table_says() {
    let mut wrong = Vec::new();
    for (state, action, expected) in cells() {
        let found = match attempt(&order_that_is(state), action) {
            Ok(_) => 'y',
            Err(OrderError::InvalidTransition { .. }) => '-',
            Err(OrderError::NoSuch(_)) => '.',
            Err(OrderError::TooMuchMoney { left }) if left.is_zero() => '$',
            Err(_) => '?',
        };
        if found != expected {
            wrong.push(format!("{state}, {action}: expected {expected}, found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cells().len(), 26 * 22);
}

#[test]
fn what_is_allowed_says_what_happened_on_which_version() {
    for (state, action, _) in cells().into_iter().filter(|(_, _, cell)| *cell == 'y') {
        let order = order_that_is(state);
        let change = attempt(&order, action).unwrap();
        let waits_already = (state, action) == ("unknown", "unknown");
        assert_eq!(change.events.is_empty(), waits_already, "{state}, {action}");
        assert_eq!(change.expected, Some(order.version()), "{state}, {action}");
        let events = u64::try_from(change.events.len()).unwrap();
        let expected = Version::new(order.version().number() + events);
        assert_eq!(change.order.version(), expected, "{state}, {action}");
    }
}

#[test]
fn a_refusal_tells_what_the_order_is_and_what_was_asked() {
    let told =
        |state: &str, action: &str| attempt(&order_that_is(state), action).unwrap_err().to_string();
    assert_eq!(told("pending", "ship"), "an order that is pending cannot be shipped");
    assert_eq!(told("confirmed", "capture"), "an order that is confirmed cannot be confirmed");
    assert_eq!(
        told("part_shipped", "cancel"),
        "an order that is partially_shipped cannot be cancelled"
    );
    assert_eq!(told("confirmed", "return"), "an order that is confirmed cannot be returned");
    assert_eq!(told("delivered", "deliver"), "an order that is delivered cannot be delivered");
    assert_eq!(told("returned", "receive"), "an order that is returned cannot be received");
    assert_eq!(told("declined", "refund"), "an order that is failed cannot be refunded");
    assert_eq!(told("invoice_paid", "paid"), "an order that is confirmed cannot be captured");
    assert_eq!(told("invoice_paid", "void"), "an order that is confirmed cannot be voided");
    assert_eq!(told("stuck", "capture"), "an order that is attention cannot be confirmed");
}

#[test]
fn every_status_is_told_by_the_order_it_stands_for() {
    use OrderStatus as S;
    let states = [
        ("pending", S::Pending),
        ("unknown", S::Pending),
        ("asked", S::Pending),
        ("owing", S::Pending),
        ("stuck", S::Attention),
        ("confirmed", S::Confirmed),
        ("invoiced", S::Confirmed),
        ("refunded", S::Confirmed),
        ("part_shipped", S::PartiallyShipped),
        ("shipped", S::Shipped),
        ("delivered", S::Delivered),
        ("returning", S::Delivered),
        ("part_returned", S::PartiallyReturned),
        ("returned", S::Returned),
        ("cancelled", S::Cancelled),
        ("cancelled_stuck", S::Attention),
        ("declined", S::Failed),
        ("failed", S::Failed),
        ("paid_back", S::Failed),
    ];
    for (state, status) in states {
        assert_eq!(order_that_is(state).status(), status, "{state}");
    }
    assert!(S::ALL.iter().all(|status| states.iter().any(|(_, told)| told == status)));
}

#[test]
fn an_order_of_which_all_is_sent_is_delivered_only_with_its_last_parcel() {
    let order = ship(&ship(&confirmed(), 5, Some(&[units(1, 3)])), 6, None);
    let order = deliver(&order, 5);
    assert_eq!(order.status(), OrderStatus::Shipped);
    assert_eq!(deliver(&order, 6).status(), OrderStatus::Delivered);
}

#[test]
fn every_payment_status_is_told_by_the_order_it_stands_for() {
    use PaymentStatus as P;
    let states = [
        ("pending", P::Pending),
        ("unknown", P::Unknown),
        ("asked", P::RequiresAction),
        ("owing", P::Captured),
        ("confirmed", P::Captured),
        ("invoiced", P::Pending),
        ("invoice_paid", P::Captured),
        ("invoice_voided", P::Voided),
        ("refunding", P::Captured),
        ("refunded", P::Refunded),
        ("cancelled_refunded", P::Refunded),
        ("cancelled_stuck", P::Captured),
        ("cancelled_unpaid", P::Voided),
        ("declined", P::Declined),
        ("failed", P::Voided),
        ("paid_back", P::Refunded),
    ];
    for (state, status) in states {
        assert_eq!(order_that_is(state).payment_status(), status, "{state}");
    }
    let some_back = paid(&after(refund(&confirmed(), 9, 1)), 9);
    assert_eq!(some_back.payment_status(), P::PartiallyRefunded);
    let held = OrderEvent::PaymentAuthorized(payment_id(), NOW);
    let held = Order::fold(&[OrderEvent::Placed(placed_event()), held]).unwrap();
    assert_eq!(held.payment_status(), P::Authorized);
    assert_eq!((held.authorized(), held.captured()), (usd(10_000), usd(0)));
}

fn placed_event() -> std::sync::Arc<Placed> {
    std::sync::Arc::new(placed(lamps_and_desk(), card()))
}

#[test]
fn statuses_are_read_by_the_names_they_are_shown_by() {
    for status in OrderStatus::ALL {
        assert_eq!(OrderStatus::parse(&status.to_string()), Some(status));
    }
    assert_eq!(OrderStatus::parse("Pending"), None);
}

#[test]
fn a_history_begins_with_its_placing_and_has_no_other() {
    let placing = OrderEvent::Placed(placed_event());
    let confirming = OrderEvent::Confirmed(NOW);
    assert_eq!(Order::fold(&[]), None);
    assert_eq!(Order::fold(&[confirming.clone(), placing.clone()]), None);
    assert_eq!(Order::fold(&[placing.clone(), confirming.clone(), placing.clone()]), None);
    assert!(Order::fold(&[placing, confirming]).is_some());
}

#[test]
fn an_answer_that_is_still_missing_changes_nothing_the_second_time() {
    let waiting = order_that_is("unknown");
    assert_eq!(waiting.payment_unknown(later(5)).unwrap().order, waiting);
    let asked = after(waiting.payment_requires_action("https://bank".to_owned(), NOW));
    assert_eq!(asked.payment_unknown(NOW).unwrap().events.len(), 1);
}

#[test]
fn a_confirmation_keeps_its_time_and_a_failure_its_reason() {
    let order = after(pending().confirm(true, later(3)));
    assert_eq!((order.confirmed_at(), order.updated_at()), (Some(later(3)), later(3)));
    assert_eq!((pending().confirmed_at(), pending().reason()), (None, None));
    assert_eq!(order_that_is("declined").reason(), Some("payment_declined"));
    assert_eq!(order_that_is("failed").reason(), Some("payment_timeout"));
    assert_eq!(order_that_is("cancelled").reason(), Some("changed my mind"));
}

#[test]
fn attention_outlasts_what_happens_beside_it_and_keeps_its_reason() {
    let order = after(order_that_is("cancelled_stuck").note(Note {
        text: "paid by bank transfer".to_owned(),
        author: "Bo".to_owned(),
        at: later(9),
    }));
    assert_eq!(order.status(), OrderStatus::Attention);
    let expected = format!("refund {} failed: card closed", refund_id(9));
    assert_eq!(order.attention(), Some(expected));
    assert_eq!(order.notes().len(), 1);
    assert_eq!(order.updated_at(), later(9));
}

#[test]
fn an_order_keeps_at_most_so_many_notes() {
    let note = Note { text: "again".to_owned(), author: "Bo".to_owned(), at: NOW };
    let mut order = confirmed();
    for _ in 0..Order::MAX_ENTRIES {
        order = after(order.note(note.clone()));
    }
    assert!(matches!(order.note(note), Err(OrderError::InvalidTransition { action: "noted", .. })));
}

#[test]
fn the_token_of_a_card_is_never_printed() {
    let shown = format!("{:?}", pending());
    assert!(shown.contains("Card(..)"));
    assert!(!shown.contains("pm_card_visa"));
}
