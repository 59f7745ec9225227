use serde::{Deserialize, Serialize};

use crate::adapters::record::form::{Form as _, List, Maybe, is_off, is_on, mirrors, on};
use crate::adapters::record::shared::{AddressForm, AllocationForm, Amount, Id, Time, Units, Word};
use crate::domain::order::{
    AppliedPromotion, OrderLine, OrderNumber, Origin, PaymentMethod, Placed, PromotionUse,
    ShippingChoice, TaxLine, Totals,
};
use crate::domain::shared::{
    Address, Allocation, CartId, Currency, CustomerId, Email, LineId, Money, OrderId, PaymentId,
    ProductId, PromotionId, Quantity, Sku, Timestamp, VariantId,
};

#[derive(Serialize, Deserialize)]
#[serde(remote = "OrderLine")]
struct OrderLineForm {
    #[serde(with = "Id")]
    id: LineId,
    #[serde(with = "Id")]
    product: ProductId,
    #[serde(with = "Id")]
    variant: VariantId,
    #[serde(with = "Word")]
    sku: Sku,
    title: String,
    #[serde(with = "Units")]
    quantity: Quantity,
    #[serde(with = "Amount")]
    unit_price: Money,
    #[serde(with = "Amount")]
    discount: Money,
    #[serde(with = "Amount")]
    total: Money,
    #[serde(with = "Amount")]
    tax: Money,
    #[serde(default = "on", skip_serializing_if = "is_on")]
    requires_shipping: bool,
    #[serde(with = "List::<AllocationForm>", default, skip_serializing_if = "Vec::is_empty")]
    stock: Vec<Allocation>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Totals")]
struct TotalsForm {
    #[serde(with = "Amount")]
    subtotal: Money,
    #[serde(with = "Amount")]
    discount: Money,
    #[serde(with = "Amount")]
    shipping: Money,
    #[serde(with = "Amount")]
    tax: Money,
    #[serde(with = "Amount")]
    included_tax: Money,
    #[serde(with = "Amount")]
    total: Money,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PromotionUse")]
struct PromotionUseForm {
    #[serde(with = "Id")]
    promotion: PromotionId,
    customer_key: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AppliedPromotion")]
struct AppliedPromotionForm {
    #[serde(with = "Id")]
    promotion: PromotionId,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(with = "Amount")]
    amount: Money,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TaxLine")]
struct TaxLineForm {
    name: String,
    rate_ppm: u32,
    #[serde(with = "Amount")]
    amount: Money,
    #[serde(default, skip_serializing_if = "is_off")]
    included: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ShippingChoice")]
struct ShippingChoiceForm {
    code: String,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Origin", rename_all = "snake_case")]
enum OriginForm {
    Cart,
    BuyNow,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PaymentMethod", rename_all = "snake_case")]
enum PaymentMethodForm {
    Card { token: String },
    Invoice,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Placed")]
pub struct PlacedForm {
    #[serde(with = "Id")]
    id: OrderId,
    #[serde(with = "Word")]
    number: OrderNumber,
    #[serde(with = "OriginForm")]
    origin: Origin,
    #[serde(with = "Maybe::<Id>", default, skip_serializing_if = "Option::is_none")]
    cart: Option<CartId>,
    #[serde(with = "Maybe::<Id>", default, skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerId>,
    #[serde(with = "Word")]
    email: Email,
    #[serde(with = "Word")]
    currency: Currency,
    #[serde(with = "List::<OrderLineForm>")]
    lines: Vec<OrderLine>,
    #[serde(with = "TotalsForm")]
    totals: Totals,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    coupons: Vec<String>,
    #[serde(with = "List::<PromotionUseForm>", default, skip_serializing_if = "Vec::is_empty")]
    uses: Vec<PromotionUse>,
    #[serde(with = "List::<AppliedPromotionForm>", default, skip_serializing_if = "Vec::is_empty")]
    promotions: Vec<AppliedPromotion>,
    #[serde(with = "List::<TaxLineForm>", default, skip_serializing_if = "Vec::is_empty")]
    tax_lines: Vec<TaxLine>,
    #[serde(with = "Maybe::<AddressForm>", default, skip_serializing_if = "Option::is_none")]
    shipping_address: Option<Address>,
    #[serde(with = "Maybe::<AddressForm>", default, skip_serializing_if = "Option::is_none")]
    billing_address: Option<Address>,
    #[serde(
        with = "Maybe::<ShippingChoiceForm>",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    shipping: Option<ShippingChoice>,
    #[serde(with = "Id")]
    payment: PaymentId,
    #[serde(with = "PaymentMethodForm")]
    method: PaymentMethod,
    #[serde(with = "Time")]
    at: Timestamp,
}

mirrors! {
    OrderLineForm of OrderLine,
    PromotionUseForm of PromotionUse,
    AppliedPromotionForm of AppliedPromotion,
    TaxLineForm of TaxLine,
    ShippingChoiceForm of ShippingChoice,
    PlacedForm of Placed,
}
