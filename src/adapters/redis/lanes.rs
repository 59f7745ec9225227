use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool::managed::TimeoutType;
use deadpool_redis::PoolError;
use deadpool_redis::redis::cluster::{ClusterClient, ClusterClientBuilder};
use deadpool_redis::redis::cluster_async::ClusterConnection;
use deadpool_redis::redis::io::tcp::TcpSettings;
use deadpool_redis::redis::io::tcp::socket2::TcpKeepalive;
use deadpool_redis::redis::{FromRedisValue, RedisError};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::asked::Asked;
use super::config::RedisConfig;
use super::fault::Fault;

/// How many slots the keys of a cluster fall into.
const SLOTS: u16 = 16_384;

/// While connections are made a node is taken for silent after this part of the time that a command
/// may take: a fourth. A new connection asks the nodes that the settings name, all at once, and then
/// those that have keys, so that two fourths are left for the command.
const SILENT_AFTER: u32 = 4;

/// The least time between two connections that are made for one lane, where there is one already.
const RENEWED_AFTER: Duration = Duration::from_secs(1);

/// How long a connection is idle before it is looked whether the other end is there. It also keeps
/// what stands between from forgetting the connection.
const IDLE: Duration = Duration::from_secs(15);

/// The connections of this process to a cluster. Each leads to every node, and is for the keys of
/// slots that lie side by side, as those of a node mostly do. A connection that misses a node asks for
/// it anew at each question about its keys, and answers nobody meanwhile; so that meets few who ask
/// the other nodes, and they wait for two fourths of their time at most.
pub struct Lanes {
    lanes: Vec<Arc<Lane>>,
}

impl Lanes {
    /// As many as `config` says, to the cluster that has these nodes. None is opened yet.
    pub fn try_new(addresses: &[&str], config: &RedisConfig) -> Result<Self, RedisError> {
        let alive = TcpKeepalive::new().with_time(IDLE).with_interval(IDLE);
        // A node that is late is not asked again by the client: a count would be counted twice.
        let client = ClusterClientBuilder::new(addresses.to_vec())
            .connection_timeout(config.timeout / SILENT_AFTER)
            .response_timeout(config.timeout * 2)
            .overall_response_timeout(Some(config.timeout))
            .tcp_settings(TcpSettings::default().set_nodelay(true).set_keepalive(alive))
            .build()?;
        let lane = || Arc::new(Lane::new(client.clone(), config.timeout));
        let lanes = std::iter::repeat_with(lane).take(config.max_connections.max(1)).collect();
        Ok(Self { lanes })
    }

    /// The answer, within the time for a connection and that for a command.
    pub async fn ask<T>(&self, asked: &Asked) -> Result<T, Fault>
    where
        T: FromRedisValue + Send,
    {
        // There is always one.
        let lane = self.lanes.get(lane_of(asked.key().as_bytes(), self.lanes.len()));
        lane.ok_or(Fault::Away(PoolError::Closed))?.ask(asked).await
    }
}

/// A connection that many use at once: each answer goes to whoever asked, and a late one to nobody.
/// So whoever waits for a silent node takes no connection from the others.
struct Lane {
    client: ClusterClient,
    patience: Duration,
    /// None before the first use.
    shared: Mutex<Option<ClusterConnection>>,
    /// Held while a connection is made: when that last began.
    making: tokio::sync::Mutex<Option<Instant>>,
    /// How often that came to an end.
    made: watch::Sender<u64>,
    /// Whether anything was answered since a connection was last to take the place of another.
    is_answering: AtomicBool,
}

impl Lane {
    fn new(client: ClusterClient, patience: Duration) -> Self {
        Self {
            client,
            patience,
            shared: Mutex::new(None),
            making: tokio::sync::Mutex::new(None),
            made: watch::Sender::new(0),
            is_answering: AtomicBool::new(false),
        }
    }

    async fn ask<T>(self: &Arc<Self>, asked: &Asked) -> Result<T, Fault>
    where
        T: FromRedisValue + Send,
    {
        let mut connection = self.connection().await?;
        let answer = asked.put(&mut connection, self.patience).await;
        if answer.as_ref().is_err_and(Fault::spoils_connection) {
            tokio::spawn(self.clone().renew());
        } else {
            self.is_answering.store(true, Ordering::Relaxed);
        }
        answer
    }

    /// The connection, untried: it mends itself where it broke, and trying it would ask every node.
    async fn connection(self: &Arc<Self>) -> Result<ClusterConnection, Fault> {
        if let Some(connection) = self.known() {
            return Ok(connection);
        }
        let mut made = self.made.subscribe();
        // It goes on for those who ask next, though whoever asks first waits no longer.
        tokio::spawn(self.clone().begin());
        let none = || Fault::Away(PoolError::Timeout(TimeoutType::Create));
        let in_time = timeout(self.patience, made.changed()).await;
        in_time.ok().and_then(|_| self.known()).ok_or_else(none)
    }

    /// Makes the first connection, unless it is being made.
    async fn begin(self: Arc<Self>) {
        let Ok(mut begun) = self.making.try_lock() else { return };
        if self.known().is_none() {
            // Those who wait find none.
            let _ = timeout(self.patience, self.make(&mut begun)).await;
        }
        self.tell(begun);
    }

    /// Tells those who wait for a connection that an attempt ended. Whoever comes once `begun` is let
    /// go of makes one, and whoever came before hears of this one.
    fn tell(&self, begun: tokio::sync::MutexGuard<'_, Option<Instant>>) {
        drop(begun);
        self.made.send_modify(|times| *times = times.wrapping_add(1));
    }

    /// Makes a connection in place of the one that there is, which goes on until then. A connection
    /// does not ask by itself who has the keys of a node that fell silent; a new one does, and so
    /// finds the replica that took its place. Where none can be made, one that answers nothing goes
    /// too: it would look for its nodes without a pause.
    async fn renew(self: Arc<Self>) {
        let Ok(mut begun) = self.making.try_lock() else { return };
        if begun.is_some_and(|begun| begun.elapsed() < RENEWED_AFTER) {
            return;
        }
        let made = timeout(self.patience, self.make(&mut begun)).await;
        let answered = self.is_answering.swap(false, Ordering::Relaxed);
        if !matches!(made, Ok(Ok(()))) && !answered {
            *self.shared() = None;
        }
        self.tell(begun);
    }

    async fn make(&self, begun: &mut Option<Instant>) -> Result<(), RedisError> {
        *begun = Some(Instant::now());
        let connection = self.client.get_async_connection().await?;
        *self.shared() = Some(connection);
        Ok(())
    }

    fn known(&self) -> Option<ClusterConnection> {
        self.shared().clone()
    }

    fn shared(&self) -> MutexGuard<'_, Option<ClusterConnection>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which of so many lanes a key has.
pub fn lane_of(key: &[u8], lanes: usize) -> usize {
    usize::from(slot(key)) * lanes / usize::from(SLOTS)
}

/// The slot of a key that has no braces, as the manual of Redis Cluster defines it (CRC16, XMODEM).
/// One with braces is in a lane away from its neighbours, and is answered as well.
pub fn slot(key: &[u8]) -> u16 {
    let crc = key.iter().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 { shifted } else { shifted ^ 0x1021 }
        })
    });
    crc % SLOTS
}
