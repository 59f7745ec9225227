use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::adapters::http::input::{CurrencyIn, In};
use crate::adapters::http::values::{AddressBody, MoneyBody};
use crate::adapters::record::rfc3339;
use crate::domain::pricing::{
    AppliedPromotion, CouponOutcome, Rate, Shipping, ShippingCharge, TaxLine,
};
use crate::domain::shared::{CouponCode, Money};
use crate::ports::cart::{CartLineView, CartView, LineProblem};

/// A cart at today's prices.
#[derive(Serialize, ToSchema)]
#[schema(as = Cart)]
pub struct CartBody<'a> {
    /// Whoever knows it holds the cart: keep it secret.
    id: Uuid,
    version: u64,
    /// It stays the same for the life of the cart.
    currency: CurrencyIn,
    lines: Vec<CartLineBody<'a>>,
    coupons: Vec<CouponBody<'a>>,
    /// What takes something off.
    promotions: Vec<PromotionBody<'a>>,
    shipping_address: Option<AddressBody<'a>>,
    /// The shipping option that counts: the one chosen, else the cheapest.
    shipping_option: Option<ShippingBody<'a>>,
    /// Why shipping is not settled, so that the cart cannot be ordered; absent where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    shipping_problem: Option<ShippingProblem>,
    /// What the goods cost before discounts.
    subtotal: MoneyBody,
    /// What is taken off the goods.
    discount_total: MoneyBody,
    /// What shipping costs after its own discount.
    shipping_total: MoneyBody,
    /// Tax on top.
    tax_total: MoneyBody,
    /// Tax that the prices contain.
    included_tax_total: MoneyBody,
    tax_lines: Vec<TaxLineBody<'a>>,
    /// `subtotal` − `discount_total` + `shipping_total` + `tax_total`.
    total: MoneyBody,
    /// Whether the destination is a guess, for want of an address.
    estimated: bool,
    /// When it is forgotten unless it changes.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Why shipping is not settled. `shipping_total` is 0 meanwhile.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShippingProblem {
    /// Nothing ships these goods to that address.
    NoShippingOption,
    /// Something does, but not the option that was chosen: choose another.
    OptionUnavailable,
}

impl ShippingProblem {
    fn of(shipping: &Shipping) -> Option<Self> {
        match shipping {
            Shipping::NotNeeded | Shipping::Charged(_) => None,
            Shipping::NoneApplies => Some(Self::NoShippingOption),
            Shipping::ChoiceGone { .. } => Some(Self::OptionUnavailable),
        }
    }
}

/// A line of a cart.
#[derive(Serialize, ToSchema)]
#[schema(as = CartLine)]
pub struct CartLineBody<'a> {
    variant_id: Uuid,
    sku: &'a str,
    product_id: Uuid,
    title: &'a str,
    quantity: u32,
    unit_price: MoneyBody,
    /// What is taken off the line, its share of order discounts included.
    discount: MoneyBody,
    /// `unit_price` × `quantity` − `discount`.
    total: MoneyBody,
    /// Why it cannot be bought; absent where it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<LineProblemBody>,
}

/// Why a line of a cart cannot be bought.
#[derive(Serialize, ToSchema)]
#[schema(as = LineProblem)]
pub struct LineProblemBody {
    /// `product_unavailable` and `no_price` count nothing, `insufficient_stock` counts.
    code: LineProblemCode,
    /// How many units could be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    available: Option<i64>,
}

/// The kinds of problems of a line.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineProblemCode {
    /// The product left the shop.
    ProductUnavailable,
    /// It has no price in the cart's currency.
    NoPrice,
    /// Too few units are left.
    InsufficientStock,
}

/// A coupon of a cart.
#[derive(Serialize, ToSchema)]
#[schema(as = CartCoupon)]
pub struct CouponBody<'a> {
    code: &'a str,
    /// What it takes off; null where it does not apply.
    amount: Option<MoneyBody>,
    /// Why it does not apply; null where it does.
    problem: Option<String>,
}

/// A promotion that takes something off.
#[derive(Serialize, ToSchema)]
#[schema(as = AppliedPromotion)]
pub struct PromotionBody<'a> {
    id: Uuid,
    name: &'a str,
    /// The coupon that brought it, if one did.
    code: Option<&'a str>,
    amount: MoneyBody,
}

/// How goods are sent.
#[derive(Serialize, ToSchema)]
#[schema(as = CartShipping)]
pub struct ShippingBody<'a> {
    code: &'a str,
    name: &'a str,
    /// What it costs, discounts taken off.
    price: MoneyBody,
    /// Whether it was chosen; else it counts as the cheapest.
    chosen: bool,
}

/// What one tax rate comes to.
#[derive(Serialize, ToSchema)]
#[schema(as = TaxLine)]
pub struct TaxLineBody<'a> {
    name: &'a str,
    /// Percent.
    #[schema(example = 8.875)]
    rate: f64,
    amount: MoneyBody,
    /// Whether the prices contain it.
    included: bool,
}

impl<'a> TaxLineBody<'a> {
    /// A tax of `millionths` of the taxed amount.
    pub fn new(name: &'a str, millionths: u32, amount: Money, included: bool) -> Self {
        Self { name, rate: percent(millionths), amount: MoneyBody(amount), included }
    }
}

/// Millionths as percent. The nearest number is the one that the decimal fraction stands for.
pub fn percent(millionths: u32) -> f64 {
    f64::from(millionths) / 10_000.0
}

impl<'a> PromotionBody<'a> {
    /// A promotion with what it takes off.
    pub fn new(id: Uuid, name: &'a str, code: Option<&'a str>, amount: Money) -> Self {
        Self { id, name, code, amount: MoneyBody(amount) }
    }
}

impl<'a> CartBody<'a> {
    /// The cart as it is shown.
    pub fn of(view: &'a CartView) -> Self {
        let (cart, priced) = (&view.cart, &view.priced);
        Self {
            id: cart.id().uuid(),
            version: cart.version().number(),
            currency: In(cart.currency()),
            lines: view
                .lines
                .iter()
                .map(|line| CartLineBody::of(line, Money::zero(cart.currency())))
                .collect(),
            coupons: priced.coupons().iter().map(CouponBody::from).collect(),
            promotions: priced.promotions().iter().map(PromotionBody::from).collect(),
            shipping_address: cart.shipping_address().map(AddressBody::from),
            shipping_option: priced.shipping_charge().map(ShippingBody::from),
            shipping_problem: ShippingProblem::of(priced.shipping()),
            subtotal: MoneyBody(priced.subtotal()),
            discount_total: MoneyBody(priced.discount_total()),
            shipping_total: MoneyBody(priced.shipping_total()),
            tax_total: MoneyBody(priced.tax_total()),
            included_tax_total: MoneyBody(priced.included_tax_total()),
            tax_lines: priced.tax_lines().iter().map(TaxLineBody::from).collect(),
            total: MoneyBody(priced.total()),
            estimated: priced.estimated(),
            expires_at: rfc3339(cart.expires_at()),
        }
    }
}

impl<'a> CartLineBody<'a> {
    /// A line; one without a price costs `nothing`.
    fn of(view: &'a CartLineView, nothing: Money) -> Self {
        let (line, priced) = (&view.line, view.priced.as_ref());
        Self {
            variant_id: line.variant.uuid(),
            sku: line.sku.as_str(),
            product_id: line.product.uuid(),
            title: &line.title,
            quantity: line.quantity.units(),
            unit_price: MoneyBody(priced.map_or(nothing, |priced| priced.unit_price)),
            discount: MoneyBody(priced.map_or(nothing, |priced| priced.discount)),
            total: MoneyBody(priced.map_or(nothing, |priced| priced.total)),
            problem: view.problem.map(LineProblemBody::from),
        }
    }
}

impl From<LineProblem> for LineProblemBody {
    fn from(problem: LineProblem) -> Self {
        let (code, available) = match problem {
            LineProblem::Unavailable => (LineProblemCode::ProductUnavailable, None),
            LineProblem::NoPrice => (LineProblemCode::NoPrice, None),
            LineProblem::InsufficientStock { available } => {
                (LineProblemCode::InsufficientStock, Some(available))
            }
        };
        Self { code, available }
    }
}

impl<'a> From<&'a CouponOutcome> for CouponBody<'a> {
    fn from(coupon: &'a CouponOutcome) -> Self {
        Self {
            code: coupon.code.as_str(),
            amount: coupon.outcome.as_ref().ok().copied().map(MoneyBody),
            problem: coupon.outcome.as_ref().err().map(ToString::to_string),
        }
    }
}

impl<'a> From<&'a AppliedPromotion> for PromotionBody<'a> {
    fn from(applied: &'a AppliedPromotion) -> Self {
        let code = applied.code.as_ref().map(CouponCode::as_str);
        Self::new(applied.promotion.uuid(), &applied.name, code, applied.amount)
    }
}

impl<'a> From<&'a ShippingCharge> for ShippingBody<'a> {
    fn from(charge: &'a ShippingCharge) -> Self {
        Self {
            code: charge.code.as_str(),
            name: &charge.name,
            price: MoneyBody(charge.total),
            chosen: charge.chosen,
        }
    }
}

impl<'a> From<&'a TaxLine> for TaxLineBody<'a> {
    fn from(line: &'a TaxLine) -> Self {
        Self::new(&line.name, Rate::millionths(line.rate), line.amount, line.included)
    }
}
