//! Lists: their parameters, their cursors and their links.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::cursor::{self, Mark};
use super::problem::Problem;
use super::query::{FromQuery, Params};
use super::{State, respond};

const DEFAULT_LIMIT: i64 = 20;
const MAX_LIMIT: i64 = 100;

/// Which part of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// How many entries at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before, as it came; the first page where absent or empty.
    #[param(max_length = 2048)]
    pub cursor: Option<String>,
}

impl FromQuery for PageParams {
    fn read(params: &mut Params) -> Self {
        Self {
            limit: params.number("limit", 1, MAX_LIMIT),
            cursor: params.text_of("cursor", 2_048),
        }
    }
}

impl PageParams {
    /// How many entries at most.
    pub fn limit(&self) -> usize {
        usize::try_from(self.limit.unwrap_or(DEFAULT_LIMIT)).unwrap_or(1)
    }

    /// Where the list goes on; `list` names it with its filters and its order.
    pub fn after<M: Mark>(&self, state: &State, list: &str) -> Result<Option<M>, Problem> {
        let signer = &*state.shop.ports.signer;
        let cursor = self.cursor.as_deref().filter(|text| !text.is_empty());
        cursor.map(|text| cursor::decode(signer, list, text)).transpose()
    }
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
#[schema(as = List)]
pub struct ListBody<T> {
    /// The entries.
    items: Vec<T>,
    /// What to send as `cursor` for the entries that follow; null where none do.
    next_cursor: Option<String>,
}

/// The cursor of the page behind `next`.
pub fn next_cursor<M: Mark>(state: &State, list: &str, next: Option<M>) -> Option<String> {
    next.map(|mark| cursor::encode(&*state.shop.ports.signer, list, &mark))
}

/// Answers with a page of the list that `list` names.
pub fn answer<T: Serialize, M: Mark>(
    (state, request): (&State, &HttpRequest),
    list: &str,
    items: Vec<T>,
    next: Option<M>,
) -> Result<HttpResponse, Problem> {
    let page = ListBody { items, next_cursor: next_cursor(state, list, next) };
    let mut response = respond::ok(&page)?;
    link(&mut response, request, page.next_cursor.as_deref());
    Ok(response)
}

/// A page of entries that are JSON already.
pub fn join<'b>(items: impl Iterator<Item = &'b Bytes>, next_cursor: Option<&str>) -> Bytes {
    let mut body = Vec::with_capacity(16 * 1024);
    body.extend_from_slice(b"{\"items\":[");
    for (index, item) in items.enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(item);
    }
    body.extend_from_slice(b"],\"next_cursor\":");
    match next_cursor {
        // A cursor is letters, digits, hyphens and underscores.
        Some(cursor) => {
            body.push(b'"');
            body.extend_from_slice(cursor.as_bytes());
            body.push(b'"');
        }
        None => body.extend_from_slice(b"null"),
    }
    body.push(b'}');
    body.into()
}

/// Says where the next page is (RFC 8288).
pub fn link(response: &mut HttpResponse, request: &HttpRequest, next_cursor: Option<&str>) {
    if response.status() != StatusCode::OK {
        return;
    }
    let Some(cursor) = next_cursor else { return };
    let query = request.query_string();
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let mut target = format!("<{}?", request.path());
    for pair in kept {
        target.push_str(pair);
        target.push('&');
    }
    target.push_str("cursor=");
    target.push_str(cursor);
    if let Ok(value) = HeaderValue::try_from(format!("{target}>; rel=\"next\"")) {
        response.headers_mut().insert(header::LINK, value);
    }
}
