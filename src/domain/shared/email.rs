use std::fmt;

use super::Invalid;

/// An e-mail address as its owner wrote it. Two that differ only in case are the same person's, so
/// comparisons and limits use [`Self::normalised`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(Box<str>);

impl Email {
    /// Checks the shape that any mail system accepts: one `@`, something on both sides, no white
    /// space, at most 254 characters (RFC 5321).
    pub fn try_new(raw: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("e-mail", "must look like name@example.com");
        let (local, domain) = raw.rsplit_once('@').ok_or_else(wrong)?;
        let plain = |part: &str| {
            !part.is_empty()
                && !part.chars().any(|c| c.is_whitespace() || c.is_control() || c == '@')
        };
        if raw.len() > 254 || local.len() > 64 || !plain(local) || !plain(domain) {
            return Err(wrong());
        }
        if domain.starts_with('.') || domain.ends_with('.') || domain.contains("..") {
            return Err(wrong());
        }
        Ok(Self(raw.into()))
    }

    /// The address as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address in lower case: what limits and look-ups count by.
    pub fn normalised(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}
