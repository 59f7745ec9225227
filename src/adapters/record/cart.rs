//! Records of carts, and of a cart with what it cost at some moment.

use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::form::{Form, List, Maybe, Shared, mirrors};
use super::kept::records;
use super::priced::{PricedBasketForm, PricedLineForm};
use super::shared::{AddressForm, Amount, Id, Saves, Time, Units, Word};
use crate::domain::cart::{Cart, CartLine, CartParts};
use crate::domain::pricing::{PricedBasket, PricedLine};
use crate::domain::shared::{
    Address, CartId, CouponCode, Currency, CustomerId, LineId, Money, ProductId, Quantity,
    ShippingCode, Sku, Timestamp, VariantId, Version,
};
use crate::ports::cart::{CartLineView, CartView, LineProblem};

#[derive(Serialize, Deserialize)]
#[serde(remote = "CartLine")]
struct CartLineForm {
    #[serde(with = "Id")]
    id: LineId,
    #[serde(with = "Id")]
    variant: VariantId,
    #[serde(with = "Id")]
    product: ProductId,
    #[serde(with = "Word")]
    sku: Sku,
    title: String,
    #[serde(with = "Units")]
    quantity: Quantity,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "CartParts")]
struct CartPartsForm {
    #[serde(with = "Id")]
    id: CartId,
    #[serde(with = "Saves")]
    version: Version,
    #[serde(with = "Word")]
    currency: Currency,
    #[serde(with = "Maybe::<Id>", default, skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerId>,
    #[serde(with = "List::<CartLineForm>", default, skip_serializing_if = "Vec::is_empty")]
    lines: Vec<CartLine>,
    #[serde(with = "List::<Word>", default, skip_serializing_if = "Vec::is_empty")]
    coupons: Vec<CouponCode>,
    #[serde(with = "Maybe::<AddressForm>", default, skip_serializing_if = "Option::is_none")]
    shipping_address: Option<Address>,
    #[serde(with = "Maybe::<Word>", default, skip_serializing_if = "Option::is_none")]
    shipping_option: Option<ShippingCode>,
    #[serde(with = "Maybe::<Amount>", default, skip_serializing_if = "Option::is_none")]
    shown_total: Option<Money>,
    #[serde(with = "List::<Id>", default, skip_serializing_if = "Vec::is_empty")]
    merged: Vec<CartId>,
    #[serde(with = "Time")]
    created_at: Timestamp,
    #[serde(with = "Time")]
    changed_at: Timestamp,
}

/// A cart, checked when it is read.
enum CartForm {}

impl Form<Cart> for CartForm {
    fn serialize<S: Serializer>(value: &Cart, serializer: S) -> Result<S::Ok, S::Error> {
        CartPartsForm::serialize(&value.parts(), serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cart, D::Error> {
        Cart::restore(CartPartsForm::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "LineProblem", rename_all = "snake_case")]
enum LineProblemForm {
    Unavailable,
    NoPrice,
    InsufficientStock { available: i64 },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "CartLineView")]
struct CartLineViewForm {
    #[serde(with = "CartLineForm")]
    line: CartLine,
    #[serde(with = "Maybe::<PricedLineForm>", default, skip_serializing_if = "Option::is_none")]
    priced: Option<PricedLine>,
    #[serde(with = "Maybe::<LineProblemForm>", default, skip_serializing_if = "Option::is_none")]
    problem: Option<LineProblem>,
}

/// A cart as its shopper saw it.
#[derive(Serialize, Deserialize)]
#[serde(remote = "CartView")]
pub struct CartViewForm {
    #[serde(with = "Shared::<CartForm>")]
    cart: Arc<Cart>,
    #[serde(with = "List::<CartLineViewForm>", default, skip_serializing_if = "Vec::is_empty")]
    lines: Vec<CartLineView>,
    #[serde(with = "PricedBasketForm")]
    priced: PricedBasket,
}

mirrors! {
    CartLineForm of CartLine,
    LineProblemForm of LineProblem,
    CartLineViewForm of CartLineView,
    CartViewForm of CartView,
}

records! { Cart = "cart" by CartForm }
