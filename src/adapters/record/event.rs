//! Records of events in the one sequence of all.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::form::{Alone, Form, Lent, is_default, is_off, mirrors};
use super::kept::records;
use super::order::OrderEventForm;
use super::shared::{Id, Saves, Time, Word};
use super::stock::StockEventForm;
use crate::domain::inventory::StockEvent;
use crate::domain::order::OrderEvent;
use crate::domain::shared::{
    CategoryId, Location, OrderId, ProductId, PromotionId, Sku, Timestamp, Version,
};
use crate::ports::events::{Aggregate, Event, EventBody, ParkedEvent};

/// What an event is about, with its parts by name.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AggregateRecord {
    Product(#[serde(with = "Id")] ProductId),
    Category(#[serde(with = "Id")] CategoryId),
    Promotion(#[serde(with = "Id")] PromotionId),
    Stock {
        #[serde(with = "Word")]
        sku: Sku,
        #[serde(with = "Word")]
        location: Location,
    },
    Order(#[serde(with = "Id")] OrderId),
    Unknown(String),
}

/// How it is written and read.
enum AggregateForm {}

impl Form<Aggregate> for AggregateForm {
    fn serialize<S: Serializer>(value: &Aggregate, serializer: S) -> Result<S::Ok, S::Error> {
        let record = match value {
            Aggregate::Product(id) => AggregateRecord::Product(*id),
            Aggregate::Category(id) => AggregateRecord::Category(*id),
            Aggregate::Promotion(id) => AggregateRecord::Promotion(*id),
            Aggregate::Stock(sku, location) => {
                AggregateRecord::Stock { sku: sku.clone(), location: location.clone() }
            }
            Aggregate::Order(id) => AggregateRecord::Order(*id),
            Aggregate::Unknown(names) => AggregateRecord::Unknown(names.clone()),
        };
        record.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Aggregate, D::Error> {
        Ok(match AggregateRecord::deserialize(deserializer)? {
            AggregateRecord::Product(id) => Aggregate::Product(id),
            AggregateRecord::Category(id) => Aggregate::Category(id),
            AggregateRecord::Promotion(id) => Aggregate::Promotion(id),
            AggregateRecord::Stock { sku, location } => Aggregate::Stock(sku, location),
            AggregateRecord::Order(id) => Aggregate::Order(id),
            AggregateRecord::Unknown(names) => Aggregate::Unknown(names),
        })
    }
}

/// What happened, with its parts by name.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EventBodyRecord<'a> {
    ProductSaved {
        #[serde(with = "Id")]
        product: ProductId,
        #[serde(with = "Saves")]
        version: Version,
    },
    PopularityMoved {
        #[serde(with = "Id")]
        product: ProductId,
    },
    CategoryChanged {
        #[serde(with = "Id")]
        category: CategoryId,
    },
    PromotionChanged {
        #[serde(with = "Id")]
        promotion: PromotionId,
    },
    Stock(#[serde(with = "Lent::<StockEventForm>")] Cow<'a, StockEvent>),
    Order {
        #[serde(with = "Id")]
        order: OrderId,
        #[serde(with = "Lent::<OrderEventForm>")]
        event: Cow<'a, OrderEvent>,
    },
    Unreadable {
        reason: Cow<'a, str>,
    },
}

/// How it is written and read.
enum EventBodyForm {}

impl Form<EventBody> for EventBodyForm {
    fn serialize<S: Serializer>(value: &EventBody, serializer: S) -> Result<S::Ok, S::Error> {
        let record = match value {
            EventBody::ProductSaved(product, version) => {
                EventBodyRecord::ProductSaved { product: *product, version: *version }
            }
            EventBody::PopularityMoved(product) => {
                EventBodyRecord::PopularityMoved { product: *product }
            }
            EventBody::CategoryChanged(category) => {
                EventBodyRecord::CategoryChanged { category: *category }
            }
            EventBody::PromotionChanged(promotion) => {
                EventBodyRecord::PromotionChanged { promotion: *promotion }
            }
            EventBody::Stock(event) => EventBodyRecord::Stock(Cow::Borrowed(event)),
            EventBody::Order(order, event) => {
                EventBodyRecord::Order { order: *order, event: Cow::Borrowed(event) }
            }
            EventBody::Unreadable(reason) => {
                EventBodyRecord::Unreadable { reason: Cow::Borrowed(reason) }
            }
        };
        record.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EventBody, D::Error> {
        Ok(match EventBodyRecord::deserialize(deserializer)? {
            EventBodyRecord::ProductSaved { product, version } => {
                EventBody::ProductSaved(product, version)
            }
            EventBodyRecord::PopularityMoved { product } => EventBody::PopularityMoved(product),
            EventBodyRecord::CategoryChanged { category } => EventBody::CategoryChanged(category),
            EventBodyRecord::PromotionChanged { promotion } => {
                EventBody::PromotionChanged(promotion)
            }
            EventBodyRecord::Stock(event) => EventBody::Stock(event.into_owned()),
            EventBodyRecord::Order { order, event } => EventBody::Order(order, event.into_owned()),
            EventBodyRecord::Unreadable { reason } => EventBody::Unreadable(reason.into_owned()),
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Event")]
struct EventForm {
    position: u64,
    #[serde(with = "AggregateForm")]
    aggregate: Aggregate,
    sequence: u64,
    #[serde(with = "Time")]
    at: Timestamp,
    #[serde(with = "EventBodyForm")]
    body: EventBody,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ParkedEvent")]
struct ParkedEventForm {
    #[serde(with = "EventForm")]
    event: Event,
    #[serde(default, skip_serializing_if = "is_default")]
    attempts: u32,
    #[serde(with = "Time")]
    due: Timestamp,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(default, skip_serializing_if = "is_off")]
    dead: bool,
}

mirrors!(EventForm of Event, ParkedEventForm of ParkedEvent);

records! {
    EventBody = "event body" by Alone<EventBodyForm>,
    Event = "event" by EventForm,
    ParkedEvent = "parked event" by ParkedEventForm,
}
