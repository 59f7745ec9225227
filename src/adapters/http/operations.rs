//! What stands around the shop: the sandbox's ledger, and events that a consumer gave up.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::input::OrderIdIn;
use super::page::{self, ListBody, PageParams};
use super::path::At;
use super::problem::Problem;
use super::query::{FromQuery, Params, Query};
use super::values::MoneyBody;
use super::{State, respond};
use crate::adapters::record::rfc3339;
use crate::domain::shared::OrderId;
use crate::ports::events::{EventBody, ParkedEvent};
use crate::ports::payment::{LedgerKind, LedgerRow};

/// A fact in the ledger of the sandbox payment provider.
#[derive(Serialize, ToSchema)]
#[schema(as = LedgerRow)]
pub struct LedgerRowBody<'a> {
    #[schema(format = DateTime)]
    at: String,
    kind: LedgerKindBody,
    payment_id: Uuid,
    order_id: Uuid,
    idempotency_key: &'a str,
    amount: MoneyBody,
}

/// What a row of the ledger tells.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LedgerKind)]
pub enum LedgerKindBody {
    Authorised,
    Captured,
    Declined,
    Voided,
    Refunded,
}

impl<'a> From<&'a LedgerRow> for LedgerRowBody<'a> {
    fn from(row: &'a LedgerRow) -> Self {
        Self {
            at: rfc3339(row.at),
            kind: match row.kind {
                LedgerKind::Authorised => LedgerKindBody::Authorised,
                LedgerKind::Captured => LedgerKindBody::Captured,
                LedgerKind::Declined => LedgerKindBody::Declined,
                LedgerKind::Voided => LedgerKindBody::Voided,
                LedgerKind::Refunded => LedgerKindBody::Refunded,
            },
            payment_id: row.payment.uuid(),
            order_id: row.order.uuid(),
            idempotency_key: &row.idempotency_key,
            amount: MoneyBody(row.amount),
        }
    }
}

/// Which rows.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LedgerParams {
    /// Only those of this order.
    #[param(inline, value_type = Option<OrderIdIn>)]
    order_id: Option<OrderId>,
}

impl FromQuery for LedgerParams {
    fn read(params: &mut Params) -> Self {
        Self { order_id: params.value("order_id") }
    }
}

/// List the sandbox's ledger
///
/// What the sandbox payment provider did, oldest first, as it wrote it down for itself.
#[utoipa::path(
    tag = "admin: operations", extensions(("x-permission" = json!("payment:read"))),
    params(LedgerParams, PageParams),
    responses((status = 200, description = "A page of rows.", body = ListBody<LedgerRowBody>)),
)]
#[get("/sandbox/ledger")]
pub async fn list_sandbox_ledger(
    state: Data<State>,
    request: HttpRequest,
    query: Query<LedgerParams>,
    paging: Query<PageParams>,
) -> Result<HttpResponse, Problem> {
    let ledger = state.shop.ports.ledger.as_deref().ok_or_else(Problem::not_found)?;
    let order = query.0.order_id;
    let list = format!("sandbox ledger {order:?}");
    let after = paging.0.after(&state, &list)?;
    let found = ledger.rows(order, after, paging.0.limit()).await?;
    let items = found.items.iter().map(LedgerRowBody::from).collect();
    page::answer((&state, &request), &list, items, found.next)
}

/// An event that a consumer gave up.
#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub struct DeadLetterBody<'a> {
    /// Its place among all events.
    position: u64,
    /// What happened, such as `product_saved`.
    kind: &'static str,
    /// How often it was tried.
    attempts: u32,
    /// What went wrong last.
    reason: &'a str,
    #[schema(format = DateTime)]
    at: String,
}

impl<'a> From<&'a ParkedEvent> for DeadLetterBody<'a> {
    fn from(parked: &'a ParkedEvent) -> Self {
        Self {
            position: parked.event.position,
            kind: match &parked.event.body {
                EventBody::ProductSaved(..) => "product_saved",
                EventBody::PopularityMoved(_) => "popularity_moved",
                EventBody::CategoryChanged(_) => "category_changed",
                EventBody::PromotionChanged(_) => "promotion_changed",
                EventBody::Stock(_) => "stock_moved",
                EventBody::Order(_, event) => event.name(),
                EventBody::Unreadable(_) => "unreadable",
            },
            attempts: parked.attempts,
            reason: &parked.reason,
            at: rfc3339(parked.event.at),
        }
    }
}

/// List what a consumer of events gave up
///
/// By position. Later events of the same thing wait behind each.
#[utoipa::path(
    tag = "admin: operations", extensions(("x-permission" = json!("operations:write"))),
    params(PageParams),
    responses((status = 200, description = "A page of events.", body = ListBody<DeadLetterBody>)),
)]
#[get("/dead-letters/{consumer}")]
pub async fn list_dead_letters(
    state: Data<State>,
    request: HttpRequest,
    consumer: At<String>,
    paging: Query<PageParams>,
) -> Result<HttpResponse, Problem> {
    let consumer = known(&state, &consumer.0)?;
    let list = format!("dead letters {consumer}");
    let after = paging.0.after(&state, &list)?;
    let found = state.shop.relay.dead_letters(consumer, after, paging.0.limit()).await?;
    let items = found.items.iter().map(DeadLetterBody::from).collect();
    page::answer((&state, &request), &list, items, found.next)
}

/// Have an event tried again
///
/// From the start, and those that wait behind it after it.
#[utoipa::path(
    tag = "admin: operations", extensions(("x-permission" = json!("operations:write"))),
    responses((status = 204, description = "It will be tried again.")),
)]
#[post("/dead-letters/{consumer}/{position}/replay")]
pub async fn replay_dead_letter(
    state: Data<State>,
    place: At<(String, u64)>,
) -> Result<HttpResponse, Problem> {
    let (consumer, position) = place.0;
    let consumer = known(&state, &consumer)?;
    state.shop.relay.replay(consumer, position).await?;
    Ok(respond::no_content())
}

/// A consumer of the shop by its name.
fn known<'s>(state: &'s State, name: &str) -> Result<&'s str, Problem> {
    let mut names = state.shop.consumers.iter().map(|consumer| consumer.name());
    names.find(|known| *known == name).ok_or_else(Problem::not_found)
}

/// A consumer of events, and how far it is.
#[derive(Serialize, ToSchema)]
#[schema(as = Consumer)]
pub struct ConsumerBody<'a> {
    name: &'a str,
    /// The position of the last event that it is done with, or has set aside.
    position: u64,
}

/// The consumers of events.
#[derive(Serialize, ToSchema)]
#[schema(as = Consumers)]
pub struct ConsumersBody<'a> {
    items: Vec<ConsumerBody<'a>>,
    /// The position of the last event.
    head: u64,
}

/// List the consumers of events
///
/// With how far each is.
#[utoipa::path(
    tag = "admin: operations", extensions(("x-permission" = json!("operations:write"))),
    responses((status = 200, description = "The consumers.", body = ConsumersBody)),
)]
#[get("/dead-letters")]
pub async fn list_consumers(state: Data<State>) -> Result<HttpResponse, Problem> {
    let events = &state.shop.ports.events;
    let consumers = events.consumers().await?;
    let items = consumers
        .iter()
        .map(|consumer| ConsumerBody { name: &consumer.name, position: consumer.position })
        .collect();
    respond::ok(&ConsumersBody { items, head: events.head().await? })
}

/// What staff do.
pub fn admin_routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_sandbox_ledger)
        .service(list_consumers)
        .service(list_dead_letters)
        .service(replay_dead_letter);
}
