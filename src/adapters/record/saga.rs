//! Records of sagas.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::form::{Form, List, Maybe, is_default, mirrors};
use super::kept::records;
use super::shared::{Id, Saves, Time};
use crate::domain::order::{
    CheckoutState, Effect, JournalEntry, Lease, RefundJobState, Saga, SagaId, SagaPlan,
};
use crate::domain::shared::{OrderId, RefundId, Timestamp, Version};

/// A saga's id, with its parts by name.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SagaIdRecord {
    Checkout(#[serde(with = "Id")] OrderId),
    Refund {
        #[serde(with = "Id")]
        order: OrderId,
        #[serde(with = "Id")]
        refund: RefundId,
    },
}

/// How a saga's id is written and read.
enum SagaIdForm {}

impl Form<SagaId> for SagaIdForm {
    fn serialize<S: Serializer>(value: &SagaId, serializer: S) -> Result<S::Ok, S::Error> {
        let record = match *value {
            SagaId::Checkout(order) => SagaIdRecord::Checkout(order),
            SagaId::Refund(order, refund) => SagaIdRecord::Refund { order, refund },
        };
        record.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SagaId, D::Error> {
        Ok(match SagaIdRecord::deserialize(deserializer)? {
            SagaIdRecord::Checkout(order) => SagaId::Checkout(order),
            SagaIdRecord::Refund { order, refund } => SagaId::Refund(order, refund),
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "CheckoutState", rename_all = "snake_case")]
enum CheckoutStateForm {
    Paying,
    Resolving {
        #[serde(with = "Time")]
        since: Timestamp,
    },
    AwaitingBuyer {
        #[serde(with = "Time")]
        until: Timestamp,
    },
    PayingBack {
        #[serde(with = "Id")]
        refund: RefundId,
    },
    Confirmed,
    Compensated,
    NeedsAttention,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "RefundJobState", rename_all = "snake_case")]
enum RefundJobStateForm {
    Paying,
    Paid,
    NeedsAttention,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "SagaPlan", rename_all = "snake_case")]
enum SagaPlanForm {
    Checkout(#[serde(with = "CheckoutStateForm")] CheckoutState),
    Refund(#[serde(with = "RefundJobStateForm")] RefundJobState),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Effect", rename_all = "snake_case")]
enum EffectForm {
    Reserved,
    PaymentUnknown,
    ActionRequired,
    BuyerActed,
    Confirmed,
    StockLost,
    PaymentFailed,
    Compensated,
    RefundAgreed,
    RefundPaid,
    RefundRefused,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "JournalEntry")]
struct JournalEntryForm {
    #[serde(with = "EffectForm")]
    effect: Effect,
    #[serde(with = "Time")]
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Lease")]
struct LeaseForm {
    owner: String,
    #[serde(with = "Time")]
    until: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Saga")]
struct SagaForm {
    #[serde(with = "SagaIdForm")]
    id: SagaId,
    #[serde(with = "SagaPlanForm")]
    plan: SagaPlan,
    #[serde(with = "Saves")]
    version: Version,
    #[serde(default, skip_serializing_if = "is_default")]
    attempts: u32,
    #[serde(with = "Time")]
    due: Timestamp,
    #[serde(with = "Maybe::<LeaseForm>", default, skip_serializing_if = "Option::is_none")]
    lease: Option<Lease>,
    #[serde(with = "List::<JournalEntryForm>", default, skip_serializing_if = "Vec::is_empty")]
    journal: Vec<JournalEntry>,
}

/// A saga whose plan is of its id's kind. Whether its journal tells a history that can be is for
/// whoever examines the whole shop: a saga that no one can read would hold its order for ever.
enum WholeSaga {}

impl Form<Saga> for WholeSaga {
    fn serialize<S: Serializer>(value: &Saga, serializer: S) -> Result<S::Ok, S::Error> {
        SagaForm::serialize(value, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Saga, D::Error> {
        let saga = SagaForm::deserialize(deserializer)?;
        match (saga.id, &saga.plan) {
            (SagaId::Checkout(_), SagaPlan::Checkout(_))
            | (SagaId::Refund(..), SagaPlan::Refund(_)) => Ok(saga),
            _ => Err(D::Error::custom("the plan is of another kind of saga than the id")),
        }
    }
}

mirrors!(JournalEntryForm of JournalEntry, LeaseForm of Lease);

records! { Saga = "saga" by WholeSaga }
