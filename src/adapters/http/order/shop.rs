use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, post};

use super::OrderBody;
use super::answer::{self, Reader};
use super::events::OrderEventBody;
use super::input::{CancelInput, EmptyInput, OrderInput, OrderSchema, ReturnInput, units};
use super::token::OrderToken;
use crate::adapters::http::State;
use crate::adapters::http::conditions::KeyParam;
use crate::adapters::http::idempotency::{Key, Principal};
use crate::adapters::http::json::{Json, OptionalJson};
use crate::adapters::http::page::{self, ListBody, PageParams};
use crate::adapters::http::problem::Problem;
use crate::adapters::http::query::Query;
use crate::app::order::{BasketSource, PlaceOrderCommand};

/// Place an order
///
/// From a cart, or from lines: holds the stock, takes the money, confirms. The answer carries the
/// token that opens the order to its buyer. 202 tells that the payment's outcome is not known yet:
/// ask again under the same key, or look at the order.
#[utoipa::path(
    tag = "orders", security(()), params(KeyParam), request_body = OrderSchema,
    responses(
        (status = 201, description = "The order, confirmed.", body = OrderBody),
        (status = 202, description = "The order; its payment is under way.", body = OrderBody),
        (status = 402, description = "The payment was declined."),
        (status = 404, description = "There is no such cart."),
    ),
)]
#[post("/orders")]
pub async fn place_order(
    state: Data<State>,
    request: HttpRequest,
    key: Key,
    body: Json<OrderInput>,
) -> Result<HttpResponse, Problem> {
    let command: PlaceOrderCommand = body.value.try_into()?;
    let principal = match &command.source {
        BasketSource::Cart { id, .. } => Principal::Cart(*id),
        BasketSource::Lines(_) => Principal::Email(&command.email),
    };
    let claim = key.claim(&request, &principal, &body.raw);
    let shop = state.shop.clone();
    let placement = state.detached(async move { shop.orders.place(command, claim).await }).await?;
    answer::placed((&state, &request), placement, Reader::Placer, StatusCode::CREATED)
}

/// Get an order
#[utoipa::path(
    tag = "orders", security(("order_token" = [])),
    responses(
        (status = 200, description = "The order.", body = OrderBody),
        (status = 304, description = "Known already."),
    ),
)]
#[get("/orders/{order_id}")]
pub async fn get_order(
    state: Data<State>,
    request: HttpRequest,
    access: OrderToken,
) -> Result<HttpResponse, Problem> {
    let order = state.shop.orders.order(access.order).await?;
    answer::page((&state, &request), &order, Reader::Buyer)
}

/// List what happened to an order
///
/// Oldest first.
#[utoipa::path(
    tag = "orders", security(("order_token" = [])), params(PageParams),
    responses((status = 200, description = "A page of events.", body = ListBody<OrderEventBody>)),
)]
#[get("/orders/{order_id}/events")]
pub async fn list_order_events(
    state: Data<State>,
    request: HttpRequest,
    access: OrderToken,
    paging: Query<PageParams>,
) -> Result<HttpResponse, Problem> {
    let list = format!("order events {}", access.order);
    let after = paging.0.after(&state, &list)?;
    let found = state.shop.orders.events(access.order, after, paging.0.limit()).await?;
    let items = found.items.iter().filter_map(OrderEventBody::for_buyer).collect();
    page::answer((&state, &request), &list, items, found.next)
}

/// Cancel an order
///
/// The whole of it, before anything of it was sent. Its money goes back.
#[utoipa::path(
    tag = "orders", security(("order_token" = [])), params(KeyParam),
    responses((status = 200, description = "The order.", body = OrderBody)),
)]
#[post("/orders/{order_id}/cancel")]
pub async fn cancel_order(
    state: Data<State>,
    request: HttpRequest,
    access: OrderToken,
    key: Key,
    body: Json<CancelInput>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(&request, &access.principal(), &body.raw);
    let answered = state.shop.orders.cancel(access.order, body.value.reason.0, claim).await?;
    answer::changed((&state, &request), answered, Reader::Buyer)
}

/// Send units back
///
/// Those named, or all that were shipped.
#[utoipa::path(
    tag = "orders", security(("order_token" = [])), params(KeyParam),
    responses((status = 200, description = "The order.", body = OrderBody)),
)]
#[post("/orders/{order_id}/returns")]
pub async fn request_return(
    state: Data<State>,
    request: HttpRequest,
    access: OrderToken,
    key: Key,
    body: Json<ReturnInput>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(&request, &access.principal(), &body.raw);
    let ReturnInput { reason, lines } = body.value;
    let lines = lines.map(|lines| units(lines, "/lines")).transpose()?;
    let answered = state.shop.orders.request_return(access.order, reason.0, lines, claim).await?;
    answer::changed((&state, &request), answered, Reader::Buyer)
}

/// Go on with a payment
///
/// After the buyer did what `payment.next_action` asked.
#[utoipa::path(
    tag = "orders", security(("order_token" = [])), params(KeyParam),
    request_body = Option<EmptyInput>,
    responses(
        (status = 200, description = "The order.", body = OrderBody),
        (status = 202, description = "The order; its payment is under way.", body = OrderBody),
        (status = 402, description = "The payment was declined."),
    ),
)]
#[post("/orders/{order_id}/payment/confirm")]
pub async fn confirm_payment(
    state: Data<State>,
    request: HttpRequest,
    access: OrderToken,
    key: Key,
    body: OptionalJson<EmptyInput>,
) -> Result<HttpResponse, Problem> {
    let EmptyInput {} = body.value;
    let claim = key.claim(&request, &access.principal(), &body.raw);
    let placement = state.shop.orders.confirm_payment(access.order, claim).await?;
    answer::placed((&state, &request), placement, Reader::Buyer, StatusCode::OK)
}
