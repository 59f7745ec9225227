//! Data for tests. Things are told apart by small numbers: product 7 is called `Product 7`, sells
//! `SKU-7` and has an id that sorts behind that of product 6. What a test does not name is plain.

mod cart;
mod order;
mod product;

pub use cart::*;
pub use order::*;
pub use product::*;

use ecicomm::domain::shared::{
    CartId, CategoryId, CouponCode, Currency, CustomerId, Email, Location, Money, OrderId,
    ProductId, PromotionId, Quantity, Sku, Slug, Text, Timestamp, VariantId, Version,
};
use uuid::Uuid;

/// A moment, some seconds after the one at which all tests begin.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((1_700_000_000 + seconds) * 1_000_000)
}

pub fn product_id(number: u128) -> ProductId {
    ProductId::new(Uuid::from_u128(number))
}

pub fn variant_id(number: u128) -> VariantId {
    VariantId::new(Uuid::from_u128(number))
}

pub fn category_id(number: u128) -> CategoryId {
    CategoryId::new(Uuid::from_u128(number))
}

pub fn order_id(number: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(number))
}

pub fn cart_id(number: u128) -> CartId {
    CartId::new(Uuid::from_u128(number))
}

pub fn customer_id(number: u128) -> CustomerId {
    CustomerId::new(Uuid::from_u128(number))
}

pub fn promotion_id(number: u128) -> PromotionId {
    PromotionId::new(Uuid::from_u128(number))
}

pub fn sku(text: &str) -> Sku {
    Sku::try_new(text).unwrap()
}

pub fn slug(text: &str) -> Slug {
    Slug::try_new(text).unwrap()
}

pub fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::try_new("text", text).unwrap()
}

pub fn email(text: &str) -> Email {
    Email::try_new(text).unwrap()
}

pub fn coupon(text: &str) -> CouponCode {
    CouponCode::try_new(text).unwrap()
}

pub fn location(code: &str) -> Location {
    Location::try_new(code).unwrap()
}

pub fn units(number: i64) -> Quantity {
    Quantity::try_new(number).unwrap()
}

/// An amount in US dollars.
pub fn usd(cents: i64) -> Money {
    Money::new(cents, Currency::USD)
}

pub fn euro() -> Currency {
    Currency::try_new("EUR").unwrap()
}

/// The version that a thing had before it got this one.
pub fn before(version: Version) -> Option<Version> {
    version.number().checked_sub(1).filter(|number| *number > 0).map(Version::new)
}
