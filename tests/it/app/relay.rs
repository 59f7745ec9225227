use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ecicomm::adapters::memory::MemoryConfig;
use ecicomm::app::operations::{EventConsumer, HandleError, Relay};
use ecicomm::app::{AppError, Ports, Shop, ShopConfig};
use ecicomm::domain::shared::*;
use ecicomm::ports::PortError;
use ecicomm::ports::events::{Event, EventBody};
use ecicomm::ports::store::{UnitOfWork, Write};

use super::support::{
    HandClock, Trouble, TroubledStore, buy, draft, import, key, product_of, put_store, shop_with,
};

/// A consumer that writes down what it handles and fails at what it is told to.
#[derive(Default)]
struct Witness {
    handled: Mutex<Vec<(ProductId, Version)>>,
    fails: Mutex<BTreeSet<ProductId>>,
    away: Mutex<bool>,
    missed: Mutex<Vec<RangeInclusive<u64>>>,
}

impl Witness {
    fn saved(events: &[Event]) -> Vec<(ProductId, Version)> {
        events
            .iter()
            .filter_map(|event| match event.body {
                EventBody::ProductSaved(id, version) => Some((id, version)),
                _ => None,
            })
            .collect()
    }

    fn handled(&self) -> Vec<(ProductId, u64)> {
        let handled = self.handled.lock().unwrap();
        handled.iter().map(|(id, version)| (*id, version.number())).collect()
    }

    fn fail(&self, product: ProductId) {
        self.fails.lock().unwrap().insert(product);
    }

    fn mend(&self) {
        self.fails.lock().unwrap().clear();
    }
}

#[async_trait]
impl EventConsumer for Witness {
    fn name(&self) -> &'static str {
        "witness"
    }

    fn batch(&self) -> usize {
        5
    }

    fn pace(&self) -> Span {
        Span::ZERO
    }

    async fn missed(&self, positions: RangeInclusive<u64>) -> Result<(), HandleError> {
        self.missed.lock().unwrap().push(positions);
        if *self.away.lock().unwrap() {
            return Err(PortError::unavailable("away").into());
        }
        Ok(())
    }

    async fn handle(&self, events: &[Event]) -> Result<Vec<Write>, HandleError> {
        if *self.away.lock().unwrap() {
            return Err(PortError::unavailable("away").into());
        }
        let saved = Self::saved(events);
        let fails = self.fails.lock().unwrap().clone();
        if saved.iter().any(|(id, _)| fails.contains(id)) {
            return Err(HandleError::Failed("it cannot be read".into()));
        }
        self.handled.lock().unwrap().extend(saved);
        Ok(Vec::new())
    }
}

struct World {
    shop: Shop,
    clock: Arc<HandClock>,
    witness: Witness,
}

impl World {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Ports)) -> Self {
        let clock = HandClock::new();
        let shop = shop_with(|ports| {
            ports.clock = clock.clone();
            change(ports);
        })
        .await;
        Self { shop, clock, witness: Witness::default() }
    }

    async fn create(&self, name: &str) -> ProductId {
        self.shop.catalog.create(draft(name, name, 100)).await.unwrap().product.id()
    }

    /// Saves a product once more.
    async fn touch(&self, id: ProductId) {
        let version = self.shop.catalog.product(id).await.unwrap().product.version();
        let name = format!("Version {}", version.next());
        let known = self.shop.catalog.product(id).await.unwrap();
        let sku = known.product.content().variants[0].sku.to_string();
        self.shop.catalog.revise(id, version, draft(&name, &sku, 100)).await.unwrap();
    }

    async fn drain(&self) -> usize {
        self.shop.relay.drain(&self.witness).await.unwrap()
    }

    async fn parked(&self) -> Vec<(u64, u32)> {
        let parked = self.shop.ports.events.parked("witness", 99).await.unwrap();
        parked.iter().map(|parked| (parked.event.position, parked.attempts)).collect()
    }

    async fn position(&self) -> u64 {
        let consumers = self.shop.ports.events.consumers().await.unwrap();
        consumers.iter().find(|one| one.name == "witness").map_or(0, |one| one.position)
    }
}

#[tokio::test]
async fn every_event_is_handed_over_once_and_in_order() {
    let world = World::new().await;
    let ids = [world.create("A").await, world.create("B").await];
    for _ in 0..6 {
        world.touch(ids[0]).await;
        world.touch(ids[1]).await;
    }
    assert_eq!(world.drain().await, 14);
    let handled = world.witness.handled();
    for id in ids {
        let versions: Vec<u64> =
            handled.iter().filter(|(of, _)| *of == id).map(|(_, version)| *version).collect();
        assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7]);
    }
    assert_eq!(world.drain().await, 0);
    assert_eq!(world.position().await, world.shop.ports.events.head().await.unwrap());
}

#[tokio::test]
async fn an_event_that_fails_holds_back_only_later_ones_of_its_aggregate() {
    let world = World::new().await;
    let (bad, good) = (world.create("A").await, world.create("B").await);
    world.touch(bad).await;
    world.touch(good).await;
    world.witness.fail(bad);
    world.drain().await;
    world.touch(bad).await;
    world.touch(good).await;
    world.drain().await;
    assert_eq!(world.witness.handled(), [(good, 1), (good, 2), (good, 3)]);
    assert_eq!(world.parked().await, [(1, 1), (3, 0), (5, 0)]);
    // Not due yet, so not tried.
    world.witness.mend();
    assert_eq!(world.drain().await, 0);
    world.clock.advance(Span::seconds(1));
    assert_eq!(world.drain().await, 3);
    assert_eq!(world.witness.handled()[3..], [(bad, 1), (bad, 2), (bad, 3)]);
    assert_eq!(world.parked().await, []);
}

#[tokio::test]
async fn an_event_is_given_up_after_ten_tries_and_replayed_by_staff() {
    let world = World::new().await;
    let bad = world.create("A").await;
    world.touch(bad).await;
    world.witness.fail(bad);
    for tries in 1..Relay::MAX_ATTEMPTS {
        world.drain().await;
        assert_eq!(world.parked().await[0], (1, tries));
        world.clock.advance(Span::minutes(5));
    }
    world.drain().await;
    let relay = &world.shop.relay;
    let dead = relay.dead_letters("witness", None, 9).await.unwrap().items;
    assert_eq!((dead.len(), dead[0].event.position), (1, 1));
    assert_eq!(dead[0].reason, "it cannot be read");
    // What waited behind it is tried by itself now.
    assert_eq!(world.parked().await, [(2, 1)]);
    world.witness.mend();
    relay.replay("witness", 1).await.unwrap();
    assert!(matches!(relay.replay("witness", 99).await, Err(AppError::NotFound("dead letter"))));
    world.clock.advance(Span::minutes(5));
    world.drain().await;
    assert_eq!(world.witness.handled(), [(bad, 1), (bad, 2)]);
    assert!(relay.dead_letters("witness", None, 9).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_consumer_that_is_away_loses_nothing_and_sets_nothing_aside() {
    let world = World::new().await;
    let id = world.create("A").await;
    *world.witness.away.lock().unwrap() = true;
    let away = world.shop.relay.step(&world.witness).await;
    assert!(matches!(away, Err(AppError::Port(_))));
    assert_eq!((world.position().await, world.parked().await), (0, Vec::new()));
    *world.witness.away.lock().unwrap() = false;
    world.drain().await;
    assert_eq!(world.witness.handled(), [(id, 1)]);
}

#[tokio::test]
async fn a_consumer_hears_which_events_are_gone_until_it_made_up_for_them() {
    let world = World::with(|ports| {
        let mut config = MemoryConfig::new(Currency::USD);
        (config.keep_events, config.max_events) = (1, 3);
        put_store(ports, config);
    })
    .await;
    world.create("A").await;
    world.drain().await;
    assert_eq!(*world.witness.missed.lock().unwrap(), []);
    for name in ["B", "C", "D", "E", "F"] {
        world.create(name).await;
    }
    *world.witness.away.lock().unwrap() = true;
    for _ in 0..2 {
        assert!(world.shop.relay.step(&world.witness).await.is_err());
        assert_eq!(world.position().await, 1);
    }
    *world.witness.away.lock().unwrap() = false;
    assert_eq!(world.drain().await, 3);
    assert_eq!(*world.witness.missed.lock().unwrap(), [2..=3, 2..=3, 2..=3]);
    assert_eq!(world.witness.handled().len(), 4);
    assert_eq!(world.position().await, world.shop.ports.events.head().await.unwrap());
}

#[tokio::test]
async fn one_process_at_a_time_serves_a_consumer() {
    let world = World::new().await;
    world.create("A").await;
    let config = Arc::new(ShopConfig::new("another process"));
    let other = Relay::new(world.shop.ports.clone(), config);
    assert!(world.shop.relay.step(&world.witness).await.unwrap().position.is_some());
    world.create("B").await;
    assert_eq!(other.step(&world.witness).await.unwrap().position, None);
    world.clock.advance(Span::seconds(16));
    assert_eq!(other.step(&world.witness).await.unwrap().handed, 1);
    assert_eq!(world.witness.handled().len(), 2);
}

#[tokio::test]
async fn a_consumer_that_a_process_leaves_is_served_by_another_at_once() {
    let world = World::new().await;
    world.create("A").await;
    let config = Arc::new(ShopConfig::new("another process"));
    let other = Relay::new(world.shop.ports.clone(), config);
    assert!(world.shop.relay.step(&world.witness).await.unwrap().position.is_some());
    world.create("B").await;
    world.shop.relay.leave(&world.witness).await.unwrap();
    assert_eq!(other.step(&world.witness).await.unwrap().handed, 1);
    world.shop.relay.leave(&world.witness).await.unwrap();
    assert_eq!(world.shop.relay.step(&world.witness).await.unwrap().position, None);
}

/// A shop with one product of 100 units, and the relay drained.
async fn selling(change: impl FnOnce(&mut Ports)) -> World {
    let world = World::with(change).await;
    let line = r#"{"sku": "LAMP-1", "name": "Lamp", "price": 100, "stock": 100, "popularity": 40}"#;
    import(&world.shop, line).await;
    world
}

async fn popularity(world: &World) -> u64 {
    for consumer in &world.shop.consumers {
        // A step that fails is done again, as the loop does.
        while world.shop.relay.drain(&**consumer).await.is_err() {}
    }
    product_of(&world.shop, "LAMP-1").await.popularity
}

#[tokio::test]
async fn popularity_counts_units_of_confirmed_orders_and_takes_cancelled_ones_back() {
    let world = selling(|_| {}).await;
    assert_eq!(popularity(&world).await, 40);
    let order = buy(&world.shop, "LAMP-1", 3, "pm_card_visa").await;
    assert_eq!(popularity(&world).await, 43);
    assert_eq!(popularity(&world).await, 43);
    buy(&world.shop, "LAMP-1", 2, "pm_card_visa").await;
    let waiting = buy(&world.shop, "LAMP-1", 5, "pm_card_authenticationRequired").await;
    assert!(waiting.confirmed_at().is_none());
    assert_eq!(popularity(&world).await, 45);
    world.shop.orders.cancel(order.id(), "no".into(), key("cancel")).await.unwrap();
    assert_eq!(popularity(&world).await, 42);
}

#[tokio::test]
async fn an_order_counts_once_even_where_the_answer_to_its_commit_is_lost() {
    fn moves_popularity(unit: &UnitOfWork) -> bool {
        unit.writes.iter().any(|write| matches!(write, Write::AddPopularity { .. }))
    }
    let lose = |ports: &mut Ports| {
        let trouble = Trouble::ApplyAndTimeOut;
        TroubledStore::wrap(ports, moves_popularity, trouble, &[1]);
    };
    let world = selling(lose).await;
    buy(&world.shop, "LAMP-1", 3, "pm_card_visa").await;
    assert_eq!(popularity(&world).await, 43);
}

#[tokio::test]
async fn a_commit_refused_for_one_event_does_not_keep_the_others_from_counting() {
    fn moves_popularity(unit: &UnitOfWork) -> bool {
        unit.writes.iter().any(|write| matches!(write, Write::AddPopularity { .. }))
    }
    // The batch is refused, then the first order by itself; the second goes in.
    let refuse = |ports: &mut Ports| {
        TroubledStore::wrap(ports, moves_popularity, Trouble::Refuse, &[1, 2]);
    };
    let world = selling(refuse).await;
    buy(&world.shop, "LAMP-1", 3, "pm_card_visa").await;
    buy(&world.shop, "LAMP-1", 4, "pm_card_visa").await;
    assert_eq!(popularity(&world).await, 44);
    world.clock.advance(Span::seconds(2));
    assert_eq!(popularity(&world).await, 47);
}

/// Has every consumer handle what it can, in one go.
async fn drain_all(world: &World) {
    for consumer in &world.shop.consumers {
        world.shop.relay.drain(&**consumer).await.unwrap();
    }
}

#[tokio::test]
async fn an_event_whose_commit_fails_for_good_becomes_a_dead_letter_and_holds_up_no_other() {
    fn moves_by_three(unit: &UnitOfWork) -> bool {
        let by_three = |write: &Write| matches!(write, Write::AddPopularity { units: 3, .. });
        unit.writes.iter().any(by_three)
    }
    let always: Vec<usize> = (1..=99).collect();
    let fail = |ports: &mut Ports| {
        TroubledStore::wrap(ports, moves_by_three, Trouble::Fail, &always);
    };
    let world = selling(fail).await;
    import(&world.shop, r#"{"sku": "BED-1", "name": "Bed", "price": 100, "stock": 100}"#).await;
    buy(&world.shop, "BED-1", 3, "pm_card_visa").await;
    buy(&world.shop, "LAMP-1", 4, "pm_card_visa").await;
    drain_all(&world).await;
    assert_eq!(product_of(&world.shop, "LAMP-1").await.popularity, 44);
    let dead = async || world.shop.relay.dead_letters("popularity", None, 9).await.unwrap().items;
    for _ in 1..Relay::MAX_ATTEMPTS {
        assert!(dead().await.is_empty());
        world.clock.advance(Span::minutes(5));
        drain_all(&world).await;
    }
    let dead = dead().await;
    assert_eq!((dead.len(), dead[0].attempts), (1, Relay::MAX_ATTEMPTS));
    assert!(dead[0].reason.contains("a fault of the store"), "{}", dead[0].reason);
    assert_eq!(product_of(&world.shop, "BED-1").await.popularity, 0);
}

#[tokio::test]
async fn while_the_store_is_away_no_event_is_set_aside() {
    fn moves_popularity(unit: &UnitOfWork) -> bool {
        unit.writes.iter().any(|write| matches!(write, Write::AddPopularity { .. }))
    }
    let away = |ports: &mut Ports| {
        TroubledStore::wrap(ports, moves_popularity, Trouble::Away, &[1]);
    };
    let world = selling(away).await;
    buy(&world.shop, "LAMP-1", 4, "pm_card_visa").await;
    let consumer = world.shop.consumers.iter().find(|one| one.name() == "popularity").unwrap();
    assert!(world.shop.relay.drain(&**consumer).await.is_err());
    assert!(world.shop.ports.events.parked("popularity", 9).await.unwrap().is_empty());
    world.shop.relay.drain(&**consumer).await.unwrap();
    assert_eq!(product_of(&world.shop, "LAMP-1").await.popularity, 44);
}
