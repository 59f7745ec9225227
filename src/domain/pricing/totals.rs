use super::{CouponRefusal, PricingError, Rate};
use crate::domain::shared::{
    CouponCode, Currency, Invalid, LineId, Money, ProductId, PromotionId, Quantity, ShippingCode,
    ShippingMethodId, Sku, TaxRateId,
};

/// What a basket costs, line by line and in sum. Only [`super::price`] makes one, so its figures
/// always add up; all are in the basket's currency and none is negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedBasket {
    parts: PricedParts,
    subtotal: Money,
    discount_total: Money,
    shipping_total: Money,
    tax_total: Money,
    included_tax_total: Money,
    total: Money,
}

/// What a priced basket is made of, as a store keeps it; its sums follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedParts {
    /// The currency of every amount.
    pub currency: Currency,
    /// The lines, in the basket's order.
    pub lines: Vec<PricedLine>,
    /// How it is shipped.
    pub shipping: Shipping,
    /// Each coupon of the basket once, in the order they were given.
    pub coupons: Vec<CouponOutcome>,
    /// The promotions that take something off, in the order they apply in.
    pub promotions: Vec<AppliedPromotion>,
    /// What each tax rate comes to.
    pub tax_lines: Vec<TaxLine>,
    /// Whether the destination is only a guess.
    pub estimated: bool,
}

impl PricedParts {
    /// Whether each line and shipping come to what they say.
    fn add_up(&self) -> bool {
        let lines = self.lines.iter().all(|line| {
            line.unit_price.times(line.quantity.units()) == Ok(line.subtotal)
                && line.subtotal.minus(line.discount) == Ok(line.total)
        });
        let shipping = match &self.shipping {
            Shipping::Charged(charge) => charge.price.minus(charge.discount) == Ok(charge.total),
            Shipping::NotNeeded | Shipping::NoneApplies | Shipping::ChoiceGone { .. } => true,
        };
        lines && shipping
    }
}

/// A line of a priced basket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedLine {
    /// The line's id.
    pub line: LineId,
    /// The product.
    pub product: ProductId,
    /// The SKU.
    pub sku: Sku,
    /// How many units.
    pub quantity: Quantity,
    /// What one unit costs before discounts.
    pub unit_price: Money,
    /// `unit_price` × `quantity`.
    pub subtotal: Money,
    /// What promotions take off this line, its share of order discounts among it.
    pub discount: Money,
    /// `subtotal` − `discount`.
    pub total: Money,
    /// The tax that comes on top; zero where prices include tax.
    pub tax: Money,
    /// The tax that `total` contains; zero unless prices include tax.
    pub included_tax: Money,
}

impl PricedLine {
    /// What the buyer pays for the line: its total and the tax on top. This is what returned units
    /// are worth a share of.
    pub fn paid(&self) -> Result<Money, PricingError> {
        Ok(self.total.plus(self.tax)?)
    }
}

/// How a basket is shipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shipping {
    /// Nothing needs shipping.
    NotNeeded,
    /// By an option, for a price.
    Charged(ShippingCharge),
    /// Goods need shipping and no option applies: the basket can be shown, not ordered.
    NoneApplies,
    /// The option that the shopper chose does not apply, others do: the basket can be shown, not
    /// ordered until another is chosen.
    ChoiceGone {
        /// What was chosen.
        code: ShippingCode,
    },
}

/// What shipping costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingCharge {
    /// The method.
    pub method: ShippingMethodId,
    /// Its code.
    pub code: ShippingCode,
    /// What shoppers see.
    pub name: String,
    /// What it costs before promotions.
    pub price: Money,
    /// What promotions take off it.
    pub discount: Money,
    /// `price` − `discount`.
    pub total: Money,
    /// The tax that comes on top; zero where prices include tax.
    pub tax: Money,
    /// The tax that `total` contains; zero unless prices include tax.
    pub included_tax: Money,
    /// Whether the shopper chose it; false where it counts as the cheapest that applies.
    pub chosen: bool,
}

/// A coupon of the basket: what it takes off, never zero, or why it does not apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CouponOutcome {
    /// The code that was given.
    pub code: CouponCode,
    /// The amount, of goods or of shipping, or the reason.
    pub outcome: Result<Money, CouponRefusal>,
}

/// A promotion that takes something off. The amounts of all of them sum to `discount_total` and the
/// discount on shipping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedPromotion {
    /// The promotion.
    pub promotion: PromotionId,
    /// What shoppers see.
    pub name: String,
    /// The code that brought it, if any.
    pub code: Option<CouponCode>,
    /// What it takes off, never zero.
    pub amount: Money,
    /// How often it may be used: an order has to take a use wherever there is a limit.
    pub limits: UsageLimits,
}

/// How often a promotion may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageLimits {
    /// By all orders together.
    pub total: Option<u32>,
    /// By the orders of one customer.
    pub per_customer: Option<u32>,
}

impl UsageLimits {
    /// Whether there is a limit at all.
    pub fn is_limited(self) -> bool {
        self.total.is_some() || self.per_customer.is_some()
    }
}

/// What one tax rate comes to over all lines and shipping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxLine {
    /// The rate.
    pub tax_rate: TaxRateId,
    /// What shoppers see.
    pub name: String,
    /// How much of the taxed amounts.
    pub rate: Rate,
    /// What it comes to; zero for a rate of zero, or where all it is due on is free.
    pub amount: Money,
    /// Whether prices contain it; otherwise it comes on top.
    pub included: bool,
}

impl PricedBasket {
    /// Sums the parts up.
    pub(super) fn try_new(parts: PricedParts) -> Result<Self, PricingError> {
        let sum = |part: fn(&PricedLine) -> Money| {
            Money::sum(parts.currency, parts.lines.iter().map(part))
        };
        let nothing = Money::zero(parts.currency);
        let (shipping_total, shipping_tax, shipping_included) = match &parts.shipping {
            Shipping::Charged(charge) => (charge.total, charge.tax, charge.included_tax),
            _ => (nothing, nothing, nothing),
        };
        let subtotal = sum(|line| line.subtotal)?;
        let discount_total = sum(|line| line.discount)?;
        let tax_total = sum(|line| line.tax)?.plus(shipping_tax)?;
        let included_tax_total = sum(|line| line.included_tax)?.plus(shipping_included)?;
        let total = subtotal.minus(discount_total)?.plus(shipping_total)?.plus(tax_total)?;
        Ok(Self {
            parts,
            subtotal,
            discount_total,
            shipping_total,
            tax_total,
            included_tax_total,
            total,
        })
    }

    /// A priced basket as a store kept it, checked again.
    pub fn restore(parts: PricedParts) -> Result<Self, Invalid> {
        if !parts.add_up() {
            return Err(Invalid::new("priced basket", "must add up"));
        }
        Self::try_new(parts).map_err(|error| Invalid::new("priced basket", error.to_string()))
    }

    /// What it is made of, as a store keeps it.
    pub fn parts(&self) -> &PricedParts {
        &self.parts
    }

    /// The currency of every amount.
    pub fn currency(&self) -> Currency {
        self.parts.currency
    }

    /// The lines, in the basket's order.
    pub fn lines(&self) -> &[PricedLine] {
        &self.parts.lines
    }

    /// How it is shipped.
    pub fn shipping(&self) -> &Shipping {
        &self.parts.shipping
    }

    /// How it is shipped, for keeps.
    pub(super) fn into_shipping(self) -> Shipping {
        self.parts.shipping
    }

    /// The shipping option that counts, chosen or cheapest, where there is one.
    pub fn shipping_charge(&self) -> Option<&ShippingCharge> {
        match &self.parts.shipping {
            Shipping::Charged(charge) => Some(charge),
            Shipping::NotNeeded | Shipping::NoneApplies | Shipping::ChoiceGone { .. } => None,
        }
    }

    /// Each coupon of the basket once, in the order they were given.
    pub fn coupons(&self) -> &[CouponOutcome] {
        &self.parts.coupons
    }

    /// What became of the coupon `code`, if the basket has it.
    pub fn coupon(&self, code: &CouponCode) -> Option<&CouponOutcome> {
        self.parts.coupons.iter().find(|coupon| coupon.code == *code)
    }

    /// The promotions that take something off, in the order they apply in.
    pub fn promotions(&self) -> &[AppliedPromotion] {
        &self.parts.promotions
    }

    /// What each tax rate comes to. Their amounts sum to `tax_total` or, where prices include tax,
    /// to `included_tax_total`.
    pub fn tax_lines(&self) -> &[TaxLine] {
        &self.parts.tax_lines
    }

    /// Whether the destination is only a guess.
    pub fn estimated(&self) -> bool {
        self.parts.estimated
    }

    /// What the goods cost before discounts.
    pub fn subtotal(&self) -> Money {
        self.subtotal
    }

    /// What promotions take off the goods; the discounts of the lines sum to it.
    pub fn discount_total(&self) -> Money {
        self.discount_total
    }

    /// What shipping costs after its own discount; zero where it is not needed or not settled.
    pub fn shipping_total(&self) -> Money {
        self.shipping_total
    }

    /// The tax on top, of goods and shipping; zero where prices include tax.
    pub fn tax_total(&self) -> Money {
        self.tax_total
    }

    /// The tax that prices contain, of goods and shipping; zero unless prices include tax.
    pub fn included_tax_total(&self) -> Money {
        self.included_tax_total
    }

    /// What the buyer pays: `subtotal` − `discount_total` + `shipping_total` + `tax_total`.
    pub fn total(&self) -> Money {
        self.total
    }
}
