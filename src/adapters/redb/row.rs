//! How a fact becomes a row and a row a fact.

use std::sync::Arc;

use ::redb::TableDefinition;

use super::key;
use crate::adapters::record::{Fact, KeyRecord, Listener, Record};
use crate::domain::shared::{Currency, OrderId, ProductId, PromotionId, Timestamp};
use crate::ports::PortError;
use crate::ports::events::{Aggregate, Event, EventBody, ParkedEvent};

/// The tables of the file. What one holds follows from its name; what is in it follows from
/// [`Row::of`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    Meta,
    Category,
    Product,
    Sold,
    Promotion,
    Uses,
    CustomerUses,
    TaxRate,
    ShippingMethod,
    Stock,
    StockEvent,
    Reservation,
    OrderEvent,
    Saga,
    Key,
    Event,
    Sequence,
    Consumer,
    Parked,
    Staff,
    Import,
    Secret,
    Cart,
}

impl Table {
    /// Every table of facts, in the order in which they are told: a stock before its ledger, an
    /// order before what freezes it.
    pub(super) const FACTS: [Self; 22] = [
        Self::Category,
        Self::Product,
        Self::Sold,
        Self::Promotion,
        Self::Uses,
        Self::CustomerUses,
        Self::TaxRate,
        Self::ShippingMethod,
        Self::Stock,
        Self::StockEvent,
        Self::Reservation,
        Self::OrderEvent,
        Self::Saga,
        Self::Key,
        Self::Event,
        Self::Sequence,
        Self::Consumer,
        Self::Parked,
        Self::Staff,
        Self::Import,
        Self::Secret,
        Self::Cart,
    ];

    /// The name in the file.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Category => "categories",
            Self::Product => "products",
            Self::Sold => "sold",
            Self::Promotion => "promotions",
            Self::Uses => "promotion_uses",
            Self::CustomerUses => "customer_uses",
            Self::TaxRate => "tax_rates",
            Self::ShippingMethod => "shipping_methods",
            Self::Stock => "stock",
            Self::StockEvent => "stock_events",
            Self::Reservation => "reservations",
            Self::OrderEvent => "order_events",
            Self::Saga => "sagas",
            Self::Key => "idempotency_keys",
            Self::Event => "events",
            Self::Sequence => "sequences",
            Self::Consumer => "consumers",
            Self::Parked => "parked_events",
            Self::Staff => "staff",
            Self::Import => "imports",
            Self::Secret => "secrets",
            Self::Cart => "carts",
        }
    }

    pub(super) const fn definition(self) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
        TableDefinition::new(self.name())
    }
}

/// The key, in [`Table::Meta`], of the version that views begin after.
pub(super) const VIEWS: &[u8] = b"views";
/// The key there of the shop's currency, whose code is the value.
pub(super) const CURRENCY: &[u8] = b"currency";

/// A row to write, or to remove where it has no value.
pub(super) struct Row {
    pub table: Table,
    pub key: Vec<u8>,
    pub value: Option<Vec<u8>>,
}

impl Row {
    fn new(table: Table, key: Vec<u8>, value: Vec<u8>) -> Self {
        Self { table, key, value: Some(value) }
    }

    fn gone(table: Table, key: Vec<u8>) -> Self {
        Self { table, key, value: None }
    }

    /// The rows of a fact.
    pub(super) fn of(fact: &Fact, each: &mut dyn FnMut(Self)) -> Result<(), PortError> {
        use Table as T;
        each(match fact {
            Fact::Product(p) => Self::new(T::Product, key::id(p.id().uuid()), p.encode()?),
            Fact::Sold(id, units) => Self::new(T::Sold, key::id(id.uuid()), number(*units)),
            Fact::Category(c) => Self::new(T::Category, key::id(c.id.uuid()), c.encode()?),
            Fact::CategoryGone(id) => Self::gone(T::Category, key::id(id.uuid())),
            Fact::Promotion(_)
            | Fact::PromotionGone(_)
            | Fact::Uses(..)
            | Fact::CustomerUses(..)
            | Fact::TaxRate(_)
            | Fact::TaxRateGone(_)
            | Fact::ShippingMethod(_)
            | Fact::ShippingMethodGone(_) => Self::of_pricing(fact)?,
            Fact::Stock(item) => {
                let key = key::pair(key::sku(item.sku()), item.location().as_str());
                Self::new(T::Stock, key, item.encode()?)
            }
            Fact::StockEvent(at, event) => {
                let key = key::numbered(key::sku(&event.sku), *at);
                Self::new(T::StockEvent, key, event.encode()?)
            }
            Fact::Reservations(order, held) => {
                for (index, reservation) in held.iter().enumerate() {
                    let key = key::numbered(key::id(order.uuid()), position(index));
                    each(Self::new(T::Reservation, key, reservation.encode()?));
                }
                return Ok(());
            }
            Fact::OrderEvent(order, at, event) => {
                Self::new(T::OrderEvent, order_event(*order, *at), event.encode()?)
            }
            Fact::Saga(saga) => Self::new(T::Saga, key::saga(saga.id), saga.encode()?),
            Fact::Key(row) => {
                let id = &row.claim.id;
                let key = key::pair(key::text(&id.principal), &id.key);
                Self::new(T::Key, key, KeyRecord::encode(row)?)
            }
            Fact::KeyGone(id) => Self::gone(T::Key, key::pair(key::text(&id.principal), &id.key)),
            Fact::Event(event) => {
                Self::new(T::Event, event.position.to_be_bytes().to_vec(), event_value(event)?)
            }
            Fact::EventGone(position) => Self::gone(T::Event, position.to_be_bytes().to_vec()),
            Fact::Sequence(aggregate, last) => {
                Self::new(T::Sequence, key::aggregate(aggregate), last.to_be_bytes().to_vec())
            }
            Fact::Consumer(name, position) => {
                Self::new(T::Consumer, name.as_bytes().to_vec(), position.to_be_bytes().to_vec())
            }
            Fact::Parked(consumer, parked) => {
                let key = key::numbered(key::text(consumer), parked.event.position);
                Self::new(T::Parked, key, parked.encode()?)
            }
            Fact::ParkedGone(consumer, position) => {
                Self::gone(T::Parked, key::numbered(key::text(consumer), *position))
            }
            Fact::Staff(member) => Self::new(T::Staff, key::id(member.id.uuid()), member.encode()?),
            Fact::Import(report) => {
                Self::new(T::Import, key::id(report.id.uuid()), report.encode()?)
            }
            Fact::Secret(name, value) => {
                Self::new(T::Secret, name.as_bytes().to_vec(), value.to_vec())
            }
            Fact::Cart(cart) => Self::new(T::Cart, key::id(cart.id().uuid()), cart.encode()?),
            Fact::CartGone(id) => Self::gone(T::Cart, key::id(id.uuid())),
            Fact::ViewsFrom(version) => Self::of_head(VIEWS, &version.to_be_bytes()),
            Fact::Currency(currency) => Self::of_head(CURRENCY, currency.code().as_bytes()),
        });
        Ok(())
    }

    /// A row of the head of the file.
    fn of_head(name: &[u8], value: &[u8]) -> Self {
        Self::new(Table::Meta, name.to_vec(), value.to_vec())
    }

    /// The row of a fact about what baskets are priced by.
    fn of_pricing(fact: &Fact) -> Result<Self, PortError> {
        use Table as T;
        Ok(match fact {
            Fact::Promotion(p) => Self::new(T::Promotion, key::id(p.id().uuid()), p.encode()?),
            Fact::PromotionGone(id) => Self::gone(T::Promotion, key::id(id.uuid())),
            Fact::Uses(id, count) => Self::new(T::Uses, key::id(id.uuid()), number(*count)),
            Fact::CustomerUses(id, customer, count) => {
                let key = key::pair(key::id(id.uuid()), customer);
                Self::new(T::CustomerUses, key, number(*count))
            }
            Fact::TaxRate(rate) => Self::new(T::TaxRate, key::id(rate.id().uuid()), rate.encode()?),
            Fact::TaxRateGone(id) => Self::gone(T::TaxRate, key::id(id.uuid())),
            Fact::ShippingMethod(method) => {
                Self::new(T::ShippingMethod, key::id(method.id().uuid()), method.encode()?)
            }
            Fact::ShippingMethodGone(id) => Self::gone(T::ShippingMethod, key::id(id.uuid())),
            _ => return Err(PortError::internal("this fact is no matter of prices")),
        })
    }
}

/// The key of an order's event.
fn order_event(order: OrderId, number: u64) -> Vec<u8> {
    key::numbered(key::id(order.uuid()), number)
}

/// An event of an order is kept with its order, so here is only where.
fn event_value(event: &Event) -> Result<Vec<u8>, PortError> {
    match &event.body {
        EventBody::Order(order, _) => {
            let at = event.at.micros().to_be_bytes();
            Ok([vec![OF_ORDER], order_event(*order, event.sequence), at.to_vec()].concat())
        }
        _ => event.encode(),
    }
}

/// Begins the value of an event that is kept with its order; a record begins with a brace.
const OF_ORDER: u8 = b'o';

/// The fact that a row tells. Reservations are told one by one, for who reads them to gather.
pub(super) fn fact(
    table: Table,
    key: &[u8],
    value: &[u8],
    told: &dyn Listener,
) -> Result<Fact, PortError> {
    use Table as T;
    Ok(match table {
        T::Meta => return Err(PortError::internal("the head of the file tells no fact")),
        T::Category => Fact::Category(Arc::new(Record::decode(value)?)),
        T::Product => Fact::Product(Arc::new(Record::decode(value)?)),
        T::Sold => Fact::Sold(ProductId::new(only_id(key)?), parse_number(value)?),
        T::Promotion => Fact::Promotion(Arc::new(Record::decode(value)?)),
        T::Uses => Fact::Uses(PromotionId::new(only_id(key)?), parse_count(value)?),
        T::CustomerUses => {
            let (id, customer) = key::parse_id(key).ok_or_else(wrong_key)?;
            let customer = std::str::from_utf8(customer).map_err(PortError::corrupt)?;
            Fact::CustomerUses(PromotionId::new(id), customer.to_owned(), parse_count(value)?)
        }
        T::TaxRate => Fact::TaxRate(Arc::new(Record::decode(value)?)),
        T::ShippingMethod => Fact::ShippingMethod(Arc::new(Record::decode(value)?)),
        T::Stock => Fact::Stock(Record::decode(value)?),
        T::StockEvent => Fact::StockEvent(last_number(key)?, Record::decode(value)?),
        T::Reservation => {
            let (order, _) = key::parse_id(key).ok_or_else(wrong_key)?;
            Fact::Reservations(OrderId::new(order), vec![Record::decode(value)?])
        }
        T::OrderEvent => {
            let (order, _) = key::parse_id(key).ok_or_else(wrong_key)?;
            Fact::OrderEvent(OrderId::new(order), last_number(key)?, Record::decode(value)?)
        }
        T::Saga => Fact::Saga(Record::decode(value)?),
        T::Key => {
            let record = KeyRecord::decode(value)?;
            let order = record.order().and_then(|(id, at)| told.order(id, at.number()));
            Fact::Key(Arc::new(record.row(order)?))
        }
        T::Event => Fact::Event(event(key, value, told)?),
        T::Sequence => {
            let aggregate = key::parse_aggregate(key).ok_or_else(wrong_key)?;
            Fact::Sequence(aggregate, last_number(value)?)
        }
        T::Consumer => Fact::Consumer(name(key)?, last_number(value)?),
        T::Parked => {
            let (consumer, _) = key::parse_numbered(key).ok_or_else(wrong_key)?;
            let consumer = consumer.strip_suffix(&[0]).ok_or_else(wrong_key)?;
            Fact::Parked(name(consumer)?, ParkedEvent::decode(value)?)
        }
        T::Staff => Fact::Staff(Arc::new(Record::decode(value)?)),
        T::Import => Fact::Import(Arc::new(Record::decode(value)?)),
        T::Secret => Fact::Secret(name(key)?, value.into()),
        T::Cart => Fact::Cart(Arc::new(Record::decode(value)?)),
    })
}

/// The currency of the shop, from the value of its row.
pub(super) fn currency(value: &[u8]) -> Result<Currency, PortError> {
    Currency::try_new(&name(value)?).map_err(PortError::corrupt)
}

fn event(key: &[u8], value: &[u8], told: &dyn Listener) -> Result<Event, PortError> {
    let Some(place) = value.strip_prefix(&[OF_ORDER]) else { return Event::decode(value) };
    let (of_order, at) = place.split_last_chunk::<8>().ok_or_else(wrong_key)?;
    let (order, _) = key::parse_id(of_order).ok_or_else(wrong_key)?;
    let (order, sequence) = (OrderId::new(order), last_number(of_order)?);
    let body = told.order_event(order, sequence);
    let body = body.ok_or_else(|| PortError::corrupt("an event of an order is missing"))?;
    Ok(Event {
        position: last_number(key)?,
        aggregate: Aggregate::Order(order),
        sequence,
        at: Timestamp::from_micros(i64::from_be_bytes(*at)),
        body: EventBody::Order(order, body),
    })
}

fn number(value: impl Into<i64>) -> Vec<u8> {
    value.into().to_be_bytes().to_vec()
}

fn position(index: usize) -> u64 {
    u64::try_from(index).unwrap_or(u64::MAX)
}

fn parse_number(value: &[u8]) -> Result<i64, PortError> {
    let bytes = value.try_into().map_err(|_| wrong_key())?;
    Ok(i64::from_be_bytes(bytes))
}

fn parse_count(value: &[u8]) -> Result<u32, PortError> {
    u32::try_from(parse_number(value)?).map_err(PortError::corrupt)
}

pub(super) fn last_number(bytes: &[u8]) -> Result<u64, PortError> {
    key::parse_numbered(bytes).map(|(_, number)| number).ok_or_else(wrong_key)
}

fn only_id(key: &[u8]) -> Result<uuid::Uuid, PortError> {
    match key::parse_id(key) {
        Some((id, [])) => Ok(id),
        _ => Err(wrong_key()),
    }
}

fn name(key: &[u8]) -> Result<String, PortError> {
    Ok(std::str::from_utf8(key).map_err(PortError::corrupt)?.to_owned())
}

fn wrong_key() -> PortError {
    PortError::corrupt("a row has a key or a number that makes no sense")
}
