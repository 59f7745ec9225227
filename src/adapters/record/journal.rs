use std::sync::Arc;

use crate::domain::cart::Cart;
use crate::domain::catalog::{Category, Product};
use crate::domain::customer::StaffMember;
use crate::domain::inventory::{Reservation, StockEvent, StockItem};
use crate::domain::order::{Order, OrderEvent, Saga};
use crate::domain::pricing::{Promotion, ShippingMethod, TaxRate};
use crate::domain::shared::{
    CartId, CategoryId, Currency, OrderId, ProductId, PromotionId, ShippingMethodId, TaxRateId,
};
use crate::ports::PortError;
use crate::ports::events::{Aggregate, Event, ParkedEvent};
use crate::ports::idempotency::{KeyId, KeyRow};
use crate::ports::imports::ImportReport;

/// One thing that a store holds, as it is from now on. A later fact about the same thing takes the
/// place of an earlier one; what can be worked out from other facts is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A product.
    Product(Arc<Product>),
    /// Units of a product that were sold, less those that came back.
    Sold(ProductId, i64),
    /// A category.
    Category(Arc<Category>),
    /// There is no such category any more.
    CategoryGone(CategoryId),
    /// A promotion.
    Promotion(Arc<Promotion>),
    /// There is no such promotion any more.
    PromotionGone(PromotionId),
    /// How often a promotion was used in all.
    Uses(PromotionId, u32),
    /// How often one customer used a promotion.
    CustomerUses(PromotionId, String, u32),
    /// A tax rate.
    TaxRate(Arc<TaxRate>),
    /// There is no such tax rate any more.
    TaxRateGone(TaxRateId),
    /// A shipping method.
    ShippingMethod(Arc<ShippingMethod>),
    /// There is no such shipping method any more.
    ShippingMethodGone(ShippingMethodId),
    /// Stock of a SKU at a location.
    Stock(StockItem),
    /// An entry of a SKU's ledger, numbered from 1.
    StockEvent(u64, StockEvent),
    /// Everything that an order holds or held.
    Reservations(OrderId, Vec<Reservation>),
    /// An event of an order, numbered from 1. An order is the fold of its events.
    OrderEvent(OrderId, u64, OrderEvent),
    /// A saga. Who works on it is not kept: who comes back after an end works on none.
    Saga(Saga),
    /// A key.
    Key(Arc<KeyRow>),
    /// The key is as good as new.
    KeyGone(KeyId),
    /// An event with its place.
    Event(Event),
    /// The event at this position is dropped.
    EventGone(u64),
    /// How many events an aggregate has had.
    Sequence(Aggregate, u64),
    /// How far a consumer is.
    Consumer(String, u64),
    /// An event that a consumer set aside or gave up.
    Parked(String, ParkedEvent),
    /// The event at this position is neither set aside nor given up any more.
    ParkedGone(String, u64),
    /// A member of staff.
    Staff(Arc<StaffMember>),
    /// How far an import is.
    Import(Arc<ImportReport>),
    /// A secret of the shop's own.
    Secret(String, Arc<[u8]>),
    /// A cart.
    Cart(Arc<Cart>),
    /// There is no such cart any more.
    CartGone(CartId),
    /// Views of products begin after this version, so that none that was shown before returns.
    ViewsFrom(u64),
    /// The currency that the shop is in. It never changes.
    Currency(Currency),
}

/// What became of facts that were to be written.
#[derive(Debug)]
pub enum Written {
    /// They are kept, and will be there after the power fails.
    Kept,
    /// None of them is kept.
    NotKept(PortError),
    /// All of them are kept, or none: [`Journal::settle`] has to tell.
    Unknown(PortError),
}

/// Who is told facts. What was told before is not read again to tell what refers to it.
pub trait Listener {
    /// Takes in a fact.
    fn take(&mut self, fact: Fact) -> Result<(), PortError>;

    /// An event of an order, by its number from 1, that was told before.
    fn order_event(&self, order: OrderId, number: u64) -> Option<OrderEvent>;

    /// An order as it was after so many of its events, which were told before.
    fn order(&self, order: OrderId, events: u64) -> Option<Arc<Order>>;
}

/// Where a store that works in memory keeps its facts, so that the next process can go on from
/// them.
///
/// Adapters MUST keep all facts of one write or none, whatever happens meanwhile, and MUST NOT say
/// `Kept` before that is so.
pub trait Journal: Send + Sync {
    /// Tells every fact that is kept, each thing as it was last. Events of an order, and entries of
    /// a SKU's ledger, come one after the other by number, and before anything that refers to them.
    fn recall(&self, to: &mut dyn Listener) -> Result<(), PortError>;

    /// Writes facts, in order. Blocks until it is known what became of them.
    fn write(&self, facts: &mut dyn Iterator<Item = &Fact>) -> Written;

    /// After `Unknown`: whether the facts of that write are kept.
    fn settle(&self) -> Result<bool, PortError>;
}
