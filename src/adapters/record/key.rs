//! Records of idempotency keys.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::cart::CartViewForm;
use super::form::{Form, Lent, List, Maybe, Shared, mirrors};
use super::kept::{read, write};
use super::shared::{Id, Saves, Time};
use super::stock::StockItemForm;
use crate::domain::inventory::StockItem;
use crate::domain::order::Order;
use crate::domain::shared::{OrderId, Timestamp, Version};
use crate::ports::PortError;
use crate::ports::cart::CartView;
use crate::ports::idempotency::{KeyClaim, KeyId, KeyRow, KeyState, Outcome, Refusal};
use crate::ports::store::Unique;

#[derive(Serialize, Deserialize)]
#[serde(remote = "Unique", rename_all = "snake_case")]
enum UniqueForm {
    Sku,
    ProductSlug,
    ImportKey,
    CategorySlug,
    CategoryName,
    CouponCode,
    ShippingCode,
    TaxRate,
    OrderNumber,
    Email,
    Secret,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Refusal", rename_all = "snake_case")]
enum RefusalForm {
    InsufficientStock {
        sku: String,
        available: i64,
    },
    StockBelowZero {
        sku: String,
    },
    ProductUnavailable {
        sku: String,
    },
    CartChanged {
        detail: String,
        #[serde(
            with = "Maybe::<Shared<CartViewForm>>",
            default,
            skip_serializing_if = "Option::is_none"
        )]
        cart: Option<Arc<CartView>>,
    },
    CartOrdered,
    CouponNotApplicable {
        code: String,
        reason: String,
    },
    NoShippingOption,
    ShippingOptionGone {
        code: String,
    },
    PaymentDeclined {
        reason: String,
        #[serde(with = "Id")]
        order: OrderId,
    },
    OrderFailed {
        reason: String,
    },
    InvalidTransition {
        detail: String,
    },
    Duplicate {
        #[serde(with = "UniqueForm")]
        what: Unique,
        value: String,
    },
    InUse {
        detail: String,
    },
}

mirrors!(RefusalForm of Refusal);

/// Bytes of a digest in the alphabet of addresses.
enum Digest {}

impl Form<[u8; 32]> for Digest {
    fn serialize<S: Serializer>(value: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(value))
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        deserializer.deserialize_str(DigestVisitor)
    }
}

struct DigestVisitor;

impl Visitor<'_> for DigestVisitor {
    type Value = [u8; 32];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a digest of 32 bytes")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<[u8; 32], E> {
        let wrong = || E::custom("must be a digest of 32 bytes");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
        bytes.try_into().map_err(|_| wrong())
    }
}

/// Where a key stands. An order is named with the number of events that it had: they tell it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateRecord<'a> {
    InFlight(#[serde(with = "Id")] OrderId),
    Order {
        #[serde(with = "Id")]
        order: OrderId,
        #[serde(with = "Saves")]
        version: Version,
    },
    Stock(#[serde(with = "List::<StockItemForm>")] Vec<StockItem>),
    Refused(#[serde(with = "Lent::<RefusalForm>")] Cow<'a, Refusal>),
}

impl<'a> StateRecord<'a> {
    fn of(state: &'a KeyState) -> Self {
        match state {
            KeyState::InFlight(order) => Self::InFlight(*order),
            KeyState::Done(Outcome::Order(order)) => {
                Self::Order { order: order.id(), version: order.version() }
            }
            KeyState::Done(Outcome::Stock(items)) => Self::Stock(items.clone()),
            KeyState::Done(Outcome::Refused(refusal)) => Self::Refused(Cow::Borrowed(refusal)),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct RowRecord<'a> {
    principal: Cow<'a, str>,
    key: Cow<'a, str>,
    #[serde(with = "Digest")]
    fingerprint: [u8; 32],
    state: StateRecord<'a>,
    #[serde(with = "Time")]
    at: Timestamp,
}

impl<'a> RowRecord<'a> {
    fn of(row: &'a KeyRow) -> Self {
        Self {
            principal: Cow::Borrowed(&row.claim.id.principal),
            key: Cow::Borrowed(&row.claim.id.key),
            fingerprint: row.claim.fingerprint,
            state: StateRecord::of(&row.state),
            at: row.at,
        }
    }
}

/// A form that is the value itself.
enum Own {}

impl Form<RowRecord<'_>> for Own {
    fn serialize<S: Serializer>(value: &RowRecord<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<RowRecord<'static>, D::Error> {
        RowRecord::<'static>::deserialize(deserializer)
    }
}

/// A key as a store keeps it. Where its outcome froze an order, that is not kept again: its first
/// events tell it, so whoever wants the row reads them first.
pub struct KeyRecord(RowRecord<'static>);

/// Why a row cannot be put together.
#[derive(Debug, thiserror::Error)]
enum RowError {
    /// The order's events are gone.
    #[error("the order that a key answers with is missing")]
    Missing,
    /// The order is another, or of other events.
    #[error("the order that a key answers with is not the one it froze")]
    Other,
}

impl KeyRecord {
    const NAME: &'static str = "idempotency key";

    /// The row as JSON: one object with its version as `v`.
    pub fn encode(row: &KeyRow) -> Result<Vec<u8>, PortError> {
        write::<RowRecord<'_>, Own>(&RowRecord::of(row))
    }

    /// The record of such JSON. Corrupt where it makes no sense, or is of a later version.
    pub fn decode(bytes: &[u8]) -> Result<Self, PortError> {
        read::<RowRecord<'static>, Own>(Self::NAME, bytes).map(Self)
    }

    /// The order that the outcome froze, with the number of its events that it had then.
    pub fn order(&self) -> Option<(OrderId, Version)> {
        match self.0.state {
            StateRecord::Order { order, version } => Some((order, version)),
            StateRecord::InFlight(_) | StateRecord::Stock(_) | StateRecord::Refused(_) => None,
        }
    }

    /// The row. `order` is what [`Self::order`] asked for, the fold of so many of its events;
    /// corrupt where it is needed and missing, or another.
    pub fn row(self, order: Option<Arc<Order>>) -> Result<KeyRow, PortError> {
        let RowRecord { principal, key, fingerprint, state, at } = self.0;
        let id = KeyId { principal: principal.into_owned(), key: key.into_owned() };
        let state = match state {
            StateRecord::InFlight(order) => KeyState::InFlight(order),
            StateRecord::Order { order: id, version } => {
                let order = order.ok_or_else(|| PortError::corrupt(RowError::Missing))?;
                if (order.id(), order.version()) != (id, version) {
                    return Err(PortError::corrupt(RowError::Other));
                }
                KeyState::Done(Outcome::Order(order))
            }
            StateRecord::Stock(items) => KeyState::Done(Outcome::Stock(items)),
            StateRecord::Refused(refusal) => KeyState::Done(Outcome::Refused(refusal.into_owned())),
        };
        Ok(KeyRow { claim: KeyClaim { id, fingerprint }, state, at })
    }
}
