//! Answers.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::etag::ETag;
use super::problem::{Code, Problem};

/// The media type of answers.
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// That others may keep an answer, and how long.
pub fn public_for(seconds: u32) -> HeaderValue {
    HeaderValue::try_from(format!("public, max-age={seconds}"))
        .unwrap_or_else(|_| HeaderValue::from_static("no-store"))
}

/// A value in JSON.
pub fn bytes_of<T: Serialize>(value: &T) -> Result<Bytes, Problem> {
    let mut bytes = Vec::with_capacity(1_024);
    serde_json::to_writer(&mut bytes, value).map_err(|error| {
        Problem::new(
            Code::Internal,
            "Try again later; the request id helps those who look into it.",
        )
        .caused_by(error)
    })?;
    Ok(bytes.into())
}

/// Below how many bytes it costs more to compress an answer than to send it.
const SMALL: usize = 1_024;

/// An answer that is JSON already.
pub fn raw(status: StatusCode, body: Bytes) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CONTENT_TYPE, JSON));
    if body.len() < SMALL {
        // Not compressed behind this; the front takes the header off again.
        response.insert_header((header::CONTENT_ENCODING, IDENTITY));
    }
    response.body(body)
}

/// An answer in JSON.
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Result<HttpResponse, Problem> {
    bytes_of(value).map(|body| raw(status, body))
}

/// 200 with a value.
pub fn ok<T: Serialize>(value: &T) -> Result<HttpResponse, Problem> {
    json(StatusCode::OK, value)
}

/// Nothing but the head.
pub fn no_content() -> HttpResponse {
    HttpResponse::new(StatusCode::NO_CONTENT)
}

/// A thing with its tag; 304 where the client that reads it has it already.
pub fn tagged(request: &HttpRequest, status: StatusCode, body: Bytes, tag: &ETag) -> HttpResponse {
    let known = request.method() == actix_web::http::Method::GET && tag.is_known_to(request);
    let mut response =
        if known { HttpResponse::new(StatusCode::NOT_MODIFIED) } else { raw(status, body) };
    response.headers_mut().insert(header::ETAG, tag.value().clone());
    response
}

/// An answer that others may keep for a while.
pub fn public(body: Bytes, caching: &HeaderValue) -> HttpResponse {
    let mut response = raw(StatusCode::OK, body);
    publish(&mut response, caching);
    response
}

fn publish(response: &mut HttpResponse, caching: &HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, caching.clone());
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
}

/// A page of the shop, with its tag, that others may keep for a while.
pub fn cached(
    request: &HttpRequest,
    body: Bytes,
    tag: &ETag,
    caching: &HeaderValue,
) -> HttpResponse {
    let mut response = tagged(request, StatusCode::OK, body, tag);
    publish(&mut response, caching);
    response
}

/// The same answer, with where the thing is.
pub fn located(mut response: HttpResponse, path: &str) -> HttpResponse {
    if let Ok(value) = HeaderValue::try_from(path) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// The path of the thing that the request adds to: its own without the last segment.
pub fn whole_of(request: &HttpRequest) -> &str {
    request.path().rsplit_once('/').map_or("/", |(whole, _)| whole)
}
