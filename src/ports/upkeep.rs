//! What a store keeps beside the facts so that it finds and decides things fast: what the doctor holds
//! against the facts, and what is mended where it differs.
//!
//! Events are the facts. A [`Repair`] is a write like any other: it applies only where what is
//! wrong is still what was read, and where the facts still tell what it is to become. Money never
//! moves by one, and stock only by entries of its ledger.

use std::sync::Arc;

use async_trait::async_trait;

use super::PortError;
use super::catalog::Page;
use super::idempotency::{KeyId, Outcome};
use crate::domain::catalog::Product;
use crate::domain::inventory::{ReservationState, StockItem};
use crate::domain::order::{Order, PromotionUse, Saga};
use crate::domain::shared::{
    CartId, CategoryId, Location, OrderId, ProductId, PromotionId, Sku, Span, Version,
};

/// How a store finds an order and decides on it. All of it follows from the order's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// How many events it is said to be made of.
    pub version: Version,
    /// The name of its status, as lists are narrowed by it.
    pub status: String,
    /// The name of its phase.
    pub phase: String,
    /// The cart that leads to it, or that it came from where it failed.
    pub cart: Option<CartId>,
    /// The uses of promotions that it took, and gives back where it ends in nothing.
    pub uses: Vec<PromotionUse>,
}

impl OrderRow {
    /// The row that an order has.
    pub fn of(order: &Order) -> Self {
        Self {
            version: order.version(),
            status: order.status().as_str().to_owned(),
            phase: order.phase().as_str().to_owned(),
            cart: order.placed().cart,
            uses: order.placed().uses.clone(),
        }
    }
}

/// What of a saga is kept otherwise than it says itself, so that nobody can work on it, or for
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SagaFault {
    /// The version that it steps from.
    Version,
    /// Whether it is over, and whether it is open.
    Step,
    /// When it is due: by more than [`Self::APART`].
    Due,
}

impl SagaFault {
    /// How much later or earlier a saga may be due than it says, as clocks differ.
    pub const APART: Span = Span::minutes(5);
}

/// How often a promotion was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedUses {
    /// As it is counted.
    pub counted: u32,
    /// How many orders took a use and did not give it back.
    pub taken: u32,
}

/// Something that is kept and does not follow from the facts, to be made what these tell. Refused
/// with `Stale` where it is not what was `found` any more, or where the facts tell something else by
/// now: whoever is refused looks anew.
#[derive(Clone, Debug)]
pub enum Repair {
    /// The figures of a stock, to the sum of its ledger. Its policy stays as it is. Refused with
    /// `BelowZero` where the ledger tells that more left than the stock's rule allows.
    Stock {
        /// What is kept; none where nothing is.
        found: Option<StockItem>,
        /// What the ledger sums to.
        told: StockItem,
    },
    /// The state of a reservation, to the last that the ledger tells of it.
    Reservation {
        /// Whose.
        order: OrderId,
        /// Of what.
        sku: Sku,
        /// Where.
        location: Location,
        /// What is kept.
        found: ReservationState,
        /// What the ledger tells.
        told: ReservationState,
    },
    /// Reservations that an order still holds although it is over: they end as it ended, by entries
    /// of the ledger. Refused with `ReservationLost` where none is held.
    Settle {
        /// Whose. It must not be pending.
        order: OrderId,
        /// The version it was decided on.
        version: Version,
        /// `Committed` or `Released`.
        end: ReservationState,
    },
    /// How an order is found and decided on, and the uses that it gives back, to the fold of its
    /// events. Refused with `CartOrdered` where its cart leads to another order.
    Order {
        /// What is kept.
        found: OrderRow,
        /// The fold of its events.
        told: Arc<Order>,
    },
    /// How often a promotion was used, to how many orders took a use and did not give it back.
    Uses {
        /// Which.
        promotion: PromotionId,
        /// By whom; none for the count of all.
        customer_key: Option<String>,
        /// What is counted.
        found: u32,
        /// How many there are.
        told: u32,
    },
    /// A product's popularity, to what it started from and what was sold. Refused with `Stale` too
    /// where an order was confirmed or cancelled since the position that `told` is as of.
    Sold {
        /// Which.
        product: ProductId,
        /// What is kept.
        found: u64,
        /// What orders come to.
        told: u64,
        /// The position of the log when those orders were read.
        as_of: u64,
    },
    /// What a saga is claimed and found by, to what it says itself.
    Saga {
        /// The saga as it says itself, its version among it.
        told: Saga,
    },
    /// How a product is found, sold and shown, to what follows from it, from the tree and from its
    /// stock: slugs, variants, prices, bands, categories, places in lists. Refused with `StockLeft`
    /// where there is stock of a SKU that it should not have.
    View {
        /// The product. It must still have its version.
        product: Arc<Product>,
        /// The version of the view that was found wrong.
        found: u64,
    },
    /// Where a category lies, and how many products it counts, to what follows from the tree and
    /// from products.
    Category {
        /// Which.
        id: CategoryId,
        /// The products that it counted.
        found: u64,
    },
    /// What a request came to whose key is still said to be in flight for an order that is over.
    Key {
        /// The key.
        id: KeyId,
        /// The order that it waits for.
        order: OrderId,
        /// What the request came to.
        outcome: Outcome,
    },
}

/// What a store keeps beside the facts, to be read. Each answer is of one moment.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// How these orders are found, in the order asked; none for one that is not.
    async fn order_rows(&self, orders: &[OrderId]) -> Result<Vec<Option<OrderRow>>, PortError>;

    /// What of these products is shown otherwise than it follows from the facts, in a word and in
    /// the order asked; none where all is right. Prices that begin or end by the clock move lists
    /// only with the next change, which is no fault.
    async fn wrong_views(
        &self,
        products: &[Arc<Product>],
    ) -> Result<Vec<Option<&'static str>>, PortError>;

    /// Sagas of these orders that are kept otherwise than they say themselves, each as it says.
    async fn wrong_sagas(&self, orders: &[OrderId]) -> Result<Vec<(Saga, SagaFault)>, PortError>;

    /// How often a promotion was used, by anyone or by one customer.
    async fn counted_uses(
        &self,
        promotion: PromotionId,
        customer_key: Option<&str>,
    ) -> Result<CountedUses, PortError>;

    /// A page of SKUs that are counted, or were by their ledgers, and of which no stock is kept
    /// anywhere: each as it would be kept if nothing ever happened to it. A page may have none, and
    /// others behind it some.
    async fn lost_stock(
        &self,
        after: Option<Sku>,
        limit: usize,
    ) -> Result<Page<StockItem, Sku>, PortError>;

    /// A page of keys that wait for an order's checkout, by key, each with that order.
    async fn keys_in_flight(
        &self,
        after: Option<KeyId>,
        limit: usize,
    ) -> Result<Page<(KeyId, OrderId), KeyId>, PortError>;
}
