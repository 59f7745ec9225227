use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ecicomm::adapters::jobs::Jobs;
use ecicomm::app::operations::{EventConsumer, HandleError};
use ecicomm::app::{Ports, Shop};
use ecicomm::domain::shared::*;
use ecicomm::ports::events::Event;
use ecicomm::ports::idempotency::{Outcome, RETENTION, Refusal};
use ecicomm::ports::store::{UnitOfWork, Write};

use super::support::{HandClock, Trouble, TroubledStore, buy, draft, import, key, shop_with};

/// More than a sweep takes at once.
const MANY: usize = 600;

async fn shop_by(clock: &Arc<HandClock>, change: impl FnOnce(&mut Ports)) -> Shop {
    let with_clock = |ports: &mut Ports| {
        ports.clock = clock.clone();
        change(ports);
    };
    shop_with(with_clock).await
}

/// How many orders have holds that ran out.
async fn overdue(shop: &Shop) -> usize {
    let now = shop.ports.clock.now();
    shop.ports.stock.claim_overdue(now, now, 10 * MANY).await.unwrap().len()
}

/// Runs the background work of a shop for a while of the paused time, which passes at once.
async fn work(shop: Shop, seconds: u64) -> Arc<Shop> {
    let shop = Arc::new(shop);
    let jobs = Jobs::start(&shop);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    jobs.stop().await;
    shop
}

#[tokio::test(start_paused = true)]
async fn however_many_holds_ran_out_one_period_lets_go_of_them_all() {
    fn compensates(unit: &UnitOfWork) -> bool {
        unit.writes.iter().any(|write| matches!(write, Write::CompensateOrder(_)))
    }
    // The sagas cannot move, so that nobody but the sweeper gives stock back.
    let all: Vec<usize> = (1..=10 * MANY).collect();
    let stuck = |ports: &mut Ports| {
        TroubledStore::wrap(ports, compensates, Trouble::Refuse, &all);
    };
    let clock = HandClock::new();
    let shop = shop_by(&clock, stuck).await;
    let line = r#"{"sku": "LAMP-1", "name": "Lamp", "price": 100, "stock": 1000}"#;
    import(&shop, line).await;
    for _ in 0..MANY {
        buy(&shop, "LAMP-1", 1, "pm_card_authenticationRequired").await;
    }
    clock.advance(Span::minutes(31));
    assert_eq!(overdue(&shop).await, MANY);
    let shop = work(shop, 11).await;
    assert_eq!(overdue(&shop).await, 0);
}

#[tokio::test(start_paused = true)]
async fn however_many_keys_are_past_their_retention_one_period_forgets_them_all() {
    let clock = HandClock::new();
    let shop = shop_by(&clock, |_| {}).await;
    let begun = shop.ports.clock.now();
    let claims: Vec<_> = (0..MANY).map(|number| key(&number.to_string())).collect();
    for claim in &claims {
        let outcome = Outcome::Refused(Refusal::CartOrdered);
        let write = Write::FinishKey { claim: claim.clone(), outcome };
        shop.ports.store.commit(UnitOfWork::of(begun, write)).await.unwrap();
    }
    clock.advance(RETENTION);
    let shop = work(shop, 11).await;
    let mut kept = 0;
    for claim in &claims {
        // Asked as of then, when none was past its retention.
        kept += usize::from(shop.ports.keys.key(&claim.id, begun).await.unwrap().is_some());
    }
    assert_eq!(kept, 0);
}

/// A consumer with a bug that shows some times.
struct Fragile {
    panics: AtomicU32,
    handled: Arc<AtomicUsize>,
}

#[async_trait]
impl EventConsumer for Fragile {
    fn name(&self) -> &'static str {
        "fragile"
    }

    fn batch(&self) -> usize {
        5
    }

    fn pace(&self) -> Span {
        Span::ZERO
    }

    async fn handle(&self, events: &[Event]) -> Result<Vec<Write>, HandleError> {
        if self.panics.load(Ordering::SeqCst) > 0 {
            self.panics.fetch_sub(1, Ordering::SeqCst);
            panic!("a bug that shows three times");
        }
        self.handled.fetch_add(events.len(), Ordering::SeqCst);
        Ok(Vec::new())
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_panics_is_started_anew() {
    let mut shop = shop_with(|_| {}).await;
    let handled = Arc::new(AtomicUsize::new(0));
    let fragile = Fragile { panics: AtomicU32::new(3), handled: handled.clone() };
    shop.consumers.push(Arc::new(fragile));
    shop.catalog.create(draft("A", "A", 100)).await.unwrap();
    let shop = Arc::new(shop);
    let jobs = Jobs::start(&shop);
    // Of the paused time: more than the three pauses before the loop is started anew.
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(jobs.restarts(), 3);
    jobs.stop().await;
    let head = usize::try_from(shop.ports.events.head().await.unwrap()).unwrap();
    assert!(head > 0);
    assert_eq!(handled.load(Ordering::SeqCst), head);
}
