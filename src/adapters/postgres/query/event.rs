use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use serde::Deserialize;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::stock::stock_event;
use crate::adapters::postgres::PostgresStore;
use crate::adapters::postgres::convert::{
    Moment, count, number, one_more, read, rows, time, timestamp,
};
use crate::adapters::postgres::fault::Fault;
use crate::domain::order::Lease;
use crate::domain::shared::{
    CategoryId, Location, OrderId, ProductId, PromotionId, Sku, Timestamp, Version,
};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::events::{Aggregate, Consumer, Event, EventBody, EventLog, ParkedEvent};

#[async_trait]
impl EventLog for PostgresStore {
    async fn events_after(&self, position: u64, most: usize) -> Result<Vec<Event>, PortError> {
        self.log.catch_up().await?;
        self.ask(move |connection| events_after(connection, position, most).boxed()).await
    }

    async fn head(&self) -> Result<u64, PortError> {
        self.log.catch_up().await?;
        self.ask(|connection| head(connection).boxed()).await
    }

    async fn head_so_far(&self) -> Result<u64, PortError> {
        self.ask(|connection| head(connection).boxed()).await
    }

    async fn waiting(&self) -> Result<u64, PortError> {
        self.ask(|connection| waiting(connection).boxed()).await
    }

    async fn wait_after(&self, position: u64) -> Result<(), PortError> {
        self.log.wait_after(position).await
    }

    async fn lease_consumer(
        &self,
        name: &str,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Option<Consumer>, PortError> {
        let (name, moment) = (name.to_owned(), Moment::new(now, self.config.time));
        self.sessions
            .ask_to_write(move |connection| lease_consumer(connection, name, lease, moment).boxed())
            .await
    }

    async fn consumers(&self) -> Result<Vec<Consumer>, PortError> {
        self.ask(|connection| consumers(connection).boxed()).await
    }

    async fn parked(&self, consumer: &str, most: usize) -> Result<Vec<ParkedEvent>, PortError> {
        let asked = Parked { consumer: consumer.to_owned(), dead: false, after: 0 };
        let most = rows(most);
        self.ask(move |connection| parked(connection, asked, most).boxed()).await
    }

    async fn dead_letters(
        &self,
        consumer: &str,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<ParkedEvent, u64>, PortError> {
        let after = number(after.unwrap_or(0));
        let asked = Parked { consumer: consumer.to_owned(), dead: true, after };
        let most = one_more(limit);
        let found = self.ask(move |connection| parked(connection, asked, most).boxed()).await?;
        Ok(super::page(found, limit, |parked| parked.event.position))
    }
}

/// How far events without a position are counted.
const MOST_WAITING: i64 = 100_000;

struct EventRow {
    position: i64,
    aggregate: String,
    key: String,
    sequence: i64,
    kind: String,
    at: DateTime<Utc>,
    body: Option<String>,
}

/// The body of the event of a product that was saved.
#[derive(Deserialize)]
struct SavedBody {
    version: u64,
}

impl EventRow {
    /// The event, with the reason for its body where it cannot be read.
    fn event(self) -> Result<Event, PortError> {
        let told = self.told();
        let unreadable = |error: PortError| {
            let aggregate = self.about().unwrap_or_else(|| Aggregate::Unknown(self.names()));
            (aggregate, EventBody::Unreadable(error.to_string()))
        };
        let (aggregate, body) = told.unwrap_or_else(unreadable);
        Ok(Event {
            position: count(self.position)?,
            aggregate,
            sequence: count(self.sequence)?,
            at: timestamp(self.at),
            body,
        })
    }

    /// What it is about, by its key alone.
    fn about(&self) -> Option<Aggregate> {
        if self.aggregate == "stock" {
            let (sku, location) = self.key.split_once(' ')?;
            let (sku, location) = (Sku::try_new(sku).ok()?, Location::try_new(location).ok()?);
            return Some(Aggregate::Stock(sku, location));
        }
        let id = self.id().ok()?;
        Some(match self.aggregate.as_str() {
            "product" => Aggregate::Product(ProductId::new(id)),
            "category" => Aggregate::Category(CategoryId::new(id)),
            "promotion" => Aggregate::Promotion(PromotionId::new(id)),
            "order" => Aggregate::Order(OrderId::new(id)),
            _ => return None,
        })
    }

    fn names(&self) -> String {
        format!("{} {}", self.aggregate, self.key)
    }

    fn told(&self) -> Result<(Aggregate, EventBody), PortError> {
        Ok(match (self.aggregate.as_str(), self.kind.as_str()) {
            ("product", "saved") => {
                let id = ProductId::new(self.id()?);
                let saved: SavedBody =
                    serde_json::from_str(self.body()?).map_err(PortError::corrupt)?;
                let version = Version::new(saved.version);
                (Aggregate::Product(id), EventBody::ProductSaved(id, version))
            }
            ("product", "popularity_moved") => {
                let id = ProductId::new(self.id()?);
                (Aggregate::Product(id), EventBody::PopularityMoved(id))
            }
            ("category", "changed") => {
                let id = CategoryId::new(self.id()?);
                (Aggregate::Category(id), EventBody::CategoryChanged(id))
            }
            ("promotion", "changed") => {
                let id = PromotionId::new(self.id()?);
                (Aggregate::Promotion(id), EventBody::PromotionChanged(id))
            }
            ("stock", kind) => {
                let event = stock_event(kind, self.at, self.body()?)?;
                let aggregate = Aggregate::Stock(event.sku.clone(), event.location.clone());
                (aggregate, EventBody::Stock(event))
            }
            ("order", _) => {
                let id = OrderId::new(self.id()?);
                (Aggregate::Order(id), EventBody::Order(id, read(self.body()?)?))
            }
            (aggregate, kind) => {
                return Err(PortError::corrupt(format!("no event of {aggregate} is {kind}")));
            }
        })
    }

    fn id(&self) -> Result<Uuid, PortError> {
        Uuid::try_parse(&self.key).map_err(PortError::corrupt)
    }

    fn body(&self) -> Result<&str, PortError> {
        self.body.as_deref().ok_or_else(|| PortError::corrupt("an event tells nothing"))
    }
}

async fn events_after(
    connection: &mut PgConnection,
    position: u64,
    most: usize,
) -> Result<Vec<Event>, Fault> {
    let rows = sqlx::query_as!(
        EventRow,
        r#"SELECT p.position, aggregate, key, sequence, kind, at, body::text AS "body"
        FROM event_positions p JOIN events e ON e.id = p.event_id
        WHERE p.position > $1 ORDER BY p.position LIMIT $2"#,
        number(position),
        rows(most),
    )
    .fetch_all(connection)
    .await?;
    let events: Result<Vec<Event>, PortError> = rows.into_iter().map(EventRow::event).collect();
    Ok(events?)
}

async fn head(connection: &mut PgConnection) -> Result<u64, Fault> {
    let head = sqlx::query_scalar!("SELECT position FROM event_head").fetch_one(connection).await?;
    Ok(count(head)?)
}

async fn waiting(connection: &mut PgConnection) -> Result<u64, Fault> {
    let counted = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (SELECT FROM outbox LIMIT $1) waiting"#,
        MOST_WAITING,
    );
    Ok(count(counted.fetch_one(connection).await?)?)
}

async fn lease_consumer(
    connection: &mut PgConnection,
    name: String,
    lease: Lease,
    moment: Moment,
) -> Result<Option<Consumer>, Fault> {
    let position = sqlx::query_scalar!(
        "INSERT INTO consumers AS c (name, position, lease_owner, lease_until)
         VALUES ($1, 0, $2, by_clock($3, $5, $4))
         ON CONFLICT (name) DO UPDATE SET
             lease_owner = excluded.lease_owner, lease_until = excluded.lease_until
         WHERE c.lease_owner IS NULL OR c.lease_owner = excluded.lease_owner
             OR c.lease_until <= now_by($4)
         RETURNING position",
        name,
        lease.owner,
        time(lease.until),
        moment.clock,
        moment.at,
    )
    .fetch_optional(connection)
    .await?;
    let Some(position) = position else { return Ok(None) };
    Ok(Some(Consumer { name, position: count(position)? }))
}

async fn consumers(connection: &mut PgConnection) -> Result<Vec<Consumer>, Fault> {
    let rows = sqlx::query!("SELECT name, position FROM consumers ORDER BY name")
        .fetch_all(connection)
        .await?;
    let consumers: Result<Vec<Consumer>, PortError> = rows
        .into_iter()
        .map(|row| Ok(Consumer { name: row.name, position: count(row.position)? }))
        .collect();
    Ok(consumers?)
}

/// Which events that were set aside.
struct Parked {
    consumer: String,
    dead: bool,
    after: i64,
}

async fn parked(
    connection: &mut PgConnection,
    asked: Parked,
    most: i64,
) -> Result<Vec<ParkedEvent>, Fault> {
    let rows = sqlx::query!(
        r#"SELECT p.position, aggregate, key, sequence, kind, at, body::text AS "body",
            attempts, due, reason, dead
        FROM parked_events parked
        JOIN event_positions p ON p.position = parked.position
        JOIN events e ON e.id = p.event_id
        WHERE consumer = $1 AND dead = $2 AND parked.position > $3
        ORDER BY parked.position LIMIT $4"#,
        asked.consumer,
        asked.dead,
        asked.after,
        most,
    )
    .fetch_all(connection)
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let (position, sequence) = (row.position, row.sequence);
        let (aggregate, key, kind) = (row.aggregate, row.key, row.kind);
        let event =
            EventRow { position, aggregate, key, sequence, kind, at: row.at, body: row.body };
        found.push(ParkedEvent {
            event: event.event()?,
            attempts: u32::try_from(row.attempts).map_err(PortError::corrupt)?,
            due: timestamp(row.due),
            reason: row.reason,
            dead: row.dead,
        });
    }
    Ok(found)
}
