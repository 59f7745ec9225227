use super::{OrderLine, OrderNumber, PaymentMethod};
use crate::domain::shared::{
    Address, CartId, Currency, CustomerId, Email, Money, OrderId, PaymentId, PromotionId, Timestamp,
};

/// Where an order came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// A cart.
    #[default]
    Cart,
    /// Lines sent with the order itself.
    BuyNow,
}

/// How an order is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingChoice {
    /// What the option is chosen by.
    pub code: String,
    /// What people read.
    pub name: String,
}

/// A tax that an order contains or adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxLine {
    /// What it is called.
    pub name: String,
    /// The rate in millionths: 72,500 is 7.25 %.
    pub rate_ppm: u32,
    /// How much.
    pub amount: Money,
    /// Whether the prices contain it.
    pub included: bool,
}

/// What an order costs. `total = subtotal − discount + shipping + tax`, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Units times prices.
    pub subtotal: Money,
    /// Everything taken off the lines.
    pub discount: Money,
    /// Shipping after its own discount.
    pub shipping: Money,
    /// Tax added on top.
    pub tax: Money,
    /// Tax that the prices contain.
    pub included_tax: Money,
    /// What is paid.
    pub total: Money,
}

/// A use of a promotion that the order took, and gives back if it comes to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromotionUse {
    /// Which promotion.
    pub promotion: PromotionId,
    /// What "per customer" counts by: the customer's id, else the normalised e-mail.
    pub customer_key: String,
}

/// A promotion that took something off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedPromotion {
    /// Which.
    pub promotion: PromotionId,
    /// What people read.
    pub name: String,
    /// The code, where one was needed.
    pub code: Option<String>,
    /// How much it took off, shipping included.
    pub amount: Money,
}

/// Everything that was agreed when the order was placed. It never changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The order.
    pub id: OrderId,
    /// What people call it by.
    pub number: OrderNumber,
    /// Where it came from.
    pub origin: Origin,
    /// The cart it was, if it was one.
    pub cart: Option<CartId>,
    /// Who bought, if signed in.
    pub customer: Option<CustomerId>,
    /// Where its messages go.
    pub email: Email,
    /// What it was paid in.
    pub currency: Currency,
    /// What was bought.
    pub lines: Vec<OrderLine>,
    /// What it costs.
    pub totals: Totals,
    /// The coupon codes it was bought with.
    pub coupons: Vec<String>,
    /// Uses of promotions that it took.
    pub uses: Vec<PromotionUse>,
    /// Promotions that took something off.
    pub promotions: Vec<AppliedPromotion>,
    /// The taxes in it.
    pub tax_lines: Vec<TaxLine>,
    /// Where it is sent to; none where nothing is sent.
    pub shipping_address: Option<Address>,
    /// Where the bill goes.
    pub billing_address: Option<Address>,
    /// How it is sent; none where nothing is sent.
    pub shipping: Option<ShippingChoice>,
    /// Its first payment.
    pub payment: PaymentId,
    /// How that is paid.
    pub method: PaymentMethod,
    /// When it was placed.
    pub at: Timestamp,
}
