use std::sync::Arc;

use ecicomm::domain::cart::{Cart, CartLine};
use ecicomm::domain::pricing::{Basket, BasketLine, Destination, PricedBasket, PricingRules};
use ecicomm::domain::shared::{Country, Currency, LineId, TaxCategory, Timestamp};
use uuid::Uuid;

use super::{at, cart_id, product_id, sku, units, usd, variant_id};

/// The empty cart of this number.
pub fn cart(number: u128, made: Timestamp) -> Cart {
    Cart::new(cart_id(number), Currency::USD, None, made)
}

/// Some units of the plain product of this number, as a cart has them.
pub fn cart_line(number: u128, quantity: i64) -> CartLine {
    CartLine {
        id: LineId::new(Uuid::from_u128(number)),
        variant: variant_id(number),
        product: product_id(number),
        sku: sku(&format!("SKU-{number}")),
        title: format!("Product {number}"),
        quantity: units(quantity),
    }
}

/// What some units of the plain product 1 cost where nothing but the price counts.
pub fn priced_basket(quantity: i64) -> PricedBasket {
    let destination = Destination { country: Country::US, region: None };
    let mut basket = Basket::empty(Currency::USD, destination, at(0));
    basket.lines.push(BasketLine {
        line: LineId::new(Uuid::from_u128(1)),
        product: product_id(1),
        sku: sku("SKU-1"),
        quantity: units(quantity),
        unit_price: usd(1_000),
        categories: Arc::default(),
        tax_category: TaxCategory::default(),
        weight_grams: 100,
        requires_shipping: false,
    });
    ecicomm::domain::pricing::price(&basket, &PricingRules::default()).unwrap()
}
