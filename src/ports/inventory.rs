//! Reading stock.

use async_trait::async_trait;

use super::PortError;
use super::catalog::Page;
use crate::domain::inventory::{Reservation, StockEvent, StockItem};
use crate::domain::shared::{OrderId, Sku, Timestamp};

/// Stock, its ledger and reservations, to be read. Figures are exact at the moment of reading; what
/// is sold is decided by the conditions of a commit, never by these.
#[async_trait]
pub trait StockQueries: Send + Sync {
    /// The stock of each SKU at every location that knows it, in the order asked; locations in the
    /// order of preference.
    async fn stock(&self, skus: &[Sku]) -> Result<Vec<Vec<StockItem>>, PortError>;

    /// A page of SKUs in order, each with its stock at every location.
    async fn list(
        &self,
        after: Option<Sku>,
        limit: usize,
    ) -> Result<Page<Vec<StockItem>, Sku>, PortError>;

    /// A page of SKUs whose free units at some location are below `below`, in order.
    async fn low(
        &self,
        below: i64,
        after: Option<Sku>,
        limit: usize,
    ) -> Result<Page<Vec<StockItem>, Sku>, PortError>;

    /// A page of a SKU's ledger, oldest first; marks rise, and have gaps. MUST cost the same at any
    /// depth. Entries of one location come in the order in which its stock was made of them.
    async fn events(
        &self,
        sku: &Sku,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<StockEvent, u64>, PortError>;

    /// The reservations of an order, whatever their state.
    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, PortError>;

    /// Takes orders with reservations that are still held although their time ran out by `now`, longest
    /// overdue first, and nobody else is given them until `until`. None are left where none are given.
    /// This keeps sweepers apart and nothing more: whoever ends the reservations meanwhile does.
    async fn claim_overdue(
        &self,
        until: Timestamp,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<OrderId>, PortError>;
}
