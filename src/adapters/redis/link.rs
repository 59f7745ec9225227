use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Object, Pool, PoolConfig, QueueMode, Timeouts};
use deadpool_redis::Manager;
use deadpool_redis::redis::{AsyncConnectionConfig, FromRedisValue};
use tokio::runtime::Handle;

use super::asked::{Asked, Lua};
use super::config::RedisConfig;
use super::fault::Fault;
use super::lanes::Lanes;
use super::trusting::Trusting;
use crate::ports::PortError;

/// The connections of this process to Redis.
#[derive(Clone)]
pub struct RedisLink {
    connections: Connections,
    runtime: Handle,
    patience: Duration,
    prefix: Arc<str>,
}

#[derive(Clone)]
enum Connections {
    ToOne(Pool<Trusting<Manager>>),
    ToCluster(Arc<Lanes>),
}

impl RedisLink {
    /// Connections as `config` says, on the current runtime. None is opened yet.
    pub fn new(config: &RedisConfig) -> Result<Self, PortError> {
        let runtime = Handle::try_current().map_err(PortError::internal)?;
        // Whoever came first has installed the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let addresses = config.addresses();
        let connections = match addresses.as_slice() {
            [] => return Err(PortError::internal("REDIS_URL names no server")),
            [one] if !config.cluster => Connections::ToOne(single(one, config)?),
            several => {
                let lanes = Lanes::try_new(several, config).map_err(|_| bad_url())?;
                Connections::ToCluster(Arc::new(lanes))
            }
        };
        let prefix = config.prefix.as_str().into();
        Ok(Self { connections, runtime, patience: config.timeout, prefix })
    }

    /// The key of something of this shop.
    pub(super) fn key(&self, kind: &str, of: impl std::fmt::Display) -> String {
        format!("{}{kind}:{of}", self.prefix)
    }

    /// The answer to the command of this name about `key`, which `rest` follows.
    pub(super) async fn ask<T>(&self, name: &str, key: String, rest: &[&str]) -> Result<T, Fault>
    where
        T: FromRedisValue + Send + 'static,
    {
        self.answer(Asked::command(name, key, rest)).await
    }

    /// The answer of a script about `key`. Redis runs it as one, and gets to know it where it does
    /// not.
    pub(super) async fn run<T>(
        &self,
        script: &Arc<Lua>,
        key: String,
        values: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<T, Fault>
    where
        T: FromRedisValue + Send + 'static,
    {
        self.answer(Asked::script(script, key, values.into_iter().collect())).await
    }

    /// Asks in a task of its own: a caller that goes away must not leave a connection in the middle
    /// of an answer, and the connection is driven by this runtime.
    async fn answer<T>(&self, asked: Asked) -> Result<T, Fault>
    where
        T: FromRedisValue + Send + 'static,
    {
        let (connections, patience) = (self.connections.clone(), self.patience);
        let task = self.runtime.spawn(async move {
            match connections {
                Connections::ToOne(pool) => over(&pool, &asked, patience).await,
                Connections::ToCluster(lanes) => lanes.ask(&asked).await,
            }
        });
        task.await.unwrap_or(Err(Fault::Late))
    }
}

/// Asks over a connection of the pool, which is not used again where it may still hold the answer.
async fn over<T>(
    pool: &Pool<Trusting<Manager>>,
    asked: &Asked,
    patience: Duration,
) -> Result<T, Fault>
where
    T: FromRedisValue + Send,
{
    let mut connection = pool.get().await.map_err(Fault::Away)?;
    let answer = asked.put(&mut *connection, patience).await;
    if answer.as_ref().is_err_and(Fault::spoils_connection) {
        drop(Object::take(connection));
    }
    answer
}

fn single(address: &str, config: &RedisConfig) -> Result<Pool<Trusting<Manager>>, PortError> {
    let limits = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(config.timeout))
        .set_response_timeout(Some(config.timeout));
    let manager = Manager::new_with_config(address, limits).map_err(|_| bad_url())?;
    let pool = Pool::builder(Trusting(manager)).config(sizes(config)).runtime(Runtime::Tokio1);
    pool.build().map_err(PortError::internal)
}

fn sizes(config: &RedisConfig) -> PoolConfig {
    let limit = Some(config.timeout);
    PoolConfig {
        max_size: config.max_connections.max(1),
        timeouts: Timeouts { wait: limit, create: limit, recycle: limit },
        queue_mode: QueueMode::Lifo,
    }
}

/// Without the address, which holds a password.
fn bad_url() -> PortError {
    PortError::internal("REDIS_URL is no address; use one such as redis://host:6379")
}
