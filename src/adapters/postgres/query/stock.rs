use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use serde::Deserialize;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::adapters::postgres::PostgresStore;
use crate::adapters::postgres::convert::{
    Moment, count, location, number, one_more, policy, rows, sku, sku_key, time, timestamp, version,
};
use crate::adapters::postgres::fault::Fault;
use crate::domain::inventory::{
    Reservation, ReservationState, StockEvent, StockEventKind, StockItem,
};
use crate::domain::shared::{OrderId, Quantity, Sku, Timestamp};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::inventory::StockQueries;

#[async_trait]
impl StockQueries for PostgresStore {
    async fn stock(&self, skus: &[Sku]) -> Result<Vec<Vec<StockItem>>, PortError> {
        let keys: Vec<String> = skus.iter().map(sku_key).collect();
        let preferred = self.config.location.as_str().to_owned();
        self.ask(|connection| stock(connection, keys, preferred).boxed()).await
    }

    async fn list(
        &self,
        after: Option<Sku>,
        limit: usize,
    ) -> Result<Page<Vec<StockItem>, Sku>, PortError> {
        self.page(None, after, limit).await
    }

    async fn low(
        &self,
        below: i64,
        after: Option<Sku>,
        limit: usize,
    ) -> Result<Page<Vec<StockItem>, Sku>, PortError> {
        self.page(Some(below), after, limit).await
    }

    async fn events(
        &self,
        sku: &Sku,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<StockEvent, u64>, PortError> {
        let key = sku_key(sku);
        self.ask_for_list(move |connection| ledger(connection, key, after, limit).boxed()).await
    }

    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, PortError> {
        self.ask(move |connection| reservations(connection, order).boxed()).await
    }

    async fn claim_overdue(
        &self,
        until: Timestamp,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<OrderId>, PortError> {
        let moment = Moment::new(now, self.config.time);
        self.sessions
            .ask_to_write(move |connection| claim_overdue(connection, until, moment, most).boxed())
            .await
    }
}

impl PostgresStore {
    /// A page of SKUs, of those alone that are low where `below` tells what that is.
    async fn page(
        &self,
        below: Option<i64>,
        after: Option<Sku>,
        limit: usize,
    ) -> Result<Page<Vec<StockItem>, Sku>, PortError> {
        let preferred = self.config.location.as_str().to_owned();
        self.ask_for_list(move |connection| {
            page(connection, below, after, limit, preferred).boxed()
        })
        .await
    }
}

struct ItemRow {
    sku_key: String,
    sku: String,
    location: String,
    policy: String,
    backorder_limit: i64,
    on_hand: i64,
    reserved: i64,
    version: i64,
}

impl ItemRow {
    fn item(self) -> Result<StockItem, PortError> {
        let place = (sku(&self.sku)?, location(&self.location)?);
        let policy = policy(&self.policy, self.backorder_limit)?;
        let version = version(self.version)?;
        Ok(StockItem::restore(place, policy, self.on_hand, self.reserved, version))
    }
}

async fn stock(
    connection: &mut PgConnection,
    keys: Vec<String>,
    preferred: String,
) -> Result<Vec<Vec<StockItem>>, Fault> {
    let rows = sqlx::query_as!(
        ItemRow,
        r#"SELECT sku_key AS "sku_key!", sku AS "sku!", location AS "location!",
            policy AS "policy!", backorder_limit AS "backorder_limit!", on_hand AS "on_hand!",
            reserved AS "reserved!", version AS "version!"
        FROM stock_of($1, $2)"#,
        &keys,
        preferred,
    )
    .fetch_all(connection)
    .await?;
    let mut known: HashMap<String, Vec<StockItem>> = HashMap::new();
    for mut row in rows {
        known.entry(std::mem::take(&mut row.sku_key)).or_default().push(row.item()?);
    }
    Ok(keys.iter().map(|key| known.get(key).cloned().unwrap_or_default()).collect())
}

/// A page of SKUs by key, of those alone that are low at some location where `below` tells what
/// that is.
async fn page(
    connection: &mut PgConnection,
    below: Option<i64>,
    after: Option<Sku>,
    limit: usize,
    preferred: String,
) -> Result<Page<Vec<StockItem>, Sku>, Fault> {
    let rows = sqlx::query_as!(
        ItemRow,
        "SELECT s.sku_key, sku, location, policy, backorder_limit, on_hand, reserved, version
         FROM (
             SELECT DISTINCT sku_key FROM stock
             WHERE ($1::text IS NULL OR sku_key > $1)
                 AND ($2::bigint IS NULL OR on_hand - reserved < $2)
             ORDER BY sku_key LIMIT $3
         ) k JOIN stock s ON s.sku_key = k.sku_key
         ORDER BY s.sku_key, location <> $4, location",
        after.as_ref().map(sku_key),
        below,
        one_more(limit),
        preferred,
    )
    .fetch_all(connection)
    .await?;
    let mut found: Vec<(Sku, Vec<StockItem>)> = Vec::new();
    for row in rows {
        let item = row.item()?;
        match found.last_mut() {
            Some((sku, items)) if sku == item.sku() => items.push(item),
            _ => found.push((item.sku().clone(), vec![item])),
        }
    }
    let page = super::page(found, limit, |(sku, _)| sku.clone());
    Ok(Page { items: page.items.into_iter().map(|(_, items)| items).collect(), next: page.next })
}

/// A page of a ledger, whose entries are marked by their ids. Those of one location have rising ids, in
/// the order in which they were committed.
async fn ledger(
    connection: &mut PgConnection,
    key: String,
    after: Option<u64>,
    limit: usize,
) -> Result<Page<StockEvent, u64>, Fault> {
    let rows = sqlx::query!(
        r#"SELECT id, kind, at, body::text AS "body!" FROM events
        WHERE aggregate = 'stock' AND split_part(key, ' ', 1) = $1 AND id > $2
        ORDER BY id LIMIT $3"#,
        key,
        number(after.unwrap_or(0)),
        one_more(limit),
    )
    .fetch_all(connection)
    .await?;
    let mut marked = Vec::with_capacity(rows.len());
    for row in rows {
        marked.push((count(row.id)?, stock_event(&row.kind, row.at, &row.body)?));
    }
    let page = super::page(marked, limit, |(mark, _)| *mark);
    Ok(Page { items: page.items.into_iter().map(|(_, event)| event).collect(), next: page.next })
}

/// A stock event's body as `book_stock` writes it.
#[derive(Deserialize)]
struct StockBody {
    sku: String,
    location: String,
    quantity: i64,
    order: Option<Uuid>,
    reason: Option<String>,
}

/// A stock event of its columns.
pub fn stock_event(kind: &str, at: DateTime<Utc>, body: &str) -> Result<StockEvent, PortError> {
    let body: StockBody = serde_json::from_str(body).map_err(PortError::corrupt)?;
    Ok(StockEvent {
        sku: sku(&body.sku)?,
        location: location(&body.location)?,
        kind: event_kind(kind)?,
        quantity: body.quantity,
        order: body.order.map(OrderId::new),
        reason: body.reason,
        at: timestamp(at),
    })
}

fn event_kind(name: &str) -> Result<StockEventKind, PortError> {
    Ok(match name {
        "received" => StockEventKind::Received,
        "reserved" => StockEventKind::Reserved,
        "released" => StockEventKind::Released,
        "expired" => StockEventKind::Expired,
        "committed" => StockEventKind::Committed,
        "cancelled" => StockEventKind::Cancelled,
        "returned" => StockEventKind::Returned,
        "adjusted" => StockEventKind::Adjusted,
        other => return Err(PortError::corrupt(format!("no stock event is {other}"))),
    })
}

async fn reservations(
    connection: &mut PgConnection,
    order: OrderId,
) -> Result<Vec<Reservation>, Fault> {
    let rows = sqlx::query!(
        "SELECT sku, location, quantity, state, held_until FROM reservations
         WHERE order_id = $1 ORDER BY ordinal",
        order.uuid(),
    )
    .fetch_all(connection)
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        found.push(Reservation {
            order,
            sku: sku(&row.sku)?,
            location: location(&row.location)?,
            quantity: Quantity::try_new(row.quantity).map_err(PortError::corrupt)?,
            state: reservation_state(&row.state)?,
            held_until: timestamp(row.held_until),
        });
    }
    Ok(found)
}

fn reservation_state(name: &str) -> Result<ReservationState, PortError> {
    Ok(match name {
        "held" => ReservationState::Held,
        "committed" => ReservationState::Committed,
        "released" => ReservationState::Released,
        "expired" => ReservationState::Expired,
        other => return Err(PortError::corrupt(format!("no reservation is {other}"))),
    })
}

/// An order of several reservations is told of twice where a full batch ends between them.
async fn claim_overdue(
    connection: &mut PgConnection,
    until: Timestamp,
    moment: Moment,
    most: usize,
) -> Result<Vec<OrderId>, Fault> {
    let claimed = sqlx::query!(
        "UPDATE reservations SET claimed_until = by_clock($2, $3, $1)
         WHERE (order_id, sku_key, location) IN (
             SELECT order_id, sku_key, location FROM reservations
             WHERE state = 'held' AND held_until <= coalesce($1, clock_timestamp())
                 AND (claimed_until IS NULL OR claimed_until <= coalesce($1, clock_timestamp()))
             ORDER BY held_until, order_id LIMIT $4 FOR UPDATE SKIP LOCKED
         )
         RETURNING held_until, order_id",
        moment.clock,
        time(until),
        moment.at,
        rows(most),
    )
    .fetch_all(connection)
    .await?;
    let orders: BTreeSet<_> =
        claimed.into_iter().map(|row| (row.held_until, row.order_id)).collect();
    Ok(orders.into_iter().map(|(_, order)| OrderId::new(order)).collect())
}
