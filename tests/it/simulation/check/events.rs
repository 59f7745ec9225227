use std::collections::BTreeMap;

use ecicomm::domain::order::{OrderEvent, Phase};
use ecicomm::domain::shared::{OrderId, ProductId};
use ecicomm::ports::catalog::{CatalogQueries, ProductView};
use ecicomm::ports::events::{Aggregate, Event, EventBody, EventLog};
use ecicomm::ports::search::{SearchIndex, SearchQuery};

use super::{Checker, Left};

impl Checker<'_> {
    /// I9: every change has its event, in one sequence without gaps, and in one of its aggregate.
    pub(super) async fn events(&self, left: &Left) {
        let store = &self.cluster.backend.store();
        let log = store.events_after(0, usize::MAX).await.unwrap();
        let head = store.head().await.unwrap();
        self.world.check(u64::try_from(log.len()).unwrap() == head, || {
            format!("I9: {} events, but the last has position {head}", log.len())
        });
        let mut sequences: BTreeMap<&Aggregate, u64> = BTreeMap::new();
        for (position, event) in (1..).zip(&log) {
            self.world.check(event.position == position, || {
                format!("I9: position {position} is missing before {event:?}")
            });
            let sequence = sequences.entry(&event.aggregate).or_default();
            *sequence += 1;
            self.world.check(event.sequence == *sequence, || {
                format!("I9: sequence {sequence} is missing before {event:?}")
            });
        }
        self.told_everything(left, &log);
        for consumer in store.consumers().await.unwrap() {
            self.world.check(consumer.position == head, || {
                format!("I9: {consumer:?} has not come to {head}")
            });
            let parked = store.parked(&consumer.name, 10).await.unwrap();
            self.world.check(parked.is_empty(), || format!("I9: set aside for ever: {parked:?}"));
            let dead = store.dead_letters(&consumer.name, None, 10).await.unwrap().items;
            self.world.check(dead.is_empty(), || format!("I9: given up: {dead:?}"));
        }
    }

    /// The log tells of every order and every shelf what these tell of themselves.
    fn told_everything(&self, left: &Left, log: &[Event]) {
        let mut orders: BTreeMap<OrderId, Vec<&OrderEvent>> = BTreeMap::new();
        let mut shelves: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for event in log {
            match &event.body {
                EventBody::Order(id, told) => orders.entry(*id).or_default().push(told),
                EventBody::Stock(told) => shelves.entry(&told.sku).or_default().push(told),
                _ => {}
            }
        }
        for (id, known) in &left.orders {
            let told = orders.remove(id).unwrap_or_default();
            self.world.check(told.iter().copied().eq(&known.events), || {
                format!("I9: the log tells {told:?} of order {id}")
            });
        }
        self.world.check(orders.is_empty(), || format!("I9: orders nobody has: {orders:?}"));
        for (sku, shelf) in &left.shelves {
            let told = shelves.remove(sku).unwrap_or_default();
            self.world.check(told.iter().copied().eq(&shelf.ledger), || {
                format!("I9: the log and the ledger of {sku} differ")
            });
        }
    }

    /// I11: popularity and search are what the events make of them.
    pub(super) async fn projections(&self, left: &Left) {
        let mut sold: BTreeMap<ProductId, i64> = BTreeMap::new();
        for known in left.orders.values() {
            if known.order.phase() == Phase::Confirmed {
                for line in &known.order.placed().lines {
                    *sold.entry(line.product).or_default() += i64::from(line.quantity.units());
                }
            }
        }
        let store = &self.cluster.backend.store();
        let index = self.cluster.living_index().unwrap();
        let mut shown = 0;
        for id in &self.goods.products {
            let view = store.product(*id).await.unwrap().unwrap();
            let units = sold.get(id).copied().unwrap_or_default();
            self.world.check(i64::try_from(view.popularity) == Ok(units), || {
                format!("I11: {units} of {id} sold, popularity {}", view.popularity)
            });
            shown += u64::from(view.product.is_published());
            self.found(index.as_ref(), &view).await;
        }
        let count = index.count().await.unwrap();
        self.world.check(count == shown, || format!("I11: {shown} on sale, {count} in the index"));
    }

    /// A product is found by its SKU, at its price, exactly where it can be bought.
    async fn found(&self, index: &dyn SearchIndex, view: &ProductView) {
        let variant = &view.product.content().variants[0];
        let price = variant.prices[0].amount().amount();
        let in_stock = view.availability[0].is_sellable();
        for (wanted, query) in [
            (view.product.is_published(), SearchQuery::default()),
            (
                view.product.is_published() && in_stock,
                SearchQuery { in_stock: true, ..SearchQuery::default() },
            ),
        ] {
            let query = SearchQuery {
                text: variant.sku.as_str().to_owned(),
                price_min: Some(price),
                price_max: Some(price),
                limit: 20,
                ..query
            };
            let hits = index.search(&query).await.unwrap().hits;
            let found = hits.iter().any(|hit| hit.product == view.product.id());
            self.world.check(found == wanted, || {
                format!("I11: {} at {price} is found: {found}, by {query:?}", variant.sku)
            });
        }
    }
}
