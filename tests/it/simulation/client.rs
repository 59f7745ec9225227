//! A client of the shop, as persistent as real ones: it asks again under the same key until it
//! knows or loses interest.

use std::sync::Arc;
use std::time::Duration;

use ecicomm::app::{Answered, AppError, Shop};
use ecicomm::domain::order::Order;
use ecicomm::domain::shared::OrderId;
use ecicomm::ports::idempotency::{KeyClaim, Outcome};
use futures_util::future::join_all;
use tokio::time;

use super::book::{Book, Promise};
use super::rng::Rng;
use super::server::{Cluster, Lost};
use super::setup::key_of;
use super::trace::Fnv;
use super::world::World;

/// How long a client waits for the answers to what it sent several times at once.
const AT_ONCE_PATIENCE: Duration = Duration::from_secs(20);

/// One actor's way to the shop.
pub struct Client {
    pub cluster: Arc<Cluster>,
    pub world: Arc<World>,
    pub book: Arc<Book>,
    pub rng: Rng,
    pub id: u16,
    name: String,
    keys: u64,
}

/// What asking came to.
pub type Asked<T> = Option<Result<T, AppError>>;

impl Client {
    pub fn new(cluster: &Arc<Cluster>, book: &Arc<Book>, name: &str, id: u16) -> Self {
        let world = cluster.world.clone();
        let rng = Rng::fork(world.seed, name);
        let (cluster, book) = (cluster.clone(), book.clone());
        Self { cluster, world, book, rng, id, name: name.to_owned(), keys: 0 }
    }

    /// A key never used before.
    pub fn key(&mut self) -> KeyClaim {
        self.keys += 1;
        let mut fingerprint = [0; 32];
        self.rng.fill(&mut fingerprint);
        key_of(&self.name, self.keys, fingerprint)
    }

    /// A while that passes between two things a person does.
    pub async fn think(&mut self, low_millis: i64, high_millis: i64) {
        let millis = self.rng.between(low_millis, high_millis);
        time::sleep(Duration::from_millis(u64::try_from(millis).unwrap())).await;
    }

    /// How long the client waits for one answer; now and then it is closed at once.
    fn patience(&mut self) -> Duration {
        let millis = if self.rng.percent(3) {
            self.rng.between(1, 2_000)
        } else {
            self.rng.between(12_000, 30_000)
        };
        Duration::from_millis(u64::try_from(millis).unwrap())
    }

    /// Sends a request once.
    pub async fn once<T, F, W>(
        &mut self,
        what: &'static str,
        handle: F,
    ) -> Result<Result<T, AppError>, Lost>
    where
        T: Send + 'static,
        F: FnOnce(Arc<Shop>) -> W,
        W: Future<Output = Result<T, AppError>> + Send + 'static,
    {
        let slot = self.slot();
        let patience = self.patience();
        let answer = self.cluster.request(slot, patience, handle).await;
        self.world.note(self.id, what, outcome_of(&answer), 0);
        answer
    }

    /// Sends several requests at the same moment, each to some server.
    pub async fn at_once<T, F, W>(
        &mut self,
        what: &'static str,
        times: i64,
        handle: F,
    ) -> Vec<Result<Result<T, AppError>, Lost>>
    where
        T: Send + 'static,
        F: Fn(usize, Arc<Shop>) -> W,
        W: Future<Output = Result<T, AppError>> + Send + 'static,
    {
        let slots: Vec<usize> = (0..times).map(|_| self.slot()).collect();
        let (cluster, handle) = (&self.cluster, &handle);
        let asked = slots.into_iter().enumerate().map(|(index, slot)| {
            cluster.request(slot, AT_ONCE_PATIENCE, move |shop| handle(index, shop))
        });
        let answers = join_all(asked).await;
        for answer in &answers {
            self.world.note(self.id, what, outcome_of(answer), 0);
        }
        answers
    }

    /// Sends a request until it is answered, up to `tries` times; `None` where it never is. What
    /// may be tried again is: lost connections, what is away, what is still running.
    pub async fn ask<T, F, W>(&mut self, what: &'static str, tries: u32, handle: F) -> Asked<T>
    where
        T: Send + 'static,
        F: Fn(Arc<Shop>) -> W,
        W: Future<Output = Result<T, AppError>> + Send + 'static,
    {
        for attempt in 0..tries {
            match self.once(what, &handle).await {
                Ok(Err(AppError::Port(_) | AppError::InProgress | AppError::Contended(_)))
                | Err(_) => {}
                Ok(answer) => return Some(answer),
            }
            let most = 400_i64 << attempt.min(5);
            self.think(50, most).await;
        }
        None
    }

    /// A request under a key of its own, sometimes sent again after it was answered, sometimes many
    /// times at once. The answer, if one came: all of them are the same.
    pub async fn keyed<F, W>(&mut self, what: &'static str, handle: F) -> Option<Outcome>
    where
        F: Fn(Arc<Shop>, KeyClaim) -> W,
        W: Future<Output = Result<Answered, AppError>> + Send + 'static,
    {
        let key = self.key();
        self.book.open(&key, None);
        let mut known = None;
        if self.rng.percent(15) {
            known = self.keyed_at_once(&key, &handle).await;
        }
        for _ in 0..self.rng.between(1, 2) {
            match self.ask(what, 12, |shop| handle(shop, key.clone())).await {
                Some(Ok(answered)) => {
                    self.book.acknowledge(&key, &answered.outcome);
                    known = Some(answered.outcome);
                }
                Some(Err(_)) | None => break,
            }
        }
        known
    }

    async fn keyed_at_once<F, W>(&mut self, key: &KeyClaim, handle: &F) -> Option<Outcome>
    where
        F: Fn(Arc<Shop>, KeyClaim) -> W,
        W: Future<Output = Result<Answered, AppError>> + Send + 'static,
    {
        let times = self.rng.between(2, 5);
        let answers = self.at_once("keyed at once", times, |_, shop| handle(shop, key.clone()));
        let mut known = None;
        for answer in answers.await {
            if let Ok(Ok(answered)) = answer {
                self.book.acknowledge(key, &answered.outcome);
                known = Some(answered.outcome);
            }
        }
        known
    }

    /// An order as it is now.
    pub async fn order(&mut self, id: OrderId) -> Option<Arc<Order>> {
        let read =
            self.ask("read order", 6, move |shop| async move { shop.orders.order(id).await });
        let order = match read.await? {
            Ok(order) => order,
            Err(error) => {
                self.world.violation(format!("I4: order {id} cannot be read: {error}"));
                return None;
            }
        };
        self.book.saw(self.id, &order);
        Some(order)
    }

    /// The promises made to this client.
    pub fn promises(&self) -> Vec<Promise> {
        let mine = |promise: &Promise| promise.key.id.principal == self.name;
        self.book.promises().into_iter().filter(mine).collect()
    }

    /// Some server.
    pub fn slot(&mut self) -> usize {
        usize::try_from(self.rng.below(u64::from(self.world.plan.processes))).unwrap()
    }
}

fn outcome_of<T>(answer: &Result<Result<T, AppError>, Lost>) -> &'static str {
    match answer {
        Ok(Ok(_)) => "answered",
        Ok(Err(error)) => match error {
            AppError::Invalid(_) => "invalid",
            AppError::NotFound(_) => "not found",
            AppError::Refused(_) => "refused",
            AppError::PreconditionFailed => "precondition failed",
            AppError::KeyReused => "key reused",
            AppError::InProgress => "in progress",
            AppError::Unauthenticated => "unauthenticated",
            AppError::Contended(_) => "contended",
            AppError::Port(_) => "unavailable",
            AppError::Unknown(_) => "unknown",
        },
        Err(Lost::NoServer) => "no server",
        Err(Lost::Crashed) => "connection broke",
        Err(Lost::GaveUp) => "gave up",
    }
}

/// A tail of an id, for the trace.
pub fn tail(text: &str) -> u64 {
    let mut hash = Fnv::default();
    hash.write(text.as_bytes());
    hash.finish() & 0xffff_ffff
}
