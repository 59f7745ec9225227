//! What a store keeps beside the facts so that it finds and decides things fast: what the doctor holds
//! against the facts, and what is mended where it differs.
//!
//! Events are the facts. A [`Repair`] is a write like any other: it applies only where what is
//! wrong is still what was read, and where the facts still tell what it is to become. Money never
//! moves by one, and stock only by entries of its ledger.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::PortError;
use super::catalog::Page;
use super::idempotency::{KeyId, Outcome};
use crate::domain::catalog::Product;
use crate::domain::inventory::{ReservationState, StockItem};
use crate::domain::order::{Order, PromotionUse, Saga, SagaId};
use crate::domain::shared::{
    CartId, CategoryId, CustomerId, Location, OrderId, ProductId, PromotionId, Sku, Span,
    Timestamp, Version,
};

/// How a store finds an order and decides on it. All of it follows from the order's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// How many events it is said to be made of.
    pub version: Version,
    /// Its number.
    pub number: String,
    /// The normalised e-mail of its buyer.
    pub email: FoundEmail,
    /// Its buyer, if signed in.
    pub customer: Option<CustomerId>,
    /// When it was placed, as lists are sorted by it.
    pub placed_at: Timestamp,
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
        let placed = order.placed();
        Self {
            version: order.version(),
            number: placed.number.as_str().to_owned(),
            email: FoundEmail(placed.email.normalised()),
            customer: placed.customer,
            placed_at: placed.at,
            status: order.status().as_str().to_owned(),
            phase: order.phase().as_str().to_owned(),
            cart: placed.cart,
            uses: placed.uses.clone(),
        }
    }

    /// Whether it has the number, the buyer and the time of another. These are told once, when an
    /// order is placed, and never change.
    pub fn is_placed_as(&self, other: &Self) -> bool {
        (&self.number, &self.email, self.customer, self.placed_at)
            == (&other.number, &other.email, other.customer, other.placed_at)
    }

    /// The row with the number, the buyer and the time of another.
    pub fn placed_as(self, other: &Self) -> Self {
        Self {
            number: other.number.clone(),
            email: other.email.clone(),
            customer: other.customer,
            placed_at: other.placed_at,
            ..self
        }
    }
}

/// An e-mail as it is kept, whatever that is. It is printed by nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundEmail(pub String);

impl fmt::Debug for FoundEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FoundEmail(..)")
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
    /// Until when it is in someone's hands: its lease is endless.
    Lease,
}

impl SagaFault {
    /// How much later or earlier a saga may be due than it says, as clocks differ.
    pub const APART: Span = Span::minutes(5);
}

/// Where the log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEnd {
    /// The position that the next one follows.
    pub head: u64,
    /// The last position that an event has, 0 where none is kept: at most `head`, and less where
    /// the last events were dropped.
    pub last: u64,
}

impl LogEnd {
    /// Whether the next event would get a position that another has, so that none gets any.
    pub fn is_behind(self) -> bool {
        self.head < self.last
    }

    /// The position up to which consumers may have heard of events.
    pub fn position(self) -> u64 {
        self.head.max(self.last)
    }
}

/// Events that were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookedAt {
    /// How many.
    pub events: u64,
    /// Those of them that have no position and wait for none, so that nobody ever hears of them: by
    /// their numbers among all that were written, in order.
    pub lost: Vec<u64>,
    /// The number of the last one, where more may follow.
    pub next: Option<u64>,
}

/// What one process at a time works on, under a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leased {
    /// A saga that is not over.
    Saga(SagaId),
    /// A consumer of the log, by its name.
    Consumer(String),
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
    /// The end of the log, to the position of the last event.
    Head {
        /// What is kept.
        found: u64,
        /// The last position that an event has, beyond it.
        told: u64,
    },
    /// Events that nobody would ever hear of, which get their positions behind all others then:
    /// they may come after later ones of their aggregates. All of them, or refused with `Stale`.
    Events {
        /// Which, by their numbers among all that were written, each once.
        lost: Vec<u64>,
    },
    /// A lease that is [endless](crate::domain::order::Lease::is_endless), to none. Whoever has it
    /// loses no more by that than by being slow.
    Lease {
        /// What is worked on.
        of: Leased,
    },
    /// A product that is not shown at all, to what follows from it, from the tree and from its
    /// stock. Its popularity begins anew, and is another thing to mend.
    Unshown {
        /// Which.
        product: ProductId,
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

    /// A page of products that are shown nowhere, as nothing is kept of how they are. A page may
    /// have none, and others behind it some.
    async fn unshown(
        &self,
        after: Option<ProductId>,
        limit: usize,
    ) -> Result<Page<ProductId, ProductId>, PortError>;

    /// Sagas of these orders that are kept otherwise than they say themselves, or under an endless
    /// lease, each as it says.
    async fn wrong_sagas(
        &self,
        orders: &[OrderId],
        now: Timestamp,
    ) -> Result<Vec<(Saga, SagaFault)>, PortError>;

    /// Consumers under an endless lease, by name.
    async fn stuck_consumers(&self, now: Timestamp) -> Result<Vec<String>, PortError>;

    /// Where the log ends.
    async fn log_end(&self) -> Result<LogEnd, PortError>;

    /// Looks at so many events behind a number, whether each has a position or waits for one. None
    /// where a commit gives them their positions.
    async fn lost_events(&self, after: Option<u64>, limit: usize) -> Result<LookedAt, PortError>;

    /// How often a promotion was used, by anyone or by one customer.
    async fn counted_uses(
        &self,
        promotion: PromotionId,
        customer_key: Option<&str>,
    ) -> Result<CountedUses, PortError>;

    /// A page of what is counted of the uses of each customer, by promotion and customer.
    async fn customer_uses(
        &self,
        after: Option<PromotionUse>,
        limit: usize,
    ) -> Result<Page<(PromotionUse, u32), PromotionUse>, PortError>;

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
