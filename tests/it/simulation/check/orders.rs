use std::collections::{BTreeMap, BTreeSet};

use ecicomm::domain::order::{
    CheckoutState, Effect, Order, OrderStatus, Phase, RefundJobState, Saga, SagaPlan,
};
use ecicomm::domain::shared::PromotionId;
use ecicomm::ports::idempotency::{IdempotencyKeys, KeyState, Outcome, Refusal};
use ecicomm::ports::pricing::PricingQueries;

use super::{Checker, Known, Left};
use crate::simulation::setup::LIMIT_FOR_TEN;

impl Checker<'_> {
    /// I7, I8, I13: every order ended, as its journal and its events tell, under a number of its
    /// own, and a cart became one order at most, as did what a buyer sent several times.
    pub(super) fn orders(&self, left: &Left) {
        let mut numbers = BTreeSet::new();
        let (mut carts, mut wishes) = (BTreeSet::new(), BTreeSet::new());
        for known in left.orders.values() {
            let order = &known.order;
            self.world.check(numbers.insert(order.placed().number.to_string()), || {
                format!("I13: two orders are number {}", order.placed().number)
            });
            let cart = order.placed().cart.filter(|_| order.phase() != Phase::Failed);
            self.world.check(cart.is_none_or(|cart| carts.insert(cart)), || {
                format!("a cart became order {} and another one", order.id())
            });
            let bill = order.placed().billing_address.as_ref();
            let wish = bill.map(|bill| bill.parts().line1.clone());
            let wish = wish.filter(|_| order.phase() != Phase::Failed);
            self.world.check(wish.is_none_or(|wish| wishes.insert(wish)), || {
                format!("K4: what was ordered once became order {} and another one", order.id())
            });
            let folded = Order::fold(&known.events);
            self.world.check(folded.as_ref() == Some(order.as_ref()), || {
                format!("I2: order {} is not the fold of its events", order.id())
            });
            let held_up =
                order.phase() == Phase::Pending || order.status() == OrderStatus::Attention;
            self.world
                .check(!held_up, || format!("I7: order {} is {}", order.id(), order.status()));
            self.ended_alike(known);
            self.histories(known);
        }
    }

    /// I7: the saga ended as its order did, and every refund was paid.
    fn ended_alike(&self, known: &Known) {
        let SagaPlan::Checkout(state) = &known.checkout.plan else { return };
        let alike = match known.order.phase() {
            Phase::Confirmed | Phase::Cancelled => *state == CheckoutState::Confirmed,
            Phase::Failed => *state == CheckoutState::Compensated,
            Phase::Pending => false,
        };
        self.world.check(alike, || format!("I7: {} is {state:?}", known.order.id()));
        for saga in &known.refunds {
            let paid = saga.plan == SagaPlan::Refund(RefundJobState::Paid);
            self.world.check(paid, || format!("I7: a refund is not paid: {saga:?}"));
        }
    }

    /// I8: what the journals tell is a history that the saga allows.
    fn histories(&self, known: &Known) {
        let journals = known.refunds.iter().chain([&known.checkout]);
        for saga in journals {
            self.world.check(is_history(saga), || format!("I8: no such history: {saga:?}"));
            let ordered = saga.journal.is_sorted_by_key(|entry| entry.at);
            self.world.check(ordered, || format!("I8: out of order: {saga:?}"));
        }
    }

    /// I4, I10: what was acknowledged still stands, and its key still says so.
    pub(super) async fn answers(&self, left: &Left) {
        let store = &self.cluster.backend.store();
        let mut by_key = BTreeMap::new();
        for promise in self.book.promises() {
            let row = store.key(&promise.key.id, self.world.now()).await.unwrap();
            let done = row.as_ref().and_then(|row| match &row.state {
                KeyState::Done(outcome) => Some(outcome.clone()),
                KeyState::InFlight(_) => None,
            });
            self.world.check(row.is_none() || done.is_some(), || {
                format!("I7: the key {:?} has no outcome although all is over", promise.key.id)
            });
            if let Some(answer) = &promise.answer {
                self.world.check(done.as_ref() == Some(answer), || {
                    format!("I10: {:?} was {answer:?} and is {done:?}", promise.key.id)
                });
            }
            for outcome in promise.answer.iter().chain(&done) {
                self.stands(left, outcome);
            }
            if let (Some(Outcome::Order(order)), Some(_)) = (&done, &promise.command) {
                let other = by_key.insert(order.id(), promise.key.id.clone());
                self.world.check(other.is_none(), || {
                    format!("I10: order {} was placed under two keys", order.id())
                });
            }
        }
    }

    fn stands(&self, left: &Left, outcome: &Outcome) {
        match outcome {
            Outcome::Order(told) => {
                let kept = left.orders.get(&told.id()).map(|known| &known.order);
                let same = kept.is_some_and(|kept| {
                    kept.placed() == told.placed()
                        && kept.version() >= told.version()
                        && may_become(told.phase(), kept.phase())
                });
                self.world.check(same, || {
                    let kept = kept.map(|order| (order.phase(), order.version()));
                    let told = (told.id(), told.phase(), told.version());
                    format!("I4: acknowledged {told:?}, kept {kept:?}")
                });
            }
            Outcome::Refused(Refusal::PaymentDeclined { order, .. }) => {
                let kept = left.orders.get(order).map(|known| known.order.phase());
                self.world.check(kept == Some(Phase::Failed), || {
                    format!("I4: order {order} was declined and is {kept:?}")
                });
            }
            Outcome::Refused(_) | Outcome::Stock(_) => {}
        }
    }

    /// Uses of promotions are those of the orders that stand, and never beyond the limits.
    pub(super) async fn coupons(&self, left: &Left) {
        let (for_ten, once_each) = (self.goods.for_ten, self.goods.once_each);
        let standing = |promotion: PromotionId| {
            let orders = left.orders.values().map(|known| &known.order);
            let orders = orders.filter(|order| order.phase() == Phase::Confirmed);
            let uses = orders.flat_map(|order| &order.placed().uses);
            let uses = uses.filter(move |used| used.promotion == promotion);
            uses.map(|used| used.customer_key.clone()).collect::<Vec<_>>()
        };
        let store = &self.cluster.backend.store();
        for promotion in [for_ten, once_each] {
            let kept = store.uses(promotion, None).await.unwrap().total;
            let told = u32::try_from(standing(promotion).len()).unwrap();
            self.world.check(kept == told, || {
                format!("T-C09: {kept} uses are counted, {told} orders stand with one")
            });
        }
        let ten = standing(for_ten).len();
        self.world.check(ten <= usize::try_from(LIMIT_FOR_TEN).unwrap(), || {
            format!("T-C09: {ten} orders used what {LIMIT_FOR_TEN} may")
        });
        let customers = standing(once_each);
        let different: BTreeSet<_> = customers.iter().collect();
        self.world.check(different.len() == customers.len(), || {
            format!("T-C09: a customer used a code twice: {customers:?}")
        });
    }
}

/// Whether an order that was shown in one phase may be in the other by now.
fn may_become(shown: Phase, now: Phase) -> bool {
    match shown {
        Phase::Pending => true,
        Phase::Confirmed => matches!(now, Phase::Confirmed | Phase::Cancelled),
        Phase::Failed | Phase::Cancelled => now == shown,
    }
}

/// Whether a journal tells a way that the saga has, told here once more and apart from the domain.
pub fn is_history(saga: &Saga) -> bool {
    let effects: Vec<Effect> = saga.journal.iter().map(|entry| entry.effect).collect();
    let SagaPlan::Checkout(_) = saga.plan else {
        return effects == [Effect::RefundAgreed, Effect::RefundPaid];
    };
    let Some((Effect::Reserved, after)) = effects.split_first() else { return false };
    let waits = |effect: &&Effect| {
        matches!(effect, Effect::PaymentUnknown | Effect::ActionRequired | Effect::BuyerActed)
    };
    let waited = after.iter().take_while(waits).count();
    let end = &after[waited..];
    end == [Effect::Confirmed]
        || end == [Effect::PaymentFailed, Effect::Compensated]
        || end == [Effect::StockLost, Effect::RefundPaid, Effect::Compensated]
}
