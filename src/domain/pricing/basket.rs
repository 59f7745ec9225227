use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Promotion, ShippingMethod, TaxRate};
use crate::domain::shared::{
    Address, CategoryId, Country, CouponCode, Currency, LineId, Money, ProductId, PromotionId,
    Quantity, ShippingCode, Sku, TaxCategory, Timestamp,
};

/// What is to be priced, as the caller knows it now: current prices, and only lines that can be
/// bought. A line that has a problem and counts nothing is left out by the caller.
#[derive(Clone, Debug)]
pub struct Basket {
    /// The one currency of the basket; every price must be in it.
    pub currency: Currency,
    /// The lines, in the order they are shown: where cents cannot be shared evenly, the earlier
    /// line gets the odd one.
    pub lines: Vec<BasketLine>,
    /// The codes that the shopper gave. One given twice counts once.
    pub coupons: Vec<CouponCode>,
    /// How often promotions with a limit were used. One that is absent was never used.
    pub uses: BTreeMap<PromotionId, Uses>,
    /// Where the goods go.
    pub destination: Destination,
    /// Whether `destination` is only a guess, for want of an address.
    pub estimated: bool,
    /// The shipping option that the shopper chose; the cheapest that applies counts without one.
    pub shipping_option: Option<ShippingCode>,
    /// The moment that promotions are judged by.
    pub at: Timestamp,
}

impl Basket {
    /// A basket with nothing in it, to be filled.
    pub fn empty(currency: Currency, destination: Destination, at: Timestamp) -> Self {
        Self {
            currency,
            lines: Vec::new(),
            coupons: Vec::new(),
            uses: BTreeMap::new(),
            destination,
            estimated: false,
            shipping_option: None,
            at,
        }
    }
}

/// Some units of one variant.
#[derive(Clone, Debug)]
pub struct BasketLine {
    /// The line's id, unique in the basket.
    pub line: LineId,
    /// What promotions on products ask for.
    pub product: ProductId,
    /// The SKU, handed through to the priced line.
    pub sku: Sku,
    /// How many units.
    pub quantity: Quantity,
    /// What one unit costs today; never negative.
    pub unit_price: Money,
    /// The categories of the product **and all their ancestors**, in any order.
    pub categories: Arc<[CategoryId]>,
    /// What tax rates ask for.
    pub tax_category: TaxCategory,
    /// What one unit weighs.
    pub weight_grams: u32,
    /// Whether a parcel has to be sent for it; false for a download or a gift card.
    pub requires_shipping: bool,
}

/// Where a basket goes, as far as tax and shipping ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The country.
    pub country: Country,
    /// State or province, compared without regard to case.
    pub region: Option<String>,
}

impl From<&Address> for Destination {
    fn from(address: &Address) -> Self {
        Self { country: address.country(), region: address.region().map(str::to_owned) }
    }
}

/// How many orders used a promotion, not counting those that gave it back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// By anyone.
    pub total: u32,
    /// By the customer whose basket it is; 0 while nobody knows who that is.
    pub by_customer: u32,
}

/// The rules of the shop that decide what a basket costs.
#[derive(Clone, Debug, Default)]
pub struct PricingRules {
    /// The promotions. All automatic ones, and of the coupons at least those in the basket; others
    /// do no harm.
    pub promotions: Vec<Arc<Promotion>>,
    /// The tax rates.
    pub tax_rates: Vec<TaxRate>,
    /// The shipping methods.
    pub shipping_methods: Vec<ShippingMethod>,
    /// Whether prices, of goods and of shipping, contain their tax already.
    pub prices_include_tax: bool,
}
