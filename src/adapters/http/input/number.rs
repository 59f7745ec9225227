use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat};
use utoipa::openapi::{RefOr, Schema, Type};
use utoipa::{Number, PartialSchema, ToSchema};

use super::{inlined, schema};

/// A whole number from `MIN` to `MAX`. As in JSON Schema, `2.0` is the whole number 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int<const MIN: i64, const MAX: i64>(pub i64);

impl<const MIN: i64, const MAX: i64> Int<MIN, MAX> {
    fn checked<E: Error>(number: Option<i64>) -> Result<Self, E> {
        match number {
            Some(number) if (MIN..=MAX).contains(&number) => Ok(Self(number)),
            _ => Err(E::custom(format!("must be a whole number from {MIN} to {MAX}"))),
        }
    }
}

/// The largest number up to which floats tell all whole numbers apart.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// The whole number that `number` is, if it is one and exact.
fn whole_number(number: f64) -> Option<i64> {
    let exact = number.fract() == 0.0 && number.abs() <= MAX_EXACT;
    if exact { format!("{number:.0}").parse().ok() } else { None }
}

struct IntVisitor<const MIN: i64, const MAX: i64>;

impl<const MIN: i64, const MAX: i64> Visitor<'_> for IntVisitor<MIN, MAX> {
    type Value = Int<MIN, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Int::checked(Some(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Int::checked(i64::try_from(number).ok())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Int::checked(whole_number(number))
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Int<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(IntVisitor)
    }
}

impl<const MIN: i64, const MAX: i64> Serialize for Int<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<const MIN: i64, const MAX: i64> PartialSchema for Int<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        schema(whole(MIN, MAX))
    }
}

fn whole(least: i64, most: i64) -> ObjectBuilder {
    let bound = |limit: i64| isize::try_from(limit).ok().map(Number::from);
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(bound(least))
        .maximum(bound(most))
}

impl<const MIN: i64, const MAX: i64> ToSchema for Int<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        inlined(format!("Int{MIN}to{MAX}"))
    }
}

/// A whole number from -`MOST` to `MOST`, not 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<const MOST: i64>(pub i64);

struct SignedVisitor<const MOST: i64>;

impl<const MOST: i64> Visitor<'_> for SignedVisitor<MOST> {
    type Value = Signed<MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from -{MOST} to {MOST}, not 0")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        if number == 0 || !(-MOST..=MOST).contains(&number) {
            return Err(E::custom(format!("must be a whole number from -{MOST} to {MOST}, not 0")));
        }
        Ok(Signed(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        self.visit_i64(whole_number(number).unwrap_or(0))
    }
}

impl<'de, const MOST: i64> Deserialize<'de> for Signed<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(SignedVisitor)
    }
}

impl<const MOST: i64> PartialSchema for Signed<MOST> {
    fn schema() -> RefOr<Schema> {
        let either = OneOfBuilder::new().item(whole(-MOST, -1)).item(whole(1, MOST));
        RefOr::T(Schema::OneOf(either.build()))
    }
}

impl<const MOST: i64> ToSchema for Signed<MOST> {
    fn name() -> Cow<'static, str> {
        inlined(format!("Signed{MOST}"))
    }
}

/// A number of percent as it was written, from 0 (exclusive where `POSITIVE`) to 100, with at most
/// `DIGITS` digits behind the point. It is kept as text, so that nothing rounds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal<const DIGITS: u32, const POSITIVE: bool>(pub String);

impl<'de, const DIGITS: u32, const POSITIVE: bool> Deserialize<'de> for Decimal<DIGITS, POSITIVE> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Number::deserialize(deserializer).map(|number| Self(number.to_string()))
    }
}

impl<const DIGITS: u32, const POSITIVE: bool> Serialize for Decimal<DIGITS, POSITIVE> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number: serde_json::Number = self.0.parse().map_err(serde::ser::Error::custom)?;
        number.serialize(serializer)
    }
}

impl<const DIGITS: u32, const POSITIVE: bool> PartialSchema for Decimal<DIGITS, POSITIVE> {
    fn schema() -> RefOr<Schema> {
        let step = (0..DIGITS).fold(1.0, |step: f64, _| step / 10.0);
        let object = ObjectBuilder::new()
            .schema_type(Type::Number)
            .maximum(Some(100.0_f64))
            .multiple_of(Some(step));
        schema(if POSITIVE {
            object.exclusive_minimum(Some(0.0_f64))
        } else {
            object.minimum(Some(0.0_f64))
        })
    }
}

impl<const DIGITS: u32, const POSITIVE: bool> ToSchema for Decimal<DIGITS, POSITIVE> {
    fn name() -> Cow<'static, str> {
        inlined(format!("Decimal{DIGITS}{POSITIVE}"))
    }
}
