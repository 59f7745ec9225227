use std::fmt;

use actix_web::body::{BodySize, BoxBody, MessageBody as _};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{Error, HttpResponse, ResponseError};

use super::unread::Unread;
use super::{Visit, X_REQUEST_ID};
use crate::adapters::http::State;
use crate::adapters::http::idempotency::REPLAYED;
use crate::adapters::http::problem::{Code, Problem};

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A failure becomes its document, every answer gets its headers, and the log its line.
pub fn response(
    state: &State,
    visit: &Visit,
    response: ServiceResponse<BoxBody>,
) -> ServiceResponse<BoxBody> {
    let (request, mut answer) = response.into_parts();
    let status = answer.status();
    if status.is_client_error() || status.is_server_error() {
        let known = answer.error().and_then(Error::as_error::<Problem>);
        answer = match known {
            Some(problem) => document(visit, problem),
            None => document(visit, &Problem::of_http(status)),
        };
    }
    dress(state, visit, answer.status(), answer.headers_mut());
    log(state, visit, answer.status(), answer.body().size());
    let unread = visit.unread.clone();
    ServiceResponse::new(request, answer.map_body(|_, body| unread.held_by(body)))
}

/// A failure for which no request is at hand any more, because it was given to a handler that did
/// not give it back.
pub fn error(state: &State, visit: &Visit, error: Error) -> Error {
    let problem = error.as_error::<Problem>();
    let status = error.as_response_error().status_code();
    let mut answer = match problem {
        Some(problem) => document(visit, problem),
        None => document(visit, &Problem::of_http(status).caused_by(error.to_string())),
    };
    dress(state, visit, answer.status(), answer.headers_mut());
    log(state, visit, answer.status(), answer.body().size());
    let headers = answer.headers().clone();
    let body = answer.into_body().try_into_bytes().unwrap_or_default();
    Finished { status, headers, body, unread: visit.unread.clone() }.into()
}

/// An answer that is complete already, in the shape of an error.
struct Finished {
    status: StatusCode,
    headers: HeaderMap,
    body: actix_web::web::Bytes,
    unread: Unread,
}

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Finished({})", self.status)
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "answered {}", self.status)
    }
}

impl ResponseError for Finished {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let body = self.unread.clone().held_by(BoxBody::new(self.body.clone()));
        let mut answer = HttpResponse::build(self.status).body(body);
        *answer.headers_mut() = self.headers.clone();
        answer
    }
}

/// The problem document, with the headers that belong to it. Failures of the shop itself are logged
/// here, and only here.
fn document(visit: &Visit, problem: &Problem) -> HttpResponse {
    let code = problem.code();
    if code.status().is_server_error() {
        let cause = problem.cause().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        tracing::error!(
            request.id = %visit.id,
            http.method = %visit.method,
            http.route = visit.pattern(),
            problem.code = code.as_str(),
            problem.cause = cause,
            "request failed"
        );
    }
    let mut answer = HttpResponse::build(code.status())
        .insert_header((header::CONTENT_TYPE, PROBLEM_JSON))
        .body(problem.document(&visit.path, &visit.id));
    let headers = answer.headers_mut();
    if let Some(seconds) = problem.retry_after_seconds() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(methods) = problem.allowed() {
        headers.insert(header::ALLOW, methods.clone());
    }
    if problem.is_replayed() {
        headers.insert(HeaderName::from_static(REPLAYED), HeaderValue::from_static("true"));
    }
    match code {
        Code::Unauthenticated => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Code::UnsupportedMediaType => {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        _ => {}
    }
    answer
}

/// The headers of every answer, where its handler did not set others.
fn dress(state: &State, visit: &Visit, status: StatusCode, headers: &mut HeaderMap) {
    if let Ok(id) = HeaderValue::try_from(&visit.id) {
        headers.insert(X_REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let defaults = [
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    for (name, value) in defaults {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    if let (Some(limit), Some(verdict)) = (&state.limit, visit.counted) {
        limit.tell(verdict, headers);
    }
    if state.settings.behind_tls {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    let identity = headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "identity");
    if identity || status == StatusCode::NOT_MODIFIED {
        headers.remove(header::CONTENT_ENCODING);
    }
}

/// Counts the request, and gives it its line.
fn log(state: &State, visit: &Visit, status: StatusCode, size: BodySize) {
    let took = visit.began.elapsed();
    state.requests.count((visit.route.as_deref(), &visit.method), status, took);
    if !state.settings.access_log {
        return;
    }
    let bytes = match size {
        BodySize::Sized(bytes) => Some(bytes),
        BodySize::None => Some(0),
        BodySize::Stream => None,
    };
    tracing::info!(
        request.id = %visit.id,
        http.method = %visit.method,
        http.route = visit.pattern(),
        http.status = status.as_u16(),
        http.response_bytes = bytes,
        duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "request"
    );
}
