use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::adapters::http::conditions::IfMatchParam;
use crate::adapters::http::etag::{ETag, IfMatch};
use crate::adapters::http::input::{CategoryIdIn, In, Int, Line, ShortText, SlugIn};
use crate::adapters::http::json::{Json, Patch};
use crate::adapters::http::merge::{Patchable, merge};
use crate::adapters::http::path::At;
use crate::adapters::http::problem::Problem;
use crate::adapters::http::{State, respond};
use crate::app::catalog::CategoryDraft;
use crate::domain::catalog::Category;
use crate::domain::shared::CategoryId;
use crate::ports::catalog::CategoryNode;

type Position = Int<{ i32::MIN as i64 }, { i32::MAX as i64 }>;

/// A category as staff write it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CategoryInput)]
pub struct CategoryInput {
    #[schema(example = "Table lamps")]
    name: ShortText,
    /// Made of the name where absent.
    slug: Option<SlugIn>,
    /// What it lies below; absent or null for the top.
    parent_id: Option<CategoryIdIn>,
    /// Its place among its siblings, lowest first; 0 where absent.
    position: Option<Position>,
}

impl Patchable for CategoryInput {}

impl From<CategoryInput> for CategoryDraft {
    fn from(input: CategoryInput) -> Self {
        Self {
            name: input.name.0,
            slug: input.slug.map(|slug| slug.0.as_str().to_owned()),
            parent: input.parent_id.map(|id| id.0),
            position: input.position.and_then(|position| i32::try_from(position.0).ok()),
        }
    }
}

impl From<&Category> for CategoryInput {
    fn from(category: &Category) -> Self {
        Self {
            name: Line(category.name.as_str().to_owned()),
            slug: Some(In(category.slug.clone())),
            parent_id: category.parent.map(In),
            position: Some(Int(category.position.into())),
        }
    }
}

/// A category as staff see it.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminCategory)]
pub struct AdminCategoryBody<'a> {
    id: Uuid,
    /// How often it was saved.
    version: u64,
    name: &'a str,
    slug: &'a str,
    parent_id: Option<Uuid>,
    position: i32,
}

impl<'a> From<&'a Category> for AdminCategoryBody<'a> {
    fn from(category: &'a Category) -> Self {
        Self {
            id: category.id.uuid(),
            version: category.version.number(),
            name: category.name.as_str(),
            slug: category.slug.as_str(),
            parent_id: category.parent.map(CategoryId::uuid),
            position: category.position,
        }
    }
}

/// All categories, each before what lies below it.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminCategories)]
pub struct AdminCategoriesBody<'a> {
    items: Vec<AdminCategoryBody<'a>>,
}

/// List categories with their ids
///
/// All of them, each before what lies below it.
#[utoipa::path(
    tag = "admin: catalog", extensions(("x-permission" = json!("catalog:read"))),
    responses((status = 200, description = "All categories.", body = AdminCategoriesBody)),
)]
#[get("/categories")]
pub async fn admin_list_categories(state: Data<State>) -> Result<HttpResponse, Problem> {
    let tree = state.shop.catalog.category_tree().await?;
    let mut items = Vec::new();
    flatten(&tree, &mut items);
    respond::ok(&AdminCategoriesBody { items })
}

fn flatten<'a>(nodes: &'a [CategoryNode], items: &mut Vec<AdminCategoryBody<'a>>) {
    for node in nodes {
        items.push((&*node.category).into());
        flatten(&node.children, items);
    }
}

/// Create a category
#[utoipa::path(
    tag = "admin: catalog", extensions(("x-permission" = json!("catalog:write"))),
    responses((status = 201, description = "The category.", body = AdminCategoryBody)),
)]
#[post("/categories")]
pub async fn admin_create_category(
    state: Data<State>,
    request: HttpRequest,
    body: Json<CategoryInput>,
) -> Result<HttpResponse, Problem> {
    let category = state.shop.catalog.create_category(body.value.into()).await?;
    let response = answer(&request, StatusCode::CREATED, &category)?;
    Ok(respond::located(response, &format!("/api/v1/admin/categories/{}", category.id)))
}

/// Get a category
#[utoipa::path(
    tag = "admin: catalog", extensions(("x-permission" = json!("catalog:read"))),
    responses(
        (status = 200, description = "The category.", body = AdminCategoryBody),
        (status = 304, description = "Known already."),
    ),
)]
#[get("/categories/{id}")]
pub async fn admin_get_category(
    state: Data<State>,
    request: HttpRequest,
    id: At<CategoryId>,
) -> Result<HttpResponse, Problem> {
    answer(&request, StatusCode::OK, &*state.shop.catalog.category(id.0).await?)
}

/// Change a category
///
/// A JSON merge patch (RFC 7396). What lies below it moves with it.
#[utoipa::path(
    tag = "admin: catalog", extensions(("x-permission" = json!("catalog:write"))),
    params(IfMatchParam),
    request_body(content = CategoryInput, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The category.", body = AdminCategoryBody)),
)]
#[patch("/categories/{id}")]
pub async fn admin_patch_category(
    state: Data<State>,
    request: HttpRequest,
    id: At<CategoryId>,
    patch: Patch,
) -> Result<HttpResponse, Problem> {
    let catalog = &state.shop.catalog;
    let known = catalog.category(id.0).await?;
    let whole = merge(&CategoryInput::from(&*known), &patch.raw)?;
    let expected = IfMatch::of(&request)?.required(known.version)?;
    let category = catalog.revise_category(id.0, expected, whole.into()).await?;
    answer(&request, StatusCode::OK, &category)
}

/// Delete a category
///
/// One that holds neither products nor categories.
#[utoipa::path(
    tag = "admin: catalog", extensions(("x-permission" = json!("catalog:write"))),
    params(IfMatchParam),
    responses((status = 204, description = "It is gone.")),
)]
#[delete("/categories/{id}")]
pub async fn admin_delete_category(
    state: Data<State>,
    request: HttpRequest,
    id: At<CategoryId>,
) -> Result<HttpResponse, Problem> {
    let catalog = &state.shop.catalog;
    let known = catalog.category(id.0).await?;
    let expected = IfMatch::of(&request)?.required(known.version)?;
    catalog.delete_category(id.0, expected).await?;
    Ok(respond::no_content())
}

fn answer(
    request: &HttpRequest,
    status: StatusCode,
    category: &Category,
) -> Result<HttpResponse, Problem> {
    let body = respond::bytes_of(&AdminCategoryBody::from(category))?;
    Ok(respond::tagged(request, status, body, &ETag::of_version(category.version)))
}
