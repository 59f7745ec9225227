//! What must hold once everything came to rest: the invariants, each by its number in the messages.
//!
//! The checker reads the store and the provider's ledger directly, past every gate. It recomputes
//! from orders, events and rows what the shop keeps as figures, by its own arithmetic.

mod events;
mod money;
mod orders;
mod stock;

use std::collections::BTreeMap;
use std::sync::Arc;

use ecicomm::domain::inventory::{Reservation, StockEvent, StockItem};
use ecicomm::domain::order::{CheckoutState, Order, OrderEvent, Saga, SagaId, SagaPlan};
use ecicomm::domain::shared::{OrderId, Sku, Span, Timestamp};
use ecicomm::ports::inventory::StockQueries;
use ecicomm::ports::order::{OrderFilter, OrderQueries, Sagas};

use super::book::Book;
use super::plan::spell_ends;
use super::server::Cluster;
use super::setup::Goods;
use super::world::World;
#[cfg(all(unix, feature = "redb", feature = "remote", feature = "postgres"))]
pub use orders::is_history;

/// Everything that holds the run to its rules.
pub struct Checker<'a> {
    pub world: &'a Arc<World>,
    pub cluster: &'a Arc<Cluster>,
    pub book: &'a Book,
    pub goods: &'a Goods,
}

/// An order with all that is known of it.
#[derive(Debug)]
pub struct Known {
    pub order: Arc<Order>,
    pub events: Vec<OrderEvent>,
    pub checkout: Saga,
    pub refunds: Vec<Saga>,
    pub reservations: Vec<Reservation>,
}

/// A SKU with all that is known of it.
#[derive(Debug)]
pub struct Shelf {
    pub items: Vec<StockItem>,
    pub ledger: Vec<StockEvent>,
}

/// What a run left behind.
#[derive(Debug)]
pub struct Left {
    pub orders: BTreeMap<OrderId, Known>,
    pub shelves: BTreeMap<Sku, Shelf>,
}

/// How long a request may still be on its way to the provider after the last fault.
const LATE_SECONDS: i64 = 90;
/// How long after that every saga must have come to its end.
const MINUTE: i64 = 60;
/// How long after the last fault all is at rest.
pub const SETTLE_SECONDS: i64 = LATE_SECONDS + MINUTE;

/// I7 after every spell of faults: a minute later nothing is under way that was so at its end.
/// Where all servers are down, or the provider is away, faults are not over.
pub async fn calms(cluster: Arc<Cluster>) {
    let world = &cluster.world;
    for end in spell_ends() {
        world.until(end + SETTLE_SECONDS).await;
        if world.calm_for(MINUTE) {
            sagas_ended(&cluster, world.now().minus(Span::seconds(MINUTE))).await;
            world.count(|tally| tally.calms += 1);
        }
    }
}

/// I7: nothing is under way that has not moved since `since`, but what waits for a buyer who still
/// has time.
pub async fn sagas_ended(cluster: &Cluster, since: Timestamp) {
    for saga in cluster.backend.open_sagas().await {
        let moved = saga.journal.last().is_some_and(|entry| entry.at > since);
        let waits = match &saga.plan {
            SagaPlan::Checkout(CheckoutState::AwaitingBuyer { until }) => *until > since,
            SagaPlan::Checkout(CheckoutState::NeedsAttention) => true,
            _ => false,
        };
        cluster.world.check(moved || waits, || {
            format!("I7: not over a minute after the last fault: {saga:?}")
        });
    }
}

impl Checker<'_> {
    /// Everything, at rest.
    pub async fn everything(&self) -> Left {
        let open = self.cluster.backend.open_sagas().await;
        self.world.check(open.is_empty(), || format!("I7: never over: {open:?}"));
        let left = self.gather().await;
        self.stock(&left);
        self.orders(&left);
        self.answers(&left).await;
        self.money(&left).await;
        self.coupons(&left).await;
        self.events(&left).await;
        self.cluster.backend.witness.heard_everything().await;
        self.projections(&left).await;
        self.count(&left);
        left
    }

    async fn gather(&self) -> Left {
        let store = &self.cluster.backend.store();
        let all = store.orders(&OrderFilter::default(), None, 100_000).await.unwrap();
        let mut orders = BTreeMap::new();
        for order in all.items {
            let id = order.id();
            let events = store.order_events(id, None, 100_000).await.unwrap().items;
            let checkout = store.saga(SagaId::Checkout(id)).await.unwrap().unwrap();
            let mut refunds = Vec::new();
            for refund in order.refunds() {
                refunds.extend(store.saga(SagaId::Refund(id, refund.id)).await.unwrap());
            }
            let reservations = store.reservations(id).await.unwrap();
            orders.insert(id, Known { order, events, checkout, refunds, reservations });
        }
        let mut shelves = BTreeMap::new();
        for items in StockQueries::list(store.as_ref(), None, 10_000).await.unwrap().items {
            let sku = items[0].sku().clone();
            let ledger = StockQueries::events(store.as_ref(), &sku, None, 1_000_000);
            let ledger = ledger.await.unwrap().items;
            shelves.insert(sku, Shelf { items, ledger });
        }
        Left { orders, shelves }
    }

    fn count(&self, left: &Left) {
        use ecicomm::domain::inventory::StockEventKind;
        use ecicomm::domain::order::{Effect, Phase};

        let journals = |effect: Effect| {
            let has = |known: &&Known| known.checkout.journal.iter().any(|e| e.effect == effect);
            u64::try_from(left.orders.values().filter(has).count()).unwrap()
        };
        let expired = left.shelves.values().flat_map(|shelf| &shelf.ledger);
        let expired = expired.filter(|event| event.kind == StockEventKind::Expired).count();
        let phases = |phase: Phase| {
            let of = left.orders.values().filter(|known| known.order.phase() == phase);
            u64::try_from(of.count()).unwrap()
        };
        let paid_back = left.orders.values().filter(|known| {
            let stock_lost = known.checkout.journal.iter().any(|e| e.effect == Effect::StockLost);
            stock_lost && known.checkout.plan == SagaPlan::Checkout(CheckoutState::Compensated)
        });
        let paid_back = u64::try_from(paid_back.count()).unwrap();
        self.world.count(|tally| {
            tally.placed += u64::try_from(left.orders.len()).unwrap();
            tally.confirmed += phases(Phase::Confirmed) + phases(Phase::Cancelled);
            tally.failed += phases(Phase::Failed);
            tally.reservations_expired += u64::try_from(expired).unwrap();
            tally.unknown_payments_resolved += journals(Effect::PaymentUnknown);
            tally.stock_lost_and_paid_back += paid_back;
        });
    }
}
