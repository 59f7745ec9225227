use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{inlined, schema, text_schema};
use crate::adapters::record::{parse_rfc3339, rfc3339};
use crate::domain::shared::{
    CartId, CategoryId, Country, CouponCode, Currency, Email, Invalid, Location, OrderId,
    ProductId, ShippingCode, Sku, Slug, TaxCategory, Timestamp, VariantId,
};

/// A value of the domain that requests write as text.
pub trait Input: Sized {
    /// What tells its schema from others.
    const NAME: &'static str;

    /// Reads it.
    fn parse(raw: &str) -> Result<Self, Invalid>;

    /// Writes it so that [`Self::parse`] reads it back.
    fn write(&self) -> Cow<'_, str>;

    /// What text is read.
    fn schema() -> ObjectBuilder;
}

/// A value of the domain in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct In<T>(pub T);

struct InputVisitor<T>(PhantomData<T>);

impl<T: Input> Visitor<'_> for InputVisitor<T> {
    type Value = In<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: Error>(self, raw: &str) -> Result<In<T>, E> {
        T::parse(raw).map(In).map_err(E::custom)
    }
}

impl<'de, T: Input> Deserialize<'de> for In<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(InputVisitor(PhantomData))
    }
}

impl<T: Input> Serialize for In<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.write())
    }
}

impl<T: Input> PartialSchema for In<T> {
    fn schema() -> RefOr<Schema> {
        schema(T::schema())
    }
}

impl<T: Input> ToSchema for In<T> {
    fn name() -> Cow<'static, str> {
        if T::NAME == Currency::NAME {
            return Cow::Borrowed(T::NAME); // too long to repeat
        }
        inlined(T::NAME)
    }
}

fn known(format: KnownFormat) -> ObjectBuilder {
    text_schema().format(Some(SchemaFormat::KnownFormat(format)))
}

fn sized(most: usize, pattern: &'static str) -> ObjectBuilder {
    text_schema().min_length(Some(1)).max_length(Some(most)).pattern(Some(pattern))
}

/// Implements [`Input`] for a newtype over text.
macro_rules! text_input {
    ($($type:ident, $write:ident, $parse:expr, $schema:expr;)*) => {$(
        impl Input for $type {
            const NAME: &'static str = stringify!($type);

            fn parse(raw: &str) -> Result<Self, Invalid> {
                let parse: fn(&str) -> Result<Self, Invalid> = $parse;
                parse(raw)
            }

            fn write(&self) -> Cow<'_, str> {
                Cow::Borrowed(self.$write())
            }

            fn schema() -> ObjectBuilder {
                $schema
            }
        }
    )*};
}

text_input! {
    Sku, as_str, Self::try_new, sized(Self::MAX_LEN, "^[!-~]+$").examples(["LAMP-1"]);
    Slug, as_str, Self::try_new,
        sized(Self::MAX_LEN, "^[a-z0-9]+(?:-[a-z0-9]+)*$").examples(["brass-lamp"]);
    Location, as_str, Self::try_new, sized(32, "^[a-z0-9_-]+$").examples(["main"]);
    Currency, code, Self::try_new, text_schema().enum_values(Some(Self::codes())).examples(["USD"]);
    Country, as_str, Self::try_new,
        text_schema().min_length(Some(2)).max_length(Some(2)).pattern(Some(country_pattern()))
            .examples(["US"]);
    CouponCode, as_str, |raw| untrimmed(raw, Self::try_new), sized(64, "^[!-~]+$");
    ShippingCode, as_str, |raw| untrimmed(raw, Self::try_new),
        sized(64, "^[A-Za-z0-9_-]+$").examples(["standard"]);
    TaxCategory, as_str, |raw| untrimmed(raw, Self::try_new),
        sized(64, "^[A-Za-z0-9_-]+$").examples(["standard"]);
    Email, as_str, Self::try_new,
        known(KnownFormat::Email).max_length(Some(254)).examples(["ada@example.com"]);
}

/// Refuses the white space around a code that the domain would forgive, as the schema does.
fn untrimmed<T>(raw: &str, parse: fn(&str) -> Result<T, Invalid>) -> Result<T, Invalid> {
    if raw.len() != raw.trim().len() {
        return Err(Invalid::new("code", "must not contain white space"));
    }
    parse(raw)
}

/// Implements [`Input`] for ids.
macro_rules! id_input {
    ($($type:ident)*) => {$(
        impl Input for $type {
            const NAME: &'static str = "Uuid";

            fn parse(raw: &str) -> Result<Self, Invalid> {
                Self::parse(raw)
            }

            fn write(&self) -> Cow<'_, str> {
                Cow::Owned(self.uuid().to_string())
            }

            fn schema() -> ObjectBuilder {
                known(KnownFormat::Uuid)
            }
        }
    )*};
}

id_input!(CartId CategoryId OrderId ProductId VariantId);

/// The codes of countries by their first letters, as `A[DE...]|B[...`.
fn country_pattern() -> String {
    let mut by_first: BTreeMap<&str, String> = BTreeMap::new();
    for (first, second) in Country::codes().map(|code| code.split_at(1)) {
        by_first.entry(first).or_default().push_str(second);
    }
    let groups: Vec<String> =
        by_first.iter().map(|(first, seconds)| format!("{first}[{seconds}]")).collect();
    format!("^({})$", groups.join("|"))
}

impl Input for Timestamp {
    const NAME: &'static str = "Timestamp";

    fn parse(raw: &str) -> Result<Self, Invalid> {
        parse_rfc3339(raw)
            .map_err(|_| Invalid::new("time", "must be as in 2026-01-31T12:00:00Z (RFC 3339)"))
    }

    fn write(&self) -> Cow<'_, str> {
        Cow::Owned(rfc3339(*self))
    }

    fn schema() -> ObjectBuilder {
        known(KnownFormat::DateTime)
    }
}
