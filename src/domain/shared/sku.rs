use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{Invalid, crockford};

/// A stock keeping unit: 1 to 64 visible ASCII characters. Two SKUs that differ only in case are
/// equal; each keeps the case it was written with.
#[derive(Clone)]
pub struct Sku(Arc<str>);

impl Sku {
    /// The most characters a SKU may have.
    pub const MAX_LEN: usize = 64;

    /// Checks `raw` as it stands, without trimming.
    pub fn try_new(raw: &str) -> Result<Self, Invalid> {
        if raw.is_empty() || raw.len() > Self::MAX_LEN {
            return Err(Invalid::new(
                "SKU",
                format!("must have 1 to {} characters", Self::MAX_LEN),
            ));
        }
        if !raw.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Invalid::new("SKU", "must consist of visible ASCII characters"));
        }
        Ok(Self(raw.into()))
    }

    /// A SKU for a variant that was written without one: `P-` and ten characters that 50 of `bits`
    /// spell.
    pub fn from_bits(bits: u64) -> Self {
        let mut text = String::from("P-");
        text.extend(crockford::digits(bits).map(char::from));
        Self(text.into())
    }

    /// The SKU as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.bytes().map(|b| b.to_ascii_lowercase())
    }
}

impl PartialEq for Sku {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Sku {}

impl PartialOrd for Sku {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sku {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl Hash for Sku {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.folded() {
            state.write_u8(byte);
        }
        state.write_u8(0xff);
    }
}

impl fmt::Debug for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
