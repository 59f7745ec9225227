use std::fmt;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use super::Invalid;

/// The readable part of an address: 1 to 160 of `a-z`, `0-9` and `-`, with no hyphen at either end
/// or beside another, and never shaped like a UUID, so that it is never taken for an id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(Arc<str>);

impl Slug {
    /// The most characters a slug may have.
    pub const MAX_LEN: usize = 160;

    /// Checks `raw` as it stands.
    pub fn try_new(raw: &str) -> Result<Self, Invalid> {
        if raw.is_empty() || raw.len() > Self::MAX_LEN {
            return Err(Invalid::new(
                "slug",
                format!("must have 1 to {} characters", Self::MAX_LEN),
            ));
        }
        let plain = raw.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !plain || raw.starts_with('-') || raw.ends_with('-') || raw.contains("--") {
            return Err(Invalid::new(
                "slug",
                "must be words of a-z and 0-9 joined by single hyphens",
            ));
        }
        if uuid::Uuid::try_parse(raw).is_ok() {
            return Err(Invalid::new("slug", "must not look like a UUID"));
        }
        Ok(Self(raw.into()))
    }

    /// Makes a slug of any text: accents dropped, everything else that is no letter or digit turned
    /// into hyphens, cut at a length that leaves room for a suffix. Text without a usable
    /// character, or shaped like a UUID, gives `item` or a slug that begins with it.
    pub fn from_name(name: &str) -> Self {
        let mut out = String::with_capacity(name.len());
        for c in name.nfkd().flat_map(char::to_lowercase) {
            if c.is_ascii_alphanumeric() {
                out.push(c);
            } else if !is_combining(c) && !out.is_empty() && !out.ends_with('-') {
                out.push('-');
            }
            if out.len() >= Self::MAX_LEN - 24 {
                break;
            }
        }
        let trimmed = out.trim_end_matches('-');
        Self::try_new(trimmed)
            .unwrap_or_else(|_| Self(format!("item-{trimmed}").trim_end_matches('-').into()))
    }

    /// This slug with `-suffix` behind it, for one that is taken.
    pub fn with_suffix(&self, suffix: &str) -> Result<Self, Invalid> {
        Self::try_new(&format!("{}-{suffix}", self.0))
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_combining(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c) || c == '\''
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
