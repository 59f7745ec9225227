use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{BuildError, Object, Pool, PoolConfig, QueueMode, Timeouts};
use deadpool_redis::redis::aio::ConnectionLike;
use deadpool_redis::redis::{
    AsyncConnectionConfig, Cmd, FromRedisValue, RedisError, Script, ScriptInvocation,
};
use deadpool_redis::{Manager, cluster};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::config::RedisConfig;
use super::fault::Fault;
use super::trusting::Trusting;
use crate::ports::PortError;

/// The connections of this process to Redis.
#[derive(Clone)]
pub struct RedisLink {
    pools: Pools,
    runtime: Handle,
    patience: Duration,
    prefix: Arc<str>,
}

#[derive(Clone)]
enum Pools {
    One(Pool<Trusting<Manager>>),
    Cluster(Pool<Trusting<cluster::Manager>>),
}

/// What is asked of Redis, about one key.
enum Asked {
    Command(Cmd),
    Script(Arc<Script>, Vec<Vec<u8>>),
}

impl RedisLink {
    /// Connections as `config` says, on the current runtime. None is opened yet.
    pub fn new(config: &RedisConfig) -> Result<Self, PortError> {
        let runtime = Handle::try_current().map_err(PortError::internal)?;
        // Whoever came first has installed the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let addresses = config.addresses();
        let pools = match addresses.as_slice() {
            [] => return Err(PortError::internal("REDIS_URL names no server")),
            [one] if !config.cluster => Pools::One(single(one, config)?),
            several => Pools::Cluster(clustered(several, config)?),
        };
        let prefix = config.prefix.as_str().into();
        Ok(Self { pools, runtime, patience: config.timeout, prefix })
    }

    /// The key of something of this shop.
    pub(super) fn key(&self, kind: &str, of: impl std::fmt::Display) -> String {
        format!("{}{kind}:{of}", self.prefix)
    }

    /// The answer to a command about one key.
    pub(super) async fn ask<T>(&self, command: Cmd) -> Result<T, Fault>
    where
        T: FromRedisValue + Send + 'static,
    {
        self.answer(Asked::Command(command)).await
    }

    /// The answer of a script about `key`. Redis runs it as one, and gets to know it where it does
    /// not.
    pub(super) async fn run<T>(
        &self,
        script: &Arc<Script>,
        key: String,
        values: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<T, Fault>
    where
        T: FromRedisValue + Send + 'static,
    {
        let mut told = vec![key.into_bytes()];
        told.extend(values);
        self.answer(Asked::Script(script.clone(), told)).await
    }

    /// Asks in a task of its own: a caller that goes away must not leave a connection in the middle
    /// of an answer, and the connection is driven by this runtime.
    async fn answer<T>(&self, asked: Asked) -> Result<T, Fault>
    where
        T: FromRedisValue + Send + 'static,
    {
        let (pools, patience) = (self.pools.clone(), self.patience);
        let task = self.runtime.spawn(async move {
            match pools {
                Pools::One(pool) => asked.over(&pool, patience).await,
                Pools::Cluster(pool) => asked.over(&pool, patience).await,
            }
        });
        task.await.unwrap_or(Err(Fault::Late))
    }
}

impl Asked {
    /// Asks over a connection of the pool, which is not used again where it may still hold the
    /// answer.
    async fn over<T, M>(&self, pool: &Pool<Trusting<M>>, patience: Duration) -> Result<T, Fault>
    where
        T: FromRedisValue,
        M: deadpool::managed::Manager<Error = RedisError>,
        M::Type: ConnectionLike + Send,
    {
        let mut connection = pool.get().await.map_err(Fault::Away)?;
        let answer = bounded(patience, self.put(&mut *connection)).await;
        if answer.as_ref().is_err_and(Fault::spoils_connection) {
            drop(Object::take(connection));
        }
        answer
    }

    async fn put<T, C>(&self, connection: &mut C) -> Result<T, RedisError>
    where
        T: FromRedisValue,
        C: ConnectionLike + Send,
    {
        match self {
            Self::Command(command) => command.query_async(connection).await,
            Self::Script(script, told) => {
                let mut told = told.iter();
                let mut call: ScriptInvocation<'_> = script.prepare_invoke();
                if let Some(key) = told.next() {
                    call.key(key);
                }
                for value in told {
                    call.arg(value);
                }
                call.invoke_async(connection).await
            }
        }
    }
}

async fn bounded<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, RedisError>>,
) -> Result<T, Fault> {
    match timeout(patience, answer).await {
        Ok(answer) => answer.map_err(Fault::Command),
        Err(_) => Err(Fault::Late),
    }
}

fn single(address: &str, config: &RedisConfig) -> Result<Pool<Trusting<Manager>>, PortError> {
    let limits = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(config.timeout))
        .set_response_timeout(Some(config.timeout));
    let manager = Manager::new_with_config(address, limits).map_err(|_| bad_url())?;
    let pool = Pool::builder(Trusting(manager)).config(sizes(config)).runtime(Runtime::Tokio1);
    pool.build().map_err(unbuilt)
}

fn clustered(
    addresses: &[&str],
    config: &RedisConfig,
) -> Result<Pool<Trusting<cluster::Manager>>, PortError> {
    let manager = cluster::Manager::new(addresses.to_vec(), false).map_err(|_| bad_url())?;
    let pool = Pool::builder(Trusting(manager)).config(sizes(config)).runtime(Runtime::Tokio1);
    pool.build().map_err(unbuilt)
}

fn sizes(config: &RedisConfig) -> PoolConfig {
    let limit = Some(config.timeout);
    PoolConfig {
        max_size: config.max_connections.max(1),
        timeouts: Timeouts { wait: limit, create: limit, recycle: limit },
        queue_mode: QueueMode::Lifo,
    }
}

fn unbuilt(error: BuildError) -> PortError {
    PortError::internal(error)
}

/// Without the address, which holds a password.
fn bad_url() -> PortError {
    PortError::internal("REDIS_URL is no address; use one such as redis://host:6379")
}
