//! Sagas against their journals and their orders.

use super::Finding;
use super::order::name;
use crate::domain::order::{
    CheckoutState, Order, Phase, Refund, RefundState, Saga, SagaId, SagaPlan,
};

const MEND_JOURNAL: &str = "settle its order with the payment provider by hand";
const MEND_STATE: &str = "compare the order with the payment provider's record";
const MEND_MISSING: &str =
    "nobody works on it: settle its payment by hand and note it on the order";

/// Holds an order against its checkout: each has one, and both tell the same.
pub(super) fn checkout(order: &Order, saga: Option<&Saga>) -> Vec<Finding> {
    let what = format!("checkout of {}", name(order));
    let Some(saga) = saga else {
        return vec![Finding::new(what, "a saga", "none", MEND_MISSING)];
    };
    let mut findings: Vec<Finding> = journal(saga, &what).into_iter().collect();
    if !agrees(order, &saga.plan) {
        let expected = format!("one that fits an order that is {}", order.status());
        findings.push(Finding::new(what, expected, told(&saga.plan), MEND_STATE));
    }
    findings
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
pub(super) fn refund(order: &Order, refund: &Refund, saga: Option<&Saga>) -> Vec<Finding> {
    let what = format!("refund of {} for {}", refund.amount, name(order));
    let mut findings: Vec<Finding> =
        saga.and_then(|saga| journal(saga, &what)).into_iter().collect();
    let to_pay = refund.state == RefundState::Pending && order.phase() != Phase::Pending;
    let worked_on = saga.is_some_and(|saga| !saga.is_over());
    if to_pay != worked_on {
        let waits = |yes| if yes { "a saga that pays it" } else { "no saga that pays it" };
        findings.push(Finding::new(what, waits(to_pay), waits(worked_on), MEND_MISSING));
    }
    findings
}

/// Holds a saga against the shop: it has an order, and that knows of its refund.
pub(super) fn belongs(saga: &Saga, order: Option<&Order>) -> Option<Finding> {
    let (what, known) = match saga.id {
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
