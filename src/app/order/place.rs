use std::sync::Arc;

use super::OrderService;
use super::draft::{Drafted, draft};
use crate::app::cart::CartService;
use crate::app::idempotency::{Known, look_up, remember};
use crate::app::{Answered, AppError};
use crate::domain::order::{CheckoutState, Lease, Order, Phase, Saga, SagaId, SagaPlan};
use crate::domain::shared::{
    Address, CartId, CustomerId, Email, Money, OrderId, PaymentId, Quantity, ShippingCode, Sku,
    Timestamp, Version,
};
use crate::ports::idempotency::{KeyClaim, Outcome, Refusal};
use crate::ports::store::{CommitError, Conflict, PlaceOrder, UnitOfWork, Write};

/// What an order is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum BasketSource {
    /// A cart.
    Cart {
        /// Which.
        id: CartId,
        /// The version its buyer saw, if told.
        version: Option<Version>,
    },
    /// Lines sent with the order.
    Lines(Vec<(Sku, Quantity)>),
}

/// An order to be placed.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaceOrderCommand {
    /// What is bought.
    pub source: BasketSource,
    /// The total its buyer saw, if told.
    pub expected_total: Option<Money>,
    /// Where its messages go.
    pub email: Email,
    /// Where it is sent to, instead of the cart's address.
    pub shipping_address: Option<Address>,
    /// Where the bill goes, if not there.
    pub billing_address: Option<Address>,
    /// How it is sent, instead of the cart's choice.
    pub shipping_option: Option<ShippingCode>,
    /// How it is paid.
    pub method: crate::domain::order::PaymentMethod,
    /// Who buys, if signed in.
    pub customer: Option<CustomerId>,
}

/// What placing an order came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    /// The order, or a stored refusal.
    pub outcome: Outcome,
    /// Whether an earlier request under the same key did it.
    pub replayed: bool,
    /// Whether the payment's outcome is still unknown; the same key tells later.
    pub pending: bool,
}

impl Placement {
    fn done(answered: Answered) -> Self {
        Self { outcome: answered.outcome, replayed: answered.replayed, pending: false }
    }
}

impl OrderService {
    /// Places an order: holds its stock, takes its money, confirms it; or gives back what it held.
    /// Repeating the request under its key repeats the answer and nothing else.
    pub async fn place(
        &self,
        command: PlaceOrderCommand,
        key: KeyClaim,
    ) -> Result<Placement, AppError> {
        let mut last = None;
        for _ in 0..self.config.max_retries {
            let now = self.ports.clock.now();
            // Most keys and carts are new, and the commit knows, so neither is looked up before it.
            let drafted = match draft(&self.ports, &self.config, &command, now).await {
                Ok(drafted) => drafted,
                Err(error) => return self.not_drafted(&command, key, error, now).await,
            };
            let lease = self.runner.new_lease(now);
            let order = OrderId::new(self.ports.ids.next());
            let saga = Saga::checkout(order, lease.clone(), now);
            match self.reserve(order, drafted, saga.clone(), &key, now).await {
                Ok(placed) => return self.finish(order, saga, Some(placed), &key).await,
                Err(CommitError::Refused(Conflict::KeyTaken)) => {
                    if let Some(known) = self.known(&key, now).await? {
                        return Ok(known);
                    }
                    last = Some(Conflict::KeyTaken);
                }
                Err(CommitError::Refused(Conflict::CartOrdered)) => {
                    return self.refuse(&command, key, Refusal::CartOrdered, now).await;
                }
                // Others were faster: stock, a coupon's last use or a number is gone. Looking again
                // tells which, and refuses by name what can no longer be had.
                Err(CommitError::Refused(conflict)) => last = Some(conflict),
                Err(CommitError::Port(error)) => {
                    return self.after_doubt(order, lease, &key, error, now).await;
                }
            }
        }
        self.overtaken(&command, key, last).await
    }

    /// Others were faster every time.
    async fn overtaken(
        &self,
        command: &PlaceOrderCommand,
        key: KeyClaim,
        last: Option<Conflict>,
    ) -> Result<Placement, AppError> {
        // Looking still shows stock that cannot be held, as of a part that nobody sells.
        let Some(Conflict::OutOfStock { sku, available }) = last else {
            return Err(AppError::Contended("the stock"));
        };
        let refusal = Refusal::InsufficientStock { sku: sku.as_str().to_owned(), available };
        self.refuse(command, key, refusal, self.ports.clock.now()).await
    }

    /// What an earlier request under the key came to, or how far it is; none where there was none.
    async fn known(&self, key: &KeyClaim, now: Timestamp) -> Result<Option<Placement>, AppError> {
        match look_up(&self.ports, key, now).await? {
            Known::New => Ok(None),
            Known::Done(outcome) => Ok(Some(Placement::done(Answered { outcome, replayed: true }))),
            Known::InFlight(order) => Ok(Some(self.reattach(order, key).await?)),
        }
    }

    /// Nothing could be ordered: an earlier request under the key may have, or another of the cart.
    async fn not_drafted(
        &self,
        command: &PlaceOrderCommand,
        key: KeyClaim,
        error: AppError,
        now: Timestamp,
    ) -> Result<Placement, AppError> {
        // Where the store is away, asking it for the key as well only makes others wait.
        if matches!((&command.source, &error), (BasketSource::Lines(_), AppError::Port(_))) {
            return Err(error);
        }
        if let Some(known) = self.known(&key, now).await? {
            return Ok(known);
        }
        let of_cart = match (&command.source, &error) {
            (BasketSource::Cart { .. }, AppError::NotFound(_)) | (BasketSource::Lines(_), _) => {
                None
            }
            (BasketSource::Cart { id, .. }, _) => self.ports.orders.order_of_cart(*id).await?,
        };
        match error {
            _ if of_cart.is_some() => self.refuse(command, key, Refusal::CartOrdered, now).await,
            AppError::Refused(refusal) => self.refuse(command, key, *refusal, now).await,
            error => Err(error),
        }
    }

    /// Keeps a refusal under its key; one that the cart changed shows it as it is now.
    async fn refuse(
        &self,
        command: &PlaceOrderCommand,
        key: KeyClaim,
        mut refusal: Refusal,
        now: Timestamp,
    ) -> Result<Placement, AppError> {
        if let (Refusal::CartChanged { cart, .. }, BasketSource::Cart { id, .. }) =
            (&mut refusal, &command.source)
        {
            let carts = CartService::new(self.ports.clone(), self.config.clone());
            *cart = Some(carts.get(*id).await?);
        }
        Ok(Placement::done(remember(&self.ports, key, refusal, now).await?))
    }

    /// The first commit: the order with its stock, its coupon uses, its saga and its key. The order.
    async fn reserve(
        &self,
        id: OrderId,
        drafted: Drafted,
        saga: Saga,
        key: &KeyClaim,
        now: Timestamp,
    ) -> Result<Arc<Order>, CommitError> {
        let payment = PaymentId::new(self.ports.ids.next());
        let mut bits = [0_u8; 8];
        self.ports.secrets.fill(&mut bits);
        let held_until = now.plus(self.config.hold);
        let (placed, reservations, uses) = drafted.into_parts(id, payment, bits, held_until);
        let change = Order::place(placed);
        let order = Arc::new(change.order.clone());
        let place = PlaceOrder { change, reservations, uses, saga, key: Some(key.clone()) };
        self.ports.store.commit(UnitOfWork::of(now, Write::PlaceOrder(Box::new(place)))).await?;
        Ok(order)
    }

    /// Drives the saga as far as it goes and answers what the key then holds. `placed` is its order
    /// where this request placed it just now.
    async fn finish(
        &self,
        order: OrderId,
        saga: Saga,
        placed: Option<Arc<Order>>,
        key: &KeyClaim,
    ) -> Result<Placement, AppError> {
        match self.runner.drive_order(saga.clone(), placed).await {
            Ok(Some(outcome)) => return Ok(Placement { outcome, replayed: false, pending: false }),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(order.id = %order, %error, "checkout left to the runner");
            }
        }
        let now = self.ports.clock.now();
        if let Ok(Known::Done(outcome)) = look_up(&self.ports, key, now).await {
            return Ok(Placement { outcome, replayed: false, pending: false });
        }
        // Where a step failed or was overtaken the saga is still as it was: nobody is at it any
        // more.
        self.runner.put_off(&saga, now).await?;
        self.still_pending(order, key, false).await
    }

    /// The first commit may or may not have gone through: the key tells, and if it did the saga is
    /// this request's own.
    async fn after_doubt(
        &self,
        order: OrderId,
        lease: Lease,
        key: &KeyClaim,
        error: crate::ports::PortError,
        now: Timestamp,
    ) -> Result<Placement, AppError> {
        match look_up(&self.ports, key, now).await {
            Ok(Known::InFlight(known)) if known == order => {}
            Ok(Known::InFlight(other)) => return self.reattach(other, key).await,
            Ok(Known::Done(outcome)) => {
                let own = matches!(&outcome, Outcome::Order(made) if made.id() == order);
                return Ok(Placement::done(Answered { outcome, replayed: !own }));
            }
            Err(AppError::KeyReused) => return Err(AppError::KeyReused),
            Ok(Known::New) | Err(_) => return Err(AppError::Port(error)),
        }
        match self.ports.sagas.claim(SagaId::Checkout(order), lease, now).await? {
            Some(saga) => self.finish(order, saga, None, key).await,
            None => self.still_pending(order, key, false).await,
        }
    }

    /// The key's checkout is under way: by another request, by nobody since a crash, or waiting.
    async fn reattach(&self, order: OrderId, key: &KeyClaim) -> Result<Placement, AppError> {
        let now = self.ports.clock.now();
        let id = SagaId::Checkout(order);
        let lease = self.runner.new_lease(now);
        if let Some(saga) = self.ports.sagas.claim(id, lease, now).await? {
            let mut placement = self.finish(order, saga, None, key).await?;
            placement.replayed = true;
            return Ok(placement);
        }
        let saga = self.ports.sagas.saga(id).await?;
        if saga.as_ref().is_some_and(waits_for_staff) {
            return self.still_pending(order, key, true).await;
        }
        if saga.as_ref().is_none_or(Saga::is_over) {
            return match look_up(&self.ports, key, now).await? {
                Known::Done(outcome) => Ok(Placement { outcome, replayed: true, pending: false }),
                Known::New | Known::InFlight(_) => Err(AppError::InProgress),
            };
        }
        match saga {
            Some(saga) if at_first_try(&saga) => Err(AppError::InProgress),
            _ => self.still_pending(order, key, true).await,
        }
    }

    /// The order as far as it is: the payment's outcome is not known yet. Where it came to be known just
    /// now, what the key holds since that commit.
    async fn still_pending(
        &self,
        order: OrderId,
        key: &KeyClaim,
        replayed: bool,
    ) -> Result<Placement, AppError> {
        let order: Arc<Order> = self.order(order).await?;
        if order.phase() != Phase::Pending
            && let Known::Done(outcome) = look_up(&self.ports, key, self.ports.clock.now()).await?
        {
            return Ok(Placement { outcome, replayed, pending: false });
        }
        Ok(Placement { outcome: Outcome::Order(order), replayed, pending: true })
    }
}

/// Whether the money was taken, the stock is gone, and the provider refuses to pay back.
fn waits_for_staff(saga: &Saga) -> bool {
    saga.plan == SagaPlan::Checkout(CheckoutState::NeedsAttention)
}

/// Whether the provider is being asked for the first time. Nobody was told yet that the order is
/// pending: that is said only once the saga moved on or was put off, and then until it ends.
fn at_first_try(saga: &Saga) -> bool {
    saga.plan == SagaPlan::Checkout(CheckoutState::Paying) && saga.attempts == 0
}
