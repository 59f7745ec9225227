//! Repairs: what does not follow from the facts is made what they tell, unless it is not what was
//! found any more or the facts tell something else by now.

use std::sync::Arc;

use async_trait::async_trait;
use ecicomm::adapters::record::Fact;
use ecicomm::domain::inventory::{Reservation, ReservationState, StockEventKind, StockItem};
use ecicomm::domain::order::{Phase, Saga, SagaId};
use ecicomm::domain::pricing::{UsageLimits, Uses};
use ecicomm::domain::shared::{ProductId, PromotionId, StockPolicy, Version};
use ecicomm::ports::idempotency::{KeyState, Outcome, Refusal};
use ecicomm::ports::store::{Conflict, OrderUpdate, Write};
use ecicomm::ports::upkeep::{CountedUses, OrderRow, Repair};

use super::Backend;
use super::stock::{figures, item, ledger, received};
use crate::harness::build::{
    OrderBuilder, at, bundle, category, category_id, key, order, order_id, product, product_id,
    promotion_id, revised, save_category, save_product, sku,
};

/// Something that a store keeps and that does not follow from its facts.
#[derive(Debug)]
pub enum Drift {
    /// Figures of a stock.
    Stock(StockItem),
    /// The only reservation of its order.
    Reservation(Reservation),
    /// How often a promotion was used, by anyone or by a customer.
    Uses(PromotionId, Option<String>, u32),
    /// Units sold of a product.
    Sold(ProductId, i64),
}

/// What gets something wrong into a store behind its back.
#[async_trait]
pub trait Plants: Send + Sync {
    /// The backend with that in it.
    async fn plant(&self, b: Backend, drift: Drift) -> Backend;
}

/// Plants facts into what a store begins from, and begins anew.
pub struct Planted(Arc<Begin>);

/// Begins with these facts beside what is kept.
type Begin = dyn Fn(&[Fact]) -> Backend + Send + Sync;

impl Planted {
    pub fn open(begin: impl Fn(&[Fact]) -> Backend + Send + Sync + 'static) -> Backend {
        Self(Arc::new(begin)).begun(&[])
    }

    fn begun(&self, facts: &[Fact]) -> Backend {
        (self.0)(facts).planted_by(Self(self.0.clone()))
    }
}

#[async_trait]
impl Plants for Planted {
    async fn plant(&self, _: Backend, drift: Drift) -> Backend {
        self.begun(&[match drift {
            Drift::Stock(item) => Fact::Stock(item),
            Drift::Reservation(kept) => Fact::Reservations(kept.order, vec![kept]),
            Drift::Uses(promotion, None, count) => Fact::Uses(promotion, count),
            Drift::Uses(promotion, Some(customer), count) => {
                Fact::CustomerUses(promotion, customer, count)
            }
            Drift::Sold(product, units) => Fact::Sold(product, units),
        }])
    }
}

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            mend,
            [
                figures_become_the_sum_of_their_ledger,
                figures_that_moved_are_not_mended,
                a_ledger_that_sold_too_much_mends_nothing,
                a_reservation_becomes_what_its_ledger_tells,
                what_an_order_holds_that_is_over_ends_as_the_order_did,
                uses_become_those_of_orders_that_stand,
                popularity_becomes_what_orders_come_to,
                a_key_that_waits_for_an_order_that_is_over_gets_its_answer,
                an_order_that_is_found_rightly_is_not_mended_by_what_is_old,
                a_product_that_changed_is_not_shown_by_what_it_was,
                a_category_that_counts_rightly_is_not_mended,
                a_saga_that_is_kept_as_it_says_is_not_mended,
                stock_that_is_kept_or_not_counted_is_not_lost,
            ]
        );
    };
}
pub(crate) use cases;

fn mend(repair: Repair) -> Write {
    Write::Mend(Box::new(repair))
}

fn stale(what: &'static str) -> Conflict {
    Conflict::Stale(what)
}

/// A lamp of which ten came in, one of them held by the order 1.
async fn lamp(b: &Backend) -> StockItem {
    b.commit([product(1).save(), received("SKU-1", 10), order(1).under(key("first")).place()])
        .await;
    item(b, "SKU-1").await
}

/// The stock with other figures.
fn with(kept: &StockItem, on_hand: i64, reserved: i64, version: u64) -> StockItem {
    let place = (kept.sku().clone(), kept.location().clone());
    StockItem::restore(place, kept.policy(), on_hand, reserved, Version::new(version))
}

/// What ends an order without a word to its stock, as nothing of the shop does.
fn failing(order: OrderBuilder) -> Write {
    Write::UpdateOrder(Box::new(OrderUpdate {
        change: order.build().fail("lost", at(1)).unwrap(),
        restock: Vec::new(),
        give_back_uses: false,
        sagas: Vec::new(),
    }))
}

pub async fn figures_become_the_sum_of_their_ledger(b: Backend) {
    let told = lamp(&b).await;
    let found = with(&told, 13, 4, 9);
    let b = b.plant(Drift::Stock(found.clone())).await;
    assert_eq!(item(&b, "SKU-1").await, found);
    let entries = ledger(&b, "SKU-1").await;
    b.commit([mend(Repair::Stock { found: Some(found), told: told.clone() })]).await;
    assert_eq!(item(&b, "SKU-1").await, told);
    assert_eq!(ledger(&b, "SKU-1").await, entries, "nothing moved");
    b.commit([order(2).of(&[("SKU-1", 9)]).place()]).await;
    assert_eq!(figures(&b, "SKU-1").await, (10, 10));
}

pub async fn figures_that_moved_are_not_mended(b: Backend) {
    let told = lamp(&b).await;
    let found = with(&told, 13, 1, 3);
    let b = b.plant(Drift::Stock(found.clone())).await;
    b.commit([order(2).place()]).await;
    let moved = with(&found, 13, 2, 4);
    assert_eq!(item(&b, "SKU-1").await, moved);
    let repair = |found: &StockItem, told: &StockItem| {
        mend(Repair::Stock { found: Some(found.clone()), told: told.clone() })
    };
    assert_eq!(b.refusal(repair(&found, &told)).await, stale("stock"), "it moved");
    assert_eq!(b.refusal(repair(&moved, &told)).await, stale("stock"), "the ledger tells more");
    let now = with(&told, 10, 2, 4);
    assert_eq!(b.refusal(repair(&found, &now)).await, stale("stock"), "it is not kept so");
    assert_eq!(item(&b, "SKU-1").await, moved);
    b.commit([repair(&moved, &now)]).await;
    assert_eq!(item(&b, "SKU-1").await, now);
}

pub async fn a_ledger_that_sold_too_much_mends_nothing(b: Backend) {
    let backorder = product(1).policy(StockPolicy::Backorder { limit: 5 }).build();
    let saved = Write::SaveProduct { product: backorder.clone(), expected: None };
    b.commit([saved, order(1).of(&[("SKU-1", 5)]).place()]).await;
    let tracked = |content: &mut ecicomm::domain::catalog::ProductContent| {
        content.variants[0].stock_policy = StockPolicy::Tracked;
    };
    b.commit([save_product(&revised(&backorder, tracked))]).await;
    let told = item(&b, "SKU-1").await;
    let found = with(&told, 7, 5, 2);
    let b = b.plant(Drift::Stock(found.clone())).await;
    let repair = mend(Repair::Stock { found: Some(found.clone()), told });
    assert_eq!(b.refusal(repair).await, Conflict::BelowZero { sku: sku("SKU-1") });
    assert_eq!(item(&b, "SKU-1").await, found);
}

async fn reservation(b: &Backend, number: u128) -> Reservation {
    b.stock.reservations(order_id(number)).await.unwrap().remove(0)
}

pub async fn a_reservation_becomes_what_its_ledger_tells(b: Backend) {
    use ReservationState::{Committed, Expired, Held, Released};
    let stock = lamp(&b).await;
    let held = reservation(&b, 1).await;
    let wrong = Reservation { state: ReservationState::Released, ..held.clone() };
    let b = b.plant(Drift::Reservation(wrong)).await;
    let repair = |found, told| {
        let (order, sku, location) = (held.order, held.sku.clone(), held.location.clone());
        mend(Repair::Reservation { order, sku, location, found, told })
    };
    assert_eq!(b.refusal(repair(Expired, Held)).await, stale("reservation"), "it is released");
    assert_eq!(b.refusal(repair(Released, Committed)).await, stale("reservation"), "it is held");
    assert_eq!(reservation(&b, 1).await.state, Released);
    b.commit([repair(Released, Held)]).await;
    assert_eq!(reservation(&b, 1).await, held);
    assert_eq!(item(&b, "SKU-1").await, stock, "nothing moved");
    b.commit([order(1).under(key("first")).confirm(at(1))]).await;
    assert_eq!(figures(&b, "SKU-1").await, (9, 0));
    assert_eq!(b.refusal(repair(Held, Released)).await, stale("reservation"), "it was committed");
}

pub async fn what_an_order_holds_that_is_over_ends_as_the_order_did(b: Backend) {
    lamp(&b).await;
    let settle = |version, end| {
        mend(Repair::Settle { order: order_id(1), version: Version::new(version), end })
    };
    let released = ReservationState::Released;
    assert_eq!(b.refusal(settle(1, released)).await, stale("order"), "it is under way");
    b.commit([failing(order(1))]).await;
    let version = b.orders.order(order_id(1)).await.unwrap().unwrap().version().number();
    assert_eq!(figures(&b, "SKU-1").await, (10, 1));
    assert_eq!(b.refusal(settle(1, released)).await, stale("order"), "it has another version");
    b.commit([settle(version, released)]).await;
    assert_eq!(figures(&b, "SKU-1").await, (10, 0));
    assert_eq!(reservation(&b, 1).await.state, released);
    let last = ledger(&b, "SKU-1").await.pop().unwrap();
    assert_eq!((last.kind, last.order), (StockEventKind::Released, Some(order_id(1))));
    assert_eq!(b.refusal(settle(version, released)).await, Conflict::ReservationLost);
    assert_eq!(figures(&b, "SKU-1").await, (10, 0), "it ends once");
}

pub async fn uses_become_those_of_orders_that_stand(b: Backend) {
    let buyer = "ada@example.com";
    let using = |number| order(number).of_downloads().by(buyer).using(1, UsageLimits::default());
    for number in 1..=3 {
        b.commit([using(number).place()]).await;
    }
    b.commit([using(3).compensate(at(1))]).await;
    let promotion = promotion_id(1);
    let b = b.plant(Drift::Uses(promotion, None, 7)).await;
    let b = b.plant(Drift::Uses(promotion, Some(buyer.to_owned()), 0)).await;
    let uses = async || b.pricing.uses(promotion, Some(buyer)).await.unwrap();
    assert_eq!(uses().await, Uses { total: 7, by_customer: 0 });
    let counted = async |by| b.upkeep.counted_uses(promotion, by).await.unwrap();
    assert_eq!(counted(None).await, CountedUses { counted: 7, taken: 2 });
    assert_eq!(counted(Some(buyer)).await, CountedUses { counted: 0, taken: 2 });
    assert_eq!(counted(Some("eve")).await, CountedUses { counted: 0, taken: 0 });
    let all = |found, told| mend(Repair::Uses { promotion, customer_key: None, found, told });
    let theirs = |found, told| {
        mend(Repair::Uses { promotion, customer_key: Some(buyer.to_owned()), found, told })
    };
    assert_eq!(b.refusal(all(6, 2)).await, stale("uses"), "seven are counted");
    assert_eq!(b.refusal(all(7, 3)).await, stale("uses"), "two orders stand");
    assert_eq!(b.refusal(theirs(1, 2)).await, stale("uses"));
    assert_eq!(b.refusal(theirs(0, 1)).await, stale("uses"));
    assert_eq!(uses().await, Uses { total: 7, by_customer: 0 });
    b.commit([all(7, 2), theirs(0, 2)]).await;
    assert_eq!(uses().await, Uses { total: 2, by_customer: 2 });
}

pub async fn popularity_becomes_what_orders_come_to(b: Backend) {
    lamp(&b).await;
    let before = b.events.head().await.unwrap();
    b.commit([order(1).under(key("first")).confirm(at(1))]).await;
    b.commit([Write::AddPopularity { product: product_id(1), units: 1 }]).await;
    let b = b.plant(Drift::Sold(product_id(1), 9)).await;
    let as_of = b.events.head().await.unwrap();
    let popularity = async || b.catalog.product(product_id(1)).await.unwrap().unwrap().popularity;
    let repair =
        |found, told, as_of| mend(Repair::Sold { product: product_id(1), found, told, as_of });
    assert_eq!(b.refusal(repair(9, 0, before)).await, stale("product"), "one was sold since");
    assert_eq!(b.refusal(repair(8, 1, as_of)).await, stale("product"), "it is nine");
    assert_eq!(popularity().await, 9);
    b.commit([repair(9, 1, as_of)]).await;
    assert_eq!(popularity().await, 1);
    b.commit([Write::AddPopularity { product: product_id(1), units: 2 }]).await;
    assert_eq!(popularity().await, 3);
}

pub async fn a_key_that_waits_for_an_order_that_is_over_gets_its_answer(b: Backend) {
    lamp(&b).await;
    b.commit([order(2).place(), failing(order(1))]).await;
    let id = key("first").id;
    let waiting = async || b.upkeep.keys_in_flight(None, 9).await.unwrap().items;
    assert_eq!(waiting().await, [(id.clone(), order_id(1))]);
    assert_eq!(b.upkeep.keys_in_flight(Some(id.clone()), 9).await.unwrap().items, []);
    let outcome = Outcome::Refused(Refusal::OrderFailed { reason: "lost".to_owned() });
    let repair = |order, outcome: &Outcome| {
        mend(Repair::Key { id: id.clone(), order, outcome: outcome.clone() })
    };
    assert_eq!(b.refusal(repair(order_id(2), &outcome)).await, stale("key"));
    b.commit([repair(order_id(1), &outcome)]).await;
    let kept = b.keys.key(&id, at(2)).await.unwrap().unwrap();
    assert_eq!((&kept.state, &kept.claim), (&KeyState::Done(outcome.clone()), &key("first")));
    assert_eq!(waiting().await, []);
    assert_eq!(b.refusal(repair(order_id(1), &outcome)).await, stale("key"), "it has its answer");
}

pub async fn an_order_that_is_found_rightly_is_not_mended_by_what_is_old(b: Backend) {
    lamp(&b).await;
    let placed = b.orders.order(order_id(1)).await.unwrap().unwrap();
    let row = async || b.upkeep.order_rows(&[order_id(9), order_id(1)]).await.unwrap();
    assert_eq!(row().await, [None, Some(OrderRow::of(&placed))]);
    b.commit([order(1).under(key("first")).confirm(at(1))]).await;
    let confirmed = b.orders.order(order_id(1)).await.unwrap().unwrap();
    let repair =
        |found: OrderRow, told: &Arc<_>| mend(Repair::Order { found, told: Arc::clone(told) });
    let (old, new) = (OrderRow::of(&placed), OrderRow::of(&confirmed));
    assert_eq!(b.refusal(repair(old, &confirmed)).await, stale("order"), "it is not kept so");
    assert_eq!(b.refusal(repair(new.clone(), &placed)).await, stale("order"), "it has more events");
    assert_eq!(b.refusal(repair(new.clone(), &confirmed)).await, stale("order"), "it is right");
    assert_eq!(row().await, [None, Some(new)]);
    assert_eq!(b.orders.order(order_id(1)).await.unwrap().unwrap().phase(), Phase::Confirmed);
}

pub async fn a_product_that_changed_is_not_shown_by_what_it_was(b: Backend) {
    b.commit([product(1).save(), received("SKU-1", 3)]).await;
    let view = async || b.catalog.product(product_id(1)).await.unwrap().unwrap();
    let first = view().await;
    assert_eq!(b.upkeep.wrong_views(std::slice::from_ref(&first.product)).await.unwrap(), [None]);
    let renamed = revised(&first.product, |content| content.brand = None);
    b.commit([save_product(&renamed)]).await;
    let second = view().await;
    let repair =
        |product: &Arc<_>, found| mend(Repair::View { product: Arc::clone(product), found });
    let refused = b.refusal(repair(&first.product, second.version)).await;
    assert_eq!(refused, stale("product"), "it was saved");
    let refused = b.refusal(repair(&second.product, second.version - 1)).await;
    assert_eq!(refused, stale("product"), "it was shown anew");
    let refused = b.refusal(repair(&second.product, second.version)).await;
    assert_eq!(refused, stale("product"), "it is shown rightly");
    assert_eq!(view().await, second);
}

pub async fn a_category_that_counts_rightly_is_not_mended(b: Backend) {
    b.commit([save_category(&category(1, "Lamps")), product(1).within(&[1]).save()]).await;
    let repair = |found| mend(Repair::Category { id: category_id(1), found });
    assert_eq!(b.refusal(repair(1)).await, stale("category"));
    assert_eq!(b.refusal(repair(2)).await, stale("category"));
    assert_eq!(b.catalog.category_tree().await.unwrap()[0].product_count, 1);
}

pub async fn a_saga_that_is_kept_as_it_says_is_not_mended(b: Backend) {
    lamp(&b).await;
    b.commit([order(2).place(), order(2).confirm(at(1))]).await;
    let orders = [order_id(2), order_id(9), order_id(1)];
    assert_eq!(b.upkeep.wrong_sagas(&orders, at(1)).await.unwrap(), []);
    for id in [order_id(1), order_id(2)] {
        let told = b.sagas.saga(SagaId::Checkout(id)).await.unwrap().unwrap();
        let later = Saga { version: told.version.next(), ..told.clone() };
        for told in [told, later] {
            assert_eq!(b.refusal(mend(Repair::Saga { told })).await, stale("saga"));
        }
    }
}

pub async fn stock_that_is_kept_or_not_counted_is_not_lost(b: Backend) {
    lamp(&b).await;
    b.commit([
        product(2).policy(StockPolicy::Untracked).save(),
        product(3).variants(vec![bundle(3, "SKU-3", &[("SKU-1", 1)])]).save(),
        product(4).save(),
    ])
    .await;
    let mut after = None;
    loop {
        let page = b.upkeep.lost_stock(after, 1).await.unwrap();
        assert_eq!(page.items, []);
        after = page.next;
        if after.is_none() {
            return;
        }
    }
}
