//! The servers that a shop in production shares with its replicas.

use std::collections::HashMap;

use super::raw;
use super::{Secret, SettingsError, between, size};
use crate::domain::shared::Span;

/// The addresses that the environment names.
#[derive(Clone, Copy)]
pub(super) struct Urls<'a> {
    pub database: Option<&'a str>,
    pub replica: Option<&'a str>,
    pub redis: Option<&'a str>,
}

impl<'a> Urls<'a> {
    /// The variables that name one. An empty one names none.
    pub fn of(variables: &'a HashMap<String, String>) -> Self {
        let named = |name| variables.get(name).map(String::as_str).filter(|url| !url.is_empty());
        Self {
            database: named("DATABASE_URL"),
            replica: named("DATABASE_READ_URL"),
            redis: named("REDIS_URL"),
        }
    }
}

/// A Postgres database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Where it is, and as whom.
    pub url: Secret,
    /// What lists are read from instead, where there is one.
    pub replica: Option<Replica>,
    /// The most connections of this process, to it and to its replica each.
    pub max_connections: u32,
    /// How many of them stay open though idle.
    pub min_connections: u32,
    /// After how long an idle one beyond those is closed.
    pub idle_timeout: Span,
    /// How long work waits for a free connection.
    pub acquire_timeout: Span,
    /// How long one statement may take.
    pub statement_timeout: Span,
    /// How long a statement may wait for another's lock.
    pub lock_timeout: Span,
    /// How many products this process keeps to show them, at most.
    pub shown_products: u64,
}

/// A streaming replica of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// Where it is, and as whom.
    pub url: Secret,
    /// How far it may be behind what it is a replica of, to be asked.
    pub lag: Span,
}

/// A Redis server, or a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redis {
    /// Where it is, and as whom; the nodes of a cluster with commas between.
    pub url: Secret,
    /// Whether one address names a cluster.
    pub cluster: bool,
    /// The most connections of this process.
    pub max_connections: usize,
    /// How long a command may take.
    pub timeout: Span,
    /// What every key begins with.
    pub prefix: String,
}

/// The settings of a database are checked though there is none, so that a mistake shows before the
/// day it matters.
pub(super) fn postgres(
    urls: Urls<'_>,
    raw: &raw::Postgres,
) -> Result<Option<Database>, SettingsError> {
    let is_one = |url: &str| url.starts_with("postgres://") || url.starts_with("postgresql://");
    for (name, url) in [("DATABASE_URL", urls.database), ("DATABASE_READ_URL", urls.replica)] {
        if url.is_some_and(|url| !is_one(url)) {
            let problem = "is no address; use one such as postgres://user:password@host:5432/shop";
            return Err(SettingsError::new(name, problem));
        }
    }
    let millis = |key, value, most| between(key, value, 10, most).map(Span::millis);
    let count = |key, value, least, most| -> Result<u32, SettingsError> {
        let checked = between(key, value, least, most)?;
        u32::try_from(checked).map_err(|_| SettingsError::new(key, "is too large"))
    };
    let max_connections =
        count("ECICOMM__POSTGRES__MAX_CONNECTIONS", raw.max_connections, 2, 1_000)?;
    let min = count("ECICOMM__POSTGRES__MIN_CONNECTIONS", raw.min_connections, 0, 1_000)?;
    let lag = between("ECICOMM__POSTGRES__REPLICA_LAG_MS", raw.replica_lag_ms, 1_000, 600_000)?;
    let replica = |url: &str| Replica { url: Secret(url.to_owned()), lag: Span::millis(lag) };
    let checked = Database {
        url: Secret(urls.database.unwrap_or_default().to_owned()),
        replica: urls.replica.map(replica),
        max_connections,
        min_connections: min.min(max_connections),
        idle_timeout: Span::seconds(between(
            "ECICOMM__POSTGRES__IDLE_SECONDS",
            raw.idle_seconds,
            1,
            86_400,
        )?),
        acquire_timeout: millis(
            "ECICOMM__POSTGRES__ACQUIRE_TIMEOUT_MS",
            raw.acquire_timeout_ms,
            20_000,
        )?,
        statement_timeout: millis(
            "ECICOMM__POSTGRES__STATEMENT_TIMEOUT_MS",
            raw.statement_timeout_ms,
            600_000,
        )?,
        shown_products: u64::from(count(
            "ECICOMM__POSTGRES__SHOWN_PRODUCTS",
            raw.shown_products,
            0,
            10_000_000,
        )?),
        lock_timeout: millis("ECICOMM__POSTGRES__LOCK_TIMEOUT_MS", raw.lock_timeout_ms, 60_000)?,
    };
    Ok(urls.database.map(|_| checked))
}

/// Those of Redis too.
pub(super) fn redis(url: Option<&str>, raw: &raw::Redis) -> Result<Option<Redis>, SettingsError> {
    let is_one = |url: &str| {
        let url = url.trim();
        url.starts_with("redis://") || url.starts_with("rediss://")
    };
    if url.is_some_and(|url| !url.split(',').all(is_one)) {
        let problem = "is no address; use one such as redis://:password@host:6379, or several of a \
                       cluster with commas between";
        return Err(SettingsError::new("REDIS_URL", problem));
    }
    let is_plain = |c: char| c.is_ascii_graphic() && c != '{' && c != '}';
    if raw.prefix.len() > 64 || !raw.prefix.chars().all(is_plain) {
        let problem = "at most 64 visible ASCII characters, without braces";
        return Err(SettingsError::new("ECICOMM__REDIS__PREFIX", problem));
    }
    let checked = Redis {
        url: Secret(url.unwrap_or_default().to_owned()),
        cluster: raw.cluster,
        max_connections: size("ECICOMM__REDIS__MAX_CONNECTIONS", raw.max_connections, 1, 1_000)?,
        timeout: Span::millis(between("ECICOMM__REDIS__TIMEOUT_MS", raw.timeout_ms, 10, 500)?),
        prefix: raw.prefix.clone(),
    };
    Ok(url.map(|_| checked))
}
