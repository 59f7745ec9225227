//! A small shop to price baskets in: builders that say only what a test is about.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::*;
use crate::domain::shared::*;

mod coupons;
mod edges;
mod promotions;
mod properties;
mod shipping;
mod stacking;
mod taxes;
mod values;

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::USD)
}

fn eur(amount: i64) -> Money {
    Money::new(amount, Currency::try_new("EUR").unwrap())
}

fn country(code: &str) -> Country {
    Country::try_new(code).unwrap()
}

fn code(text: &str) -> CouponCode {
    CouponCode::try_new(text).unwrap()
}

fn option(text: &str) -> ShippingCode {
    ShippingCode::try_new(text).unwrap()
}

fn product(number: u128) -> ProductId {
    ProductId::new(Uuid::from_u128(number))
}

fn category(number: u128) -> CategoryId {
    CategoryId::new(Uuid::from_u128(number))
}

/// A line of product `number`, which also is its line id and its category's.
fn line(number: u128, unit_price: i64, quantity: i64) -> BasketLine {
    BasketLine {
        line: LineId::new(Uuid::from_u128(number)),
        product: product(number),
        sku: Sku::try_new(&format!("SKU-{number}")).unwrap(),
        quantity: Quantity::try_new(quantity).unwrap(),
        unit_price: usd(unit_price),
        categories: Arc::new([category(number)]),
        tax_category: TaxCategory::default(),
        weight_grams: 500,
        requires_shipping: true,
    }
}

fn download(number: u128, unit_price: i64, quantity: i64) -> BasketLine {
    BasketLine { requires_shipping: false, ..line(number, unit_price, quantity) }
}

/// A basket in dollars that goes to Illinois.
fn basket(lines: Vec<BasketLine>) -> Basket {
    let destination = Destination { country: country("US"), region: Some("IL".to_owned()) };
    Basket { lines, ..Basket::empty(Currency::USD, destination, NOW) }
}

fn with_coupons(lines: Vec<BasketLine>, codes: &[&str]) -> Basket {
    Basket { coupons: codes.iter().map(|text| code(text)).collect(), ..basket(lines) }
}

/// An automatic promotion; a lower number is an older one.
fn promotion(number: u128, kind: PromotionKind) -> PromotionParts {
    let id = PromotionId::new(Uuid::from_u128(number));
    PromotionParts::new(id, format!("promotion {number}"), kind)
}

fn coupon(number: u128, text: &str, kind: PromotionKind) -> PromotionParts {
    PromotionParts { code: Some(code(text)), ..promotion(number, kind) }
}

fn percent(text: &str) -> PromotionKind {
    PromotionKind::Percentage(Percent::parse(text).unwrap())
}

fn fixed(amount: i64) -> PromotionKind {
    PromotionKind::FixedAmount(usd(amount))
}

fn buy_get(buy: i64, get: i64, text: &str) -> PromotionKind {
    PromotionKind::BuyXGetY {
        buy: Quantity::try_new(buy).unwrap(),
        get: Quantity::try_new(get).unwrap(),
        percent: Percent::parse(text).unwrap(),
    }
}

fn products(numbers: &[u128]) -> Scope {
    Scope::Products(numbers.iter().map(|number| product(*number)).collect())
}

fn exclusive(priority: i32, parts: PromotionParts) -> PromotionParts {
    PromotionParts { stacking: Stacking::Exclusive { priority }, ..parts }
}

/// A shop without tax and shipping that has these promotions.
fn shop(promotions: Vec<PromotionParts>) -> PricingRules {
    let checked = promotions.into_iter().map(|parts| Arc::new(Promotion::try_new(parts).unwrap()));
    PricingRules { promotions: checked.collect(), ..PricingRules::default() }
}

fn method_parts(number: u128, text: &str, strategy: ShippingStrategy) -> ShippingMethodParts {
    ShippingMethodParts {
        id: ShippingMethodId::new(Uuid::from_u128(number)),
        code: option(text),
        name: format!("by {text}"),
        coverage: Coverage::Worldwide,
        strategy,
        tax_category: TaxCategory::try_new("shipping").unwrap(),
        active: true,
        version: Version::FIRST,
    }
}

fn method(number: u128, text: &str, strategy: ShippingStrategy) -> ShippingMethod {
    ShippingMethod::try_new(method_parts(number, text, strategy)).unwrap()
}

fn flat(number: u128, text: &str, price: i64) -> ShippingMethod {
    method(number, text, ShippingStrategy::Flat { price: usd(price) })
}

/// A rate on `standard` goods everywhere in the United States.
fn tax_parts(number: u128, percent: &str) -> TaxRateParts {
    TaxRateParts {
        id: TaxRateId::new(Uuid::from_u128(number)),
        name: format!("tax {number}"),
        country: country("US"),
        region: None,
        category: TaxCategory::default(),
        rate: Rate::parse(percent).unwrap(),
        version: Version::FIRST,
    }
}

fn tax(number: u128, percent: &str) -> TaxRate {
    TaxRate::try_new(tax_parts(number, percent)).unwrap()
}

fn amounts(money: impl IntoIterator<Item = Money>) -> Vec<i64> {
    money.into_iter().map(Money::amount).collect()
}

fn discounts(priced: &PricedBasket) -> Vec<i64> {
    amounts(priced.lines().iter().map(|line| line.discount))
}

fn countries(codes: &[&str]) -> BTreeSet<Country> {
    codes.iter().map(|text| country(text)).collect()
}
