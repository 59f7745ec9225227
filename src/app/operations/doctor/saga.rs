//! Sagas against their journals and their orders.

use super::Finding;
use super::order::name;
use super::report::Cure;
use crate::domain::order::{
    CheckoutState, Effect, Order, OrderChange, Phase, Refund, RefundJobState, RefundState, Saga,
    SagaId, SagaPlan,
};
use crate::domain::shared::Timestamp;
use crate::ports::store::{OrderUpdate, SagaStep, Write};
use crate::ports::upkeep::{Leased, Repair, SagaFault};

const MEND_JOURNAL: &str = "settle its order with the payment provider by hand";
const MEND_STATE: &str = "compare the order with the payment provider's record";
const MEND_MISSING: &str =
    "nobody works on it: settle its payment by hand and note it on the order";

/// Holds an order against its checkout: each has one, and both tell the same.
pub(super) fn checkout(order: &Order, saga: Option<&Saga>, now: Timestamp) -> Vec<Finding> {
    let what = format!("checkout of {}", name(order));
    let Some(saga) = saga else {
        return vec![Finding::new(what, "a saga", "none", MEND_MISSING)];
    };
    let mut findings: Vec<Finding> = journal(saga, &what).into_iter().collect();
    if !agrees(order, &saga.plan) {
        let expected = format!("one that fits an order that is {}", order.status());
        let finding = Finding::new(what, expected, told(&saga.plan), MEND_STATE);
        findings.push(finding.mended_by(ended_as(order, saga, now)));
    }
    findings
}

/// What ends a checkout as its order ended, where its journal can tell that and no money is owed.
fn ended_as(order: &Order, saga: &Saga, now: Timestamp) -> Option<Cure> {
    use Effect::{Compensated, Confirmed, PaymentFailed, RefundPaid};
    let (state, ways): (_, &[&[Effect]]) = match order.phase() {
        Phase::Confirmed | Phase::Cancelled => (CheckoutState::Confirmed, &[&[], &[Confirmed]]),
        Phase::Failed if order.captured() == order.refunded() => {
            let unpaid = &[PaymentFailed, Compensated];
            let paid_back = &[RefundPaid, Compensated];
            (CheckoutState::Compensated, &[&[], &[Compensated], unpaid, paid_back])
        }
        Phase::Pending | Phase::Failed => return None,
    };
    let plan = SagaPlan::Checkout(state);
    let mut ends = ways.iter().map(|way| saga.clone().advance(plan.clone(), way, now));
    ends.find(Saga::journal_is_over).map(step)
}

/// What keeps a saga as it is after a step that does nothing else.
fn step(saga: Saga) -> Cure {
    Cure::by(Write::StepSaga(Box::new(SagaStep { change: None, saga, outcome: None })))
}

/// A saga that is claimed and found by something else than it says itself, or that nobody may claim
/// for days.
pub(super) fn misplaced(saga: Saga, wrong: SagaFault) -> Finding {
    let what = match saga.id {
        SagaId::Checkout(order) => format!("checkout of order {order}"),
        SagaId::Refund(order, refund) => format!("refund {refund} of order {order}"),
    };
    let (expected, found) = match wrong {
        SagaFault::Version => ("kept at its version", "kept at another one"),
        SagaFault::Step if saga.is_over() => {
            ("nothing left to do", "kept as one that is worked on or waits for a person")
        }
        SagaFault::Step => ("kept as one that is worked on", "kept as one that is over"),
        SagaFault::Due => ("due when it says", "due at another time"),
        SagaFault::Lease => ("in someone's hands for seconds", "in someone's hands for days"),
    };
    let finding = Finding::new(what, expected, found, MEND_STATE);
    finding.mended_by(Cure::of(match wrong {
        SagaFault::Lease => Repair::Lease { of: Leased::Saga(saga.id) },
        SagaFault::Version | SagaFault::Step | SagaFault::Due => Repair::Saga { told: saga },
    }))
}

fn agrees(order: &Order, plan: &SagaPlan) -> bool {
    let SagaPlan::Checkout(state) = plan else { return false };
    match state {
        CheckoutState::Confirmed => matches!(order.phase(), Phase::Confirmed | Phase::Cancelled),
        CheckoutState::Compensated => order.phase() == Phase::Failed,
        CheckoutState::NeedsAttention => order.attention().is_some(),
        CheckoutState::Paying
        | CheckoutState::Resolving { .. }
        | CheckoutState::AwaitingBuyer { .. }
        | CheckoutState::PayingBack { .. } => order.phase() == Phase::Pending,
    }
}

fn told(plan: &SagaPlan) -> &'static str {
    match plan {
        SagaPlan::Checkout(CheckoutState::Paying) => "one that asks for the money",
        SagaPlan::Checkout(CheckoutState::Resolving { .. }) => "one that asks what was paid",
        SagaPlan::Checkout(CheckoutState::AwaitingBuyer { .. }) => "one that waits for the buyer",
        SagaPlan::Checkout(CheckoutState::PayingBack { .. }) => "one that pays back",
        SagaPlan::Checkout(CheckoutState::Confirmed) => "one that confirmed it",
        SagaPlan::Checkout(CheckoutState::Compensated) => "one that gave everything back",
        SagaPlan::Checkout(CheckoutState::NeedsAttention) => "one that waits for a person",
        SagaPlan::Refund(_) => "a refund",
    }
}

/// Holds a refund against the saga that pays it. What a checkout owes back has none of its own.
pub(super) fn refund(
    order: &Order,
    refund: &Refund,
    saga: Option<&Saga>,
    now: Timestamp,
) -> Vec<Finding> {
    let what = format!("refund of {} for {}", refund.amount, name(order));
    let mut findings: Vec<Finding> =
        saga.and_then(|saga| journal(saga, &what)).into_iter().collect();
    let to_pay = refund.state == RefundState::Pending && order.phase() != Phase::Pending;
    let worked_on = saga.is_some_and(|saga| !saga.is_over());
    if to_pay != worked_on {
        let waits = |yes| if yes { "a saga that pays it" } else { "no saga that pays it" };
        let finding = Finding::new(what, waits(to_pay), waits(worked_on), MEND_MISSING);
        let cure = match saga {
            None => Some(begun(order, refund, now)),
            Some(saga) if worked_on => settled_as(refund, saga, now),
            Some(_) => None,
        };
        findings.push(finding.mended_by(cure));
    }
    findings
}

/// What has a refund paid that the order agreed to and nobody pays. The provider knows it by its id,
/// so that one which was paid after all is not paid twice.
fn begun(order: &Order, refund: &Refund, now: Timestamp) -> Cure {
    let change =
        OrderChange { order: order.clone(), expected: Some(order.version()), events: Vec::new() };
    Cure::by(Write::UpdateOrder(Box::new(OrderUpdate {
        change,
        restock: Vec::new(),
        give_back_uses: false,
        sagas: vec![Saga::refund(order.id(), refund.id, now)],
    })))
}

/// What ends the payment of a refund as the order tells that it ended.
fn settled_as(refund: &Refund, saga: &Saga, now: Timestamp) -> Option<Cure> {
    let (state, effect) = match refund.state {
        RefundState::Pending => return None,
        RefundState::Paid => (RefundJobState::Paid, Effect::RefundPaid),
        RefundState::Failed { .. } | RefundState::Replaced | RefundState::Dropped => {
            (RefundJobState::NeedsAttention, Effect::RefundRefused)
        }
    };
    let ways: [&[Effect]; 2] = [&[], &[effect]];
    let plan = SagaPlan::Refund(state);
    let mut ends = ways.iter().map(|way| saga.clone().advance(plan.clone(), way, now));
    ends.find(Saga::journal_is_over).map(step)
}

/// Holds a saga against the shop: it has an order, and that knows of its refund.
pub(super) fn belongs(saga: SagaId, order: Option<&Order>) -> Option<Finding> {
    let (what, known) = match saga {
        SagaId::Checkout(id) => (format!("checkout of order {id}"), order.is_some()),
        SagaId::Refund(id, refund) => {
            let known = order.is_some_and(|order| order.refund(refund).is_some());
            (format!("refund {refund} of order {id}"), known)
        }
    };
    (!known).then(|| Finding::new(what, "an order that knows of it", "none", MEND_STATE))
}

fn journal(saga: &Saga, what: &str) -> Option<Finding> {
    if saga.journal_is_legal() {
        return None;
    }
    let effects: Vec<String> =
        saga.journal.iter().map(|entry| format!("{:?}", entry.effect)).collect();
    let found = format!("[{}]", effects.join(", "));
    Some(Finding::new(what, "a journal that can be", found, MEND_JOURNAL))
}
