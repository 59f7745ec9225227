//! Records of stock, its ledger and its reservations.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::form::{Form, Maybe, is_default, mirrors};
use super::kept::records;
use super::shared::{Id, Saves, StockPolicyForm, Time, Units, Word};
use crate::domain::inventory::{
    Reservation, ReservationState, StockEvent, StockEventKind, StockItem,
};
use crate::domain::shared::{Location, OrderId, Quantity, Sku, StockPolicy, Timestamp, Version};

#[derive(Serialize, Deserialize)]
struct StockItemRecord {
    #[serde(with = "Word")]
    sku: Sku,
    #[serde(with = "Word")]
    location: Location,
    #[serde(with = "StockPolicyForm", default, skip_serializing_if = "is_default")]
    policy: StockPolicy,
    on_hand: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    reserved: i64,
    #[serde(with = "Saves")]
    version: Version,
}

/// The stock of a SKU at a location, checked when it is read.
pub enum StockItemForm {}

impl Form<StockItem> for StockItemForm {
    fn serialize<S: Serializer>(value: &StockItem, serializer: S) -> Result<S::Ok, S::Error> {
        let record = StockItemRecord {
            sku: value.sku().clone(),
            location: value.location().clone(),
            policy: value.policy(),
            on_hand: value.on_hand(),
            reserved: value.reserved(),
            version: value.version(),
        };
        record.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StockItem, D::Error> {
        let record = StockItemRecord::deserialize(deserializer)?;
        // On hand may be owed to backorders; what is held never is.
        if record.reserved < 0 {
            return Err(D::Error::custom("reserved must not be negative"));
        }
        let StockItemRecord { sku, location, policy, on_hand, reserved, version } = record;
        Ok(StockItem::restore((sku, location), policy, on_hand, reserved, version))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "StockEventKind", rename_all = "snake_case")]
enum StockEventKindForm {
    Received,
    Reserved,
    Released,
    Expired,
    Committed,
    Cancelled,
    Returned,
    Adjusted,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "StockEvent")]
pub struct StockEventForm {
    #[serde(with = "Word")]
    sku: Sku,
    #[serde(with = "Word")]
    location: Location,
    #[serde(with = "StockEventKindForm")]
    kind: StockEventKind,
    quantity: i64,
    #[serde(with = "Maybe::<Id>", default, skip_serializing_if = "Option::is_none")]
    order: Option<OrderId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(with = "Time")]
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ReservationState", rename_all = "snake_case")]
enum ReservationStateForm {
    Held,
    Committed,
    Released,
    Expired,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Reservation")]
pub struct ReservationForm {
    #[serde(with = "Id")]
    order: OrderId,
    #[serde(with = "Word")]
    sku: Sku,
    #[serde(with = "Word")]
    location: Location,
    #[serde(with = "Units")]
    quantity: Quantity,
    #[serde(with = "ReservationStateForm")]
    state: ReservationState,
    #[serde(with = "Time")]
    held_until: Timestamp,
}

mirrors!(StockEventForm of StockEvent, ReservationForm of Reservation);

records! {
    StockItem = "stock item" by StockItemForm,
    StockEvent = "stock event" by StockEventForm,
    Reservation = "reservation" by ReservationForm,
}
