use proptest::prelude::*;

use super::*;
use Effect as E;

fn lease(seconds: i64) -> Lease {
    Lease { owner: "one".to_owned(), until: later(seconds) }
}

fn checkout() -> Saga {
    Saga::checkout(order_id(), lease(10), NOW)
}

fn refund_saga() -> Saga {
    Saga::refund(order_id(), refund_id(9), NOW)
}

fn plan(state: CheckoutState) -> SagaPlan {
    SagaPlan::Checkout(state)
}

fn told(saga: Saga, effects: &[Effect]) -> Saga {
    let journal = effects.iter().map(|effect| JournalEntry { effect: *effect, at: NOW });
    Saga { journal: journal.collect(), ..saga }
}

#[test]
fn a_checkout_begins_in_the_hands_of_who_placed_it() {
    let saga = checkout();
    assert_eq!(saga.id, SagaId::Checkout(order_id()));
    assert_eq!(saga.plan, plan(CheckoutState::Paying));
    assert_eq!((saga.version, saga.attempts, saga.due), (Version::FIRST, 0, NOW));
    assert_eq!(saga.journal, [JournalEntry { effect: E::Reserved, at: NOW }]);
    assert_eq!(saga.lease, Some(lease(10)));
}

#[test]
fn a_journal_goes_on_in_time_though_a_step_was_begun_before_the_last_one() {
    let asked = checkout().advance(plan(CheckoutState::Paying), &[E::ActionRequired], later(5));
    let acted = asked.advance(plan(CheckoutState::Paying), &[E::BuyerActed], later(4));
    let told: Vec<_> = acted.journal.iter().map(|entry| entry.at).collect();
    assert_eq!(told, [NOW, later(5), later(5)]);
    assert_eq!(acted.due, later(4));
}

#[test]
fn a_refund_begins_free_and_due_at_once() {
    let saga = refund_saga();
    assert_eq!(saga.id, SagaId::Refund(order_id(), refund_id(9)));
    assert_eq!(saga.id.order(), order_id());
    assert_eq!(saga.journal, [JournalEntry { effect: E::RefundAgreed, at: NOW }]);
    assert!(saga.is_due(NOW));
    assert!(!saga.is_due(NOW.minus(Span::micros(1))));
}

#[test]
fn nobody_takes_a_leased_saga_before_its_lease_ends() {
    let saga = checkout();
    assert!(!saga.is_due(later(10).minus(Span::micros(1))));
    assert!(saga.is_due(later(10)));
    let waiting = saga.waiting(later(60));
    assert!(!waiting.is_due(later(60).minus(Span::micros(1))));
    assert!(waiting.is_due(later(60)));
}

#[test]
fn moving_on_frees_the_saga_and_forgets_vain_tries() {
    let tried = checkout().retry(0, NOW).leased(lease(20));
    let next = tried.advance(plan(CheckoutState::Confirmed), &[E::Confirmed], later(5));
    assert_eq!(next.plan, plan(CheckoutState::Confirmed));
    assert_eq!((next.attempts, next.due, next.lease.clone()), (0, later(5), None));
    assert_eq!(next.version, Version::new(3));
    let effects: Vec<_> = next.journal.iter().map(|entry| (entry.effect, entry.at)).collect();
    assert_eq!(effects, [(E::Reserved, NOW), (E::Confirmed, later(5))]);
}

#[test]
fn a_vain_try_frees_the_saga_and_tells_nothing_in_its_journal() {
    let tried = checkout().retry(1_000, later(3));
    assert_eq!((tried.attempts, tried.lease.clone()), (1, None));
    assert_eq!(tried.version, Version::new(2));
    assert_eq!(tried.due, later(3).plus(Span::millis(250)));
    assert_eq!((tried.plan, tried.journal), (checkout().plan, checkout().journal));
}

#[test]
fn pauses_double_from_a_quarter_of_a_second_to_ten_seconds() {
    let mut saga = checkout();
    let mut pauses = Vec::new();
    for _ in 0..9 {
        saga = saga.retry(1_000, NOW);
        pauses.push(saga.due.since(NOW).as_micros() / 1_000);
    }
    assert_eq!(pauses, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
    assert_eq!(checkout().retry(0, NOW).due, NOW.plus(Span::millis(125)));
}

#[test]
fn a_saga_that_is_over_is_never_due() {
    let over = [
        plan(CheckoutState::Confirmed),
        plan(CheckoutState::Compensated),
        plan(CheckoutState::NeedsAttention),
        SagaPlan::Refund(RefundJobState::Paid),
        SagaPlan::Refund(RefundJobState::NeedsAttention),
    ];
    for plan in over {
        let saga = refund_saga().advance(plan.clone(), &[], NOW);
        assert!(saga.is_over() && !saga.is_due(later(1_000)), "{plan:?}");
    }
    let under_way = [
        plan(CheckoutState::Paying),
        plan(CheckoutState::Resolving { since: NOW }),
        plan(CheckoutState::AwaitingBuyer { until: NOW }),
        plan(CheckoutState::PayingBack { refund: refund_id(9) }),
        SagaPlan::Refund(RefundJobState::Paying),
    ];
    for plan in under_way {
        let saga = refund_saga().advance(plan.clone(), &[], NOW);
        assert!(!saga.is_over() && saga.is_due(NOW), "{plan:?}");
    }
}

proptest! {
    #[test]
    fn pauses_grow_with_the_tries_and_stay_bounded(attempts in 0_u32..=u32::MAX, jitter: u32) {
        let saga = Saga { attempts, ..checkout() };
        let pause = |saga: Saga| saga.retry(jitter, NOW).due.since(NOW);
        let this = pause(saga.clone());
        let next = pause(Saga { attempts: attempts.saturating_add(1), ..saga.clone() });
        prop_assert!(this >= Span::millis(125) && this <= Saga::MAX_PAUSE);
        prop_assert!(this <= next);
        prop_assert!(saga.retry(jitter, NOW).attempts >= attempts);
    }
}

/// What the runner (`checkout.rs` and `resolve.rs` of the use cases) can do with a checkout in each
/// state: the effects that one commit writes, and the state it leads to.
fn steps(state: &str) -> &'static [(&'static [Effect], &'static str)] {
    match state {
        "paying" => &[
            (&[E::Confirmed], "over"),
            (&[E::PaymentFailed, E::Compensated], "over"),
            (&[E::PaymentUnknown], "resolving"),
            (&[E::ActionRequired], "awaiting buyer"),
            (&[E::StockLost], "paying back"),
        ],
        "resolving" => &[
            (&[E::Confirmed], "over"),
            (&[E::PaymentFailed, E::Compensated], "over"),
            (&[E::ActionRequired], "awaiting buyer"),
            (&[E::StockLost], "paying back"),
        ],
        "awaiting buyer" => &[
            (&[E::Confirmed], "over"),
            (&[E::PaymentFailed, E::Compensated], "over"),
            (&[E::BuyerActed], "resuming"),
            (&[E::StockLost], "paying back"),
        ],
        "resuming" => &[
            (&[E::Confirmed], "over"),
            (&[E::PaymentFailed, E::Compensated], "over"),
            (&[E::PaymentUnknown], "resolving"),
            (&[E::ActionRequired], "awaiting buyer"),
            (&[E::StockLost], "paying back"),
        ],
        "paying back" => {
            &[(&[E::RefundPaid, E::Compensated], "over"), (&[E::RefundRefused], "stuck")]
        }
        "stuck" => {
            &[(&[E::RefundAgreed], "paying back"), (&[E::RefundPaid, E::Compensated], "over")]
        }
        _ => &[],
    }
}

#[test]
fn every_history_that_the_runner_writes_is_legal_at_every_commit() {
    let mut under_way = vec![(vec![E::Reserved], "paying")];
    let mut seen = 0;
    while let Some((journal, state)) = under_way.pop() {
        assert!(told(checkout(), &journal).journal_is_legal(), "{journal:?}");
        seen += 1;
        for (effects, next) in steps(state) {
            let longer = [journal.as_slice(), effects].concat();
            if longer.len() <= 9 {
                under_way.push((longer, *next));
            }
        }
    }
    assert!(seen > 100, "{seen} histories");
    for end in [E::RefundPaid, E::RefundRefused] {
        assert!(told(refund_saga(), &[E::RefundAgreed, end]).journal_is_legal());
    }
    assert!(refund_saga().journal_is_legal() && checkout().journal_is_legal());
}

#[test]
fn a_journal_begins_with_what_made_its_saga() {
    assert!(!told(checkout(), &[]).journal_is_legal());
    assert!(!told(refund_saga(), &[]).journal_is_legal());
    assert!(!told(checkout(), &[E::Confirmed]).journal_is_legal());
    assert!(!told(checkout(), &[E::RefundAgreed]).journal_is_legal());
    assert!(!told(refund_saga(), &[E::Reserved]).journal_is_legal());
    assert!(!told(checkout(), &[E::Reserved, E::Reserved]).journal_is_legal());
}

#[test]
fn nothing_is_done_after_compensation_began_but_compensation() {
    for began in [E::StockLost, E::PaymentFailed] {
        let forward = [
            E::Reserved,
            E::Confirmed,
            E::PaymentUnknown,
            E::ActionRequired,
            E::BuyerActed,
            E::StockLost,
            E::PaymentFailed,
        ];
        for next in forward {
            let journal = [E::Reserved, began, next];
            assert!(!told(checkout(), &journal).journal_is_legal(), "{journal:?}");
        }
    }
}

#[test]
fn money_goes_back_before_the_stock_and_only_if_it_was_taken() {
    let illegal: [&[Effect]; 7] = [
        &[E::Reserved, E::StockLost, E::Compensated],
        &[E::Reserved, E::StockLost, E::Compensated, E::RefundPaid],
        &[E::Reserved, E::StockLost, E::RefundPaid, E::RefundPaid],
        &[E::Reserved, E::PaymentFailed, E::RefundPaid],
        &[E::Reserved, E::PaymentFailed, E::RefundRefused],
        &[E::Reserved, E::RefundPaid],
        &[E::Reserved, E::RefundRefused],
    ];
    for journal in illegal {
        assert!(!told(checkout(), journal).journal_is_legal(), "{journal:?}");
    }
}

#[test]
fn compensation_is_not_ended_before_it_began() {
    assert!(!told(checkout(), &[E::Reserved, E::Compensated]).journal_is_legal());
}

#[test]
fn a_buyer_acts_only_when_asked_and_is_asked_once_at_a_time() {
    let illegal: [&[Effect]; 3] = [
        &[E::Reserved, E::BuyerActed],
        &[E::Reserved, E::ActionRequired, E::BuyerActed, E::BuyerActed],
        &[E::Reserved, E::ActionRequired, E::ActionRequired],
    ];
    for journal in illegal {
        assert!(!told(checkout(), journal).journal_is_legal(), "{journal:?}");
    }
}

const EFFECTS: [Effect; 11] = [
    E::Reserved,
    E::PaymentUnknown,
    E::ActionRequired,
    E::BuyerActed,
    E::Confirmed,
    E::StockLost,
    E::PaymentFailed,
    E::Compensated,
    E::RefundAgreed,
    E::RefundPaid,
    E::RefundRefused,
];

#[test]
fn nothing_follows_the_end() {
    let ended: [(Saga, &[Effect]); 5] = [
        (checkout(), &[E::Reserved, E::Confirmed]),
        (checkout(), &[E::Reserved, E::PaymentFailed, E::Compensated]),
        (checkout(), &[E::Reserved, E::StockLost, E::RefundPaid, E::Compensated]),
        (refund_saga(), &[E::RefundAgreed, E::RefundPaid]),
        (refund_saga(), &[E::RefundAgreed, E::RefundRefused]),
    ];
    for (saga, journal) in ended {
        assert!(told(saga.clone(), journal).journal_is_legal(), "{journal:?}");
        for effect in EFFECTS {
            let longer = [journal, &[effect]].concat();
            assert!(!told(saga.clone(), &longer).journal_is_legal(), "{longer:?}");
        }
    }
}

#[test]
fn a_checkout_that_waits_for_staff_pays_back_and_does_nothing_else() {
    let stuck = [E::Reserved, E::StockLost, E::RefundRefused];
    let own = [E::RefundAgreed, E::RefundPaid];
    for effect in EFFECTS {
        let journal = [&stuck[..], &[effect]].concat();
        let legal = told(checkout(), &journal).journal_is_legal();
        assert_eq!(legal, own.contains(&effect), "{journal:?}");
    }
}

#[test]
fn a_refund_does_nothing_that_a_checkout_does() {
    let own = [E::RefundPaid, E::RefundRefused];
    for effect in EFFECTS {
        let journal = [E::RefundAgreed, effect];
        let legal = told(refund_saga(), &journal).journal_is_legal();
        assert_eq!(legal, own.contains(&effect), "{journal:?}");
    }
}
