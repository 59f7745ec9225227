//! JSON merge patches (RFC 7396).
//!
//! A patch is laid over the representation that a client reads, and the whole is read as strictly
//! as if it had been sent so. A `null` for a member that is not there is left in place for that
//! reading to judge: it means nothing where the member is known, and is refused where it is not.

use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::json;
use super::problem::Problem;

/// A representation that can be patched.
pub trait Patchable: Serialize + DeserializeOwned {
    /// Members that are maps of the client's own names, where `null` takes a name out.
    const MAPS: &'static [&'static str] = &[];
}

/// Lays `patch` over `current`.
pub fn merge<T: Patchable>(current: &T, patch: &[u8]) -> Result<T, Problem> {
    let Unique(patch) = json::parse(patch)?;
    let Value::Object(patch) = patch else {
        return Err(Problem::at("", "must be an object with the members to change"));
    };
    let current = serde_json::to_value(current).unwrap_or_default();
    let mut whole = match current {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    for (name, change) in patch {
        let map = T::MAPS.contains(&name.as_str());
        let before = whole.remove(&name);
        whole.insert(name, over(before, change, map));
    }
    json::parse_value(Value::Object(whole))
}

/// `change` laid over `before`.
fn over(before: Option<Value>, change: Value, drop_nulls: bool) -> Value {
    let Value::Object(change) = change else { return change };
    let mut members = match before {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    for (name, value) in change {
        let before = members.remove(&name);
        if !(drop_nulls && value.is_null()) {
            members.insert(name, over(before, value, drop_nulls));
        }
    }
    Value::Object(members)
}

/// A JSON value in which no object names a member twice.
struct Unique(Value);

struct UniqueVisitor;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

impl<'de> DeserializeSeed<'de> for UniqueVisitor {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(Self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            let value = access.next_value_seed(Self)?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests;
