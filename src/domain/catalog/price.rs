use crate::domain::shared::{Currency, Invalid, Money, Timestamp};

/// When and for whom a price holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceConditions {
    /// The price list it belongs to; none for the shop's own prices.
    pub list: Option<Box<str>>,
    /// From how many units on it holds, at least 1.
    pub min_quantity: u32,
    /// From when on it holds.
    pub from: Option<Timestamp>,
    /// Until when it holds, exclusive; behind `from`.
    pub until: Option<Timestamp>,
}

impl PriceConditions {
    /// For everyone, at all times and for any number of units.
    pub const NONE: Self = Self { list: None, min_quantity: 1, from: None, until: None };
}

/// One price of a variant, with the conditions under which it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceRow {
    amount: Money,
    compare_at: Option<Money>,
    conditions: PriceConditions,
}

impl PriceRow {
    /// The most a unit can cost, in minor units. A line of the most units at this price still is an
    /// amount; a cart of many such lines is not, and pricing refuses it, as all its arithmetic is
    /// checked.
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
        Ok(Self { amount, compare_at, conditions: PriceConditions::NONE })
    }

    /// The same price under conditions, which must be such that they can be met.
    pub fn under(self, conditions: PriceConditions) -> Result<Self, Invalid> {
        if conditions.min_quantity < 1 {
            return Err(Invalid::new("min_quantity", "must be at least 1"));
        }
        if let (Some(from), Some(until)) = (conditions.from, conditions.until)
            && from >= until
        {
            return Err(Invalid::new("until", "must be later than from"));
        }
        Ok(Self { conditions, ..self })
    }

    /// When and for whom it holds.
    pub fn conditions(&self) -> &PriceConditions {
        &self.conditions
    }

    /// Whether it holds for everyone, at all times and for any number of units.
    pub fn holds_always(&self) -> bool {
        self.conditions == PriceConditions::NONE
    }

    /// Whether it begins or ends with the time.
    pub fn is_by_clock(&self) -> bool {
        self.conditions.from.is_some() || self.conditions.until.is_some()
    }

    /// What a unit costs.
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// The former price, if it is to be shown.
    pub fn compare_at(&self) -> Option<Money> {
        self.compare_at
    }

    fn holds(&self, asked: &PriceAt<'_>) -> bool {
        let PriceConditions { list, min_quantity, from, until } = &self.conditions;
        self.amount.currency() == asked.currency
            && *min_quantity <= asked.quantity
            && from.is_none_or(|from| from <= asked.at)
            && until.is_none_or(|until| asked.at < until)
            && list.as_ref().is_none_or(|list| asked.lists.contains(list))
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
    rows.iter().filter(|row| row.holds(asked)).min_by_key(|row| row.amount.amount())
}

/// The price in a currency that always holds.
pub fn plain(rows: &[PriceRow], currency: Currency) -> Option<&PriceRow> {
    rows.iter().find(|row| row.holds_always() && row.amount.currency() == currency)
}

/// Sets the price that always holds in the currency of `row`: in the place of the one before, else
/// behind all others, which stay.
pub fn set_plain(rows: &mut Vec<PriceRow>, row: PriceRow) {
    let currency = row.amount.currency();
    let same = |known: &&mut PriceRow| known.holds_always() && known.amount.currency() == currency;
    match rows.iter_mut().find(same) {
        Some(known) => *known = row,
        None => rows.push(row),
    }
}
