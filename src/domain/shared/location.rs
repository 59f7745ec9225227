use std::fmt;
use std::sync::Arc;

use super::Invalid;

/// A place that holds stock, by its code: 1 to 32 of `a-z`, `0-9`, `_` and `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location(Arc<str>);

impl Location {
    /// Checks `raw` as it stands.
    pub fn try_new(raw: &str) -> Result<Self, Invalid> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
        if raw.is_empty() || raw.len() > 32 || !raw.bytes().all(plain) {
            return Err(Invalid::new("location", "must be 1 to 32 of a-z, 0-9, _ and -"));
        }
        Ok(Self(raw.into()))
    }

    /// The one location of a new shop: `main`.
    pub fn main() -> Self {
        Self("main".into())
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
