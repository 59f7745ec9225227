use std::fmt;

use super::Invalid;

/// Active currencies of ISO 4217 (list one, 2024) whose minor unit is not a hundredth, with the
/// number of decimal digits. Every other active code has two.
const EXPONENTS: &[(&str, u8)] = &[
    ("BHD", 3),
    ("BIF", 0),
    ("CLF", 4),
    ("CLP", 0),
    ("DJF", 0),
    ("GNF", 0),
    ("IQD", 3),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KMF", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("LYD", 3),
    ("OMR", 3),
    ("PYG", 0),
    ("RWF", 0),
    ("TND", 3),
    ("UGX", 0),
    ("UYI", 0),
    ("UYW", 4),
    ("VND", 0),
    ("VUV", 0),
    ("XAF", 0),
    ("XOF", 0),
    ("XPF", 0),
];

/// Active currencies of ISO 4217 with two decimal digits.
const TWO_DIGITS: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV \
    BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB \
    EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD \
    KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO \
    NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP \
    STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR \
    ZMW ZWG";

/// A currency of ISO 4217, with the number of digits of its minor unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

impl Currency {
    /// United States dollar, what a new shop starts with.
    pub const USD: Self = Self { code: *b"USD", exponent: 2 };

    /// Looks the code up in ISO 4217; small letters are refused, as the standard has none.
    pub fn try_new(code: &str) -> Result<Self, Invalid> {
        let unknown = || Invalid::new("currency", "must be an active ISO 4217 code such as USD");
        let bytes: [u8; 3] = code.as_bytes().try_into().map_err(|_| unknown())?;
        if let Some((_, exponent)) = EXPONENTS.iter().find(|(known, _)| *known == code) {
            return Ok(Self { code: bytes, exponent: *exponent });
        }
        if TWO_DIGITS.split_ascii_whitespace().any(|known| known == code) {
            return Ok(Self { code: bytes, exponent: 2 });
        }
        Err(unknown())
    }

    /// The codes of all active currencies.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        EXPONENTS.iter().map(|(code, _)| *code).chain(TWO_DIGITS.split_ascii_whitespace())
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or("???")
    }

    /// How many decimal digits the minor unit stands for: 2 for USD, 0 for JPY, 3 for KWD.
    pub const fn exponent(self) -> u8 {
        self.exponent
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why a sum of money cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The amount leaves the range of 64 bits.
    #[error("the amount is too large")]
    Overflow,
    /// Two currencies met; nothing is ever converted.
    #[error("amounts in {0} and {1} cannot be combined")]
    CurrencyMismatch(Currency, Currency),
}

/// An amount in minor units (cents, for dollars) of a currency. Arithmetic is checked: it never
/// wraps, never rounds and never mixes currencies.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount: i64,
    currency: Currency,
}

impl Money {
    /// `amount` minor units.
    pub const fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self { amount: 0, currency }
    }

    /// Minor units.
    pub const fn amount(self) -> i64 {
        self.amount
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.amount == 0
    }

    /// Whether the amount is below nothing.
    pub const fn is_negative(self) -> bool {
        self.amount < 0
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let amount = self.amount.checked_sub(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// The amount `count` times.
    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        let amount = self.amount.checked_mul(i64::from(count)).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// The smaller of two amounts of one currency.
    pub fn at_most(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        Ok(Self { amount: self.amount.min(other.amount), ..self })
    }

    /// Whether this is more than `other`, of the same currency.
    pub fn exceeds(self, other: Self) -> Result<bool, MoneyError> {
        self.same(other)?;
        Ok(self.amount > other.amount)
    }

    /// The sum of `amounts`, nothing where there are none.
    pub fn sum(
        currency: Currency,
        amounts: impl IntoIterator<Item = Self>,
    ) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }

    /// `self × numerator ÷ denominator`, rounded half away from zero. `None` where the denominator
    /// is zero or the result too large.
    pub fn scaled(self, numerator: i64, denominator: i64) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let product = i128::from(self.amount).checked_mul(i128::from(numerator))?;
        let divisor = i128::from(denominator);
        let (quotient, rest) = (product / divisor, product % divisor);
        let away = if (product < 0) == (divisor < 0) { 1 } else { -1 };
        let rounded =
            if rest.abs().checked_mul(2)? >= divisor.abs() { quotient + away } else { quotient };
        Some(Self { amount: i64::try_from(rounded).ok()?, ..self })
    }

    /// Splits the amount by `weights`, so that the parts always sum to it: each gets its exact
    /// share rounded down towards zero, and what is left goes a unit each to the largest
    /// remainders, ties to the earlier weight (the largest-remainder method). Where all weights are
    /// zero the first part takes all; no weights, no parts.
    pub fn split(self, weights: &[u64]) -> Vec<Self> {
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        if total == 0 {
            let mut parts = vec![Self::zero(self.currency); weights.len()];
            if let Some(first) = parts.first_mut() {
                *first = self;
            }
            return parts;
        }
        let magnitude = u128::from(self.amount.unsigned_abs());
        let mut shares: Vec<(u128, u128)> = weights
            .iter()
            .map(|weight| {
                let product = magnitude * u128::from(*weight);
                (product / total, product % total)
            })
            .collect();
        let given: u128 = shares.iter().map(|(share, _)| share).sum();
        let mut order: Vec<usize> = (0..shares.len()).collect();
        order.sort_by(|a, b| shares[*b].1.cmp(&shares[*a].1).then(a.cmp(b)));
        let left = usize::try_from(magnitude - given).unwrap_or(usize::MAX);
        for index in order.into_iter().take(left) {
            shares[index].0 += 1;
        }
        let sign = self.amount.signum();
        shares
            .into_iter()
            .map(|(share, _)| {
                let amount = i64::try_from(share).unwrap_or(i64::MAX).saturating_mul(sign);
                Self { amount, ..self }
            })
            .collect()
    }

    fn same(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl fmt::Display for Money {
    /// Major units with the currency, such as `19.99 USD` or `500 JPY`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::from(self.currency.exponent);
        let unit = 10_u64.pow(u32::from(self.currency.exponent));
        let (major, minor) = (self.amount.unsigned_abs() / unit, self.amount.unsigned_abs() % unit);
        let sign = if self.amount < 0 { "-" } else { "" };
        if digits == 0 {
            return write!(f, "{sign}{major} {}", self.currency);
        }
        write!(f, "{sign}{major}.{minor:0digits$} {}", self.currency)
    }
}
