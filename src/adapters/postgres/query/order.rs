use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::adapters::postgres::PostgresStore;
use crate::adapters::postgres::convert::{number, one_more, read, storable, time, timestamp};
use crate::adapters::postgres::fault::Fault;
use crate::domain::order::{Order, OrderEvent, OrderStatus};
use crate::domain::shared::{CartId, CustomerId, OrderId, Version};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::order::{OrderFilter, OrderMark, OrderQueries};

#[async_trait]
impl OrderQueries for PostgresStore {
    async fn order(&self, id: OrderId) -> Result<Option<Arc<Order>>, PortError> {
        self.ask(move |connection| order(connection, id).boxed()).await
    }

    async fn by_ids(&self, ids: &[OrderId]) -> Result<Vec<Option<Arc<Order>>>, PortError> {
        let ids = ids.to_vec();
        self.ask(move |connection| by_ids(connection, ids).boxed()).await
    }

    async fn order_of_cart(&self, cart: CartId) -> Result<Option<OrderId>, PortError> {
        self.ask(move |connection| order_of_cart(connection, cart).boxed()).await
    }

    async fn orders(
        &self,
        filter: &OrderFilter,
        after: Option<OrderMark>,
        limit: usize,
    ) -> Result<Page<Arc<Order>, OrderMark>, PortError> {
        if filter.email.as_deref().is_some_and(|email| storable(email).is_none()) {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let asked = Asked::new(filter, after, limit);
        let found = self.ask_for_list(|connection| orders(connection, asked).boxed()).await?;
        let page = super::page(found, limit, |(mark, _)| *mark);
        let items = page.items.into_iter().map(|(_, order)| order).collect();
        Ok(Page { items, next: page.next })
    }

    async fn order_events(
        &self,
        id: OrderId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<OrderEvent, u64>, PortError> {
        let numbered = self.ask(move |connection| events(connection, id, after, limit).boxed());
        let page = super::page(numbered.await?, limit, |(number, _)| *number);
        let items = page.items.into_iter().map(|(_, event)| event).collect();
        Ok(Page { items, next: page.next })
    }
}

/// The order that records of events tell, oldest first.
fn folded(id: OrderId, records: &[String]) -> Result<Arc<Order>, PortError> {
    let events: Result<Vec<OrderEvent>, PortError> =
        records.iter().map(|record| read(record)).collect();
    let order = events.and_then(|events| {
        Order::fold(&events).ok_or_else(|| PortError::corrupt("its events make no order"))
    });
    order.map(Arc::new).map_err(|error| error.about(format_args!("order {id}")))
}

async fn order(connection: &mut PgConnection, id: OrderId) -> Result<Option<Arc<Order>>, Fault> {
    let records = sqlx::query_scalar!(
        r#"SELECT body::text AS "body!" FROM events
        WHERE aggregate = 'order' AND key = $1 ORDER BY sequence"#,
        id.uuid().to_string(),
    )
    .fetch_all(connection)
    .await?;
    if records.is_empty() { Ok(None) } else { Ok(Some(folded(id, &records)?)) }
}

async fn by_ids(
    connection: &mut PgConnection,
    ids: Vec<OrderId>,
) -> Result<Vec<Option<Arc<Order>>>, Fault> {
    let keys: Vec<String> = ids.iter().map(|id| id.uuid().to_string()).collect();
    let rows = sqlx::query!(
        r#"SELECT key, body::text AS "body!" FROM events
        WHERE aggregate = 'order' AND key = ANY ($1) ORDER BY key, sequence"#,
        &keys,
    )
    .fetch_all(connection)
    .await?;
    let mut told: HashMap<String, Vec<String>> = HashMap::with_capacity(keys.len());
    for row in rows {
        told.entry(row.key).or_default().push(row.body);
    }
    let order = |(id, key): (&OrderId, &String)| {
        Ok(told.get(key).map(|records| folded(*id, records)).transpose()?)
    };
    ids.iter().zip(&keys).map(order).collect()
}

/// The order as it was at a version.
pub async fn order_at(
    connection: &mut PgConnection,
    id: OrderId,
    version: Version,
) -> Result<Option<Arc<Order>>, Fault> {
    let records = sqlx::query_scalar!(
        r#"SELECT body::text AS "body!" FROM events
        WHERE aggregate = 'order' AND key = $1 AND sequence <= $2 ORDER BY sequence"#,
        id.uuid().to_string(),
        number(version.number()),
    )
    .fetch_all(connection)
    .await?;
    if records.is_empty() { Ok(None) } else { Ok(Some(folded(id, &records)?)) }
}

async fn order_of_cart(
    connection: &mut PgConnection,
    cart: CartId,
) -> Result<Option<OrderId>, Fault> {
    let found = sqlx::query_scalar!(
        "SELECT id FROM orders WHERE cart = $1 AND phase <> 'failed'",
        cart.uuid()
    );
    Ok(found.fetch_optional(connection).await?.map(OrderId::new))
}

async fn events(
    connection: &mut PgConnection,
    id: OrderId,
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, OrderEvent)>, Fault> {
    let skipped = after.unwrap_or(0);
    let records = sqlx::query_scalar!(
        r#"SELECT body::text AS "body!" FROM events
        WHERE aggregate = 'order' AND key = $1 AND sequence > $2 ORDER BY sequence LIMIT $3"#,
        id.uuid().to_string(),
        number(skipped),
        one_more(limit),
    )
    .fetch_all(connection)
    .await?;
    let events: Result<Vec<OrderEvent>, PortError> =
        records.iter().map(|record| read(record)).collect();
    let events = events.map_err(|error| error.about(format_args!("an event of order {id}")))?;
    Ok((skipped.saturating_add(1)..).zip(events).collect())
}

/// Which orders are asked for, as the database takes it.
#[derive(Clone)]
struct Asked {
    status: Option<&'static str>,
    number: Option<String>,
    email: Option<String>,
    customer: Option<Uuid>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    /// The place of the page before.
    after: Option<DateTime<Utc>>,
    after_order: Uuid,
    limit: i64,
}

impl Asked {
    fn new(filter: &OrderFilter, after: Option<OrderMark>, limit: usize) -> Self {
        Self {
            status: filter.status.map(OrderStatus::as_str),
            number: filter.number.map(|number| number.as_str().to_owned()),
            email: filter.email.clone(),
            customer: filter.customer.map(CustomerId::uuid),
            from: filter.placed_from.map(time),
            to: filter.placed_to.map(time),
            after: after.map(|mark| time(mark.placed_at)),
            after_order: after.map_or(Uuid::nil(), |mark| mark.order.uuid()),
            limit: one_more(limit),
        }
    }
}

/// An order of a page: what the page is sorted by, and its events.
struct ListedRow {
    id: Uuid,
    placed_at: DateTime<Utc>,
    bodies: Vec<String>,
}

impl ListedRow {
    /// The order, and its place by what is sorted by: were that another than the order tells, pages
    /// by what it tells would lead nowhere.
    fn listed(self) -> Result<(OrderMark, Arc<Order>), PortError> {
        let mark = OrderMark { placed_at: timestamp(self.placed_at), order: OrderId::new(self.id) };
        Ok((mark, folded(mark.order, &self.bodies)?))
    }
}

/// The events of each order of a page. The first condition names the index that is read; all others
/// hold where they were asked for.
macro_rules! orders_by {
    ($first:literal, $asked:expr, $connection:expr) => {
        sqlx::query_as!(
            ListedRow,
            r#"SELECT o.id, o.placed_at, bodies AS "bodies!" FROM orders o
            CROSS JOIN LATERAL (
                SELECT array_agg(body::text ORDER BY sequence) AS bodies FROM events
                WHERE aggregate = 'order' AND key = o.id::text
            ) history
            WHERE "#
                + $first
                + r#"
                AND ($1::text IS NULL OR status = $1)
                AND ($2::text IS NULL OR number = $2)
                AND ($3::text IS NULL OR email = $3)
                AND ($4::uuid IS NULL OR customer = $4)
                AND ($5::timestamptz IS NULL OR placed_at >= $5)
                AND ($6::timestamptz IS NULL OR placed_at < $6)
                AND ($7::timestamptz IS NULL OR (placed_at, id) < ($7, $8))
            ORDER BY placed_at DESC, id DESC LIMIT $9"#,
            $asked.status,
            $asked.number,
            $asked.email,
            $asked.customer,
            $asked.from,
            $asked.to,
            $asked.after,
            $asked.after_order,
            $asked.limit,
        )
        .fetch_all($connection)
        .await?
    };
}

async fn orders(
    connection: &mut PgConnection,
    asked: Asked,
) -> Result<Vec<(OrderMark, Arc<Order>)>, Fault> {
    let rows: Vec<ListedRow> = match &asked {
        Asked { number: Some(_), .. } => orders_by!("number = $2", asked, connection),
        Asked { email: Some(_), .. } => orders_by!("email = $3", asked, connection),
        Asked { customer: Some(_), .. } => orders_by!("customer = $4", asked, connection),
        Asked { status: Some(_), .. } => orders_by!("status = $1", asked, connection),
        _ => orders_by!("true", asked, connection),
    };
    let orders: Result<Vec<_>, PortError> = rows.into_iter().map(ListedRow::listed).collect();
    Ok(orders?)
}
