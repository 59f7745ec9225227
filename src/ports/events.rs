//! Everything that happened, in one sequence, and who has heard of it.
//!
//! A commit writes its events; one sequencer then gives them positions, so that a consumer which
//! goes on from a position misses nothing. Side effects leave through consumers alone.

use async_trait::async_trait;

use super::PortError;
use super::catalog::Page;
use crate::domain::inventory::StockEvent;
use crate::domain::order::{Lease, OrderEvent};
use crate::domain::shared::{
    CategoryId, Location, OrderId, ProductId, PromotionId, Sku, Timestamp, Version,
};

/// What an event is about. Events of one aggregate are delivered in their sequence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aggregate {
    /// A product.
    Product(ProductId),
    /// A category.
    Category(CategoryId),
    /// A promotion.
    Promotion(PromotionId),
    /// Stock of a SKU at a location.
    Stock(Sku, Location),
    /// An order.
    Order(OrderId),
    /// Something that this version does not know, by the names under which it is kept.
    Unknown(String),
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum EventBody {
    /// A product was saved, with this version.
    ProductSaved(ProductId, Version),
    /// Units of a product were sold or came back: its popularity moved.
    PopularityMoved(ProductId),
    /// A category was saved or deleted.
    CategoryChanged(CategoryId),
    /// A promotion was saved or deleted.
    PromotionChanged(PromotionId),
    /// Stock moved.
    Stock(StockEvent),
    /// Something happened to an order.
    Order(OrderId, OrderEvent),
    /// It was kept by a later version, or is damaged: why it cannot be read. A log gives it its
    /// place all the same, so that it holds up no other.
    Unreadable(String),
}

/// An event with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its place among all events, from 1, without gaps at the moment of reading.
    pub position: u64,
    /// What it is about.
    pub aggregate: Aggregate,
    /// Its place among the events of its aggregate, from 1, without gaps.
    pub sequence: u64,
    /// When it was committed.
    pub at: Timestamp,
    /// What happened.
    pub body: EventBody,
}

impl Event {
    /// Why it cannot be read, if so. No consumer can handle it before a version that reads it.
    pub fn unreadable(&self) -> Option<&str> {
        match &self.body {
            EventBody::Unreadable(reason) => Some(reason),
            _ => None,
        }
    }
}

/// How far a consumer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// Its name.
    pub name: String,
    /// The last position it is done with or has set aside; 0 before the first.
    pub position: u64,
}

/// An event that a consumer could not handle yet. Later events of its aggregate wait behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct ParkedEvent {
    /// The event.
    pub event: Event,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub due: Timestamp,
    /// What went wrong last; empty for one that only waits behind another.
    pub reason: String,
    /// Whether it is given up until staff replay it.
    pub dead: bool,
}

/// The log of events and its consumers, to be read and leased. Positions move by commits alone.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Up to `most` events after a position, in order. Where the first one is not the next, those
    /// between were dropped.
    async fn events_after(&self, position: u64, most: usize) -> Result<Vec<Event>, PortError>;

    /// The position of the last event; 0 where there is none.
    async fn head(&self) -> Result<u64, PortError>;

    /// The same as far as positions were given, without waiting for those of events that have none
    /// yet: while nobody can give them, [`Self::head`] may fail, and this tells.
    async fn head_so_far(&self) -> Result<u64, PortError> {
        self.head().await
    }

    /// How many events were committed and have no position yet, counted no further than a hundred
    /// thousand. None where a commit gives them their positions.
    async fn waiting(&self) -> Result<u64, PortError>;

    /// Waits until there is an event after `position`. MUST be prompt, and MUST be cancel safe.
    async fn wait_after(&self, position: u64) -> Result<(), PortError>;

    /// Takes a consumer for `lease.owner` until `lease.until`, and makes it where it is new; `None`
    /// while another owner has it.
    async fn lease_consumer(
        &self,
        name: &str,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Option<Consumer>, PortError>;

    /// All consumers by name.
    async fn consumers(&self) -> Result<Vec<Consumer>, PortError>;

    /// Events that a consumer set aside and did not give up, by position.
    async fn parked(&self, consumer: &str, most: usize) -> Result<Vec<ParkedEvent>, PortError>;

    /// A page of events that a consumer gave up, by position.
    async fn dead_letters(
        &self,
        consumer: &str,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<ParkedEvent, u64>, PortError>;
}
