use std::sync::Arc;

use super::{Basket, PricingError, PricingRules, Promotion, price};
use crate::domain::shared::{CouponCode, Currency, Money, Timestamp};

/// Why a coupon takes nothing off a basket. Where several reasons hold, the first in this order is
/// told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CouponRefusal {
    /// No promotion has the code, or the one that has it is switched off.
    #[error("the coupon is unknown")]
    Unknown,
    /// Too early.
    #[error("the coupon does not apply yet")]
    NotStarted {
        /// When it will.
        starts_at: Timestamp,
    },
    /// Too late.
    #[error("the coupon applies no longer")]
    Ended {
        /// Since when.
        ended_at: Timestamp,
    },
    /// As many orders as may use it did.
    #[error("the coupon is used up")]
    UsedUp,
    /// As many orders of this customer as may use it did.
    #[error("the coupon is used up for this customer")]
    UsedUpForCustomer,
    /// It is for baskets of another currency.
    #[error("the coupon is for orders in {currency}")]
    OtherCurrency {
        /// The currency it is for.
        currency: Currency,
    },
    /// Too little in the basket.
    #[error("the coupon needs a subtotal of at least {minimum}, this is {subtotal}")]
    BelowMinimum {
        /// What it needs.
        minimum: Money,
        /// What there is.
        subtotal: Money,
    },
    /// Nothing in the basket that it is about.
    #[error("the coupon is for other products")]
    OtherProducts,
    /// Another promotion applies alone.
    #[error("the coupon cannot be combined with '{with}'")]
    NotCombinable {
        /// The name of the promotion that applies.
        with: String,
    },
    /// What it is about costs nothing already: an empty basket, a price of zero, earlier promotions
    /// that took everything, or no shipping to be paid.
    #[error("there is nothing that the coupon could take off")]
    NothingToDiscount,
}

/// Why [`coupon_check`] does not say yes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CouponCheckError {
    /// The coupon does not apply.
    #[error(transparent)]
    Refused(#[from] CouponRefusal),
    /// The basket cannot be priced at all.
    #[error(transparent)]
    Pricing(#[from] PricingError),
}

/// Whether `code` would take something off `basket`, beside the coupons that it has: exactly what
/// [`price`] says of the basket with the code added.
pub fn coupon_check(
    basket: &Basket,
    rules: &PricingRules,
    code: &CouponCode,
) -> Result<(), CouponCheckError> {
    let mut with_code = basket.clone();
    with_code.coupons.push(code.clone());
    let priced = price(&with_code, rules)?;
    match priced.coupon(code) {
        Some(coupon) => coupon.outcome.clone().map(|_| ()).map_err(CouponCheckError::from),
        None => Err(CouponRefusal::Unknown.into()),
    }
}

/// The promotions that may apply to a basket, before it is known what they take off.
pub(super) struct Candidates<'r> {
    /// Automatic ones and coupons, in the order they apply in.
    pub promotions: Vec<&'r Promotion>,
    /// Each distinct code of the basket, with its candidate or why it has none.
    pub coupons: Vec<(CouponCode, Result<&'r Promotion, CouponRefusal>)>,
}

impl<'r> Candidates<'r> {
    /// Looks through the rules for what `basket` may get, at a `subtotal` before promotions.
    pub fn select(basket: &Basket, rules: &'r PricingRules, subtotal: Money) -> Self {
        let mut promotions: Vec<&Promotion> = rules
            .promotions
            .iter()
            .map(Arc::as_ref)
            .filter(|promotion| promotion.code().is_none())
            .filter(|promotion| refusal(promotion, basket, subtotal).is_none())
            .collect();
        let mut coupons: Vec<(CouponCode, Result<&Promotion, CouponRefusal>)> = Vec::new();
        for code in &basket.coupons {
            if coupons.iter().all(|(known, _)| known != code) {
                coupons.push((code.clone(), candidate(code, basket, rules, subtotal)));
            }
        }
        promotions.extend(coupons.iter().filter_map(|(_, found)| found.as_ref().ok().copied()));
        promotions.sort_by_key(|promotion| (promotion.step(), promotion.id()));
        Self { promotions, coupons }
    }
}

/// The promotion that `code` stands for. Stores let no two have the same; of rules that hold a code
/// twice all the same the promotion that runs counts, then the older.
fn candidate<'r>(
    code: &CouponCode,
    basket: &Basket,
    rules: &'r PricingRules,
    subtotal: Money,
) -> Result<&'r Promotion, CouponRefusal> {
    let promotion = rules
        .promotions
        .iter()
        .map(Arc::as_ref)
        .filter(|promotion| promotion.parts().active && promotion.code() == Some(code))
        .min_by_key(|promotion| (!promotion.runs_at(basket.at), promotion.id()))
        .ok_or(CouponRefusal::Unknown)?;
    match refusal(promotion, basket, subtotal) {
        Some(refusal) => Err(refusal),
        None => Ok(promotion),
    }
}

/// Why `promotion` does not apply to `basket` whatever other promotions do.
fn refusal(promotion: &Promotion, basket: &Basket, subtotal: Money) -> Option<CouponRefusal> {
    let parts = promotion.parts();
    if !parts.active {
        return Some(CouponRefusal::Unknown);
    }
    if let Some(starts_at) = parts.starts_at.filter(|starts_at| basket.at < *starts_at) {
        return Some(CouponRefusal::NotStarted { starts_at });
    }
    if let Some(ended_at) = parts.ends_at.filter(|ends_at| *ends_at <= basket.at) {
        return Some(CouponRefusal::Ended { ended_at });
    }
    let uses = basket.uses.get(&promotion.id()).copied().unwrap_or_default();
    if parts.usage_limit.is_some_and(|limit| uses.total >= limit) {
        return Some(CouponRefusal::UsedUp);
    }
    if parts.usage_limit_per_customer.is_some_and(|limit| uses.by_customer >= limit) {
        return Some(CouponRefusal::UsedUpForCustomer);
    }
    if let Some(currency) = promotion.currency().filter(|known| *known != basket.currency) {
        return Some(CouponRefusal::OtherCurrency { currency });
    }
    let unmet = |minimum: &Money| subtotal.amount() < minimum.amount();
    if let Some(minimum) = parts.minimum_subtotal.filter(unmet) {
        return Some(CouponRefusal::BelowMinimum { minimum, subtotal });
    }
    let covered = basket.lines.iter().any(|line| parts.scope.covers(line));
    if !covered && !basket.lines.is_empty() {
        return Some(CouponRefusal::OtherProducts);
    }
    None
}
