//! The contract of the store: what a commit does, and what every query answers after it.
//!
//! Cases know no adapter. Each file lists its cases once, in a macro that hands the list on; an
//! adapter that plugs in gives a function that opens an empty backend, and gets one test a case.

mod categories;
mod derived;
mod events;
#[cfg(feature = "redb")]
mod file;
#[cfg(feature = "redb")]
pub mod folder;
mod keys;
mod lists;
mod memory;
mod mend;
mod mend_log;
mod orders;
mod people;
mod popularity;
#[cfg(feature = "postgres")]
mod postgres;
mod pricing;
mod products;
mod reservations;
mod sagas;
mod stock;
mod units;
mod uses;
mod views;

use std::any::Any;
use std::sync::Arc;

use ecicomm::ports::catalog::CatalogQueries;
use ecicomm::ports::customer::StaffQueries;
use ecicomm::ports::events::{Event, EventLog};
use ecicomm::ports::idempotency::IdempotencyKeys;
use ecicomm::ports::imports::ImportQueries;
use ecicomm::ports::inventory::StockQueries;
use ecicomm::ports::order::{OrderQueries, Sagas};
use ecicomm::ports::pricing::PricingQueries;
use ecicomm::ports::store::{CommitError, Conflict, Store, UnitOfWork, Write};
use ecicomm::ports::upkeep::Upkeep;
use tokio::sync::Barrier;

use crate::harness::build::at;

/// An empty shop in US dollars, with the location `main` preferred, stock low below 5 units and
/// prices without tax.
#[derive(Clone)]
pub struct Backend {
    pub store: Arc<dyn Store>,
    pub catalog: Arc<dyn CatalogQueries>,
    pub pricing: Arc<dyn PricingQueries>,
    pub stock: Arc<dyn StockQueries>,
    pub orders: Arc<dyn OrderQueries>,
    pub sagas: Arc<dyn Sagas>,
    pub keys: Arc<dyn IdempotencyKeys>,
    pub events: Arc<dyn EventLog>,
    pub upkeep: Arc<dyn Upkeep>,
    pub imports: Arc<dyn ImportQueries>,
    pub staff: Arc<dyn StaffQueries>,
    /// How something wrong gets into it behind its back.
    plants: Option<Arc<dyn mend::Plants>>,
    #[expect(dead_code, reason = "held for its drop: a database goes when its backend does")]
    kept: Option<Arc<dyn Any + Send + Sync>>,
}

impl Backend {
    /// A backend whose ports are all of one adapter.
    pub fn of<A>(adapter: Arc<A>) -> Self
    where
        A: Store
            + CatalogQueries
            + PricingQueries
            + StockQueries
            + OrderQueries
            + Sagas
            + IdempotencyKeys
            + EventLog
            + ImportQueries
            + StaffQueries
            + Upkeep
            + 'static,
    {
        Self {
            store: adapter.clone(),
            catalog: adapter.clone(),
            pricing: adapter.clone(),
            stock: adapter.clone(),
            orders: adapter.clone(),
            sagas: adapter.clone(),
            keys: adapter.clone(),
            events: adapter.clone(),
            upkeep: adapter.clone(),
            imports: adapter.clone(),
            staff: adapter,
            plants: None,
            kept: None,
        }
    }

    /// The same backend, with what must not go before it does.
    #[cfg(feature = "postgres")]
    pub fn keeping(self, kept: impl Any + Send + Sync) -> Self {
        Self { kept: Some(Arc::new(kept)), ..self }
    }

    /// The same backend, into which something wrong can be planted.
    pub fn planted_by(self, plants: impl mend::Plants + 'static) -> Self {
        Self { plants: Some(Arc::new(plants)), ..self }
    }

    /// The backend with something wrong in it.
    pub async fn plant(&self, drift: mend::Drift) -> Self {
        let plants = self.plants.clone().expect("the backend should take what is planted");
        plants.plant(self.clone(), drift).await
    }

    /// Commits writes some seconds after the beginning, and takes no refusal.
    pub async fn commit_at(&self, seconds: i64, writes: Vec<Write>) {
        self.try_at(seconds, writes).await.unwrap();
    }

    /// Commits writes at the beginning, and takes no refusal.
    pub async fn commit(&self, writes: impl IntoIterator<Item = Write>) {
        self.commit_at(0, writes.into_iter().collect()).await;
    }

    /// Commits writes some seconds after the beginning, or tells why they were refused.
    pub async fn try_at(&self, seconds: i64, writes: Vec<Write>) -> Result<(), Conflict> {
        match self.store.commit(UnitOfWork { at: at(seconds), writes }).await {
            Ok(()) => Ok(()),
            Err(CommitError::Refused(conflict)) => Err(conflict),
            Err(CommitError::Port(error)) => panic!("the store failed: {error}"),
        }
    }

    /// Why a write at the beginning is refused.
    pub async fn refusal(&self, write: Write) -> Conflict {
        self.try_at(0, vec![write]).await.expect_err("the write should be refused")
    }

    /// Commits units at the same moment, each from a task of its own. How each went, in their
    /// order.
    pub async fn race(&self, units: Vec<Vec<Write>>) -> Vec<Result<(), Conflict>> {
        let start = Arc::new(Barrier::new(units.len()));
        let tasks = units.into_iter().map(|writes| {
            let (backend, start) = (self.clone(), start.clone());
            tokio::spawn(async move {
                start.wait().await;
                backend.try_at(0, writes).await
            })
        });
        let mut outcomes = Vec::new();
        for task in tasks.collect::<Vec<_>>() {
            outcomes.push(task.await.unwrap());
        }
        outcomes
    }

    /// Every event so far.
    pub async fn all_events(&self) -> Vec<Event> {
        self.events.events_after(0, usize::MAX).await.unwrap()
    }
}

/// Makes a test of each case of a suite, over what `$open` opens.
macro_rules! tests {
    ($open:path, $suite:ident, [$($case:ident),* $(,)?]) => {
        mod $suite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    crate::contract::store::$suite::$case($open().await).await;
                }
            )*
        }
    };
}

/// Every suite over one adapter: `$open` is the full path of what opens an empty backend.
macro_rules! suites {
    ($open:path) => {
        crate::contract::store::products::cases!($open);
        crate::contract::store::lists::cases!($open);
        crate::contract::store::views::cases!($open);
        crate::contract::store::categories::cases!($open);
        crate::contract::store::stock::cases!($open);
        crate::contract::store::reservations::cases!($open);
        crate::contract::store::orders::cases!($open);
        crate::contract::store::uses::cases!($open);
        crate::contract::store::sagas::cases!($open);
        crate::contract::store::keys::cases!($open);
        crate::contract::store::events::cases!($open);
        crate::contract::store::pricing::cases!($open);
        crate::contract::store::people::cases!($open);
        crate::contract::store::popularity::cases!($open);
        crate::contract::store::units::cases!($open);
        crate::contract::store::derived::cases!($open);
        crate::contract::store::mend_log::cases!($open);
    };
}

use {suites, tests};
