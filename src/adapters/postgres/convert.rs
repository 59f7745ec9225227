//! Values as the database keeps them, and back.

use chrono::{DateTime, Utc};
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use super::config::TimeSource;
use crate::adapters::record::Record;
use crate::domain::catalog::ProductStatus;
use crate::domain::order::SagaId;
use crate::domain::shared::{Location, Sku, Span, StockPolicy, Timestamp, Version};
use crate::ports::PortError;
use crate::ports::idempotency::RETENTION;

/// The first and the last moment that the database is given: those of the years 1 and 9999. What
/// lies further off is as good as that.
const FIRST_MICROS: i64 = -62_135_596_800_000_000;
const LAST_MICROS: i64 = 253_402_300_799_999_999;

/// A moment for the database.
pub fn time(moment: Timestamp) -> DateTime<Utc> {
    let micros = moment.micros().clamp(FIRST_MICROS, LAST_MICROS);
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// A moment of the database.
pub fn timestamp(moment: DateTime<Utc>) -> Timestamp {
    Timestamp::from_micros(moment.timestamp_micros())
}

/// When something is decided, for statements that compare with the clock.
#[derive(Clone, Copy)]
pub struct Moment {
    /// By the caller's clock.
    pub at: DateTime<Utc>,
    /// The clock that decides; none for the database's own.
    pub clock: Option<DateTime<Utc>>,
}

impl Moment {
    /// The moment `at` of a caller.
    pub fn new(at: Timestamp, source: TimeSource) -> Self {
        let at = time(at);
        Self { at, clock: (source == TimeSource::Caller).then_some(at) }
    }
}

/// A number that is never negative. Those beyond the database's are as good as its largest.
pub fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A count or a version of the database.
pub fn count(value: i64) -> Result<u64, PortError> {
    u64::try_from(value).map_err(PortError::corrupt)
}

/// A version for the database.
pub fn saves(version: Version) -> i64 {
    number(version.number())
}

/// A version of the database.
pub fn version(saves: i64) -> Result<Version, PortError> {
    Ok(Version::new(count(saves)?))
}

/// How many rows to ask for at most.
pub fn rows(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

/// How many rows to ask for, to see whether more than `limit` follow.
pub fn one_more(limit: usize) -> i64 {
    rows(limit).saturating_add(1)
}

/// A length of time for the database.
pub fn interval(span: Span) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: span.as_micros() }
}

/// How long an idempotency key is kept.
pub fn retention() -> PgInterval {
    interval(RETENTION)
}

/// A value as JSON.
pub fn json(value: &impl Record) -> Result<String, PortError> {
    text(value.encode()?)
}

/// JSON as text.
pub fn text(bytes: Vec<u8>) -> Result<String, PortError> {
    String::from_utf8(bytes).map_err(PortError::internal)
}

/// A value of its JSON.
pub fn read<T: Record>(json: &str) -> Result<T, PortError> {
    T::decode(json.as_bytes())
}

/// Text that someone asks for, unless the database can have none of it: it keeps no NUL.
pub fn storable(asked: &str) -> Option<String> {
    (!asked.contains('\0')).then(|| asked.to_owned())
}

/// What a SKU is found by.
pub fn sku_key(sku: &Sku) -> String {
    sku.as_str().to_ascii_lowercase()
}

/// A SKU of the database.
pub fn sku(written: &str) -> Result<Sku, PortError> {
    Sku::try_new(written).map_err(PortError::corrupt)
}

/// A location of the database.
pub fn location(code: &str) -> Result<Location, PortError> {
    Location::try_new(code).map_err(PortError::corrupt)
}

/// A policy as its name and its limit.
pub fn policy_columns(policy: StockPolicy) -> (&'static str, i64) {
    match policy {
        StockPolicy::Tracked => ("tracked", 0),
        StockPolicy::Backorder { limit } => ("backorder", i64::from(limit)),
        StockPolicy::Untracked => ("untracked", 0),
    }
}

/// The policy of that name and limit.
pub fn policy(name: &str, limit: i64) -> Result<StockPolicy, PortError> {
    match name {
        "tracked" => Ok(StockPolicy::Tracked),
        "backorder" => {
            let limit = u32::try_from(limit).map_err(PortError::corrupt)?;
            Ok(StockPolicy::Backorder { limit })
        }
        "untracked" => Ok(StockPolicy::Untracked),
        other => Err(PortError::corrupt(format!("there is no stock policy {other}"))),
    }
}

/// The name of a status in the database.
pub fn status_name(status: ProductStatus) -> &'static str {
    match status {
        ProductStatus::Draft => "draft",
        ProductStatus::Active => "active",
        ProductStatus::Archived => "archived",
    }
}

/// The columns that a saga is found by; they sort as its ids do.
pub fn saga_key(id: SagaId) -> (i16, Uuid, Uuid) {
    match id {
        SagaId::Checkout(order) => (0, order.uuid(), Uuid::nil()),
        SagaId::Refund(order, refund) => (1, order.uuid(), refund.uuid()),
    }
}
