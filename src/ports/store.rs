//! The store that commits units of work.
//!
//! A unit of work is a value: a list of typed writes, each with its condition. All of them and
//! their events apply at once, or none does. No use case relies on isolation beyond these
//! conditions, and nothing remote can happen inside a commit.

use std::sync::Arc;

use async_trait::async_trait;

use super::PortError;
use super::events::ParkedEvent;
use super::idempotency::{KeyClaim, Outcome};
use super::imports::ImportReport;
use super::upkeep::Repair;
use crate::domain::catalog::{Category, Product};
use crate::domain::customer::StaffMember;
use crate::domain::inventory::{Reservation, StockEventKind};
use crate::domain::order::{OrderChange, PromotionUse, Saga};
use crate::domain::pricing::{Promotion, ShippingMethod, TaxRate, UsageLimits};
use crate::domain::shared::{
    Allocation, CategoryId, Location, OrderId, ProductId, PromotionId, ShippingMethodId, Sku,
    TaxRateId, Timestamp, Version,
};

/// Writes that belong together.
#[derive(Clone, Debug)]
pub struct UnitOfWork {
    /// When it is decided. A store of several replicas compares times with its own clock instead.
    pub at: Timestamp,
    /// The writes, applied in order.
    pub writes: Vec<Write>,
}

impl UnitOfWork {
    /// A unit of one write.
    pub fn of(at: Timestamp, write: Write) -> Self {
        Self { at, writes: vec![write] }
    }
}

/// A hand-written movement of stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockMovement {
    /// What moves.
    pub sku: Sku,
    /// Where.
    pub location: Location,
    /// `Received` or `Adjusted`.
    pub kind: StockEventKind,
    /// How many units; negative only for an adjustment.
    pub quantity: i64,
    /// Why.
    pub reason: Option<String>,
    /// The version the stock must still have; none to take it as it is. A location that is new to
    /// the SKU has the first.
    pub expected: Option<Version>,
}

/// A use of a promotion to be taken, while any remains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseToTake {
    /// The promotion and who uses it.
    pub used: PromotionUse,
    /// How often it may be used.
    pub limits: UsageLimits,
}

/// The first step of a checkout: the order, its stock, its coupon uses, its saga and its key.
#[derive(Clone, Debug)]
pub struct PlaceOrder {
    /// The new order.
    pub change: OrderChange,
    /// The stock to hold, summed per SKU and location. Refused as a whole with `OutOfStock` where
    /// one is short.
    pub reservations: Vec<Reservation>,
    /// The uses to take. Refused with `PromotionSpent` where none remains.
    pub uses: Vec<UseToTake>,
    /// Its checkout, leased to this process.
    pub saga: Saga,
    /// The key to claim for it. Refused with `KeyTaken` where it was used.
    pub key: Option<KeyClaim>,
}

/// A later step of a saga.
#[derive(Clone, Debug)]
pub struct SagaStep {
    /// What happens to the order, if anything does.
    pub change: Option<OrderChange>,
    /// The saga after the step; its version is one above the one it must still have.
    pub saga: Saga,
    /// What the key that waits for this order came to; none while it is still under way.
    pub outcome: Option<Outcome>,
}

/// Units that come back on hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restock {
    /// What, where and how many.
    pub allocation: Allocation,
    /// `Cancelled` or `Returned`.
    pub kind: StockEventKind,
}

/// A change of an order that stands.
#[derive(Clone, Debug)]
pub struct OrderUpdate {
    /// What happens to the order.
    pub change: OrderChange,
    /// Units that come back.
    pub restock: Vec<Restock>,
    /// Whether the order's uses of promotions are given back.
    pub give_back_uses: bool,
    /// Sagas that begin with it.
    pub sagas: Vec<Saga>,
}

/// What became of an event that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParkedOutcome {
    /// Handled.
    Done,
    /// Failed again; to be tried once more.
    Retry {
        /// How often it was tried by now.
        attempts: u32,
        /// When next.
        due: Timestamp,
        /// What went wrong.
        reason: String,
    },
    /// Given up until staff replay it.
    Dead {
        /// How often it was tried by now.
        attempts: u32,
        /// What went wrong.
        reason: String,
    },
    /// Staff want it tried again from the start.
    Replay,
}

/// One conditional write. `expected` is the version a thing must still have, `None` for a thing
/// that must not exist; otherwise the commit is refused with `Stale`.
#[derive(Clone, Debug)]
pub enum Write {
    /// Saves a product, with the policies of its variants' stock. SKUs, slugs and import keys are
    /// unique (`Taken`). Also refused with `Stale` where a category of it is gone, and with
    /// `StockLeft` where a SKU would leave the product of which units are on hand or reserved at
    /// any location, be they negative; a movement or an order that races it is refused, or it is. A
    /// SKU that left a product keeps its ledger, cannot be reserved, and is free for another
    /// product.
    SaveProduct {
        /// The product at its new version.
        product: Arc<Product>,
        /// The version it was decided on.
        expected: Option<Version>,
    },
    /// Moves a product's popularity, where the product is there.
    AddPopularity {
        /// Which product.
        product: ProductId,
        /// By how many units; it never falls below zero.
        units: i64,
    },
    /// Saves a category. Slugs, and names below one parent, are unique (`Taken`). Also refused with
    /// `Stale` where the tree has no room for it there any more: its parent is gone or lies below
    /// it, or the tree would be too deep.
    SaveCategory {
        /// The category at its new version.
        category: Arc<Category>,
        /// The version it was decided on.
        expected: Option<Version>,
    },
    /// Deletes a category that has neither products nor children (`InUse`).
    DeleteCategory {
        /// Which.
        id: CategoryId,
        /// The version it was decided on.
        expected: Version,
    },
    /// Saves a promotion. Codes are unique (`Taken`).
    SavePromotion {
        /// The promotion at its new version.
        promotion: Arc<Promotion>,
        /// The version it was decided on.
        expected: Option<Version>,
    },
    /// Deletes a promotion. Orders keep what they froze of it.
    DeletePromotion {
        /// Which.
        id: PromotionId,
        /// The version it was decided on.
        expected: Version,
    },
    /// Saves a tax rate. What tells which tax it is ([`TaxRate::identity`]) is unique (`Taken` with
    /// its name).
    SaveTaxRate {
        /// The rate at its new version.
        tax_rate: Arc<TaxRate>,
        /// The version it was decided on.
        expected: Option<Version>,
    },
    /// Deletes a tax rate.
    DeleteTaxRate {
        /// Which.
        id: TaxRateId,
        /// The version it was decided on.
        expected: Version,
    },
    /// Saves a shipping method. Codes are unique (`Taken`).
    SaveShippingMethod {
        /// The method at its new version.
        method: Arc<ShippingMethod>,
        /// The version it was decided on.
        expected: Option<Version>,
    },
    /// Deletes a shipping method.
    DeleteShippingMethod {
        /// Which.
        id: ShippingMethodId,
        /// The version it was decided on.
        expected: Version,
    },
    /// Books a hand-written movement. Refused with `NoStock` for a SKU that no variant has, with
    /// `BelowZero` where it would take what is not free.
    MoveStock(StockMovement),
    /// The first step of a checkout. Also refused with `CartOrdered` where the cart has an order
    /// that did not fail, and with `Taken` where the order's number is. Of several refusals
    /// `KeyTaken` comes first, so that a repeated request finds its own answer, then `CartOrdered`.
    PlaceOrder(Box<PlaceOrder>),
    /// A step that leaves the stock as it is: waiting for an answer, for the buyer, for money.
    StepSaga(Box<SagaStep>),
    /// The step that confirms: every reservation of the order goes from held to committed and its
    /// units leave the stock. Refused with `ReservationLost` where one is no longer held.
    ConfirmOrder(Box<SagaStep>),
    /// The step that ends in nothing: reservations still held are released, uses of promotions are
    /// given back, and the cart is free again.
    CompensateOrder(Box<SagaStep>),
    /// A change of an order that stands: cancellation, shipment, return, refund, note.
    UpdateOrder(Box<OrderUpdate>),
    /// Lets go of the reservations of an order that are held although their time ran out. Refused
    /// with `ReservationLost` where none is.
    ExpireReservations {
        /// Whose.
        order: OrderId,
    },
    /// Keeps the outcome of a request under its key. Refused with `KeyTaken` where it was used.
    FinishKey {
        /// The key.
        claim: KeyClaim,
        /// What the request came to.
        outcome: Outcome,
    },
    /// Forgets keys past their retention, at most this many.
    PruneKeys {
        /// How many at most.
        most: usize,
    },
    /// Moves a consumer on. Refused with `Stale` where it is elsewhere.
    AdvanceConsumer {
        /// Which.
        consumer: String,
        /// Where it is.
        from: u64,
        /// Where it goes.
        to: u64,
        /// Events it sets aside on the way.
        park: Vec<ParkedEvent>,
    },
    /// Says what became of an event that was set aside.
    SettleParked {
        /// Whose.
        consumer: String,
        /// The event's position.
        position: u64,
        /// What became of it.
        outcome: ParkedOutcome,
    },
    /// Saves a member of staff. E-mail addresses are unique (`Taken`).
    SaveStaff {
        /// The member at its new version.
        member: Arc<StaffMember>,
        /// The version it was decided on.
        expected: Option<Version>,
    },
    /// Saves how far an import is.
    SaveImport {
        /// The import at its new version.
        report: Arc<ImportReport>,
        /// The version it was decided on.
        expected: Option<Version>,
    },
    /// Keeps a secret of the shop's own, such as a signing key. Refused with `Taken` where the name
    /// has one.
    PutSecret {
        /// What it is for.
        name: String,
        /// The secret.
        value: Vec<u8>,
    },
    /// Makes something that is kept what the facts tell.
    Mend(Box<Repair>),
}

/// What must be unique and is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unique {
    /// A variant's SKU.
    Sku,
    /// A product's slug.
    ProductSlug,
    /// A product's key in a catalogue file.
    ImportKey,
    /// A category's slug.
    CategorySlug,
    /// A category's name below its parent.
    CategoryName,
    /// A promotion's code.
    CouponCode,
    /// A shipping method's code.
    ShippingCode,
    /// Which tax a rate is: name, country, region and category together.
    TaxRate,
    /// An order's number.
    OrderNumber,
    /// A member's e-mail.
    Email,
    /// A secret's name.
    Secret,
}

/// Why a commit was refused. Nothing of it was applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// A thing has another version by now, or is gone, or exists already.
    #[error("{0} changed meanwhile")]
    Stale(&'static str),
    /// A value that must be unique is taken.
    #[error("{1} is taken")]
    Taken(Unique, String),
    /// Too few units are free.
    #[error("only {available} of {sku} can be had")]
    OutOfStock {
        /// Of what.
        sku: Sku,
        /// How many can be sold.
        available: i64,
    },
    /// A movement would take what is not free.
    #[error("{sku} has too few units for that")]
    BelowZero {
        /// Of what.
        sku: Sku,
    },
    /// No variant has the SKU.
    #[error("no variant has the SKU {0}")]
    NoStock(Sku),
    /// A reservation is no longer held.
    #[error("a reservation is no longer held")]
    ReservationLost,
    /// The cart has an order that did not fail.
    #[error("the cart was ordered")]
    CartOrdered,
    /// A promotion has no use left, for anyone or for this customer.
    #[error("promotion {promotion} has no use left")]
    PromotionSpent {
        /// Which.
        promotion: PromotionId,
    },
    /// The key was used.
    #[error("the key was used")]
    KeyTaken,
    /// Units of the SKU are on hand or held for orders, so it cannot leave its product.
    #[error("there is stock of {0}")]
    StockLeft(Sku),
    /// It is in use and cannot go.
    #[error("{0} is in use")]
    InUse(&'static str),
}

/// Why a commit did not go through.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A condition did not hold. Nothing was applied.
    #[error(transparent)]
    Refused(#[from] Conflict),
    /// The store failed. After `Timeout` the commit may have been applied: only reading tells.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The shop's memory.
///
/// Adapters MUST apply all writes of a unit with their events at once or none, MUST answer only
/// when the unit is as durable as the adapter promises, and MUST let exactly one of several racing
/// units win a condition that only one can meet.
#[async_trait]
pub trait Store: Send + Sync {
    /// Applies a unit of work.
    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError>;

    /// A secret of the shop's own.
    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, PortError>;
}
