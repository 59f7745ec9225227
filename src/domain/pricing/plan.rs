use std::cmp::Reverse;

use super::discount::Remainders;
use super::options::Choice;
use super::promotion::Step;
use super::{Basket, PricingError, PricingRules, Promotion, Stacking};
use crate::domain::shared::Money;

/// Which promotions apply to a basket, what they take off, and how it is shipped.
pub(super) struct Plan<'r> {
    /// What is left to pay on each line.
    pub left: Vec<Money>,
    /// How the goods are shipped.
    pub shipping: Choice<'r>,
    /// What promotions take off the price of shipping.
    pub shipping_discount: Money,
    /// Each promotion that takes something off, with how much, in the order they apply in.
    pub applied: Vec<(&'r Promotion, Money)>,
    /// The exclusive promotion that keeps others off, where there is one.
    pub alone: Option<&'r Promotion>,
}

impl<'r> Plan<'r> {
    /// Decides between the exclusive ones among `promotions` and the combinable ones together. An
    /// exclusive one that would take nothing off keeps nobody off.
    pub fn decide(
        basket: &Basket,
        rules: &'r PricingRules,
        subtotals: &[Money],
        promotions: &[&'r Promotion],
    ) -> Result<Self, PricingError> {
        let mut exclusive: Vec<(i32, &Promotion)> = promotions
            .iter()
            .filter_map(|promotion| match promotion.parts().stacking {
                Stacking::Exclusive { priority } => Some((priority, *promotion)),
                Stacking::Combinable => None,
            })
            .collect();
        exclusive.sort_by_key(|(priority, promotion)| {
            (Reverse(*priority), promotion.code().is_none(), promotion.id())
        });
        for (_, promotion) in exclusive {
            let plan = Self::apply(basket, rules, subtotals, &[promotion])?;
            if !plan.applied.is_empty() {
                return Ok(Self { alone: Some(promotion), ..plan });
            }
        }
        let combinable: Vec<&Promotion> = promotions
            .iter()
            .filter(|promotion| promotion.parts().stacking == Stacking::Combinable)
            .copied()
            .collect();
        Self::apply(basket, rules, subtotals, &combinable)
    }

    /// Applies `promotions`, which are in order of their steps, one after another.
    fn apply(
        basket: &Basket,
        rules: &'r PricingRules,
        subtotals: &[Money],
        promotions: &[&'r Promotion],
    ) -> Result<Self, PricingError> {
        let nothing = Money::zero(basket.currency);
        let mut remainders = Remainders::new(&basket.lines, subtotals, basket.currency);
        let mut taken = Vec::with_capacity(promotions.len());
        let on_goods = promotions.iter().filter(|promotion| promotion.step() < Step::Shipping);
        for promotion in on_goods {
            taken.push((*promotion, remainders.apply(promotion)?));
        }
        let shipping = Choice::make(basket, rules, remainders.goods()?)?;
        let mut shipping_left = shipping.price().unwrap_or(nothing);
        let mut shipping_discount = nothing;
        let on_shipping = promotions.iter().filter(|promotion| promotion.step() == Step::Shipping);
        for promotion in on_shipping {
            taken.push((*promotion, shipping_left));
            shipping_discount = shipping_discount.plus(shipping_left)?;
            shipping_left = nothing;
        }
        let applied = taken.into_iter().filter(|(_, amount)| !amount.is_zero()).collect();
        let left = remainders.into_left();
        Ok(Self { left, shipping, shipping_discount, applied, alone: None })
    }
}
