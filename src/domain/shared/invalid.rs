use std::fmt;

/// A value that breaks the rule of its type. `what` names the type for people, `reason` tells what
/// would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {reason}")]
pub struct Invalid {
    /// The kind of value, such as `SKU` or `postal code`.
    pub what: &'static str,
    /// What is wrong, so that it reads after `what`.
    pub reason: String,
}

impl Invalid {
    /// An error about `what`; `reason` reads after it.
    pub fn new(what: &'static str, reason: impl Into<String>) -> Self {
        Self { what, reason: reason.into() }
    }
}

/// Text of one line or several, trimmed, without control characters (line feeds and tabs aside) and
/// of at most `MAX` characters; never empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(Box<str>);

impl<const MAX: usize> Text<MAX> {
    /// Trims and checks `raw`; `what` names it in the error.
    pub fn try_new(what: &'static str, raw: &str) -> Result<Self, Invalid> {
        let trimmed = raw.trim();
        if trimmed.is_empty() {
            return Err(Invalid::new(what, "must not be empty"));
        }
        if trimmed.chars().count() > MAX {
            return Err(Invalid::new(what, format!("must have at most {MAX} characters")));
        }
        if trimmed.chars().any(|c| c.is_control() && c != '\n' && c != '\t' && c != '\r') {
            return Err(Invalid::new(what, "must not contain control characters"));
        }
        Ok(Self(trimmed.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> AsRef<str> for Text<MAX> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
