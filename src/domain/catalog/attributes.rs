use std::collections::BTreeMap;
use std::fmt;

use crate::domain::shared::{Invalid, Text};

/// Facts about a product by name, such as `color` = `oak`. At most 200, names to 100 characters,
/// values to 10,000 (lists of compatible devices are long).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(BTreeMap<Box<str>, Box<str>>);

impl Attributes {
    /// The most attributes of one product.
    pub const MAX: usize = 200;

    /// Checks names and values; empty values are left out.
    pub fn try_new<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Invalid> {
        checked_pairs::<100, 10_000>("attribute", Self::MAX, pairs).map(Self)
    }

    /// Name and value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// Pairs of a merchant's own, shown to staff alone: at most 50.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(BTreeMap<Box<str>, Box<str>>);

impl Metadata {
    /// The most pairs of one product.
    pub const MAX: usize = 50;

    /// Checks names and values; empty values are left out.
    pub fn try_new<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Invalid> {
        checked_pairs::<64, 500>("metadata", Self::MAX, pairs).map(Self)
    }

    /// Name and value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

pub(super) fn checked_pairs<'a, const NAME: usize, const VALUE: usize>(
    what: &'static str,
    most: usize,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<BTreeMap<Box<str>, Box<str>>, Invalid> {
    let mut out = BTreeMap::new();
    for (name, value) in pairs {
        let name = Text::<NAME>::try_new(what, name)?;
        if value.trim().is_empty() {
            continue;
        }
        let value = Text::<VALUE>::try_new(what, value)?;
        out.insert(name.as_str().into(), value.as_str().into());
    }
    if out.len() > most {
        return Err(Invalid::new(what, format!("must be at most {most} pairs")));
    }
    Ok(out)
}

/// A word that groups products: 1 to 40 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Text<40>);

impl Tag {
    /// The most tags of one product.
    pub const MAX: usize = 50;

    /// Trims and checks `raw`.
    pub fn try_new(raw: &str) -> Result<Self, Invalid> {
        Text::try_new("tag", raw).map(Self)
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
