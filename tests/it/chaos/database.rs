//! A Postgres server of a run's own, read past the shop and killed.

use ecicomm::adapters::postgres::{PostgresConfig, PostgresStore};
use ecicomm::domain::order::{Saga, SagaId};
use ecicomm::domain::shared::{Currency, OrderId, RefundId};
use ecicomm::ports::events::{Event, EventLog as _, ParkedEvent};
use ecicomm::ports::order::Sagas as _;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use super::backend::Kept;
use crate::harness::servers::{Fsync, Postgres};

/// The name of the shop's database.
const NAME: &str = "shop";
/// How many rows are read at once.
const PAGE: usize = 1_000;
/// How many of what a consumer set aside are read: one is too many.
const PARKED: usize = 100;

/// The server with the shop's database, whose commits wait for the disk.
pub struct Database {
    server: Postgres,
    url: String,
}

impl Database {
    /// A server with an empty database.
    pub async fn start() -> Self {
        let server = Postgres::start(Fsync::On);
        server.create(NAME, None).await;
        Self { url: server.url(NAME), server }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends the server as a power cut would, as far as its processes are concerned.
    pub fn kill(&self) {
        self.server.server().kill();
    }

    /// Starts it where it was, and returns when it takes connections.
    pub fn restart(&self) {
        self.server.server().restart();
    }

    /// The sagas that are not over.
    pub async fn open_sagas(&self) -> Vec<Saga> {
        let store = self.store().await;
        let (mut open, mut after) = (Vec::new(), None);
        loop {
            let page = store.open(after, PAGE).await.unwrap();
            open.extend(page.items.into_iter().filter(|saga| !saga.is_over()));
            after = page.next;
            if after.is_none() {
                return open;
            }
        }
    }

    /// All that a shop keeps of its work.
    pub async fn read(&self) -> Kept {
        // A store gives events their positions once it is connected.
        let undelivered = self.undelivered().await;
        let store = self.store().await;
        let mut sagas = Vec::new();
        for id in self.saga_ids().await {
            sagas.push(store.saga(id).await.unwrap().expect("a saga that was there"));
        }
        Kept { sagas, events: events(&store).await, parked: parked(&store).await, undelivered }
    }

    /// Events that servers which are stopped by now left without a position.
    async fn undelivered(&self) -> Vec<String> {
        let without = "SELECT concat_ws(' ', e.aggregate, e.key, e.sequence, e.kind,
                CASE WHEN o.event_id IS NULL THEN 'not even in the outbox' END)
            FROM events e LEFT JOIN outbox o ON o.event_id = e.id
            WHERE NOT EXISTS (SELECT FROM event_positions p WHERE p.event_id = e.id)
            ORDER BY e.id LIMIT $1";
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let most = i64::try_from(PARKED).unwrap();
        let found = sqlx::query_scalar(without).bind(most).fetch_all(&mut connection);
        let found = found.await.unwrap();
        connection.close().await.unwrap();
        found
    }

    /// How many sessions of the shop have had a transaction open for longer than a second and do
    /// nothing.
    pub async fn idle_in_transaction(&self) -> i64 {
        let idle = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND state LIKE 'idle in transaction%'
                AND state_change < clock_timestamp() - interval '1 second'";
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let count = sqlx::query_scalar(idle).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        count
    }

    async fn saga_ids(&self) -> Vec<SagaId> {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let keys: Vec<(i16, Uuid, Uuid)> =
            sqlx::query_as("SELECT kind, order_id, refund_id FROM sagas ORDER BY 1, 2, 3")
                .fetch_all(&mut connection)
                .await
                .unwrap();
        connection.close().await.unwrap();
        let id = |(kind, order, refund): (i16, Uuid, Uuid)| match kind {
            0 => SagaId::Checkout(OrderId::new(order)),
            _ => SagaId::Refund(OrderId::new(order), RefundId::new(refund)),
        };
        keys.into_iter().map(id).collect()
    }

    /// The store as a process of the shop has it, on the few connections that reading takes.
    async fn store(&self) -> PostgresStore {
        let config = PostgresConfig {
            min_connections: 0,
            max_connections: 2,
            ..PostgresConfig::new(&self.url, Currency::USD)
        };
        PostgresStore::connect(config).await.unwrap()
    }
}

/// All events, by position.
async fn events(store: &PostgresStore) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    loop {
        let last = events.last().map_or(0, |event| event.position);
        let page = store.events_after(last, PAGE).await.unwrap();
        if page.is_empty() {
            return events;
        }
        events.extend(page);
    }
}

/// What consumers could not handle, for now or for good.
async fn parked(store: &PostgresStore) -> Vec<(String, ParkedEvent)> {
    let mut all = Vec::new();
    for consumer in store.consumers().await.unwrap() {
        let name = consumer.name;
        let waiting = store.parked(&name, PARKED).await.unwrap();
        let dead = store.dead_letters(&name, None, PARKED).await.unwrap();
        all.extend(waiting.into_iter().chain(dead.items).map(|parked| (name.clone(), parked)));
    }
    all
}
