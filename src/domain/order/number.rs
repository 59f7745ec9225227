use std::fmt;

use crate::domain::shared::{Invalid, crockford};

/// The short number that people call an order by: ten characters of Crockford base 32, random, so
/// that it tells nothing of how much the shop sells. Unique by index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderNumber([u8; 10]);

impl OrderNumber {
    /// The number that 50 of `bits` spell.
    pub fn from_bits(bits: u64) -> Self {
        Self(crockford::digits(bits))
    }

    /// Reads a number; small letters, and `I`, `L` and `O` for the digits they resemble, are taken.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("order number", "must have ten letters and digits");
        let mut digits = [0_u8; 10];
        if text.len() != digits.len() {
            return Err(wrong());
        }
        for (digit, byte) in digits.iter_mut().zip(text.bytes()) {
            let plain = match byte.to_ascii_uppercase() {
                b'I' | b'L' => b'1',
                b'O' => b'0',
                other => other,
            };
            if !crockford::ALPHABET.contains(&plain) {
                return Err(wrong());
            }
            *digit = plain;
        }
        Ok(Self(digits))
    }

    /// The ten characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

impl fmt::Debug for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
