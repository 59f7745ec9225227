//! What a basket costs: promotions and coupons, shipping, tax and totals.
//!
//! [`price`] is the one function that answers it, from the basket and the rules of the shop; a
//! cart, an order and a quote all call it, so they never disagree. Its steps, in this order:
//!
//! 1. Each line's subtotal is its unit price times its quantity.
//! 2. Promotions that may apply are sought: automatic ones always, coupons where their code was
//!    given. An exclusive one applies alone (see [`Stacking`]).
//! 3. They apply one after another, each to what those before it left: buy-x-get-y, percentages of
//!    some products, amounts off some products, percentages of the order, amounts off the order;
//!    within a step the older promotion first.
//! 4. Shipping is chosen and priced by what the goods cost after that; free shipping comes last.
//! 5. Tax is told per line and rate, for shipping by its own category.
//!
//! Always `total = subtotal - discount_total + shipping_total + tax_total`; no part is negative,
//! and the lines' discounts sum to `discount_total`.
//!
//! Nothing here may use a float, convert a currency, read a clock, or wrap or drop an amount: what
//! does not fit 64 bits is an error. Nothing here takes a coupon's use; that happens with the
//! order.

mod basket;
mod coupon;
mod discount;
mod options;
mod percent;
mod plan;
mod price;
mod promotion;
mod shipping;
mod tax;
mod totals;

pub use basket::{Basket, BasketLine, Destination, PricingRules, Uses};
pub use coupon::{CouponCheckError, CouponRefusal, coupon_check};
pub use options::{ShippingOption, shipping_options};
pub use percent::{Percent, Rate};
pub use price::{PricingError, price};
pub use promotion::{Promotion, PromotionKind, PromotionParts, Scope, Stacking};
pub use shipping::{
    Coverage, ShippingMethod, ShippingMethodParts, ShippingStrategy, SubtotalStep, WeightStep,
};
pub use tax::{TaxIdentity, TaxRate, TaxRateParts};
pub use totals::{
    AppliedPromotion, CouponOutcome, PricedBasket, PricedLine, PricedParts, Shipping,
    ShippingCharge, TaxLine, UsageLimits,
};

#[cfg(test)]
mod tests;
