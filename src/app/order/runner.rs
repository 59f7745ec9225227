use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::app::{AppError, Ports, ShopConfig};
use crate::domain::order::{CheckoutState, Lease, Order, RefundJobState, Saga, SagaId, SagaPlan};
use crate::domain::shared::{OrderId, Span, Timestamp};
use crate::ports::idempotency::Outcome;
use crate::ports::store::{CommitError, Conflict, SagaStep, UnitOfWork, Write};

/// Drives sagas: those of requests while these wait, and all others that are due.
#[derive(Clone)]
pub struct SagaRunner {
    pub(super) ports: Arc<Ports>,
    pub(super) config: Arc<ShopConfig>,
    in_hand: InHand,
}

/// The sagas that this process is at, and the leases that it has them under. In an order of their
/// own, so that a seed of the simulation repeats itself.
#[derive(Clone, Default)]
struct InHand(Arc<Mutex<BTreeMap<SagaId, Lease>>>);

/// A saga that is in hand until this is dropped, however its work ends.
struct Held<'a> {
    hand: &'a InHand,
    id: SagaId,
    owner: String,
}

impl InHand {
    /// Takes a saga until `latest` at the latest: its lease is told by the clock of the store, which
    /// may be ahead of that of this process.
    fn take(&self, saga: &Saga, latest: Timestamp) -> Option<Held<'_>> {
        let lease = saga.lease.clone()?;
        let (owner, until) = (lease.owner.clone(), lease.until.min(latest));
        self.sagas().insert(saga.id, Lease { until, ..lease });
        Some(Held { hand: self, id: saga.id, owner })
    }

    /// Those whose leases end before `soon`, or only after `latest`, as none does that was taken by
    /// now: the clock was set back since.
    fn ending(&self, soon: Timestamp, latest: Timestamp) -> Vec<(SagaId, Lease)> {
        let held = self.sagas();
        let ending = held.iter().filter(|(_, lease)| lease.until < soon || lease.until > latest);
        ending.map(|(id, lease)| (*id, lease.clone())).collect()
    }

    fn renewed(&self, id: SagaId, lease: Lease) {
        if let Some(known) = self.sagas().get_mut(&id).filter(|known| known.owner == lease.owner) {
            *known = lease;
        }
    }

    fn sagas(&self) -> MutexGuard<'_, BTreeMap<SagaId, Lease>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut sagas = self.hand.sagas();
        // Another piece of work of this process may have it by now, under a lease of its own.
        if sagas.get(&self.id).is_some_and(|lease| lease.owner == self.owner) {
            sagas.remove(&self.id);
        }
    }
}

/// What a step of a saga came to.
pub(super) enum Step {
    /// The saga in its next state, still in our hands.
    Next(Saga),
    /// It is over by our commit, which keeps this for whoever asked.
    Over(Outcome),
    /// It is over, waits, or is another's now.
    Rest,
}

impl SagaRunner {
    /// How many sagas one step of the runner takes.
    const BATCH: usize = 32;
    /// How many states a saga can go through without waiting.
    const MAX_STEPS: usize = 8;

    /// A runner over these ports.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>) -> Self {
        Self { ports, config, in_hand: InHand::default() }
    }

    /// Takes the sagas that are due and drives each as far as it goes; how many those were. A saga
    /// that fails does not hold up the others: its lease runs out and it is taken again.
    pub async fn step(&self) -> Result<usize, AppError> {
        let now = self.ports.clock.now();
        let lease = self.new_lease(now);
        let due = self.ports.sagas.claim_due(lease, now, Self::BATCH).await?;
        let count = due.len();
        let driven = due.into_iter().map(|saga| {
            let id = saga.id;
            async move {
                if let Err(error) = self.drive(saga).await {
                    tracing::warn!(saga.id = ?id, %error, "saga put off");
                }
            }
        });
        futures_util::future::join_all(driven).await;
        Ok(count)
    }

    /// Tells that this process is still at the sagas that it is at for long, as while a payment
    /// waits for its answer; how many those were. One that dies tells nothing, so that another
    /// takes over when the lease ends.
    pub async fn renew(&self) -> Result<usize, AppError> {
        let now = self.ports.clock.now();
        let half = Span::micros(self.config.lease.as_micros() / 2);
        let ending = self.in_hand.ending(now.plus(half), now.plus(self.config.lease));
        for (id, lease) in &ending {
            let lease = Lease { until: now.plus(self.config.lease), ..lease.clone() };
            if self.ports.sagas.claim(*id, lease.clone(), now).await?.is_some() {
                self.in_hand.renewed(*id, lease);
            }
        }
        Ok(ending.len())
    }

    /// How often to [`renew`](Self::renew).
    pub fn renew_every(&self) -> Span {
        Span::micros(self.config.lease.as_micros() / 4)
    }

    /// When the next saga is due, if any is under way.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, AppError> {
        Ok(self.ports.sagas.next_due().await?)
    }

    /// A lease of its own for one piece of work, so that two requests of one process never share a
    /// saga.
    pub(super) fn new_lease(&self, now: Timestamp) -> Lease {
        let owner = format!("{}/{}", self.config.process, self.ports.ids.next());
        Lease { owner, until: now.plus(self.config.lease) }
    }

    /// Drives a saga that is in our hands until it is over or has to wait.
    pub(super) async fn drive(&self, saga: Saga) -> Result<(), AppError> {
        self.drive_order(saga, None).await.map(drop)
    }

    /// The same, with its order where that is known as it stands. What it came to, where that was
    /// committed here.
    pub(super) async fn drive_order(
        &self,
        saga: Saga,
        known: Option<Arc<Order>>,
    ) -> Result<Option<Outcome>, AppError> {
        let mut known = known;
        let latest = self.ports.clock.now().plus(self.config.lease);
        let _held = self.in_hand.take(&saga, latest);
        let mut saga = saga;
        for _ in 0..Self::MAX_STEPS {
            let step = match saga.plan.clone() {
                SagaPlan::Checkout(state) => self.checkout_step(&saga, state, known.take()).await?,
                SagaPlan::Refund(RefundJobState::Paying) => self.refund_step(&saga).await?,
                SagaPlan::Refund(_) => Step::Rest,
            };
            match step {
                Step::Next(next) => saga = next,
                Step::Over(outcome) => return Ok(Some(outcome)),
                Step::Rest => return Ok(None),
            }
        }
        Ok(None)
    }

    async fn checkout_step(
        &self,
        saga: &Saga,
        state: CheckoutState,
        known: Option<Arc<Order>>,
    ) -> Result<Step, AppError> {
        let order = match known {
            Some(order) => order,
            None => self.load(saga.id.order()).await?,
        };
        match state {
            CheckoutState::Paying => self.pay(saga, &order).await,
            CheckoutState::Resolving { since } => self.resolve(saga, &order, since).await,
            CheckoutState::AwaitingBuyer { until } => self.await_buyer(saga, &order, until).await,
            CheckoutState::PayingBack { refund } => self.pay_back(saga, &order, refund).await,
            CheckoutState::Confirmed
            | CheckoutState::Compensated
            | CheckoutState::NeedsAttention => Ok(Step::Rest),
        }
    }

    pub(super) async fn load(&self, id: OrderId) -> Result<Arc<Order>, AppError> {
        self.ports.orders.order(id).await?.ok_or(AppError::NotFound("order"))
    }

    /// Commits a step. `None` where the step was overtaken: someone else has the saga or changed
    /// the order meanwhile.
    pub(super) async fn commit(
        &self,
        write: fn(Box<SagaStep>) -> Write,
        step: SagaStep,
        now: Timestamp,
    ) -> Result<Option<Saga>, CommitError> {
        let saga = step.saga.clone();
        match self.ports.store.commit(UnitOfWork::of(now, write(Box::new(step)))).await {
            Ok(()) => Ok(Some(saga)),
            Err(CommitError::Refused(Conflict::Stale(_))) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts a saga off after a try in vain.
    pub(super) async fn put_off(&self, saga: &Saga, now: Timestamp) -> Result<Step, AppError> {
        let mut bits = [0_u8; 2];
        self.ports.secrets.fill(&mut bits);
        let jitter = u32::from(u16::from_le_bytes(bits)) % 1_001;
        let saga = saga.clone().retry(jitter, now);
        let step = SagaStep { change: None, saga, outcome: None };
        self.commit(Write::StepSaga, step, now).await.map_err(AppError::of_commit)?;
        Ok(Step::Rest)
    }
}
