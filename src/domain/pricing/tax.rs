use super::{Basket, Destination, PricingError, PricingRules, Rate, TaxLine};
use crate::domain::shared::{
    Country, Currency, Invalid, Money, TaxCategory, TaxRateId, Text, Version,
};

/// Millionths of the whole.
const WHOLE: i64 = 1_000_000;

/// The parts of a tax rate before they are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxRateParts {
    /// Its id.
    pub id: TaxRateId,
    /// What shoppers see, such as `VAT`, up to 120 characters.
    pub name: String,
    /// Where it is due.
    pub country: Country,
    /// The one state or province where it is due; without it in the whole country.
    pub region: Option<String>,
    /// The kind of goods it is due on.
    pub category: TaxCategory,
    /// How much.
    pub rate: Rate,
    /// How often it was saved.
    pub version: Version,
}

/// Which tax a rate is: its name, where it is due and on what, folded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaxIdentity {
    name: String,
    country: Country,
    region: Option<String>,
    category: TaxCategory,
}

fn folded(region: &str) -> String {
    region.trim().to_lowercase()
}

/// A tax on one kind of goods in a country or a region of it. Every rate that fits applies, each to
/// the same amount: a country's rate and its region's add up, as Canada's do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxRate {
    parts: TaxRateParts,
}

impl TaxRate {
    /// Checks the parts; the errors name the field. For one that is new and for one that is read
    /// back or edited alike.
    pub fn try_new(parts: TaxRateParts) -> Result<Self, Vec<(&'static str, Invalid)>> {
        let name = Text::<120>::try_new("name", &parts.name);
        let region = parts.region.as_deref().map(|region| Text::<120>::try_new("region", region));
        match (name, region.transpose()) {
            (Ok(name), Ok(region)) => {
                let name = name.as_str().to_owned();
                let region = region.map(|region| region.as_str().to_owned());
                Ok(Self { parts: TaxRateParts { name, region, ..parts } })
            }
            (name, region) => {
                let name = name.err().map(|error| ("name", error));
                let region = region.err().map(|error| ("region", error));
                Err(name.into_iter().chain(region).collect())
            }
        }
    }

    /// The checked parts. To edit a rate, clone and change them and call [`TaxRate::try_new`]
    /// again.
    pub fn parts(&self) -> &TaxRateParts {
        &self.parts
    }

    /// Its id.
    pub fn id(&self) -> TaxRateId {
        self.parts.id
    }

    /// How often it was saved.
    pub fn version(&self) -> Version {
        self.parts.version
    }

    /// What it must differ in from every other: a tax that is set twice would be taken twice. Names
    /// and regions are told apart without regard to case.
    pub fn identity(&self) -> TaxIdentity {
        TaxIdentity {
            name: self.parts.name.to_lowercase(),
            country: self.parts.country,
            region: self.parts.region.as_deref().map(folded),
            category: self.parts.category.clone(),
        }
    }

    /// Whether it is due on goods that go to `destination`.
    pub fn is_due_in(&self, destination: &Destination) -> bool {
        let region_fits = match (&self.parts.region, &destination.region) {
            (None, _) => true,
            (Some(mine), Some(theirs)) => folded(mine) == folded(theirs),
            (Some(_), None) => false,
        };
        self.parts.country == destination.country && region_fits
    }
}

/// The rates that are due on one basket, and what each comes to so far.
pub(super) struct TaxBook<'r> {
    entries: Vec<(&'r TaxRate, Option<Money>)>,
    included: bool,
    currency: Currency,
}

impl<'r> TaxBook<'r> {
    /// The rates due at the destination of `basket`: the country's before the region's, then the
    /// older first.
    pub fn new(basket: &Basket, rules: &'r PricingRules) -> Self {
        let mut entries: Vec<(&TaxRate, Option<Money>)> = rules
            .tax_rates
            .iter()
            .filter(|rate| rate.is_due_in(&basket.destination))
            .map(|rate| (rate, None))
            .collect();
        entries.sort_by_key(|(rate, _)| (rate.parts.region.is_some(), rate.id()));
        Self { entries, included: rules.prices_include_tax, currency: basket.currency }
    }

    /// The tax that `amount` bears or, where prices include tax, contains. Each rate rounds by
    /// itself, half away from zero.
    pub fn charge(&mut self, amount: Money, category: &TaxCategory) -> Result<Money, PricingError> {
        let due = |rate: &TaxRate| rate.parts.category == *category;
        let divisor = if self.included {
            let rates = self.entries.iter().filter(|(rate, _)| due(rate));
            WHOLE + rates.map(|(rate, _)| i64::from(rate.parts.rate.millionths())).sum::<i64>()
        } else {
            WHOLE
        };
        let mut charged = Money::zero(self.currency);
        for (rate, sum) in self.entries.iter_mut().filter(|(rate, _)| due(rate)) {
            let millionths = i64::from(rate.parts.rate.millionths());
            let mut tax = amount.scaled(millionths, divisor).ok_or(PricingError::Overflow)?;
            if self.included {
                // Several high rates may round up on few cents; no price contains more than itself.
                tax = tax.at_most(amount.minus(charged)?)?;
            }
            *sum = Some(sum.unwrap_or(Money::zero(self.currency)).plus(tax)?);
            charged = charged.plus(tax)?;
        }
        Ok(charged)
    }

    /// What each rate came to, those left out that nothing was due on.
    pub fn into_lines(self) -> Vec<TaxLine> {
        let included = self.included;
        let line = |(rate, sum): (&TaxRate, Option<Money>)| {
            sum.map(|amount| TaxLine {
                tax_rate: rate.id(),
                name: rate.parts.name.clone(),
                rate: rate.parts.rate,
                amount,
                included,
            })
        };
        self.entries.into_iter().filter_map(line).collect()
    }
}
