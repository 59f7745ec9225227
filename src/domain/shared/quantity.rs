use std::fmt;

use super::Invalid;

/// A number of units that is bought, shipped or held: 1 to 1,000,000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(u32);

impl Quantity {
    /// The most units one line or one stock movement can carry.
    pub const MAX: u32 = 1_000_000;
    /// One unit.
    pub const ONE: Self = Self(1);

    /// Checks that `units` is 1 to [`Self::MAX`].
    pub fn try_new(units: i64) -> Result<Self, Invalid> {
        match u32::try_from(units) {
            Ok(units @ 1..=Self::MAX) => Ok(Self(units)),
            _ => Err(Invalid::new("quantity", format!("must be 1 to {}", Self::MAX))),
        }
    }

    /// The number of units.
    pub const fn units(self) -> u32 {
        self.0
    }

    /// The sum, unless it passes [`Self::MAX`].
    pub fn plus(self, other: Self) -> Result<Self, Invalid> {
        Self::try_new(i64::from(self.0) + i64::from(other.0))
    }
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
