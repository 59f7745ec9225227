use std::fmt;

use crate::domain::shared::Invalid;

/// A percentage that a promotion takes off, exact to a hundredth of a percent (a basis point): more
/// than 0 and at most 100.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u32);

impl Percent {
    /// All of it.
    pub const WHOLE: Self = Self(10_000);

    /// From basis points, 1 to 10,000: 1,250 is 12.5 %.
    pub fn try_new(basis_points: u32) -> Result<Self, Invalid> {
        match basis_points {
            1..=10_000 => Ok(Self(basis_points)),
            _ => Err(Invalid::new("percent", "must be more than 0 and at most 100")),
        }
    }

    /// Reads a decimal number such as `12.5`, with at most two digits behind the point.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let basis_points = parse_fixed(text, 2).ok_or_else(|| {
            Invalid::new("percent", "must be a number with at most two decimal digits")
        })?;
        Self::try_new(basis_points)
    }

    /// Hundredths of a percent.
    pub const fn basis_points(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Percent {
    /// The number of percent without needless zeros, such as `12.5`; [`Percent::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_fixed(f, self.0, 2)
    }
}

impl fmt::Debug for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} %")
    }
}

/// A rate of tax, exact to a ten-thousandth of a percent (a millionth): 0 to 100 percent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u32);

impl Rate {
    /// From millionths, 0 to 1,000,000: 88,750 is 8.875 %.
    pub fn try_new(millionths: u32) -> Result<Self, Invalid> {
        match millionths {
            0..=1_000_000 => Ok(Self(millionths)),
            _ => Err(Invalid::new("tax rate", "must be 0 to 100 percent")),
        }
    }

    /// Reads a decimal number of percent such as `8.875`, with at most four digits behind the
    /// point.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let millionths = parse_fixed(text, 4).ok_or_else(|| {
            Invalid::new("tax rate", "must be a number with at most four decimal digits")
        })?;
        Self::try_new(millionths)
    }

    /// Millionths of the taxed amount.
    pub const fn millionths(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Rate {
    /// The number of percent without needless zeros, such as `8.875`; [`Rate::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_fixed(f, self.0, 4)
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} %")
    }
}

/// Reads `12.5` with `digits` 2 as 1250. `None` for anything but digits with one point among them,
/// more decimals than `digits` (zeros at the end aside), or a number that is too large.
fn parse_fixed(text: &str, digits: usize) -> Option<u32> {
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let fraction_used = fraction.trim_end_matches('0');
    if whole.is_empty() || !plain(whole) || !plain(fraction) || fraction_used.len() > digits {
        return None;
    }
    format!("{whole}{fraction_used:0<digits$}").parse().ok()
}

fn write_fixed(f: &mut fmt::Formatter<'_>, value: u32, digits: usize) -> fmt::Result {
    let text = format!("{value:0>width$}", width = digits + 1);
    let (whole, fraction) = text.split_at(text.len() - digits);
    match fraction.trim_end_matches('0') {
        "" => f.write_str(whole),
        used => write!(f, "{whole}.{used}"),
    }
}
