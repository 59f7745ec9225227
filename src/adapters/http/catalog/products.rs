use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, get, patch, post};
use utoipa::IntoParams;

use super::StatusBody;
use super::admin_view::AdminProductBody;
use super::write::{ProductInput, VariantInput};
use crate::adapters::http::conditions::IfMatchParam;
use crate::adapters::http::etag::{ETag, IfMatch};
use crate::adapters::http::json::{Json, Patch};
use crate::adapters::http::merge::merge;
use crate::adapters::http::page::{self, ListBody, PageParams};
use crate::adapters::http::path::At;
use crate::adapters::http::problem::Problem;
use crate::adapters::http::query::{FromQuery, Params, Query};
use crate::adapters::http::{State, respond};
use crate::app::catalog::{ProductDraft, VariantDraft};
use crate::domain::catalog::{Product, ProductStatus};
use crate::domain::shared::ProductId;

/// Which products.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AdminProductParams {
    /// Only those of this status.
    #[param(inline, value_type = Option<StatusBody>)]
    status: Option<ProductStatus>,
}

impl FromQuery for AdminProductParams {
    fn read(params: &mut Params) -> Self {
        let statuses = [
            ("draft", ProductStatus::Draft),
            ("active", ProductStatus::Active),
            ("archived", ProductStatus::Archived),
        ];
        Self { status: params.choice("status", &statuses) }
    }
}

/// List all products
///
/// Drafts and archived ones included, by id.
#[utoipa::path(
    tag = "admin: catalog", extensions(("x-permission" = json!("catalog:read"))),
    params(AdminProductParams, PageParams),
    responses((status = 200, description = "A page.", body = ListBody<AdminProductBody>)),
)]
#[get("/products")]
pub async fn admin_list_products(
    state: Data<State>,
    request: HttpRequest,
    query: Query<AdminProductParams>,
    paging: Query<PageParams>,
) -> Result<HttpResponse, Problem> {
    let status = query.0.status;
    let list = format!("admin products {status:?}");
    let after = paging.0.after(&state, &list)?.map(ProductId::new);
    let found = state.shop.catalog.scan(status, after, paging.0.limit()).await?;
    let items = found.items.iter().map(|view| AdminProductBody::from(&*view.product)).collect();
    page::answer((&state, &request), &list, items, found.next.map(ProductId::uuid))
}

/// Create a product
///
/// Categories on `category_path` that are missing are made with it.
#[utoipa::path(
    tag = "admin: catalog", extensions(("x-permission" = json!("catalog:write"))),
    responses((status = 201, description = "The product.", body = AdminProductBody)),
)]
#[post("/products")]
pub async fn admin_create_product(
    state: Data<State>,
    request: HttpRequest,
    body: Json<ProductInput>,
) -> Result<HttpResponse, Problem> {
    let view = state.shop.catalog.create(body.value.into()).await?;
    let response = answer(&request, StatusCode::CREATED, &view.product)?;
    let path = format!("/api/v1/admin/products/{}", view.product.id());
    Ok(respond::located(response, &path))
}

/// Get any product
#[utoipa::path(
    tag = "admin: catalog", extensions(("x-permission" = json!("catalog:read"))),
    responses(
        (status = 200, description = "The product.", body = AdminProductBody),
        (status = 304, description = "Known already."),
    ),
)]
#[get("/products/{id}")]
pub async fn admin_get_product(
    state: Data<State>,
    request: HttpRequest,
    id: At<ProductId>,
) -> Result<HttpResponse, Problem> {
    let view = state.shop.catalog.product(id.0).await?;
    answer(&request, StatusCode::OK, &view.product)
}

/// Change a product
///
/// A JSON merge patch (RFC 7396) over what was written of the product.
#[utoipa::path(
    tag = "admin: catalog", extensions(("x-permission" = json!("catalog:write"))),
    params(IfMatchParam), request_body(content = ProductInput, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The product.", body = AdminProductBody)),
)]
#[patch("/products/{id}")]
pub async fn admin_patch_product(
    state: Data<State>,
    request: HttpRequest,
    id: At<ProductId>,
    patch: Patch,
) -> Result<HttpResponse, Problem> {
    let catalog = &state.shop.catalog;
    let known = catalog.product(id.0).await?;
    let whole = merge(&ProductInput::from(&*known.product), &patch.raw)?;
    let expected = IfMatch::of(&request)?.required(known.product.version())?;
    let view = catalog.revise(id.0, expected, whole.into()).await?;
    answer(&request, StatusCode::OK, &view.product)
}

/// Add a variant to a product
///
/// It gets an id of its own; `id` is not read.
#[utoipa::path(
    tag = "admin: catalog", extensions(("x-permission" = json!("catalog:write"))),
    params(IfMatchParam),
    responses((status = 201, description = "The product with it, last of its variants.", body = AdminProductBody)),
)]
#[post("/products/{id}/variants")]
pub async fn admin_add_variant(
    state: Data<State>,
    request: HttpRequest,
    id: At<ProductId>,
    body: Json<VariantInput>,
) -> Result<HttpResponse, Problem> {
    let catalog = &state.shop.catalog;
    let known = catalog.product(id.0).await?;
    let expected = IfMatch::of(&request)?.or_current(known.product.version())?;
    let mut whole = ProductDraft::from(ProductInput::from(&*known.product));
    let place = format!("/variants/{}", whole.variants.len());
    whole.variants.push(VariantDraft { id: None, ..body.value.into() });
    let added = catalog.revise(id.0, expected, whole).await;
    let view = added.map_err(|error| error.seen_from(&place))?;
    let response = answer(&request, StatusCode::CREATED, &view.product)?;
    Ok(respond::located(response, respond::whole_of(&request)))
}

/// Put a product on sale
#[utoipa::path(
    tag = "admin: catalog", extensions(("x-permission" = json!("catalog:write"))),
    params(IfMatchParam),
    responses((status = 200, description = "The product.", body = AdminProductBody)),
)]
#[post("/products/{id}/publish")]
pub async fn admin_publish_product(
    state: Data<State>,
    request: HttpRequest,
    id: At<ProductId>,
) -> Result<HttpResponse, Problem> {
    let catalog = &state.shop.catalog;
    let known = catalog.product(id.0).await?;
    let expected = IfMatch::of(&request)?.or_current(known.product.version())?;
    let view = catalog.publish(id.0, expected).await?;
    answer(&request, StatusCode::OK, &view.product)
}

/// Take a product out of the shop
///
/// It stays for the orders that have it.
#[utoipa::path(
    tag = "admin: catalog", extensions(("x-permission" = json!("catalog:write"))),
    params(IfMatchParam),
    responses((status = 200, description = "The product.", body = AdminProductBody)),
)]
#[post("/products/{id}/archive")]
pub async fn admin_archive_product(
    state: Data<State>,
    request: HttpRequest,
    id: At<ProductId>,
) -> Result<HttpResponse, Problem> {
    let catalog = &state.shop.catalog;
    let known = catalog.product(id.0).await?;
    let expected = IfMatch::of(&request)?.or_current(known.product.version())?;
    let view = catalog.archive(id.0, expected).await?;
    answer(&request, StatusCode::OK, &view.product)
}

fn answer(
    request: &HttpRequest,
    status: StatusCode,
    product: &Product,
) -> Result<HttpResponse, Problem> {
    let body: Bytes = respond::bytes_of(&AdminProductBody::from(product))?;
    Ok(respond::tagged(request, status, body, &ETag::of_version(product.version())))
}
