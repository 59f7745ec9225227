use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpResponse, get, post};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::view::{FacetsBody, SearchBody, SuggestionsBody, TailBody};
use crate::adapters::http::input::SlugIn;
use crate::adapters::http::problem::{Code, Problem};
use crate::adapters::http::query::{FromQuery, Params, Query};
use crate::adapters::http::{State, respond};
use crate::app::AppError;
use crate::app::search::SearchAnswer;
use crate::domain::shared::Slug;
use crate::ports::PortErrorKind;
use crate::ports::catalog::{ProductView, ReadContext};
use crate::ports::search::{SearchQuery, SearchSort};

const MAX_OFFSET: i64 = 10_000;
const MAX_PRICE: i64 = 1_000_000_000_000;
const MAX_TEXT: usize = 200;
const MAX_VALUES: usize = 50;
const MAX_ATTRIBUTES: usize = 20;

/// The order of what is found.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the document names the orders by it; the query is read by `SORTS`")]
pub enum SearchOrder {
    /// Best match first; without text, most popular first.
    #[schema(rename = "relevance")]
    Relevance,
    /// Cheapest first.
    #[schema(rename = "price")]
    Price,
    /// Dearest first.
    #[schema(rename = "-price")]
    PriceDescending,
    /// Most sold first.
    #[schema(rename = "popularity")]
    Popularity,
    /// Latest release first.
    #[schema(rename = "newest")]
    Newest,
}

const SORTS: &[(&str, SearchSort)] = &[
    ("relevance", SearchSort::Relevance),
    ("price", SearchSort::PriceAscending),
    ("-price", SearchSort::PriceDescending),
    ("popularity", SearchSort::Popularity),
    ("newest", SearchSort::Newest),
];

/// What is sought.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// What was typed; without it everything matches.
    #[param(max_length = 200)]
    q: Option<String>,
    /// A category's slug: its whole subtree.
    #[param(inline, value_type = Option<SlugIn>)]
    category: Option<Slug>,
    /// Any of these brands, as written.
    #[param(explode, max_items = 50, required = false)]
    brand: Vec<String>,
    /// The lowest price in minor units, inclusive.
    #[param(minimum = 0, maximum = 1_000_000_000_000_i64)]
    price_min: Option<i64>,
    /// The highest price in minor units, inclusive.
    #[param(minimum = 0, maximum = 1_000_000_000_000_i64)]
    price_max: Option<i64>,
    /// Only what can be bought now.
    in_stock: Option<bool>,
    /// The order; `relevance` where absent.
    #[param(inline, value_type = Option<SearchOrder>)]
    sort: Option<SearchSort>,
    /// How many hits to pass over.
    #[param(minimum = 0, maximum = 10_000, default = 0)]
    offset: Option<i64>,
    /// How many hits to give.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    #[param(ignore)]
    attributes: BTreeMap<String, Vec<String>>,
}

impl FromQuery for SearchParams {
    fn read(params: &mut Params) -> Self {
        Self {
            q: params.text_of("q", MAX_TEXT),
            category: params.value("category"),
            brand: params.texts("brand", MAX_VALUES),
            price_min: params.number("price_min", 0, MAX_PRICE),
            price_max: params.number("price_max", 0, MAX_PRICE),
            in_stock: params.flag("in_stock"),
            sort: params.choice("sort", SORTS),
            offset: params.number("offset", 0, MAX_OFFSET),
            limit: params.number("limit", 1, 100),
            attributes: params.prefixed("attr.", MAX_ATTRIBUTES, MAX_VALUES),
        }
    }
}

impl From<SearchParams> for SearchQuery {
    fn from(params: SearchParams) -> Self {
        let number = |given: Option<i64>, default: u32| {
            given.and_then(|number| u32::try_from(number).ok()).unwrap_or(default)
        };
        Self {
            text: params.q.unwrap_or_default(),
            category: params.category.map(|slug| slug.as_str().to_owned()),
            brands: params.brand,
            price_min: params.price_min,
            price_max: params.price_max,
            in_stock: params.in_stock.unwrap_or(false),
            attributes: params.attributes,
            sort: params.sort.unwrap_or_default(),
            offset: number(params.offset, 0),
            limit: number(params.limit, 20),
        }
    }
}

/// Search products
///
/// Forgives typing errors. An attribute is filtered by `attr.` and its name, as in
/// `attr.color=red`; sent several times, any of the values will do.
#[utoipa::path(
    tag = "catalog", security(()), params(SearchParams),
    responses((status = 200, description = "What was found.", body = SearchBody)),
)]
#[get("/search")]
pub async fn search_products(
    state: Data<State>,
    query: Query<SearchParams>,
) -> Result<HttpResponse, Problem> {
    let began = Instant::now();
    let answer = state.shop.search.search(query.0.into()).await?;
    let context = state.context();
    let body = found(&state, &answer, &context, began)?;
    Ok(respond::public(body, &state.page_caching))
}

fn found(
    state: &State,
    answer: &SearchAnswer,
    context: &ReadContext,
    began: Instant,
) -> Result<Bytes, Problem> {
    let mut body = Vec::with_capacity(16 * 1024);
    body.extend_from_slice(b"{\"items\":[");
    for (index, (view, score)) in answer.items.iter().enumerate() {
        let product = state.rendered.product(view, context)?;
        let open = product.summary.strip_suffix(b"}").unwrap_or(&product.summary);
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(open);
        body.extend_from_slice(b",\"score\":");
        body.extend_from_slice(&respond::bytes_of(score)?);
        body.push(b'}');
    }
    body.extend_from_slice(b"],");
    let tail = TailBody {
        total: answer.total,
        facets: FacetsBody::from(&answer.facets),
        took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        degraded: answer.degraded,
        did_you_mean: answer.did_you_mean.as_deref(),
    };
    let tail = respond::bytes_of(&tail)?;
    body.extend_from_slice(tail.strip_prefix(b"{").unwrap_or(&tail));
    Ok(body.into())
}

/// What was typed so far.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SuggestParams {
    /// What was typed so far.
    #[param(max_length = 200, example = "lam")]
    q: String,
    /// How many of each kind at most.
    #[param(minimum = 1, maximum = 20, default = 10)]
    limit: Option<i64>,
}

impl FromQuery for SuggestParams {
    fn read(params: &mut Params) -> Self {
        params.require_any("q");
        Self {
            q: params.text_of("q", MAX_TEXT).unwrap_or_default(),
            limit: params.number("limit", 1, 20),
        }
    }
}

/// Suggest what is being typed
#[utoipa::path(
    tag = "catalog", security(()), params(SuggestParams),
    responses((status = 200, description = "What to offer.", body = SuggestionsBody)),
)]
#[get("/search/suggest")]
pub async fn suggest(
    state: Data<State>,
    query: Query<SuggestParams>,
) -> Result<HttpResponse, Problem> {
    let limit = query.0.limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(10);
    let answer = state.shop.search.suggest(&query.0.q, limit).await?;
    let items = summaries(&state, &answer.products)?;
    let texts = respond::bytes_of(&answer.texts)?;
    let parts: [&[u8]; 5] = [b"{\"suggestions\":", &texts, b",\"items\":[", &items, b"]}"];
    Ok(respond::public(parts.concat().into(), &state.page_caching))
}

fn summaries(state: &State, views: &[Arc<ProductView>]) -> Result<Vec<u8>, Problem> {
    let context = state.context();
    let rendered = views.iter().map(|view| state.rendered.product(view, &context));
    let rendered = rendered.collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<&[u8]> = rendered.iter().map(|product| &product.summary[..]).collect();
    Ok(parts.join(&b','))
}

/// What a rebuilt index holds.
#[derive(Serialize, ToSchema)]
#[schema(as = Reindexed)]
pub struct ReindexedBody {
    /// How many products it holds.
    products: u64,
}

/// Rebuild the search index
///
/// While the old one serves. One at a time.
#[utoipa::path(
    tag = "admin: operations", extensions(("x-permission" = json!("operations:write")), ("x-upload" = json!(true))),
    responses(
        (status = 200, description = "The index was rebuilt.", body = ReindexedBody),
        (status = 409, description = "It is being rebuilt already."),
    ),
)]
#[post("/search/reindex")]
pub async fn reindex(state: Data<State>) -> Result<HttpResponse, Problem> {
    match state.shop.search.reindex(&mut |_| {}).await {
        Ok(products) => respond::json(StatusCode::OK, &ReindexedBody { products }),
        Err(AppError::Port(error)) if error.kind() == PortErrorKind::Conflict => {
            Err(Problem::new(Code::InUse, "The index is being rebuilt; wait for that to end."))
        }
        Err(error) => Err(error.into()),
    }
}
