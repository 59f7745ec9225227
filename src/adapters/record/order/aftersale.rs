use serde::{Deserialize, Serialize};

use crate::adapters::record::form::{Form as _, List, Maybe, is_off, mirrors};
use crate::adapters::record::shared::{Amount, Id, Time, Units};
use crate::domain::order::{Note, Refund, RefundState, Return, Shipment, UnitsOf};
use crate::domain::shared::{
    LineId, Money, PaymentId, Quantity, RefundId, ReturnId, ShipmentId, Timestamp,
};

#[derive(Serialize, Deserialize)]
#[serde(remote = "UnitsOf")]
struct UnitsOfForm {
    #[serde(with = "Id")]
    line: LineId,
    #[serde(with = "Units")]
    quantity: Quantity,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Shipment")]
pub struct ShipmentForm {
    #[serde(with = "Id")]
    id: ShipmentId,
    #[serde(with = "List::<UnitsOfForm>")]
    units: Vec<UnitsOf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    carrier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tracking: Option<String>,
    #[serde(with = "Time")]
    shipped_at: Timestamp,
    #[serde(with = "Maybe::<Time>", default, skip_serializing_if = "Option::is_none")]
    delivered_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Return")]
pub struct ReturnForm {
    #[serde(with = "Id")]
    id: ReturnId,
    #[serde(with = "List::<UnitsOfForm>")]
    units: Vec<UnitsOf>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(with = "Time")]
    requested_at: Timestamp,
    #[serde(with = "Maybe::<Time>", default, skip_serializing_if = "Option::is_none")]
    received_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_off")]
    restocked: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "RefundState", rename_all = "snake_case")]
enum RefundStateForm {
    Pending,
    Paid,
    Failed { reason: String },
    Replaced,
    Dropped,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Refund")]
pub struct RefundForm {
    #[serde(with = "Id")]
    id: RefundId,
    #[serde(with = "Id")]
    payment: PaymentId,
    #[serde(with = "Amount")]
    amount: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(with = "RefundStateForm")]
    state: RefundState,
    #[serde(with = "Time")]
    requested_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Note")]
pub struct NoteForm {
    text: String,
    author: String,
    #[serde(with = "Time")]
    at: Timestamp,
}

mirrors! {
    UnitsOfForm of UnitsOf,
    ShipmentForm of Shipment,
    ReturnForm of Return,
    RefundForm of Refund,
    NoteForm of Note,
}
