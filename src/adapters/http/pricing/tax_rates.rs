use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};

use super::tax_rate::{AdminTaxRateBody, TaxRateInput};
use crate::adapters::http::conditions::IfMatchParam;
use crate::adapters::http::etag::{ETag, IfMatch};
use crate::adapters::http::json::{Json, Patch};
use crate::adapters::http::merge::merge;
use crate::adapters::http::page::{self, ListBody, PageParams};
use crate::adapters::http::path::At;
use crate::adapters::http::problem::Problem;
use crate::adapters::http::query::Query;
use crate::adapters::http::{State, respond};
use crate::domain::pricing::TaxRate;
use crate::domain::shared::TaxRateId;

/// List tax rates
///
/// By id.
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("catalog:read"))),
    params(PageParams),
    responses((status = 200, description = "A page of tax rates.", body = ListBody<AdminTaxRateBody>)),
)]
#[get("/tax-rates")]
pub async fn admin_list_tax_rates(
    state: Data<State>,
    request: HttpRequest,
    paging: Query<PageParams>,
) -> Result<HttpResponse, Problem> {
    let after = paging.0.after(&state, "tax rates")?.map(TaxRateId::new);
    let found = state.shop.pricing.tax_rates(after, paging.0.limit()).await?;
    let items = found.items.iter().map(|item| AdminTaxRateBody::from(&**item)).collect();
    page::answer((&state, &request), "tax rates", items, found.next.map(TaxRateId::uuid))
}

/// Create a tax rate
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("pricing:write"))),
    request_body = TaxRateInput,
    responses((status = 201, description = "The tax rate.", body = AdminTaxRateBody)),
)]
#[post("/tax-rates")]
pub async fn admin_create_tax_rate(
    state: Data<State>,
    request: HttpRequest,
    body: Json<TaxRateInput>,
) -> Result<HttpResponse, Problem> {
    let made = state.shop.pricing.create_tax_rate(body.value.into()).await?;
    let response = answer(&request, StatusCode::CREATED, &made)?;
    Ok(respond::located(response, &format!("/api/v1/admin/tax-rates/{}", made.id())))
}

/// Get a tax rate
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("catalog:read"))),
    responses(
        (status = 200, description = "The tax rate.", body = AdminTaxRateBody),
        (status = 304, description = "Known already."),
    ),
)]
#[get("/tax-rates/{id}")]
pub async fn admin_get_tax_rate(
    state: Data<State>,
    request: HttpRequest,
    id: At<TaxRateId>,
) -> Result<HttpResponse, Problem> {
    answer(&request, StatusCode::OK, &*state.shop.pricing.tax_rate(id.0).await?)
}

/// Change a tax rate
///
/// A JSON merge patch (RFC 7396). Placed orders keep what they froze.
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("pricing:write"))),
    params(IfMatchParam),
    request_body(content = TaxRateInput, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The tax rate.", body = AdminTaxRateBody)),
)]
#[patch("/tax-rates/{id}")]
pub async fn admin_patch_tax_rate(
    state: Data<State>,
    request: HttpRequest,
    id: At<TaxRateId>,
    patch: Patch,
) -> Result<HttpResponse, Problem> {
    let pricing = &state.shop.pricing;
    let known = pricing.tax_rate(id.0).await?;
    let whole = merge(&TaxRateInput::from(&*known), &patch.raw)?;
    let expected = IfMatch::of(&request)?.required(known.version())?;
    let revised = pricing.revise_tax_rate(id.0, expected, whole.into()).await?;
    answer(&request, StatusCode::OK, &revised)
}

/// Delete a tax rate
///
/// Placed orders keep what they froze of it.
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("pricing:write"))),
    params(IfMatchParam),
    responses((status = 204, description = "It is gone.")),
)]
#[delete("/tax-rates/{id}")]
pub async fn admin_delete_tax_rate(
    state: Data<State>,
    request: HttpRequest,
    id: At<TaxRateId>,
) -> Result<HttpResponse, Problem> {
    let pricing = &state.shop.pricing;
    let known = pricing.tax_rate(id.0).await?;
    let expected = IfMatch::of(&request)?.required(known.version())?;
    pricing.delete_tax_rate(id.0, expected).await?;
    Ok(respond::no_content())
}

fn answer(
    request: &HttpRequest,
    status: StatusCode,
    shown: &TaxRate,
) -> Result<HttpResponse, Problem> {
    let body = respond::bytes_of(&AdminTaxRateBody::from(shown))?;
    Ok(respond::tagged(request, status, body, &ETag::of_version(shown.version())))
}
