use std::fmt;

/// A rule that a password breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum PasswordFault {
    /// Too short or too long.
    #[error("have {} to {} characters", Password::MIN_CHARS, Password::MAX_CHARS)]
    Length,
    /// No capital letter.
    #[error("contain an upper case letter")]
    NoUpper,
    /// No small letter.
    #[error("contain a lower case letter")]
    NoLower,
    /// No digit.
    #[error("contain a digit")]
    NoDigit,
    /// Letters and digits alone.
    #[error("contain a character that is neither letter nor digit")]
    NoSpecial,
    /// White space.
    #[error("contain no white space")]
    WhiteSpace,
}

/// A password that meets the shop's policy: 8 to 30 characters, among them an upper and a lower
/// case letter, a digit and a character that is neither, and no white space. Lives only until it is
/// hashed; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Box<str>);

impl Password {
    /// The fewest characters of a password.
    pub const MIN_CHARS: usize = 8;
    /// The most characters of a password.
    pub const MAX_CHARS: usize = 30;

    /// Checks `raw` as it stands, and names every rule that it breaks. Each fault reads after
    /// "must".
    pub fn try_new(raw: &str) -> Result<Self, Vec<PasswordFault>> {
        let has = |rule: fn(char) -> bool| raw.chars().any(rule);
        let length = (Self::MIN_CHARS..=Self::MAX_CHARS).contains(&raw.chars().count());
        let faults: Vec<PasswordFault> = [
            (!length, PasswordFault::Length),
            (!has(char::is_uppercase), PasswordFault::NoUpper),
            (!has(char::is_lowercase), PasswordFault::NoLower),
            (!has(char::is_numeric), PasswordFault::NoDigit),
            (!has(is_special), PasswordFault::NoSpecial),
            (has(char::is_whitespace), PasswordFault::WhiteSpace),
        ]
        .into_iter()
        .filter_map(|(broken, fault)| broken.then_some(fault))
        .collect();
        if faults.is_empty() { Ok(Self(raw.into())) } else { Err(faults) }
    }

    /// The password itself, for the hasher alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

fn is_special(c: char) -> bool {
    !c.is_alphanumeric() && !c.is_whitespace() && !c.is_control()
}
