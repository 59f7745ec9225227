use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder};
use utoipa::openapi::{RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::{Line, inlined, schema};

/// Up to `MOST` pairs of text by name. A name that comes twice is refused, not overwritten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Pairs<const MOST: usize, const NAME: usize, const VALUE: usize>(
    pub BTreeMap<String, String>,
);

struct PairsVisitor<const MOST: usize, const NAME: usize, const VALUE: usize>;

impl<'de, const MOST: usize, const NAME: usize, const VALUE: usize> Visitor<'de>
    for PairsVisitor<MOST, NAME, VALUE>
{
    type Value = Pairs<MOST, NAME, VALUE>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object of at most {MOST} texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut pairs = BTreeMap::new();
        while let Some((name, value)) = access.next_entry::<String, Line<VALUE>>()? {
            Line::<NAME>::check(&name).map_err(|error| {
                A::Error::custom(format!("the name {name:?} is not right: it {error}"))
            })?;
            if pairs.contains_key(&name) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            if pairs.len() == MOST {
                return Err(A::Error::custom(format!("must have at most {MOST} pairs")));
            }
            pairs.insert(name, value.0);
        }
        Ok(Pairs(pairs))
    }
}

impl<'de, const MOST: usize, const NAME: usize, const VALUE: usize> Deserialize<'de>
    for Pairs<MOST, NAME, VALUE>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

impl<const MOST: usize, const NAME: usize, const VALUE: usize> PartialSchema
    for Pairs<MOST, NAME, VALUE>
{
    fn schema() -> RefOr<Schema> {
        schema(
            ObjectBuilder::new()
                .schema_type(Type::Object)
                .max_properties(Some(MOST))
                .property_names(Some(match Line::<NAME>::schema() {
                    RefOr::T(names) => names,
                    RefOr::Ref(_) => Schema::default(),
                }))
                .additional_properties(Some(AdditionalProperties::RefOr(Line::<VALUE>::schema()))),
        )
    }
}

impl<const MOST: usize, const NAME: usize, const VALUE: usize> ToSchema
    for Pairs<MOST, NAME, VALUE>
{
    fn name() -> Cow<'static, str> {
        inlined(format!("Pairs{MOST}of{NAME}and{VALUE}"))
    }
}
