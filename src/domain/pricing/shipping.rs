use std::collections::BTreeSet;

use crate::domain::shared::{
    Country, Currency, Invalid, Money, ShippingCode, ShippingMethodId, TaxCategory, Text, Version,
};

/// Where a shipping method delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// To every country.
    Worldwide,
    /// To these.
    Countries(BTreeSet<Country>),
}

/// A row of a table by weight: what parcels up to a weight cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightStep {
    /// The heaviest parcel of this row.
    pub up_to_grams: u64,
    /// What it costs.
    pub price: Money,
}

/// A row of a table by subtotal: what shipping costs from some worth of goods on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubtotalStep {
    /// The least that the goods of this row cost.
    pub from: Money,
    /// What shipping them costs.
    pub price: Money,
}

/// How a shipping method finds its price. What goods cost is told after their discounts, what they
/// weigh of those that need shipping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShippingStrategy {
    /// Always the same.
    Flat {
        /// The price.
        price: Money,
    },
    /// By the first row, lightest first, that carries the weight; heavier parcels are not taken.
    ByWeight {
        /// 1 to 100 rows, lightest first.
        steps: Vec<WeightStep>,
    },
    /// By the last row, cheapest goods first, that the goods reach; goods below the first row are
    /// not taken.
    BySubtotal {
        /// 1 to 100 rows, cheapest goods first.
        steps: Vec<SubtotalStep>,
    },
    /// A price, or nothing where the goods cost at least `threshold`.
    FreeFrom {
        /// Below the threshold.
        price: Money,
        /// What goods must cost to ship free.
        threshold: Money,
    },
}

/// The parts of a shipping method before they are checked together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingMethodParts {
    /// Its id.
    pub id: ShippingMethodId,
    /// What clients choose it by; stores let no two methods have the same. Rules that hold a code
    /// twice all the same are priced by the cheaper method that applies.
    pub code: ShippingCode,
    /// What shoppers see, up to 200 characters.
    pub name: String,
    /// Where it delivers.
    pub coverage: Coverage,
    /// What it costs, all in one currency; baskets of another are not taken.
    pub strategy: ShippingStrategy,
    /// What kind of goods it is for the tax office.
    pub tax_category: TaxCategory,
    /// Whether it is on offer.
    pub active: bool,
    /// How often it was saved.
    pub version: Version,
}

/// A way of sending goods to a shopper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingMethod {
    parts: ShippingMethodParts,
    currency: Currency,
}

/// What a shipping method asks about a basket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parcel {
    /// Where it goes.
    pub country: Country,
    /// What the goods that need shipping weigh.
    pub weight_grams: u64,
    /// What all goods cost after their discounts.
    pub goods: Money,
}

impl ShippingMethod {
    /// Checks the parts against each other; the errors name the field. For one that is new and for
    /// one that is read back or edited alike.
    pub fn try_new(parts: ShippingMethodParts) -> Result<Self, Vec<(&'static str, Invalid)>> {
        let mut errors = Vec::new();
        let name = Text::<200>::try_new("name", &parts.name);
        if let Err(error) = &name {
            errors.push(("name", error.clone()));
        }
        if matches!(&parts.coverage, Coverage::Countries(countries) if countries.is_empty()) {
            errors.push(("countries", Invalid::new("countries", "must name at least one")));
        }
        let currency = parts.strategy.check();
        if let Err(error) = &currency {
            errors.push(("strategy", error.clone()));
        }
        match (name, currency) {
            (Ok(name), Ok(currency)) if errors.is_empty() => {
                let name = name.as_str().to_owned();
                Ok(Self { parts: ShippingMethodParts { name, ..parts }, currency })
            }
            _ => Err(errors),
        }
    }

    /// The checked parts. To edit a method, clone and change them and call
    /// [`ShippingMethod::try_new`] again.
    pub fn parts(&self) -> &ShippingMethodParts {
        &self.parts
    }

    /// Its id.
    pub fn id(&self) -> ShippingMethodId {
        self.parts.id
    }

    /// What clients choose it by.
    pub fn code(&self) -> &ShippingCode {
        &self.parts.code
    }

    /// The currency of its prices.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// How often it was saved.
    pub fn version(&self) -> Version {
        self.parts.version
    }

    /// What it takes for `parcel`, or `None` where it does not take it.
    pub(super) fn quote(&self, parcel: &Parcel) -> Option<Money> {
        let reaches = match &self.parts.coverage {
            Coverage::Worldwide => true,
            Coverage::Countries(countries) => countries.contains(&parcel.country),
        };
        if !self.parts.active || !reaches || self.currency != parcel.goods.currency() {
            return None;
        }
        self.parts.strategy.quote(parcel)
    }
}

impl ShippingStrategy {
    /// The most rows a table may have.
    pub const MAX_STEPS: usize = 100;

    /// Checks every row and gives the one currency of all amounts.
    fn check(&self) -> Result<Currency, Invalid> {
        let wrong = |reason| Err(Invalid::new("shipping price", reason));
        let amounts = self.amounts();
        let Some(currency) = amounts.first().map(|amount| amount.currency()) else {
            return wrong("must have at least one row");
        };
        if self.steps() > Self::MAX_STEPS {
            return wrong("must have at most 100 rows");
        }
        if amounts.iter().any(|amount| amount.is_negative()) {
            return wrong("must not be negative");
        }
        if amounts.iter().any(|amount| amount.currency() != currency) {
            return wrong("must be in one currency");
        }
        if !self.ascends() {
            return wrong("must have its rows in ascending order, each limit once");
        }
        Ok(currency)
    }

    fn amounts(&self) -> Vec<Money> {
        match self {
            Self::Flat { price } => vec![*price],
            Self::ByWeight { steps } => steps.iter().map(|step| step.price).collect(),
            Self::BySubtotal { steps } => {
                steps.iter().flat_map(|step| [step.from, step.price]).collect()
            }
            Self::FreeFrom { price, threshold } => vec![*price, *threshold],
        }
    }

    fn steps(&self) -> usize {
        match self {
            Self::Flat { .. } | Self::FreeFrom { .. } => 1,
            Self::ByWeight { steps } => steps.len(),
            Self::BySubtotal { steps } => steps.len(),
        }
    }

    fn ascends(&self) -> bool {
        match self {
            Self::Flat { .. } | Self::FreeFrom { .. } => true,
            Self::ByWeight { steps } => steps.is_sorted_by(|a, b| a.up_to_grams < b.up_to_grams),
            Self::BySubtotal { steps } => {
                steps.is_sorted_by(|a, b| a.from.amount() < b.from.amount())
            }
        }
    }

    fn quote(&self, parcel: &Parcel) -> Option<Money> {
        let reached = |from: Money| from.amount() <= parcel.goods.amount();
        match self {
            Self::ByWeight { steps } => {
                steps.iter().find(|step| parcel.weight_grams <= step.up_to_grams).map(|s| s.price)
            }
            Self::BySubtotal { steps } => {
                steps.iter().rev().find(|step| reached(step.from)).map(|step| step.price)
            }
            Self::FreeFrom { threshold, .. } if reached(*threshold) => {
                Some(Money::zero(threshold.currency()))
            }
            Self::Flat { price } | Self::FreeFrom { price, .. } => Some(*price),
        }
    }
}
