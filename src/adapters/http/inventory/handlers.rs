use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::view::{AvailabilitiesBody, AvailabilityBody, StockBody, StockEventBody};
use crate::adapters::http::conditions::KeyParam;
use crate::adapters::http::etag::ETag;
use crate::adapters::http::front::Staff;
use crate::adapters::http::idempotency::{Key, Principal};
use crate::adapters::http::input::{Int, LocationIn, Reason, Signed, SkuIn};
use crate::adapters::http::json::Json;
use crate::adapters::http::order::mark_replayed;
use crate::adapters::http::page::{self, ListBody, PageParams};
use crate::adapters::http::path::At;
use crate::adapters::http::problem::{Code, Problem};
use crate::adapters::http::query::{FromQuery, Params, Query};
use crate::adapters::http::{State, respond};
use crate::app::Answered;
use crate::app::inventory::{InventoryService, MoveStockCommand};
use crate::domain::shared::{Sku, Version};
use crate::ports::idempotency::Outcome;

const MAX_SKUS: usize = 100;
const MAX_UNITS: i64 = InventoryService::MAX_UNITS;

type Received = Int<1, MAX_UNITS>;
type Adjusted = Signed<MAX_UNITS>;
type StockVersion = Int<1, { i64::MAX }>;

/// Units that came in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReceiptInput)]
pub struct ReceiptInput {
    #[schema(example = 10)]
    quantity: Received,
    #[schema(example = "delivery")]
    reason: Option<Reason>,
    /// One of the locations that the shop is set to; the first of them where absent.
    location: Option<LocationIn>,
}

/// Units that someone counted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdjustmentInput)]
pub struct AdjustmentInput {
    /// More or fewer than before; not 0.
    #[schema(example = -1)]
    quantity: Adjusted,
    #[schema(example = "broken")]
    reason: Reason,
    /// One of the locations that the shop is set to; the first of them where absent.
    location: Option<LocationIn>,
    /// The version that the stock at the location must still have.
    expected_version: Option<StockVersion>,
}

impl ReceiptInput {
    fn command(self, sku: Sku) -> MoveStockCommand {
        MoveStockCommand {
            sku,
            quantity: self.quantity.0,
            reason: self.reason.map(|reason| reason.0),
            location: self.location.map(|location| location.0),
            expected: None,
        }
    }
}

impl AdjustmentInput {
    fn command(self, sku: Sku) -> MoveStockCommand {
        let version = self.expected_version.and_then(|version| u64::try_from(version.0).ok());
        MoveStockCommand {
            sku,
            quantity: self.quantity.0,
            reason: Some(self.reason.0),
            location: self.location.map(|location| location.0),
            expected: version.map(Version::new),
        }
    }
}

/// Which SKUs.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AvailabilityParams {
    /// A SKU; may be sent up to 100 times.
    #[param(inline, value_type = Vec<SkuIn>, explode, min_items = 1, max_items = 100)]
    sku: Vec<Sku>,
}

impl FromQuery for AvailabilityParams {
    fn read(params: &mut Params) -> Self {
        let sku: Vec<Sku> = params.values("sku", MAX_SKUS);
        params.require_any("sku");
        Self { sku }
    }
}

/// Tell what can be bought of SKUs
///
/// To the unit. SKUs that the shop does not show are left out.
#[utoipa::path(
    tag = "catalog", security(()), params(AvailabilityParams),
    responses((status = 200, description = "What can be bought.", body = AvailabilitiesBody)),
)]
#[get("/availability")]
pub async fn list_availability(
    state: Data<State>,
    query: Query<AvailabilityParams>,
) -> Result<HttpResponse, Problem> {
    let views = state.shop.inventory.availability(&query.0.sku).await?;
    respond::ok(&AvailabilitiesBody { items: views.iter().map(AvailabilityBody::from).collect() })
}

/// List stock
///
/// By SKU.
#[utoipa::path(
    tag = "admin: inventory", extensions(("x-permission" = json!("inventory:read"))),
    params(PageParams),
    responses((status = 200, description = "A page of stock.", body = ListBody<StockBody>)),
)]
#[get("/inventory")]
pub async fn list_stock(
    state: Data<State>,
    request: HttpRequest,
    paging: Query<PageParams>,
) -> Result<HttpResponse, Problem> {
    let after = paging.0.after(&state, "stock")?;
    let found = state.shop.inventory.list(after, paging.0.limit()).await?;
    let items = found.items.iter().filter_map(|items| StockBody::of(items)).collect();
    page::answer((&state, &request), "stock", items, found.next)
}

/// List stock that runs low
#[utoipa::path(
    tag = "admin: inventory", extensions(("x-permission" = json!("inventory:read"))),
    params(PageParams),
    responses((status = 200, description = "A page of stock.", body = ListBody<StockBody>)),
)]
#[get("/inventory/low-stock")]
pub async fn list_low_stock(
    state: Data<State>,
    request: HttpRequest,
    paging: Query<PageParams>,
) -> Result<HttpResponse, Problem> {
    let after = paging.0.after(&state, "low stock")?;
    let found = state.shop.inventory.low(after, paging.0.limit()).await?;
    let items = found.items.iter().filter_map(|items| StockBody::of(items)).collect();
    page::answer((&state, &request), "low stock", items, found.next)
}

/// Get the stock of a SKU
#[utoipa::path(
    tag = "admin: inventory", extensions(("x-permission" = json!("inventory:read"))),
    responses(
        (status = 200, description = "The stock.", body = StockBody),
        (status = 304, description = "Known already."),
    ),
)]
#[get("/inventory/{sku}")]
pub async fn get_stock(
    state: Data<State>,
    request: HttpRequest,
    sku: At<Sku>,
) -> Result<HttpResponse, Problem> {
    let items = state.shop.inventory.levels(&sku.0).await?;
    let body = respond::bytes_of(&StockBody::of(&items).ok_or_else(Problem::not_found)?)?;
    let tag = ETag::of_content(&body);
    Ok(respond::tagged(&request, StatusCode::OK, body, &tag))
}

/// List what happened to the stock of a SKU
///
/// Oldest first. The entries sum to the stock.
#[utoipa::path(
    tag = "admin: inventory", extensions(("x-permission" = json!("inventory:read"))),
    params(PageParams),
    responses((status = 200, description = "A page of the ledger.", body = ListBody<StockEventBody>)),
)]
#[get("/inventory/{sku}/events")]
pub async fn list_stock_events(
    state: Data<State>,
    request: HttpRequest,
    sku: At<Sku>,
    paging: Query<PageParams>,
) -> Result<HttpResponse, Problem> {
    let list = format!("stock events {}", sku.0.as_str().to_ascii_lowercase());
    let after = paging.0.after(&state, &list)?;
    let found = state.shop.inventory.events(&sku.0, after, paging.0.limit()).await?;
    let items = found.items.iter().map(StockEventBody::from).collect();
    page::answer((&state, &request), &list, items, found.next)
}

/// Receive stock
#[utoipa::path(
    tag = "admin: inventory", extensions(("x-permission" = json!("inventory:write"))),
    params(KeyParam),
    responses((status = 201, description = "The stock.", body = StockBody)),
)]
#[post("/inventory/{sku}/receipts")]
pub async fn receive_stock(
    state: Data<State>,
    request: HttpRequest,
    staff: Staff,
    sku: At<Sku>,
    key: Key,
    body: Json<ReceiptInput>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(&request, &Principal::Staff(staff.0), &body.raw);
    let command = body.value.command(sku.0);
    moved(&request, state.shop.inventory.receive(command, claim).await?)
}

/// Adjust stock
///
/// After a count, by a signed number of units.
#[utoipa::path(
    tag = "admin: inventory", extensions(("x-permission" = json!("inventory:write"))),
    params(KeyParam),
    responses(
        (status = 201, description = "The stock.", body = StockBody),
        (status = 412, description = "The stock has another version."),
    ),
)]
#[post("/inventory/{sku}/adjustments")]
pub async fn adjust_stock(
    state: Data<State>,
    request: HttpRequest,
    staff: Staff,
    sku: At<Sku>,
    key: Key,
    body: Json<AdjustmentInput>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(&request, &Principal::Staff(staff.0), &body.raw);
    let command = body.value.command(sku.0);
    moved(&request, state.shop.inventory.adjust(command, claim).await?)
}

fn moved(request: &HttpRequest, answered: Answered) -> Result<HttpResponse, Problem> {
    let stock = match &answered.outcome {
        Outcome::Stock(items) => StockBody::of(items),
        Outcome::Refused(refusal) => return Err(Problem::from(refusal).stored(answered.replayed)),
        Outcome::Order(_) => None,
    };
    let stock = stock.ok_or_else(|| {
        Problem::new(Code::Internal, "Try again under another key.")
            .caused_by("a key of stock holds another outcome")
    })?;
    let mut response = respond::json(StatusCode::CREATED, &stock)?;
    mark_replayed(&mut response, answered.replayed);
    Ok(respond::located(response, respond::whole_of(request)))
}
