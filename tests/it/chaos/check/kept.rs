use std::collections::BTreeMap;

use ecicomm::domain::order::{CheckoutState, RefundJobState, SagaPlan};

use super::super::backend::Kept;
use super::Checker;
use crate::simulation::is_history;

impl Checker<'_> {
    /// I7, I8, I9 in what the stopped shop kept: every saga is over after a history that can be,
    /// and no event is missing.
    pub(super) fn kept(&self, kept: &Kept) {
        for saga in &kept.sagas {
            let over = matches!(
                saga.plan,
                SagaPlan::Checkout(CheckoutState::Confirmed | CheckoutState::Compensated)
                    | SagaPlan::Refund(RefundJobState::Paid)
            );
            self.verdict.check("I7", over, || format!("not over: {saga:?}"));
            let ordered = saga.journal.is_sorted_by_key(|entry| entry.at);
            self.verdict
                .check("I8", ordered && is_history(saga), || format!("no such history: {saga:?}"));
        }
        let mut before = None;
        let mut sequences = BTreeMap::new();
        for event in &kept.events {
            let next = event.position == before.map_or(1, |before: u64| before + 1);
            before = Some(event.position);
            let last = sequences.insert(&event.aggregate, event.sequence);
            let sequel = event.sequence == last.map_or(1, |last| last + 1);
            self.verdict
                .check("I9", next && sequel, || format!("something is missing before {event:?}"));
        }
        let undelivered = &kept.undelivered;
        self.verdict
            .check("I9", undelivered.is_empty(), || format!("not delivered: {undelivered:?}"));
        self.verdict.check("I9", kept.parked.is_empty(), || format!("left: {:?}", kept.parked));
    }
}
