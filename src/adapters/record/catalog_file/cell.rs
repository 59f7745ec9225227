//! One value of a line, whichever format it came in.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::json::Pairs;
use crate::app::catalog::Given;

/// A value as it was written.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// A JSON value.
    Json(&'a RawValue),
    /// The text of a CSV cell, never empty.
    Text(&'a str),
}

/// What is wrong with a value; reads after its name.
pub type Wrong = &'static str;

const STRING: Wrong = "must be a string";
const WHOLE: Wrong = "must be a whole number";
const FLAG: Wrong = "must be true or false";
const LIST: Wrong = "must be a list of strings";
const MAP: Wrong = "must be an object of strings, each name once";

impl Cell<'_> {
    fn is_null(self) -> bool {
        matches!(self, Self::Json(raw) if raw.get() == "null")
    }

    /// Text; null is empty.
    pub fn text(self) -> Result<String, Wrong> {
        match self {
            Self::Text(text) => Ok(clean(text)),
            Self::Json(_) if self.is_null() => Ok(String::new()),
            Self::Json(raw) => {
                serde_json::from_str::<String>(raw.get()).map(|t| clean(&t)).map_err(|_| STRING)
            }
        }
    }

    /// A whole number.
    pub fn whole<T: std::str::FromStr>(self) -> Result<Given<T>, Wrong> {
        let written = match self {
            Self::Json(_) if self.is_null() => return Ok(Given::Empty),
            Self::Json(raw) => raw.get(),
            Self::Text(text) => text.trim(),
        };
        written.parse().map(Given::Value).map_err(|_| WHOLE)
    }

    /// Yes or no; null is neither.
    pub fn flag(self) -> Result<Option<bool>, Wrong> {
        let written = match self {
            Self::Json(raw) => raw.get(),
            Self::Text(text) => text.trim(),
        };
        match written {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            "null" => Ok(None),
            _ => Err(FLAG),
        }
    }

    /// Texts in order: a JSON array, or in CSV also parts between any of `between`.
    pub fn list(self, between: &[char]) -> Result<Vec<String>, Wrong> {
        let written = match self {
            Self::Json(_) if self.is_null() => return Ok(Vec::new()),
            Self::Json(raw) => raw.get(),
            Self::Text(text) if text.trim_start().starts_with('[') => text,
            Self::Text(text) => {
                let parts = text.split(between).map(|part| clean(part.trim()));
                return Ok(parts.filter(|part| !part.is_empty()).collect());
            }
        };
        let list = serde_json::from_str::<Vec<String>>(written).map_err(|_| LIST)?;
        Ok(list.iter().map(|text| clean(text)).collect())
    }

    /// Texts by name: a JSON object.
    pub fn map(self) -> Result<BTreeMap<String, String>, Wrong> {
        let written = match self {
            Self::Json(_) if self.is_null() => return Ok(BTreeMap::new()),
            Self::Json(raw) => raw.get(),
            Self::Text(text) => text,
        };
        let pairs = serde_json::from_str::<Pairs<String>>(written).map_err(|_| MAP)?;
        Ok(pairs.0.into_iter().map(|(name, value)| (clean(&name), clean(&value))).collect())
    }
}

/// The text with a space for each control character; files carry stray ones. Line feeds and tabs
/// stay.
fn clean(text: &str) -> String {
    let stray = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    if !text.contains(stray) {
        return text.to_owned();
    }
    text.chars().map(|c| if stray(c) { ' ' } else { c }).collect()
}
