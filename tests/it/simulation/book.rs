//! What clients were told. Whatever was acknowledged must stay so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ecicomm::app::order::PlaceOrderCommand;
use ecicomm::domain::order::Order;
use ecicomm::domain::shared::{OrderId, Version};
use ecicomm::ports::idempotency::{KeyClaim, KeyId, Outcome};

use super::world::World;

/// A request under a key, and what it was answered.
#[derive(Clone)]
pub struct Promise {
    pub key: KeyClaim,
    /// Of a checkout, so that it can be sent again.
    pub command: Option<PlaceOrderCommand>,
    pub answer: Option<Outcome>,
}

/// All promises of a run, and the latest version of each order that each client saw.
pub struct Book {
    world: Arc<World>,
    promises: Mutex<BTreeMap<KeyId, Promise>>,
    seen: Mutex<BTreeMap<(u16, OrderId), Version>>,
}

impl Book {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self { world, promises: Mutex::default(), seen: Mutex::default() })
    }

    /// Notes a request before it is sent for the first time.
    pub fn open(&self, key: &KeyClaim, command: Option<PlaceOrderCommand>) {
        let promise = Promise { key: key.clone(), command, answer: None };
        self.promises.lock().unwrap().insert(key.id.clone(), promise);
    }

    /// Notes a final answer. A second one under the key must be the first.
    pub fn acknowledge(&self, key: &KeyClaim, outcome: &Outcome) {
        let mut promises = self.promises.lock().unwrap();
        let promise = promises.get_mut(&key.id).unwrap();
        match &promise.answer {
            None => promise.answer = Some(outcome.clone()),
            Some(first) => {
                self.world.count(|tally| tally.replays += 1);
                self.world.check(first == outcome, || {
                    format!("I10: {:?} was answered {first:?} and then {outcome:?}", key.id)
                });
            }
        }
        if let Outcome::Order(order) = outcome {
            // A replayed answer is as old as the first one, so it tells nothing of today.
            self.world.check(order.placed().totals.total.amount() >= 0, || {
                format!("order {} costs less than nothing", order.id())
            });
        }
    }

    /// Notes an order as one client just read it: none sees it go back in time.
    pub fn saw(&self, client: u16, order: &Order) {
        let mut seen = self.seen.lock().unwrap();
        let latest = seen.entry((client, order.id())).or_insert(order.version());
        let went_back = order.version() < *latest;
        *latest = (*latest).max(order.version());
        self.world.check(!went_back, || format!("I15: order {} went back in time", order.id()));
    }

    pub fn promises(&self) -> Vec<Promise> {
        self.promises.lock().unwrap().values().cloned().collect()
    }
}
