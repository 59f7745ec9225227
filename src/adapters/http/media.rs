//! Pictures.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::State;
use super::etag::ETag;
use super::path::At;
use super::problem::Problem;
use super::respond;
use crate::domain::media::picture;
use crate::domain::shared::Sku;
use crate::ports::PortError;
use crate::ports::catalog::ProductView;

/// That others may keep a drawn picture for a day.
const DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// Get a drawn picture of a product
///
/// A card that stands in where nobody has taken a photograph. The file is named by the product's
/// key in its catalogue file, or by a SKU.
#[utoipa::path(
    tag = "media", security(()),
    responses(
        (status = 200, description = "The picture.", body = String, content_type = "image/svg+xml"),
        (status = 304, description = "Known already."),
    ),
)]
#[get("/media/demo/{file}")]
pub async fn get_demo_picture(
    state: Data<State>,
    request: HttpRequest,
    file: At<String>,
) -> Result<HttpResponse, Problem> {
    let name = file.0.strip_suffix(".svg").ok_or_else(Problem::not_found)?;
    let view = find(&state, name).await?.filter(|view| view.product.is_published());
    let view = view.ok_or_else(Problem::not_found)?;
    let category = view.path.last().map_or("", |label| label.name.as_str());
    let svg: Bytes = picture::svg(view.product.content().name.as_str(), category).into();
    let tag = ETag::of_content(&svg);
    let mut response = respond::cached(&request, svg, &tag, &DAY);
    let media = HeaderValue::from_static("image/svg+xml");
    response.headers_mut().insert(header::CONTENT_TYPE, media);
    Ok(response)
}

/// The product with that key, else the one with that SKU.
async fn find(state: &State, name: &str) -> Result<Option<std::sync::Arc<ProductView>>, PortError> {
    let catalog = &state.shop.ports.catalog;
    if let Some(view) = catalog.by_import_key(name).await? {
        return Ok(Some(view));
    }
    let Ok(sku) = Sku::try_new(name) else { return Ok(None) };
    Ok(catalog.by_skus(&[sku]).await?.into_iter().next().flatten())
}

/// What anyone sees.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_demo_picture);
}
