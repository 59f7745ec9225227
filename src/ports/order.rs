//! Reading orders, and claiming the sagas that work on them.

use std::sync::Arc;

use async_trait::async_trait;

use super::PortError;
use super::catalog::Page;
use crate::domain::order::{Lease, Order, OrderEvent, OrderNumber, OrderStatus, Saga, SagaId};
use crate::domain::shared::{CartId, CustomerId, OrderId, Timestamp};

/// Which orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Only of this status.
    pub status: Option<OrderStatus>,
    /// Only the one of this number.
    pub number: Option<OrderNumber>,
    /// Only those of this normalised e-mail.
    pub email: Option<String>,
    /// Only those of this customer.
    pub customer: Option<CustomerId>,
    /// Only those placed at this moment or later.
    pub placed_from: Option<Timestamp>,
    /// Only those placed before this moment.
    pub placed_to: Option<Timestamp>,
}

/// An order's place in the list of all: newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderMark {
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Which.
    pub order: OrderId,
}

/// Orders, to be read.
#[async_trait]
pub trait OrderQueries: Send + Sync {
    /// An order.
    async fn order(&self, id: OrderId) -> Result<Option<Arc<Order>>, PortError>;

    /// The orders of these ids, in the order of the ids; none in the place of an unknown one. MUST be
    /// one look, however many they are.
    async fn by_ids(&self, ids: &[OrderId]) -> Result<Vec<Option<Arc<Order>>>, PortError>;

    /// The order that a cart became, unless that failed.
    async fn order_of_cart(&self, cart: CartId) -> Result<Option<OrderId>, PortError>;

    /// A page of orders, newest first.
    async fn orders(
        &self,
        filter: &OrderFilter,
        after: Option<OrderMark>,
        limit: usize,
    ) -> Result<Page<Arc<Order>, OrderMark>, PortError>;

    /// A page of an order's events, oldest first; the mark counts events from 1.
    async fn order_events(
        &self,
        id: OrderId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<OrderEvent, u64>, PortError>;
}

/// The sagas under way of one kind at one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SagasAt {
    /// What they are, and what they do next, as [`SagaPlan::names`] has it.
    pub names: (String, String),
    /// How many there are.
    pub count: u64,
    /// When the one is due that is due the longest.
    pub oldest_due: Timestamp,
}

/// Work that spans commits. Claims are single operations: of several processes that claim a saga at
/// the same moment exactly one MUST get it.
#[async_trait]
pub trait Sagas: Send + Sync {
    /// A saga, as it stands.
    async fn saga(&self, id: SagaId) -> Result<Option<Saga>, PortError>;

    /// Takes a saga for `lease.owner` until `lease.until`, unless it is over, not due by `now`, or
    /// another's. A saga that the owner has already is taken again.
    async fn claim(
        &self,
        id: SagaId,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Option<Saga>, PortError>;

    /// Takes up to `most` sagas that are due by `now`, longest due first.
    async fn claim_due(
        &self,
        lease: Lease,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Saga>, PortError>;

    /// When the next saga may be claimed, if any is under way: when it is due and free.
    async fn next_due(&self) -> Result<Option<Timestamp>, PortError>;

    /// A page of sagas that are not over, checkouts that wait for a person among them, by id.
    async fn open(
        &self,
        after: Option<SagaId>,
        limit: usize,
    ) -> Result<Page<Saga, SagaId>, PortError>;

    /// How many sagas are not over, checkouts that wait for a person among them, by kind and step in
    /// the order of their names; of a step where none is, nothing. However many there are, the answer
    /// is short.
    async fn counts(&self) -> Result<Vec<SagasAt>, PortError>;
}
