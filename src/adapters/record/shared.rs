//! Forms of the values that every context speaks of.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::form::{Form, mirrors};
use crate::domain::catalog::Tag;
use crate::domain::order::OrderNumber;
use crate::domain::shared::{
    Address, AddressParts, Allocation, CartId, CategoryId, Country, CouponCode, Currency,
    CustomerId, Email, ImageId, ImportId, Invalid, LineId, Location, Money, OrderId, PaymentId,
    ProductId, PromotionId, Quantity, RefundId, ReturnId, ShipmentId, ShippingCode,
    ShippingMethodId, Sku, Slug, StaffId, StockPolicy, TaxCategory, TaxRateId, Text, Timestamp,
    VariantId, Version,
};

/// A value that is one word or text, checked when it is read.
pub trait Wordy: Sized {
    /// The text.
    fn word(&self) -> &str;

    /// The value of the text, if it is one.
    fn of(text: &str) -> Result<Self, Invalid>;
}

macro_rules! wordy {
    ($($value:ty: $word:ident, $parse:ident;)*) => {$(
        impl Wordy for $value {
            fn word(&self) -> &str {
                self.$word()
            }

            fn of(text: &str) -> Result<Self, Invalid> {
                Self::$parse(text)
            }
        }
    )*};
}

wordy! {
    Sku: as_str, try_new;
    Slug: as_str, try_new;
    Location: as_str, try_new;
    Email: as_str, try_new;
    CouponCode: as_str, try_new;
    ShippingCode: as_str, try_new;
    TaxCategory: as_str, try_new;
    Country: as_str, try_new;
    Currency: code, try_new;
    Tag: as_str, try_new;
    OrderNumber: as_str, parse;
}

impl<const MAX: usize> Wordy for Text<MAX> {
    fn word(&self) -> &str {
        self.as_str()
    }

    fn of(text: &str) -> Result<Self, Invalid> {
        Self::try_new("text", text)
    }
}

/// A word or a text as a string.
pub enum Word {}

impl<T: Wordy> Form<T> for Word {
    fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value.word())
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(WordVisitor(PhantomData))
    }
}

struct WordVisitor<T>(PhantomData<T>);

impl<T: Wordy> Visitor<'_> for WordVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        T::of(text).map_err(E::custom)
    }
}

/// An id as the hyphenated form of its UUID.
pub enum Id {}

struct IdVisitor<T>(fn(&str) -> Result<T, Invalid>);

impl<T> Visitor<'_> for IdVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a UUID")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

macro_rules! ids {
    ($($id:ident),* $(,)?) => {$(
        impl Form<$id> for Id {
            fn serialize<S: Serializer>(value: &$id, serializer: S) -> Result<S::Ok, S::Error> {
                value.uuid().serialize(serializer)
            }

            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$id, D::Error> {
                deserializer.deserialize_str(IdVisitor($id::parse))
            }
        }
    )*};
}

ids!(
    CartId,
    CategoryId,
    CustomerId,
    ImageId,
    ImportId,
    LineId,
    OrderId,
    PaymentId,
    ProductId,
    PromotionId,
    RefundId,
    ReturnId,
    ShipmentId,
    ShippingMethodId,
    StaffId,
    TaxRateId,
    VariantId,
);

/// A moment as microseconds since 1970.
pub enum Time {}

impl Form<Timestamp> for Time {
    fn serialize<S: Serializer>(value: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(value.micros())
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(deserializer).map(Timestamp::from_micros)
    }
}

/// How often a thing was saved, from 1.
pub enum Saves {}

impl Form<Version> for Saves {
    fn serialize<S: Serializer>(value: &Version, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value.number())
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
        match u64::deserialize(deserializer)? {
            0 => Err(D::Error::custom("a version counts from 1")),
            number => Ok(Version::new(number)),
        }
    }
}

/// A number of units.
pub enum Units {}

impl Form<Quantity> for Units {
    fn serialize<S: Serializer>(value: &Quantity, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(value.units())
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Quantity, D::Error> {
        Quantity::try_new(i64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// An amount of money, in the form of [`super::MoneyRecord`]. No amount that is kept is below zero:
/// what it takes away says its field.
#[derive(Serialize, Deserialize)]
struct AmountRecord<'a> {
    amount: i64,
    #[serde(borrow)]
    currency: Cow<'a, str>,
}

/// How an amount of money is written and read.
pub enum Amount {}

impl Form<Money> for Amount {
    fn serialize<S: Serializer>(value: &Money, serializer: S) -> Result<S::Ok, S::Error> {
        let currency = value.currency();
        let record =
            AmountRecord { amount: value.amount(), currency: Cow::Borrowed(currency.code()) };
        record.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
        let record = AmountRecord::deserialize(deserializer)?;
        if record.amount < 0 {
            return Err(D::Error::custom("an amount must not be negative"));
        }
        let currency = Currency::try_new(&record.currency).map_err(D::Error::custom)?;
        Ok(Money::new(record.amount, currency))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AddressParts")]
struct AddressPartsForm {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    line1: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line2: Option<String>,
    city: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    postal_code: String,
    country: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

/// An address, checked when it is read.
pub enum AddressForm {}

impl Form<Address> for AddressForm {
    fn serialize<S: Serializer>(value: &Address, serializer: S) -> Result<S::Ok, S::Error> {
        AddressPartsForm::serialize(value.parts(), serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
        Address::try_new(AddressPartsForm::deserialize(deserializer)?).map_err(faults)
    }
}

/// What is wrong with the fields of a value, as one message.
pub fn faults<E: serde::de::Error>(faults: Vec<(&'static str, Invalid)>) -> E {
    let told: Vec<String> = faults.iter().map(|(field, why)| format!("{field}: {why}")).collect();
    E::custom(told.join("; "))
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Allocation")]
pub struct AllocationForm {
    #[serde(with = "Word")]
    sku: Sku,
    #[serde(with = "Word")]
    location: Location,
    #[serde(with = "Units")]
    quantity: Quantity,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "StockPolicy", rename_all = "snake_case")]
pub enum StockPolicyForm {
    Tracked,
    Backorder { limit: u32 },
    Untracked,
}

mirrors!(AllocationForm of Allocation, StockPolicyForm of StockPolicy);
