use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{inlined, schema, text_schema};

/// No control characters, line feeds, returns and tabs aside.
const PLAIN: &str = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$";
/// The same, and something that is no white space.
const NOT_BLANK: &str = concat!(
    r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*",
    r"[^\s\u0000-\u001F\u007F-\u009F]",
    r"[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$"
);

/// Text that says something: 1 to `MAX` characters, not all white space, no control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<const MAX: usize>(pub String);

/// Text that may say nothing: up to `MAX` characters, no control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blank<const MAX: usize>(pub String);

impl<const MAX: usize> Line<MAX> {
    /// What is wrong with `raw`, if anything is.
    pub fn check(raw: &str) -> Result<(), String> {
        if raw.chars().all(char::is_whitespace) {
            return Err("must not be blank".to_owned());
        }
        Blank::<MAX>::check(raw)
    }
}

impl<const MAX: usize> Blank<MAX> {
    fn check(raw: &str) -> Result<(), String> {
        if raw.len() > MAX && raw.chars().count() > MAX {
            return Err(format!("must have at most {MAX} characters"));
        }
        if raw.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err("must not contain control characters".to_owned());
        }
        Ok(())
    }
}

/// Reads text and hands it to a check.
struct Checked(fn(&str) -> Result<(), String>);

impl Visitor<'_> for Checked {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: Error>(self, raw: &str) -> Result<String, E> {
        (self.0)(raw).map_err(E::custom)?;
        Ok(raw.to_owned())
    }

    fn visit_string<E: Error>(self, raw: String) -> Result<String, E> {
        (self.0)(&raw).map_err(E::custom)?;
        Ok(raw)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Line<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_string(Checked(Self::check)).map(Self)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Blank<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_string(Checked(Self::check)).map(Self)
    }
}

impl<const MAX: usize> Serialize for Line<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<const MAX: usize> Serialize for Blank<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<const MAX: usize> PartialSchema for Line<MAX> {
    fn schema() -> RefOr<Schema> {
        schema(text_schema().min_length(Some(1)).max_length(Some(MAX)).pattern(Some(NOT_BLANK)))
    }
}

impl<const MAX: usize> ToSchema for Line<MAX> {
    fn name() -> Cow<'static, str> {
        inlined(format!("Line{MAX}"))
    }
}

impl<const MAX: usize> PartialSchema for Blank<MAX> {
    fn schema() -> RefOr<Schema> {
        schema(text_schema().max_length(Some(MAX)).pattern(Some(PLAIN)))
    }
}

impl<const MAX: usize> ToSchema for Blank<MAX> {
    fn name() -> Cow<'static, str> {
        inlined(format!("Blank{MAX}"))
    }
}
