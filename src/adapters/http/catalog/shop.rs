use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{ProductBody, SummaryBody};
use crate::adapters::http::etag::ETag;
use crate::adapters::http::input::SlugIn;
use crate::adapters::http::page::{self, ListBody, PageParams};
use crate::adapters::http::path::At;
use crate::adapters::http::problem::Problem;
use crate::adapters::http::query::{FromQuery, Params, Query};
use crate::adapters::http::{State, respond};
use crate::app::catalog::ShopProduct;
use crate::domain::shared::Slug;
use crate::ports::catalog::{CategoryNode, ListSort};

/// The order of a list of products.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the document names the orders by it; the query is read by `SORTS`")]
pub enum ProductSort {
    /// Latest first.
    #[schema(rename = "newest")]
    Newest,
    /// Cheapest first.
    #[schema(rename = "price")]
    Price,
    /// Dearest first.
    #[schema(rename = "-price")]
    PriceDescending,
    /// Most sold first.
    #[schema(rename = "popularity")]
    Popularity,
    /// By name.
    #[schema(rename = "name")]
    Name,
}

const SORTS: &[(&str, ListSort)] = &[
    ("newest", ListSort::Newest),
    ("price", ListSort::PriceAscending),
    ("-price", ListSort::PriceDescending),
    ("popularity", ListSort::Popularity),
    ("name", ListSort::Name),
];

/// Which products, and in which order.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProductListParams {
    /// A category's slug: what it holds, and what lies below it.
    #[param(inline, value_type = Option<SlugIn>)]
    category: Option<Slug>,
    /// The order; `newest` where absent.
    #[param(inline, value_type = Option<ProductSort>)]
    sort: Option<ListSort>,
}

impl FromQuery for ProductListParams {
    fn read(params: &mut Params) -> Self {
        Self { category: params.value("category"), sort: params.choice("sort", SORTS) }
    }
}

/// List products
///
/// What the shop sells, a page at a time. A category that is unknown holds nothing.
#[utoipa::path(
    tag = "catalog", security(()), params(ProductListParams, PageParams),
    responses(
        (status = 200, description = "A page of products.", body = ListBody<SummaryBody>),
        (status = 304, description = "Known already."),
    ),
)]
#[get("/products")]
pub async fn list_products(
    state: Data<State>,
    request: HttpRequest,
    query: Query<ProductListParams>,
    paging: Query<PageParams>,
) -> Result<HttpResponse, Problem> {
    let Query(ProductListParams { category, sort }) = query;
    let category = category.as_ref().map(Slug::as_str);
    let sort = sort.unwrap_or_default();
    let list = format!("products {sort:?} {}", category.unwrap_or("*"));
    let after = paging.0.after(&state, &list)?;
    let found = state.shop.catalog.list(category, sort, after, paging.0.limit()).await?;
    let context = state.context();
    let products = found.items.iter().map(|view| state.rendered.product(view, &context));
    let products = products.collect::<Result<Vec<_>, _>>()?;
    let next = page::next_cursor(&state, &list, found.next);
    let body = page::join(products.iter().map(|product| &product.summary), next.as_deref());
    let tag = ETag::of_parts(products.iter().map(|product| &product.digest[..]), next.as_deref());
    let mut response = respond::cached(&request, body, &tag, &state.page_caching);
    page::link(&mut response, &request, next.as_deref());
    Ok(response)
}

/// Get a product
///
/// By its id or its slug. A slug that it had before leads to the one that it has now.
#[utoipa::path(
    tag = "catalog", security(()),
    responses(
        (status = 200, description = "The product.", body = ProductBody),
        (status = 304, description = "Known already."),
        (status = 308, description = "The product has another slug now."),
    ),
)]
#[get("/products/{product}")]
pub async fn get_product(
    state: Data<State>,
    request: HttpRequest,
    product: At<String>,
) -> Result<HttpResponse, Problem> {
    let view = match state.shop.catalog.shop_product(&product.0).await? {
        ShopProduct::Here(view) => view,
        ShopProduct::Moved(view) => {
            let moved = HttpResponse::new(StatusCode::PERMANENT_REDIRECT);
            let slug = view.product.content().slug.as_str();
            return Ok(respond::located(moved, &format!("/api/v1/products/{slug}")));
        }
    };
    let context = state.context();
    let page = state.rendered.product(&view, &context)?.page(&view, &context)?;
    Ok(respond::cached(&request, page.body, &page.tag, &state.page_caching))
}

/// A category with what lies below it.
#[derive(Serialize, ToSchema)]
#[schema(as = CategoryNode)]
pub struct CategoryNodeBody<'a> {
    /// What filters take.
    slug: &'a str,
    name: &'a str,
    /// Products in it and below it, each counted once.
    product_count: u64,
    /// The categories directly below it.
    #[schema(no_recursion)]
    children: Vec<CategoryNodeBody<'a>>,
}

impl<'a> From<&'a CategoryNode> for CategoryNodeBody<'a> {
    fn from(node: &'a CategoryNode) -> Self {
        Self {
            slug: node.category.slug.as_str(),
            name: node.category.name.as_str(),
            product_count: node.product_count,
            children: node.children.iter().map(Self::from).collect(),
        }
    }
}

/// The tree of categories.
#[derive(Serialize, ToSchema)]
#[schema(as = CategoryTree)]
pub struct CategoryTreeBody<'a> {
    /// The top of the tree.
    items: Vec<CategoryNodeBody<'a>>,
}

/// List categories
///
/// The whole tree.
#[utoipa::path(
    tag = "catalog", security(()),
    responses(
        (status = 200, description = "The tree of categories.", body = CategoryTreeBody),
        (status = 304, description = "Known already."),
    ),
)]
#[get("/categories")]
pub async fn list_categories(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let tree = state.shop.catalog.shop_tree().await?;
    let items = tree.iter().map(CategoryNodeBody::from).collect();
    let body = respond::bytes_of(&CategoryTreeBody { items })?;
    let tag = ETag::of_content(&body);
    Ok(respond::cached(&request, body, &tag, &state.page_caching))
}
