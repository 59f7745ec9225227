use super::coupon::Candidates;
use super::options::Choice;
use super::plan::Plan;
use super::tax::TaxBook;
use super::{
    AppliedPromotion, Basket, CouponOutcome, CouponRefusal, PricedBasket, PricedLine, PricedParts,
    PricingRules, Promotion, Shipping, ShippingCharge,
};
use crate::domain::shared::{Currency, LineId, Money, MoneyError};

/// Why a basket cannot be priced. None of these follows from what a shop normally holds: a coupon
/// that does not apply and goods that cannot be shipped are told in the priced basket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PricingError {
    /// A sum leaves the range of 64 bits.
    #[error("an amount of the basket is too large")]
    Overflow,
    /// A price is not in the basket's currency.
    #[error("amounts in {0} and {1} cannot be combined")]
    CurrencyMismatch(Currency, Currency),
    /// A unit price is below zero.
    #[error("the price of line {line} is negative")]
    NegativePrice {
        /// The line that has it.
        line: LineId,
    },
}

impl From<MoneyError> for PricingError {
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::Overflow => Self::Overflow,
            MoneyError::CurrencyMismatch(one, other) => Self::CurrencyMismatch(one, other),
        }
    }
}

/// What `basket` costs under `rules`. The module says in which steps; the same arguments always
/// give the same answer. An empty basket costs nothing.
pub fn price(basket: &Basket, rules: &PricingRules) -> Result<PricedBasket, PricingError> {
    let subtotals = subtotals(basket)?;
    let subtotal = Money::sum(basket.currency, subtotals.iter().copied())?;
    let candidates = Candidates::select(basket, rules, subtotal);
    let plan = Plan::decide(basket, rules, &subtotals, &candidates.promotions)?;

    let mut taxes = TaxBook::new(basket, rules);
    let lines = lines(basket, rules, &subtotals, &plan, &mut taxes)?;
    PricedBasket::try_new(PricedParts {
        currency: basket.currency,
        lines,
        shipping: shipping(basket, rules, &plan, &mut taxes)?,
        coupons: coupons(candidates, &plan),
        promotions: plan.applied.iter().map(applied).collect(),
        tax_lines: taxes.into_lines(),
        estimated: basket.estimated,
    })
}

fn subtotals(basket: &Basket) -> Result<Vec<Money>, PricingError> {
    let mut subtotals = Vec::with_capacity(basket.lines.len());
    for line in &basket.lines {
        if line.unit_price.is_negative() {
            return Err(PricingError::NegativePrice { line: line.line });
        }
        subtotals.push(line.unit_price.times(line.quantity.units())?);
    }
    Ok(subtotals)
}

fn lines(
    basket: &Basket,
    rules: &PricingRules,
    subtotals: &[Money],
    plan: &Plan<'_>,
    taxes: &mut TaxBook<'_>,
) -> Result<Vec<PricedLine>, PricingError> {
    let mut lines = Vec::with_capacity(basket.lines.len());
    for ((line, subtotal), total) in basket.lines.iter().zip(subtotals).zip(&plan.left) {
        let tax = taxes.charge(*total, &line.tax_category)?;
        let (added, included) = split_tax(tax, rules.prices_include_tax);
        lines.push(PricedLine {
            line: line.line,
            product: line.product,
            sku: line.sku.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            subtotal: *subtotal,
            discount: subtotal.minus(*total)?,
            total: *total,
            tax: added,
            included_tax: included,
        });
    }
    Ok(lines)
}

fn shipping(
    basket: &Basket,
    rules: &PricingRules,
    plan: &Plan<'_>,
    taxes: &mut TaxBook<'_>,
) -> Result<Shipping, PricingError> {
    let (method, price) = match &plan.shipping {
        Choice::NotNeeded => return Ok(Shipping::NotNeeded),
        Choice::NoneApplies => return Ok(Shipping::NoneApplies),
        Choice::Gone(code) => return Ok(Shipping::ChoiceGone { code: code.clone() }),
        Choice::Method(method, price) => (method.parts(), *price),
    };
    let total = price.minus(plan.shipping_discount)?;
    let tax = taxes.charge(total, &method.tax_category)?;
    let (added, included) = split_tax(tax, rules.prices_include_tax);
    Ok(Shipping::Charged(ShippingCharge {
        method: method.id,
        code: method.code.clone(),
        name: method.name.clone(),
        price,
        discount: plan.shipping_discount,
        total,
        tax: added,
        included_tax: included,
        chosen: basket.shipping_option.is_some(),
    }))
}

/// The tax as what is added on top and what is included.
fn split_tax(tax: Money, prices_include_tax: bool) -> (Money, Money) {
    let nothing = Money::zero(tax.currency());
    if prices_include_tax { (nothing, tax) } else { (tax, nothing) }
}

fn coupons(candidates: Candidates<'_>, plan: &Plan<'_>) -> Vec<CouponOutcome> {
    let outcome = |promotion: &Promotion| {
        let applied = plan.applied.iter().find(|(applied, _)| applied.id() == promotion.id());
        match (applied, plan.alone) {
            (Some((_, amount)), _) => Ok(*amount),
            (None, Some(alone)) => {
                Err(CouponRefusal::NotCombinable { with: alone.name().to_owned() })
            }
            (None, None) => Err(CouponRefusal::NothingToDiscount),
        }
    };
    candidates
        .coupons
        .into_iter()
        .map(|(code, found)| CouponOutcome { code, outcome: found.and_then(outcome) })
        .collect()
}

fn applied((promotion, amount): &(&Promotion, Money)) -> AppliedPromotion {
    AppliedPromotion {
        promotion: promotion.id(),
        name: promotion.name().to_owned(),
        code: promotion.code().cloned(),
        amount: *amount,
        limits: promotion.limits(),
    }
}
