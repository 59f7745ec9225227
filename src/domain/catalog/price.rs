use crate::domain::shared::{Currency, Invalid, Money, Timestamp};

/// One price of a variant, with the conditions under which it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceRow {
    amount: Money,
    compare_at: Option<Money>,
    /// The price list this belongs to; none for the shop's own prices.
    pub list: Option<Box<str>>,
    /// From how many units on it holds, at least 1.
    pub min_quantity: u32,
    /// From when on it holds.
    pub from: Option<Timestamp>,
    /// Until when it holds, exclusive.
    pub until: Option<Timestamp>,
}

impl PriceRow {
    /// The most a unit can cost, in minor units: so that a full cart never overflows.
    pub const MAX_AMOUNT: i64 = 1_000_000_000_000;

    /// A price that always holds. `compare_at` is the former one, shown struck through.
    pub fn try_new(amount: Money, compare_at: Option<Money>) -> Result<Self, Invalid> {
        if amount.is_negative() {
            return Err(Invalid::new("price", "must not be negative"));
        }
        if amount.amount() > Self::MAX_AMOUNT {
            return Err(Invalid::new("price", format!("must be at most {}", Self::MAX_AMOUNT)));
        }
        if let Some(former) = compare_at {
            if former.currency() != amount.currency() {
                return Err(Invalid::new("compare_at", "must be in the price's currency"));
            }
            if former.is_negative() || former.amount() > Self::MAX_AMOUNT {
                return Err(Invalid::new("compare_at", "must be a price"));
            }
        }
        Ok(Self { amount, compare_at, list: None, min_quantity: 1, from: None, until: None })
    }

    /// Whether it holds for everyone, at all times and for any number of units.
    pub fn holds_always(&self) -> bool {
        self.list.is_none() && self.min_quantity == 1 && self.from.is_none() && self.until.is_none()
    }

    /// What a unit costs.
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// The former price, if it is to be shown.
    pub fn compare_at(&self) -> Option<Money> {
        self.compare_at
    }
}

/// The circumstances a price is asked under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceAt<'a> {
    /// The currency to pay in; nothing is converted.
    pub currency: Currency,
    /// How many units are bought at once.
    pub quantity: u32,
    /// The price lists the buyer may use, besides the shop's own.
    pub lists: &'a [Box<str>],
    /// When.
    pub at: Timestamp,
}

/// The price that holds: of all rows whose conditions are met, the lowest; ties to the earlier row.
pub fn pick<'a>(rows: &'a [PriceRow], asked: &PriceAt<'_>) -> Option<&'a PriceRow> {
    rows.iter()
        .filter(|row| row.amount.currency() == asked.currency)
        .filter(|row| row.min_quantity <= asked.quantity)
        .filter(|row| row.from.is_none_or(|from| from <= asked.at))
        .filter(|row| row.until.is_none_or(|until| asked.at < until))
        .filter(|row| row.list.as_ref().is_none_or(|list| asked.lists.contains(list)))
        .min_by_key(|row| row.amount.amount())
}
