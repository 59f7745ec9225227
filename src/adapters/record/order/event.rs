use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::aftersale::{NoteForm, RefundForm, ReturnForm, ShipmentForm};
use super::placed::PlacedForm;
use crate::adapters::record::form::{Alone, Form, Lent, Shared, is_off};
use crate::adapters::record::kept::records;
use crate::adapters::record::shared::{Id, Time};
use crate::domain::order::{Note, OrderEvent, Placed, Refund, Return, Shipment};
use crate::domain::shared::{PaymentId, RefundId, ReturnId, ShipmentId, Timestamp};

/// An event under its name, with its parts by theirs.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OrderEventRecord<'a> {
    Placed(#[serde(with = "Lent::<Shared<PlacedForm>>")] Cow<'a, Arc<Placed>>),
    PaymentUnknown(PaymentAt),
    PaymentRequiresAction {
        #[serde(with = "Id")]
        payment: PaymentId,
        next_action: Cow<'a, str>,
        #[serde(with = "Time")]
        at: Timestamp,
    },
    PaymentAuthorized(PaymentAt),
    PaymentCaptured(PaymentAt),
    PaymentDeclined {
        #[serde(with = "Id")]
        payment: PaymentId,
        reason: Cow<'a, str>,
        #[serde(with = "Time")]
        at: Timestamp,
    },
    PaymentVoided(PaymentAt),
    Confirmed {
        #[serde(with = "Time")]
        at: Timestamp,
    },
    Failed(ReasonAt<'a>),
    Cancelled(ReasonAt<'a>),
    Shipped(#[serde(with = "Lent::<ShipmentForm>")] Cow<'a, Shipment>),
    Delivered {
        #[serde(with = "Id")]
        shipment: ShipmentId,
        #[serde(with = "Time")]
        at: Timestamp,
    },
    ReturnRequested(#[serde(with = "Lent::<ReturnForm>")] Cow<'a, Return>),
    ReturnReceived {
        #[serde(rename = "return", with = "Id")]
        id: ReturnId,
        #[serde(default, skip_serializing_if = "is_off")]
        restocked: bool,
        #[serde(with = "Time")]
        at: Timestamp,
    },
    RefundRequested(#[serde(with = "Lent::<RefundForm>")] Cow<'a, Refund>),
    RefundPaid(RefundAt),
    RefundFailed {
        #[serde(with = "Id")]
        refund: RefundId,
        reason: Cow<'a, str>,
        #[serde(with = "Time")]
        at: Timestamp,
    },
    RefundReplaced {
        #[serde(with = "Id")]
        refund: RefundId,
        #[serde(with = "Lent::<RefundForm>")]
        by: Cow<'a, Refund>,
    },
    RefundSettled(RefundAt),
    RefundDropped(RefundAt),
    Noted(#[serde(with = "Lent::<NoteForm>")] Cow<'a, Note>),
}

/// A payment and when something happened to it.
#[derive(Serialize, Deserialize)]
struct PaymentAt {
    #[serde(with = "Id")]
    payment: PaymentId,
    #[serde(with = "Time")]
    at: Timestamp,
}

/// A refund and when something happened to it.
#[derive(Serialize, Deserialize)]
struct RefundAt {
    #[serde(with = "Id")]
    refund: RefundId,
    #[serde(with = "Time")]
    at: Timestamp,
}

/// Why the order ended and when.
#[derive(Serialize, Deserialize)]
struct ReasonAt<'a> {
    reason: Cow<'a, str>,
    #[serde(with = "Time")]
    at: Timestamp,
}

impl<'a> ReasonAt<'a> {
    fn of(reason: &'a str, at: Timestamp) -> Self {
        Self { reason: Cow::Borrowed(reason), at }
    }
}

impl<'a> OrderEventRecord<'a> {
    fn of(event: &'a OrderEvent) -> Self {
        use OrderEvent as E;
        let lent = |text: &'a str| Cow::Borrowed(text);
        match event {
            E::Placed(placed) => Self::Placed(Cow::Borrowed(placed)),
            E::PaymentUnknown(payment, at) => Self::PaymentUnknown(payment_at(payment, at)),
            E::PaymentRequiresAction(payment, next_action, at) => Self::PaymentRequiresAction {
                payment: *payment,
                next_action: lent(next_action),
                at: *at,
            },
            E::PaymentAuthorized(payment, at) => Self::PaymentAuthorized(payment_at(payment, at)),
            E::PaymentCaptured(payment, at) => Self::PaymentCaptured(payment_at(payment, at)),
            E::PaymentDeclined(payment, reason, at) => {
                Self::PaymentDeclined { payment: *payment, reason: lent(reason), at: *at }
            }
            E::PaymentVoided(payment, at) => Self::PaymentVoided(payment_at(payment, at)),
            E::Confirmed(at) => Self::Confirmed { at: *at },
            E::Failed(reason, at) => Self::Failed(ReasonAt::of(reason, *at)),
            E::Cancelled(reason, at) => Self::Cancelled(ReasonAt::of(reason, *at)),
            E::Shipped(shipment) => Self::Shipped(Cow::Borrowed(shipment)),
            E::Delivered(shipment, at) => Self::Delivered { shipment: *shipment, at: *at },
            E::ReturnRequested(asked) => Self::ReturnRequested(Cow::Borrowed(asked)),
            E::ReturnReceived(id, restocked, at) => {
                Self::ReturnReceived { id: *id, restocked: *restocked, at: *at }
            }
            E::RefundRequested(refund) => Self::RefundRequested(Cow::Borrowed(refund)),
            E::RefundPaid(refund, at) => Self::RefundPaid(refund_at(refund, at)),
            E::RefundFailed(refund, reason, at) => {
                Self::RefundFailed { refund: *refund, reason: lent(reason), at: *at }
            }
            E::RefundReplaced(refund, by) => {
                Self::RefundReplaced { refund: *refund, by: Cow::Borrowed(by) }
            }
            E::RefundSettled(refund, at) => Self::RefundSettled(refund_at(refund, at)),
            E::RefundDropped(refund, at) => Self::RefundDropped(refund_at(refund, at)),
            E::Noted(note) => Self::Noted(Cow::Borrowed(note)),
        }
    }

    fn event(self) -> OrderEvent {
        use OrderEvent as E;
        match self {
            Self::Placed(placed) => E::Placed(placed.into_owned()),
            Self::PaymentUnknown(of) => E::PaymentUnknown(of.payment, of.at),
            Self::PaymentRequiresAction { payment, next_action, at } => {
                E::PaymentRequiresAction(payment, next_action.into_owned(), at)
            }
            Self::PaymentAuthorized(of) => E::PaymentAuthorized(of.payment, of.at),
            Self::PaymentCaptured(of) => E::PaymentCaptured(of.payment, of.at),
            Self::PaymentDeclined { payment, reason, at } => {
                E::PaymentDeclined(payment, reason.into_owned(), at)
            }
            Self::PaymentVoided(of) => E::PaymentVoided(of.payment, of.at),
            Self::Confirmed { at } => E::Confirmed(at),
            Self::Failed(why) => E::Failed(why.reason.into_owned(), why.at),
            Self::Cancelled(why) => E::Cancelled(why.reason.into_owned(), why.at),
            Self::Shipped(shipment) => E::Shipped(shipment.into_owned()),
            Self::Delivered { shipment, at } => E::Delivered(shipment, at),
            Self::ReturnRequested(asked) => E::ReturnRequested(asked.into_owned()),
            Self::ReturnReceived { id, restocked, at } => E::ReturnReceived(id, restocked, at),
            Self::RefundRequested(refund) => E::RefundRequested(refund.into_owned()),
            Self::RefundPaid(of) => E::RefundPaid(of.refund, of.at),
            Self::RefundFailed { refund, reason, at } => {
                E::RefundFailed(refund, reason.into_owned(), at)
            }
            Self::RefundReplaced { refund, by } => E::RefundReplaced(refund, by.into_owned()),
            Self::RefundSettled(of) => E::RefundSettled(of.refund, of.at),
            Self::RefundDropped(of) => E::RefundDropped(of.refund, of.at),
            Self::Noted(note) => E::Noted(note.into_owned()),
        }
    }
}

fn payment_at(payment: &PaymentId, at: &Timestamp) -> PaymentAt {
    PaymentAt { payment: *payment, at: *at }
}

fn refund_at(refund: &RefundId, at: &Timestamp) -> RefundAt {
    RefundAt { refund: *refund, at: *at }
}

/// How an event is written and read.
pub enum OrderEventForm {}

impl Form<OrderEvent> for OrderEventForm {
    fn serialize<S: Serializer>(value: &OrderEvent, serializer: S) -> Result<S::Ok, S::Error> {
        OrderEventRecord::of(value).serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OrderEvent, D::Error> {
        OrderEventRecord::deserialize(deserializer).map(OrderEventRecord::event)
    }
}

records! { OrderEvent = "order event" by Alone<OrderEventForm> }
