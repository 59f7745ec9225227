use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, post};
use utoipa::IntoParams;

use super::OrderBody;
use super::answer::{self, Reader};
use super::events::OrderEventBody;
use super::input::{
    CancelInput, EmptyInput, NoteInput, ReceiveReturnInput, RefundInput, ResolveRefundInput,
    ShipmentInput, units,
};
use super::view::OrderStatusBody;
use crate::adapters::http::State;
use crate::adapters::http::conditions::{KeyParam, OptionalKeyParam};
use crate::adapters::http::front::Staff;
use crate::adapters::http::idempotency::{Key, OptionalKey, Principal};
use crate::adapters::http::input::{EmailIn, TimestampIn};
use crate::adapters::http::json::{Json, OptionalJson};
use crate::adapters::http::page::{self, ListBody, PageParams};
use crate::adapters::http::path::At;
use crate::adapters::http::problem::Problem;
use crate::adapters::http::query::{FromQuery, Params, Query};
use crate::domain::order::{OrderNumber, OrderStatus};
use crate::domain::shared::{Email, OrderId, PaymentId, RefundId, ReturnId, ShipmentId, Timestamp};
use crate::ports::order::OrderFilter;

/// Which orders.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrderListParams {
    /// Only those of this status.
    #[param(inline, value_type = Option<OrderStatusBody>)]
    status: Option<OrderStatus>,
    /// Only the one of this number.
    #[param(pattern = "^[0-9A-TV-Za-tv-z]{10}$")]
    number: Option<String>,
    /// Only those of this address.
    #[param(inline, value_type = Option<EmailIn>)]
    email: Option<Email>,
    /// Only those placed at this moment or later.
    #[param(inline, value_type = Option<TimestampIn>)]
    placed_from: Option<Timestamp>,
    /// Only those placed before this moment.
    #[param(inline, value_type = Option<TimestampIn>)]
    placed_to: Option<Timestamp>,
}

impl FromQuery for OrderListParams {
    fn read(params: &mut Params) -> Self {
        let statuses = OrderStatus::ALL.map(|status| (status.as_str(), status));
        Self {
            status: params.choice("status", &statuses),
            number: params.text("number"),
            email: params.value("email"),
            placed_from: params.value("placed_from"),
            placed_to: params.value("placed_to"),
        }
    }
}

impl OrderListParams {
    fn filter(&self) -> Result<OrderFilter, Problem> {
        let number = self.number.as_deref().map(OrderNumber::parse).transpose();
        Ok(OrderFilter {
            status: self.status,
            number: number.map_err(|error| Problem::parameter("number", error.to_string()))?,
            email: self.email.as_ref().map(Email::normalised),
            customer: None,
            placed_from: self.placed_from,
            placed_to: self.placed_to,
        })
    }
}

/// List orders
///
/// Newest first.
#[utoipa::path(
    tag = "admin: orders", extensions(("x-permission" = json!("order:read"))),
    params(OrderListParams, PageParams),
    responses((status = 200, description = "A page of orders.", body = ListBody<OrderBody>)),
)]
#[get("/orders")]
pub async fn admin_list_orders(
    state: Data<State>,
    request: HttpRequest,
    query: Query<OrderListParams>,
    paging: Query<PageParams>,
) -> Result<HttpResponse, Problem> {
    let filter = query.0.filter()?;
    let list = format!("admin orders {filter:?}");
    let after = paging.0.after(&state, &list)?;
    let found = state.shop.orders.orders(&filter, after, paging.0.limit()).await?;
    let items = found.items.iter().map(|order| OrderBody::of(order).with_notes(order)).collect();
    page::answer((&state, &request), &list, items, found.next)
}

/// Get any order
#[utoipa::path(
    tag = "admin: orders", extensions(("x-permission" = json!("order:read"))),
    responses(
        (status = 200, description = "The order.", body = OrderBody),
        (status = 304, description = "Known already."),
    ),
)]
#[get("/orders/{order_id}")]
pub async fn admin_get_order(
    state: Data<State>,
    request: HttpRequest,
    id: At<OrderId>,
) -> Result<HttpResponse, Problem> {
    let order = state.shop.orders.order(id.0).await?;
    answer::page((&state, &request), &order, Reader::Staff)
}

/// List what happened to any order
///
/// Oldest first.
#[utoipa::path(
    tag = "admin: orders", extensions(("x-permission" = json!("order:read"))), params(PageParams),
    responses((status = 200, description = "A page of events.", body = ListBody<OrderEventBody>)),
)]
#[get("/orders/{order_id}/events")]
pub async fn admin_list_order_events(
    state: Data<State>,
    request: HttpRequest,
    id: At<OrderId>,
    paging: Query<PageParams>,
) -> Result<HttpResponse, Problem> {
    let list = format!("admin order events {}", id.0);
    let after = paging.0.after(&state, &list)?;
    let found = state.shop.orders.events(id.0, after, paging.0.limit()).await?;
    let items = found.items.iter().map(OrderEventBody::for_staff).collect();
    page::answer((&state, &request), &list, items, found.next)
}

/// Ship an order
///
/// The units named, or all that are left.
#[utoipa::path(
    tag = "admin: orders", extensions(("x-permission" = json!("order:fulfil"))), params(KeyParam),
    request_body = Option<ShipmentInput>,
    responses((status = 201, description = "The order.", body = OrderBody)),
)]
#[post("/orders/{order_id}/shipments")]
pub async fn ship_order(
    state: Data<State>,
    request: HttpRequest,
    staff: Staff,
    ids: At<OrderId>,
    key: Key,
    body: OptionalJson<ShipmentInput>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(&request, &Principal::Staff(staff.0), &body.raw);
    let ShipmentInput { lines, carrier, tracking } = body.value;
    let lines = lines.map(|lines| units(lines, "/lines")).transpose()?;
    let sent_by = (carrier.map(|text| text.0), tracking.map(|text| text.0));
    let answered = state.shop.orders.ship(ids.0, lines, sent_by, claim).await?;
    answer::added((&state, &request), answered)
}

/// Say that a shipment arrived
#[utoipa::path(
    tag = "admin: orders", extensions(("x-permission" = json!("order:fulfil"))), params(KeyParam),
    request_body = Option<EmptyInput>,
    responses((status = 200, description = "The order.", body = OrderBody)),
)]
#[post("/orders/{order_id}/shipments/{shipment_id}/deliver")]
pub async fn deliver_shipment(
    state: Data<State>,
    request: HttpRequest,
    staff: Staff,
    ids: At<(OrderId, ShipmentId)>,
    key: Key,
    body: OptionalJson<EmptyInput>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(&request, &Principal::Staff(staff.0), &body.raw);
    let (order, shipment) = ids.0;
    let answered = state.shop.orders.deliver(order, shipment, claim).await?;
    answer::changed((&state, &request), answered, Reader::Staff)
}

/// Cancel any order
///
/// The whole of it, before anything of it was sent. Its money goes back.
#[utoipa::path(
    tag = "admin: orders", extensions(("x-permission" = json!("order:write"))), params(KeyParam),
    responses((status = 200, description = "The order.", body = OrderBody)),
)]
#[post("/orders/{order_id}/cancel")]
pub async fn admin_cancel_order(
    state: Data<State>,
    request: HttpRequest,
    staff: Staff,
    ids: At<OrderId>,
    key: Key,
    body: Json<CancelInput>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(&request, &Principal::Staff(staff.0), &body.raw);
    let answered = state.shop.orders.cancel(ids.0, body.value.reason.0, claim).await?;
    answer::changed((&state, &request), answered, Reader::Staff)
}

/// Take a return in
///
/// Its units go back on sale unless told not to, and the share that was paid for them goes back to
/// the buyer.
#[utoipa::path(
    tag = "admin: orders", extensions(("x-permission" = json!("order:fulfil"))), params(KeyParam),
    request_body = Option<ReceiveReturnInput>,
    responses((status = 200, description = "The order.", body = OrderBody)),
)]
#[post("/orders/{order_id}/returns/{return_id}/receive")]
pub async fn receive_return(
    state: Data<State>,
    request: HttpRequest,
    staff: Staff,
    ids: At<(OrderId, ReturnId)>,
    key: Key,
    body: OptionalJson<ReceiveReturnInput>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(&request, &Principal::Staff(staff.0), &body.raw);
    let (order, asked) = ids.0;
    let restock = body.value.restock.unwrap_or(true);
    let answered = state.shop.orders.receive_return(order, asked, restock, claim).await?;
    answer::changed((&state, &request), answered, Reader::Staff)
}

/// Pay money back
#[utoipa::path(
    tag = "admin: orders", extensions(("x-permission" = json!("payment:write"))), params(KeyParam),
    responses((status = 201, description = "The order.", body = OrderBody)),
)]
#[post("/orders/{order_id}/refunds")]
pub async fn refund_order(
    state: Data<State>,
    request: HttpRequest,
    staff: Staff,
    ids: At<OrderId>,
    key: Key,
    body: Json<RefundInput>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(&request, &Principal::Staff(staff.0), &body.raw);
    let RefundInput { amount, reason } = body.value;
    let reason = reason.map(|reason| reason.0);
    let answered = state.shop.orders.refund(ids.0, amount.money(), reason, claim).await?;
    answer::added((&state, &request), answered)
}

/// Deal with a refund that the provider refuses
///
/// The order needs `attention` until each such refund is paid after all or dropped. `retry` agrees
/// to a refund of its own in place of the one that failed.
#[utoipa::path(
    tag = "admin: orders", extensions(("x-permission" = json!("payment:write"))), params(KeyParam),
    responses((status = 200, description = "The order.", body = OrderBody)),
)]
#[post("/orders/{order_id}/refunds/{refund_id}/resolve")]
pub async fn resolve_refund(
    state: Data<State>,
    request: HttpRequest,
    staff: Staff,
    ids: At<(OrderId, RefundId)>,
    key: Key,
    body: Json<ResolveRefundInput>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(&request, &Principal::Staff(staff.0), &body.raw);
    let (order, refund) = ids.0;
    let how = body.value.resolution.into();
    let answered = state.shop.orders.resolve_refund(order, refund, how, claim).await?;
    answer::changed((&state, &request), answered, Reader::Staff)
}

/// Say that an invoice was paid
#[utoipa::path(
    tag = "admin: orders", extensions(("x-permission" = json!("payment:write"))), params(KeyParam),
    request_body = Option<EmptyInput>,
    responses((status = 200, description = "The order.", body = OrderBody)),
)]
#[post("/orders/{order_id}/payments/{payment_id}/capture")]
pub async fn capture_payment(
    state: Data<State>,
    request: HttpRequest,
    staff: Staff,
    ids: At<(OrderId, PaymentId)>,
    key: Key,
    body: OptionalJson<EmptyInput>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(&request, &Principal::Staff(staff.0), &body.raw);
    let (order, payment) = ids.0;
    let answered = state.shop.orders.capture_invoice(order, payment, claim).await?;
    answer::changed((&state, &request), answered, Reader::Staff)
}

/// Say that an invoice will never be paid
#[utoipa::path(
    tag = "admin: orders", extensions(("x-permission" = json!("payment:write"))), params(KeyParam),
    request_body = Option<EmptyInput>,
    responses((status = 200, description = "The order.", body = OrderBody)),
)]
#[post("/orders/{order_id}/payments/{payment_id}/void")]
pub async fn void_payment(
    state: Data<State>,
    request: HttpRequest,
    staff: Staff,
    ids: At<(OrderId, PaymentId)>,
    key: Key,
    body: OptionalJson<EmptyInput>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(&request, &Principal::Staff(staff.0), &body.raw);
    let (order, payment) = ids.0;
    let answered = state.shop.orders.void_invoice(order, payment, claim).await?;
    answer::changed((&state, &request), answered, Reader::Staff)
}

/// Write something down about an order
#[utoipa::path(
    tag = "admin: orders", extensions(("x-permission" = json!("order:write"))), params(OptionalKeyParam),
    responses((status = 201, description = "The order.", body = OrderBody)),
)]
#[post("/orders/{order_id}/notes")]
pub async fn note_order(
    state: Data<State>,
    request: HttpRequest,
    staff: Staff,
    ids: At<OrderId>,
    key: OptionalKey,
    body: Json<NoteInput>,
) -> Result<HttpResponse, Problem> {
    let key = key.or_made_up(state.shop.ports.ids.next());
    let claim = key.claim(&request, &Principal::Staff(staff.0), &body.raw);
    let author = staff.0.to_string();
    let answered = state.shop.orders.note(ids.0, body.value.text.0, author, claim).await?;
    answer::added((&state, &request), answered)
}
