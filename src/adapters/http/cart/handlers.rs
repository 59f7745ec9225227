use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CartBody;
use crate::adapters::http::conditions::IfMatchParam;
use crate::adapters::http::etag::{ETag, IfMatch};
use crate::adapters::http::input::{
    CouponCodeIn, CurrencyIn, QuantityIn, ShippingCodeIn, SkuIn, VariantIdIn, some,
};
use crate::adapters::http::json::{Json, OptionalJson};
use crate::adapters::http::path::At;
use crate::adapters::http::problem::Problem;
use crate::adapters::http::values::{AddressInput, MoneyBody};
use crate::adapters::http::{State, respond};
use crate::app::cart::{AddItem, ItemRef};
use crate::domain::pricing::ShippingOption;
use crate::domain::shared::{CartId, CouponCode, Quantity, VariantId};
use crate::ports::cart::CartView;

/// A new cart.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CartInput)]
pub struct CartInput {
    /// The shop's where absent.
    currency: Option<CurrencyIn>,
}

/// Units to put into a cart, by SKU or by variant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemInput {
    #[serde(default, deserialize_with = "some")]
    sku: Option<SkuIn>,
    #[serde(default, deserialize_with = "some")]
    variant_id: Option<VariantIdIn>,
    quantity: QuantityIn,
}

impl TryFrom<ItemInput> for AddItem {
    type Error = Problem;

    fn try_from(input: ItemInput) -> Result<Self, Problem> {
        let what = match (input.sku, input.variant_id) {
            (Some(sku), None) => ItemRef::Sku(sku.0),
            (None, Some(variant)) => ItemRef::Variant(variant.0),
            _ => return Err(Problem::at("", "must name a sku or a variant_id, and not both")),
        };
        Ok(Self { what, quantity: quantity(input.quantity)? })
    }
}

/// How many units a line has.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuantityInput)]
pub struct QuantityInput {
    #[schema(example = 2)]
    quantity: QuantityIn,
}

/// A coupon to use.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CouponInput)]
pub struct CouponInput {
    #[schema(example = "WELCOME10")]
    code: CouponCodeIn,
}

/// A shipping option to use.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShippingOptionInput)]
pub struct ShippingOptionInput {
    #[schema(example = "standard")]
    code: ShippingCodeIn,
}

/// A way in which the cart can be sent.
#[derive(Serialize, ToSchema)]
#[schema(as = ShippingOption)]
pub struct ShippingOptionBody<'a> {
    /// What it is chosen by.
    code: &'a str,
    name: &'a str,
    /// What `shipping_total` will be once it is chosen.
    price: MoneyBody,
}

impl<'a> From<&'a ShippingOption> for ShippingOptionBody<'a> {
    fn from(option: &'a ShippingOption) -> Self {
        Self { code: option.code.as_str(), name: &option.name, price: MoneyBody(option.price) }
    }
}

/// The ways in which the cart can be sent.
#[derive(Serialize, ToSchema)]
#[schema(as = ShippingOptions)]
pub struct ShippingOptionsBody<'a> {
    items: Vec<ShippingOptionBody<'a>>,
}

fn quantity(input: QuantityIn) -> Result<Quantity, Problem> {
    Quantity::try_new(input.0).map_err(|error| Problem::at("/quantity", error.to_string()))
}

/// Begin a cart
#[utoipa::path(
    tag = "carts", security(()), request_body = Option<CartInput>,
    responses((status = 201, description = "The cart.", body = CartBody)),
)]
#[post("/carts")]
pub async fn create_cart(
    state: Data<State>,
    request: HttpRequest,
    body: OptionalJson<CartInput>,
) -> Result<HttpResponse, Problem> {
    let currency = body.value.currency.map(|currency| currency.0);
    let view = state.shop.carts.create(currency).await?;
    let response = answer(&request, StatusCode::CREATED, &view)?;
    Ok(respond::located(response, &format!("/api/v1/carts/{}", view.cart.id().uuid())))
}

/// Get a cart
///
/// At today's prices.
#[utoipa::path(
    tag = "carts", security(()),
    responses(
        (status = 200, description = "The cart.", body = CartBody),
        (status = 304, description = "Known already."),
    ),
)]
#[get("/carts/{cart_id}")]
pub async fn get_cart(
    state: Data<State>,
    request: HttpRequest,
    id: At<CartId>,
) -> Result<HttpResponse, Problem> {
    answer(&request, StatusCode::OK, &*state.shop.carts.get(id.0).await?)
}

/// Put units into a cart
///
/// A line that has the variant is raised.
#[utoipa::path(
    tag = "carts", security(()), params(IfMatchParam), request_body = super::ItemSchema,
    responses(
        (status = 200, description = "The cart.", body = CartBody),
        (status = 409, description = "Too few in stock, or not for sale."),
    ),
)]
#[post("/carts/{cart_id}/items")]
pub async fn add_cart_item(
    state: Data<State>,
    request: HttpRequest,
    id: At<CartId>,
    body: Json<ItemInput>,
) -> Result<HttpResponse, Problem> {
    let expected = IfMatch::of(&request)?.optional()?;
    let view = state.shop.carts.add(id.0, body.value.try_into()?, expected).await?;
    answer(&request, StatusCode::OK, &view)
}

/// Set the units of a line
#[utoipa::path(
    tag = "carts", security(()), params(IfMatchParam),
    responses(
        (status = 200, description = "The cart.", body = CartBody),
        (status = 409, description = "Too few in stock, or not for sale."),
    ),
)]
#[patch("/carts/{cart_id}/items/{variant_id}")]
pub async fn set_cart_item(
    state: Data<State>,
    request: HttpRequest,
    ids: At<(CartId, VariantId)>,
    body: Json<QuantityInput>,
) -> Result<HttpResponse, Problem> {
    let (cart, variant) = ids.0;
    let expected = IfMatch::of(&request)?.optional()?;
    let quantity = quantity(body.value.quantity)?;
    let view = state.shop.carts.set_quantity(cart, variant, quantity, expected).await?;
    answer(&request, StatusCode::OK, &view)
}

/// Take a line out
#[utoipa::path(
    tag = "carts", security(()), params(IfMatchParam),
    responses(
        (status = 200, description = "The cart.", body = CartBody),
        (status = 409, description = "The cart was ordered."),
    ),
)]
#[delete("/carts/{cart_id}/items/{variant_id}")]
pub async fn remove_cart_item(
    state: Data<State>,
    request: HttpRequest,
    ids: At<(CartId, VariantId)>,
) -> Result<HttpResponse, Problem> {
    let (cart, variant) = ids.0;
    let expected = IfMatch::of(&request)?.optional()?;
    let view = state.shop.carts.remove(cart, variant, expected).await?;
    answer(&request, StatusCode::OK, &view)
}

/// Use a coupon
///
/// Refused with the reason where it takes nothing off this cart.
#[utoipa::path(
    tag = "carts", security(()), params(IfMatchParam),
    responses(
        (status = 200, description = "The cart.", body = CartBody),
        (status = 409, description = "The cart was ordered."),
        (status = 422, description = "The coupon does not apply."),
    ),
)]
#[post("/carts/{cart_id}/coupons")]
pub async fn add_cart_coupon(
    state: Data<State>,
    request: HttpRequest,
    id: At<CartId>,
    body: Json<CouponInput>,
) -> Result<HttpResponse, Problem> {
    let expected = IfMatch::of(&request)?.optional()?;
    let view = state.shop.carts.add_coupon(id.0, body.value.code.0, expected).await?;
    answer(&request, StatusCode::OK, &view)
}

/// Take a coupon out
#[utoipa::path(
    tag = "carts", security(()), params(IfMatchParam),
    responses(
        (status = 200, description = "The cart.", body = CartBody),
        (status = 409, description = "The cart was ordered."),
    ),
)]
#[delete("/carts/{cart_id}/coupons/{code}")]
pub async fn remove_cart_coupon(
    state: Data<State>,
    request: HttpRequest,
    parts: At<(CartId, CouponCode)>,
) -> Result<HttpResponse, Problem> {
    let (cart, code) = parts.0;
    let expected = IfMatch::of(&request)?.optional()?;
    let view = state.shop.carts.remove_coupon(cart, code, expected).await?;
    answer(&request, StatusCode::OK, &view)
}

/// Say where a cart is sent to
#[utoipa::path(
    tag = "carts", security(()), params(IfMatchParam),
    responses(
        (status = 200, description = "The cart.", body = CartBody),
        (status = 409, description = "The cart was ordered."),
    ),
)]
#[put("/carts/{cart_id}/shipping-address")]
pub async fn set_cart_address(
    state: Data<State>,
    request: HttpRequest,
    id: At<CartId>,
    body: Json<AddressInput>,
) -> Result<HttpResponse, Problem> {
    let expected = IfMatch::of(&request)?.optional()?;
    let address = body.value.address("")?;
    let view = state.shop.carts.ship_to(id.0, address, expected).await?;
    answer(&request, StatusCode::OK, &view)
}

/// List the ways in which a cart can be sent
#[utoipa::path(
    tag = "carts", security(()),
    responses((status = 200, description = "The options.", body = ShippingOptionsBody)),
)]
#[get("/carts/{cart_id}/shipping-options")]
pub async fn list_cart_shipping(
    state: Data<State>,
    id: At<CartId>,
) -> Result<HttpResponse, Problem> {
    let options = state.shop.carts.shipping_options(id.0).await?;
    let items = options.iter().map(ShippingOptionBody::from).collect();
    respond::ok(&ShippingOptionsBody { items })
}

/// Choose how a cart is sent
#[utoipa::path(
    tag = "carts", security(()), params(IfMatchParam),
    responses(
        (status = 200, description = "The cart.", body = CartBody),
        (status = 409, description = "The option does not apply, or the cart was ordered."),
    ),
)]
#[put("/carts/{cart_id}/shipping-option")]
pub async fn choose_cart_shipping(
    state: Data<State>,
    request: HttpRequest,
    id: At<CartId>,
    body: Json<ShippingOptionInput>,
) -> Result<HttpResponse, Problem> {
    let expected = IfMatch::of(&request)?.optional()?;
    let view = state.shop.carts.choose_shipping(id.0, body.value.code.0, expected).await?;
    answer(&request, StatusCode::OK, &view)
}

fn answer(
    request: &HttpRequest,
    status: StatusCode,
    view: &CartView,
) -> Result<HttpResponse, Problem> {
    let body = respond::bytes_of(&CartBody::of(view))?;
    let tag = ETag::of_page(view.cart.version(), &body);
    Ok(respond::tagged(request, status, body, &tag))
}
