use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};

use super::promotion::{AdminPromotionBody, PromotionInput, PromotionSchema, scope_slugs};
use crate::adapters::http::conditions::IfMatchParam;
use crate::adapters::http::etag::{ETag, IfMatch};
use crate::adapters::http::json::{Json, Patch};
use crate::adapters::http::merge::merge;
use crate::adapters::http::page::{self, ListBody, PageParams};
use crate::adapters::http::path::At;
use crate::adapters::http::problem::Problem;
use crate::adapters::http::query::Query;
use crate::adapters::http::{State, respond};
use crate::domain::pricing::Promotion;
use crate::domain::shared::PromotionId;

/// List promotions
///
/// By id.
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("catalog:read"))),
    params(PageParams),
    responses((status = 200, description = "A page of promotions.", body = ListBody<AdminPromotionBody>)),
)]
#[get("/promotions")]
pub async fn admin_list_promotions(
    state: Data<State>,
    request: HttpRequest,
    paging: Query<PageParams>,
) -> Result<HttpResponse, Problem> {
    let after = paging.0.after(&state, "promotions")?.map(PromotionId::new);
    let found = state.shop.pricing.promotions(after, paging.0.limit()).await?;
    let items = found.items.iter().map(|item| AdminPromotionBody::from(&**item)).collect();
    page::answer((&state, &request), "promotions", items, found.next.map(PromotionId::uuid))
}

/// Create a promotion
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("pricing:write"))),
    request_body = PromotionSchema,
    responses((status = 201, description = "The promotion.", body = AdminPromotionBody)),
)]
#[post("/promotions")]
pub async fn admin_create_promotion(
    state: Data<State>,
    request: HttpRequest,
    body: Json<PromotionInput>,
) -> Result<HttpResponse, Problem> {
    let made = state.shop.pricing.create_promotion(body.value.into()).await?;
    let response = answer(&request, StatusCode::CREATED, &made)?;
    Ok(respond::located(response, &format!("/api/v1/admin/promotions/{}", made.id())))
}

/// Get a promotion
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("catalog:read"))),
    responses(
        (status = 200, description = "The promotion.", body = AdminPromotionBody),
        (status = 304, description = "Known already."),
    ),
)]
#[get("/promotions/{id}")]
pub async fn admin_get_promotion(
    state: Data<State>,
    request: HttpRequest,
    id: At<PromotionId>,
) -> Result<HttpResponse, Problem> {
    answer(&request, StatusCode::OK, &*state.shop.pricing.promotion(id.0).await?)
}

/// Change a promotion
///
/// A JSON merge patch (RFC 7396). Placed orders keep what they froze.
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("pricing:write"))),
    params(IfMatchParam),
    request_body(content = PromotionInput, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The promotion.", body = AdminPromotionBody)),
)]
#[patch("/promotions/{id}")]
pub async fn admin_patch_promotion(
    state: Data<State>,
    request: HttpRequest,
    id: At<PromotionId>,
    patch: Patch,
) -> Result<HttpResponse, Problem> {
    let pricing = &state.shop.pricing;
    let known = pricing.promotion(id.0).await?;
    let whole = merge(&PromotionInput::of(&known, scope_slugs(&state, &known).await?), &patch.raw)?;
    let expected = IfMatch::of(&request)?.required(known.version())?;
    let revised = pricing.revise_promotion(id.0, expected, whole.into()).await?;
    answer(&request, StatusCode::OK, &revised)
}

/// Delete a promotion
///
/// Placed orders keep what they froze of it.
#[utoipa::path(
    tag = "admin: pricing", extensions(("x-permission" = json!("pricing:write"))),
    params(IfMatchParam),
    responses((status = 204, description = "It is gone.")),
)]
#[delete("/promotions/{id}")]
pub async fn admin_delete_promotion(
    state: Data<State>,
    request: HttpRequest,
    id: At<PromotionId>,
) -> Result<HttpResponse, Problem> {
    let pricing = &state.shop.pricing;
    let known = pricing.promotion(id.0).await?;
    let expected = IfMatch::of(&request)?.required(known.version())?;
    pricing.delete_promotion(id.0, expected).await?;
    Ok(respond::no_content())
}

fn answer(
    request: &HttpRequest,
    status: StatusCode,
    shown: &Promotion,
) -> Result<HttpResponse, Problem> {
    let body = respond::bytes_of(&AdminPromotionBody::from(shown))?;
    Ok(respond::tagged(request, status, body, &ETag::of_version(shown.version())))
}
