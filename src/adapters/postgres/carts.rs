use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use sqlx::postgres::PgConnection;

use super::config::TimeSource;
use super::convert::{Moment, json, read, rows, saves, time};
use super::fault::Fault;
use super::session::Sessions;
use super::store::PostgresStore;
use crate::domain::cart::Cart;
use crate::domain::shared::{CartId, Timestamp, Version};
use crate::ports::PortError;
use crate::ports::cart::{CartSaved, Carts};

/// Carts beside everything else in Postgres, for a shop without Redis.
pub struct PostgresCarts {
    sessions: Sessions,
    time: TimeSource,
}

impl PostgresCarts {
    /// Carts over the connections of a store.
    pub fn new(store: &PostgresStore) -> Self {
        Self { sessions: store.sessions.clone(), time: store.config.time }
    }
}

#[async_trait]
impl Carts for PostgresCarts {
    async fn cart(&self, id: CartId, now: Timestamp) -> Result<Option<Arc<Cart>>, PortError> {
        let moment = Moment::new(now, self.time);
        self.sessions.ask(move |connection| cart(connection, id, moment).boxed()).await
    }

    async fn save(
        &self,
        cart: Arc<Cart>,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<CartSaved, PortError> {
        let moment = Moment::new(now, self.time);
        self.sessions
            .ask_to_write(move |connection| save(connection, cart, expected, moment).boxed())
            .await
    }

    async fn sweep(&self, now: Timestamp, most: usize) -> Result<usize, PortError> {
        let moment = Moment::new(now, self.time);
        self.sessions.ask_to_write(move |connection| sweep(connection, moment, most).boxed()).await
    }
}

async fn cart(
    connection: &mut PgConnection,
    id: CartId,
    moment: Moment,
) -> Result<Option<Arc<Cart>>, Fault> {
    let record = sqlx::query_scalar!(
        r#"SELECT record::text AS "record!" FROM carts
        WHERE id = $1 AND expires_at > coalesce($2, clock_timestamp())"#,
        id.uuid(),
        moment.clock,
    )
    .fetch_optional(connection)
    .await?;
    Ok(record.map(|record| read(&record).map(Arc::new)).transpose()?)
}

/// Saves a cart if the kept one is of the version expected; one that expired is as good as none.
async fn save(
    connection: &mut PgConnection,
    cart: Arc<Cart>,
    expected: Option<Version>,
    moment: Moment,
) -> Result<CartSaved, Fault> {
    let (id, version, record) = (cart.id().uuid(), saves(cart.version()), json(&*cart)?);
    let expires = time(cart.expires_at());
    let saved = match expected {
        None => sqlx::query!(
            "INSERT INTO carts AS c (id, version, expires_at, record)
             VALUES ($1, $2, by_clock($3, $6, $5), $4::text::jsonb)
             ON CONFLICT (id) DO UPDATE SET
                 version = excluded.version, expires_at = excluded.expires_at,
                 record = excluded.record
             WHERE c.expires_at <= now_by($5)",
            id,
            version,
            expires,
            record,
            moment.clock,
            moment.at,
        ),
        Some(expected) => sqlx::query!(
            "UPDATE carts SET
                 version = $2, expires_at = by_clock($3, $6, $5), record = $4::text::jsonb
             WHERE id = $1 AND version = $7 AND expires_at > now_by($5)",
            id,
            version,
            expires,
            record,
            moment.clock,
            moment.at,
            saves(expected),
        ),
    };
    let saved = saved.execute(connection).await?;
    Ok(if saved.rows_affected() == 0 { CartSaved::Stale } else { CartSaved::Saved })
}

async fn sweep(connection: &mut PgConnection, moment: Moment, most: usize) -> Result<usize, Fault> {
    let swept = sqlx::query!(
        "DELETE FROM carts WHERE id IN (
             SELECT id FROM carts WHERE expires_at <= coalesce($1, clock_timestamp())
             ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
         )",
        moment.clock,
        rows(most),
    )
    .execute(connection)
    .await?;
    usize::try_from(swept.rows_affected()).map_err(|error| PortError::internal(error).into())
}
