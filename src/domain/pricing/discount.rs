use std::cmp::Ordering;

use super::{BasketLine, Percent, PricingError, Promotion, PromotionKind, Scope};
use crate::domain::shared::{Currency, Money, Quantity};

/// Basis points of the whole.
const WHOLE: i64 = 10_000;

/// What is left to pay on each line of a basket while promotions take their part, one after
/// another. Never below zero.
pub(super) struct Remainders<'b> {
    lines: &'b [BasketLine],
    left: Vec<Money>,
    currency: Currency,
}

impl<'b> Remainders<'b> {
    /// Starts from the lines' subtotals, one for each line.
    pub fn new(lines: &'b [BasketLine], subtotals: &[Money], currency: Currency) -> Self {
        Self { lines, left: subtotals.to_vec(), currency }
    }

    /// What is left on each line.
    pub fn into_left(self) -> Vec<Money> {
        self.left
    }

    /// What is left on all lines.
    pub fn goods(&self) -> Result<Money, PricingError> {
        Ok(Money::sum(self.currency, self.left.iter().copied())?)
    }

    /// Lets `promotion` take its part of the lines, and tells how much that was.
    pub fn apply(&mut self, promotion: &Promotion) -> Result<Money, PricingError> {
        let scope = &promotion.parts().scope;
        match &promotion.parts().kind {
            PromotionKind::Percentage(percent) => {
                let part = scaled(self.within(scope)?, percent.basis_points().into(), WHOLE)?;
                self.share(scope, part)
            }
            PromotionKind::FixedAmount(amount) => {
                let part = amount.at_most(self.within(scope)?)?;
                self.share(scope, part)
            }
            PromotionKind::BuyXGetY { buy, get, percent } => {
                self.take_cheapest(scope, *buy, *get, *percent)
            }
            PromotionKind::FreeShipping => Ok(Money::zero(self.currency)),
        }
    }

    fn within(&self, scope: &Scope) -> Result<Money, PricingError> {
        let covered = self.lines.iter().zip(&self.left).filter(|(line, _)| scope.covers(line));
        Ok(Money::sum(self.currency, covered.map(|(_, left)| *left))?)
    }

    /// Takes `part`, at most what is left in `scope`, off its lines by what is left on each. A line
    /// with a weight of zero has no remainder, so it never gets a share.
    fn share(&mut self, scope: &Scope, part: Money) -> Result<Money, PricingError> {
        let weights: Vec<u64> = self
            .lines
            .iter()
            .zip(&self.left)
            .map(|(line, left)| if scope.covers(line) { left.amount().unsigned_abs() } else { 0 })
            .collect();
        for (left, share) in self.left.iter_mut().zip(part.split(&weights)) {
            *left = left.minus(share)?;
        }
        Ok(part)
    }

    /// Ties between equally cheap units go by line id, not by position, so that the order of the
    /// lines never changes the sum.
    fn take_cheapest(
        &mut self,
        scope: &Scope,
        buy: Quantity,
        get: Quantity,
        percent: Percent,
    ) -> Result<Money, PricingError> {
        let mut pool: Vec<(&BasketLine, &mut Money)> = self
            .lines
            .iter()
            .zip(&mut self.left)
            .filter(|(line, left)| scope.covers(line) && !left.is_zero())
            .collect();
        pool.sort_by(|(a, a_left), (b, b_left)| {
            by_unit(a, **a_left, b, **b_left).then_with(|| a.line.cmp(&b.line))
        });
        let units: u64 = pool.iter().map(|(line, _)| u64::from(line.quantity.units())).sum();
        let sets = units / (u64::from(buy.units()) + u64::from(get.units()));
        let mut to_give = sets * u64::from(get.units());
        let mut taken = Money::zero(self.currency);
        for (line, left) in pool {
            let units = to_give.min(line.quantity.units().into());
            to_give -= units;
            let part = part_of_units(*left, line.quantity, units, percent)?;
            *left = left.minus(part)?;
            taken = taken.plus(part)?;
        }
        Ok(taken)
    }
}

/// `percent` of what `units` of a line cost, of which `left` is to be paid for all.
fn part_of_units(
    left: Money,
    of: Quantity,
    units: u64,
    percent: Percent,
) -> Result<Money, PricingError> {
    let units = i64::try_from(units).map_err(|_| PricingError::Overflow)?;
    scaled(left, units * i64::from(percent.basis_points()), i64::from(of.units()) * WHOLE)
}

/// Which line's unit costs less by what is left, compared as exact fractions.
fn by_unit(a: &BasketLine, a_left: Money, b: &BasketLine, b_left: Money) -> Ordering {
    let a_scaled = i128::from(a_left.amount()) * i128::from(b.quantity.units());
    let b_scaled = i128::from(b_left.amount()) * i128::from(a.quantity.units());
    a_scaled.cmp(&b_scaled)
}

fn scaled(amount: Money, numerator: i64, denominator: i64) -> Result<Money, PricingError> {
    amount.scaled(numerator, denominator).ok_or(PricingError::Overflow)
}
