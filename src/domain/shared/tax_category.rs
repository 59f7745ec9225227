use std::fmt;
use std::sync::Arc;

use super::Invalid;

/// The group of goods that a tax rate speaks of, such as `standard` or `books`: 1 to 32 of `a-z`,
/// `0-9`, `_` and `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaxCategory(Arc<str>);

impl TaxCategory {
    /// Checks `raw` as it stands.
    pub fn try_new(raw: &str) -> Result<Self, Invalid> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
        if raw.is_empty() || raw.len() > 32 || !raw.bytes().all(plain) {
            return Err(Invalid::new("tax category", "must be 1 to 32 of a-z, 0-9, _ and -"));
        }
        Ok(Self(raw.into()))
    }

    /// What goods have unless told otherwise: `standard`.
    pub fn standard() -> Self {
        Self("standard".into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TaxCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
