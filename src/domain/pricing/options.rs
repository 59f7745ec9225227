use std::collections::BTreeSet;

use super::shipping::Parcel;
use super::{Basket, PricingError, PricingRules, Shipping, ShippingMethod, price};
use crate::domain::shared::{Money, ShippingCode};

/// A way of shipping that a shopper may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingOption {
    /// What to choose it by.
    pub code: ShippingCode,
    /// What shoppers see.
    pub name: String,
    /// What `shipping_total` will be once it is chosen, promotions on shipping taken off.
    pub price: Money,
}

/// The options that apply to `basket`, one for each code, the cheapest before promotions first;
/// empty where nothing needs shipping or nothing applies. Each is priced by [`price`] itself with
/// the option chosen, so the list and the cart cannot disagree.
pub fn shipping_options(
    basket: &Basket,
    rules: &PricingRules,
) -> Result<Vec<ShippingOption>, PricingError> {
    let codes: BTreeSet<&ShippingCode> =
        rules.shipping_methods.iter().map(ShippingMethod::code).collect();
    let mut chosen = basket.clone();
    let mut charges = Vec::new();
    for code in codes {
        chosen.shipping_option = Some(code.clone());
        if let Shipping::Charged(charge) = price(&chosen, rules)?.into_shipping() {
            charges.push(charge);
        }
    }
    charges
        .sort_by(|a, b| a.price.amount().cmp(&b.price.amount()).then_with(|| a.code.cmp(&b.code)));
    let option = |charge: super::ShippingCharge| ShippingOption {
        code: charge.code,
        name: charge.name,
        price: charge.total,
    };
    Ok(charges.into_iter().map(option).collect())
}

/// How the goods of a basket are shipped, before promotions on shipping and tax.
pub(super) enum Choice<'r> {
    /// Nothing needs shipping.
    NotNeeded,
    /// No method takes the parcel.
    NoneApplies,
    /// Some do, but not the one that the shopper chose.
    Gone(ShippingCode),
    /// By this method, for this price.
    Method(&'r ShippingMethod, Money),
}

impl<'r> Choice<'r> {
    /// The shopper's choice, or the cheapest method that applies; of equally cheap ones that with
    /// the lower code, then the older.
    pub fn make(
        basket: &Basket,
        rules: &'r PricingRules,
        goods: Money,
    ) -> Result<Self, PricingError> {
        if !basket.lines.iter().any(|line| line.requires_shipping) {
            return Ok(Self::NotNeeded);
        }
        let weight_grams = weight(basket)?;
        let parcel = Parcel { country: basket.destination.country, weight_grams, goods };
        let offers: Vec<(&ShippingMethod, Money)> = rules
            .shipping_methods
            .iter()
            .filter_map(|method| method.quote(&parcel).map(|price| (method, price)))
            .collect();
        if offers.is_empty() {
            return Ok(Self::NoneApplies);
        }
        let wanted = basket.shipping_option.as_ref();
        let best = offers
            .into_iter()
            .filter(|(method, _)| wanted.is_none_or(|code| code == method.code()))
            .min_by_key(|(method, price)| (price.amount(), method.code().clone(), method.id()));
        match (best, wanted) {
            (Some((method, price)), _) => Ok(Self::Method(method, price)),
            (None, Some(code)) => Ok(Self::Gone(code.clone())),
            (None, None) => Ok(Self::NoneApplies),
        }
    }

    /// What shipping costs before promotions; nothing where it is not settled.
    pub fn price(&self) -> Option<Money> {
        match self {
            Self::Method(_, price) => Some(*price),
            Self::NotNeeded | Self::NoneApplies | Self::Gone(_) => None,
        }
    }
}

fn weight(basket: &Basket) -> Result<u64, PricingError> {
    basket
        .lines
        .iter()
        .filter(|line| line.requires_shipping)
        .map(|line| u64::from(line.weight_grams) * u64::from(line.quantity.units()))
        .try_fold(0_u64, u64::checked_add)
        .ok_or(PricingError::Overflow)
}
