use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};

use super::shipping_method::{AdminShippingMethodBody, ShippingMethodInput, ShippingMethodSchema};
use crate::adapters::http::conditions::IfMatchParam;
use crate::adapters::http::etag::{ETag, IfMatch};
use crate::adapters::http::json::{Json, Patch};
use crate::adapters::http::merge::merge;
use crate::adapters::http::page::{self, ListBody, PageParams};
use crate::adapters::http::path::At;
use crate::adapters::http::problem::Problem;
use crate::adapters::http::query::Query;
use crate::adapters::http::{State, respond};
use crate::domain::pricing::ShippingMethod;
use crate::domain::shared::ShippingMethodId;

/// List shipping methods
///
/// By id.
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("catalog:read"))),
    params(PageParams),
    responses((status = 200, description = "A page of shipping methods.", body = ListBody<AdminShippingMethodBody>)),
)]
#[get("/shipping-methods")]
pub async fn admin_list_shipping_methods(
    state: Data<State>,
    request: HttpRequest,
    paging: Query<PageParams>,
) -> Result<HttpResponse, Problem> {
    let after = paging.0.after(&state, "shipping methods")?.map(ShippingMethodId::new);
    let found = state.shop.pricing.shipping_methods(after, paging.0.limit()).await?;
    let items = found.items.iter().map(|item| AdminShippingMethodBody::from(&**item)).collect();
    page::answer(
        (&state, &request),
        "shipping methods",
        items,
        found.next.map(ShippingMethodId::uuid),
    )
}

/// Create a shipping method
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("pricing:write"))),
    request_body = ShippingMethodSchema,
    responses((status = 201, description = "The shipping method.", body = AdminShippingMethodBody)),
)]
#[post("/shipping-methods")]
pub async fn admin_create_shipping_method(
    state: Data<State>,
    request: HttpRequest,
    body: Json<ShippingMethodInput>,
) -> Result<HttpResponse, Problem> {
    let made = state.shop.pricing.create_shipping_method(body.value.into()).await?;
    let response = answer(&request, StatusCode::CREATED, &made)?;
    Ok(respond::located(response, &format!("/api/v1/admin/shipping-methods/{}", made.id())))
}

/// Get a shipping method
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("catalog:read"))),
    responses(
        (status = 200, description = "The shipping method.", body = AdminShippingMethodBody),
        (status = 304, description = "Known already."),
    ),
)]
#[get("/shipping-methods/{id}")]
pub async fn admin_get_shipping_method(
    state: Data<State>,
    request: HttpRequest,
    id: At<ShippingMethodId>,
) -> Result<HttpResponse, Problem> {
    answer(&request, StatusCode::OK, &*state.shop.pricing.shipping_method(id.0).await?)
}

/// Change a shipping method
///
/// A JSON merge patch (RFC 7396). Placed orders keep what they froze.
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("pricing:write"))),
    params(IfMatchParam),
    request_body(content = ShippingMethodInput, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The shipping method.", body = AdminShippingMethodBody)),
)]
#[patch("/shipping-methods/{id}")]
pub async fn admin_patch_shipping_method(
    state: Data<State>,
    request: HttpRequest,
    id: At<ShippingMethodId>,
    patch: Patch,
) -> Result<HttpResponse, Problem> {
    let pricing = &state.shop.pricing;
    let known = pricing.shipping_method(id.0).await?;
    let whole = merge(&ShippingMethodInput::from(&*known), &patch.raw)?;
    let expected = IfMatch::of(&request)?.required(known.version())?;
    let revised = pricing.revise_shipping_method(id.0, expected, whole.into()).await?;
    answer(&request, StatusCode::OK, &revised)
}

/// Delete a shipping method
///
/// Placed orders keep what they froze of it.
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("pricing:write"))),
    params(IfMatchParam),
    responses((status = 204, description = "It is gone.")),
)]
#[delete("/shipping-methods/{id}")]
pub async fn admin_delete_shipping_method(
    state: Data<State>,
    request: HttpRequest,
    id: At<ShippingMethodId>,
) -> Result<HttpResponse, Problem> {
    let pricing = &state.shop.pricing;
    let known = pricing.shipping_method(id.0).await?;
    let expected = IfMatch::of(&request)?.required(known.version())?;
    pricing.delete_shipping_method(id.0, expected).await?;
    Ok(respond::no_content())
}

fn answer(
    request: &HttpRequest,
    status: StatusCode,
    shown: &ShippingMethod,
) -> Result<HttpResponse, Problem> {
    let body = respond::bytes_of(&AdminShippingMethodBody::from(shown))?;
    Ok(respond::tagged(request, status, body, &ETag::of_version(shown.version())))
}
