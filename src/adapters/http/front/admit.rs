use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpMessage as _, HttpResponse};

use super::{Admitted, Visit};
use crate::adapters::http::State;
use crate::adapters::http::access::Operation;
use crate::adapters::http::problem::{Code, Problem};
use crate::domain::customer::{Access, Actor};

/// Lets the request through to its handler, answers it at once, or says why not.
pub async fn admit(
    state: &State,
    visit: &Visit,
    request: &mut ServiceRequest,
) -> Result<Option<HttpResponse>, Problem> {
    check_size(state, request)?;
    let route = visit.route.as_ref().ok_or_else(Problem::not_found)?;
    if request.method() == Method::OPTIONS {
        let mut answer = HttpResponse::new(actix_web::http::StatusCode::NO_CONTENT);
        answer.headers_mut().insert(header::ALLOW, route.allow.clone());
        return Ok(Some(answer));
    }
    // The server leaves out the body of an answer to HEAD by itself.
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let operation = route.operation(request.method()).ok_or_else(|| {
        Problem::new(Code::MethodNotAllowed, "Use one of the methods that Allow lists.")
            .allow(route.allow.clone())
    })?;
    let actor = identify(state, operation.access, request.headers()).await?;
    if !operation.access.admits(&actor) {
        return Err(Problem::new(Code::Forbidden, "Ask an administrator for the permission."));
    }
    check_accept(operation, request.headers())?;
    request.extensions_mut().insert(Admitted { route: route.clone(), actor });
    Ok(None)
}

/// Who is asking. A token counts only where it is asked for, so that a stale one does not keep
/// anybody out of the shop.
async fn identify(state: &State, access: Access, headers: &HeaderMap) -> Result<Actor, Problem> {
    if access == Access::Public {
        return Ok(Actor::Anonymous);
    }
    let token = bearer(headers).ok_or_else(|| {
        Problem::new(Code::Unauthenticated, "Sign in, and send the token as Authorization: Bearer.")
    })?;
    let actor = state.shop.staff.authenticate(token).await.map_err(|error| match error {
        crate::app::AppError::Unauthenticated => Problem::new(
            Code::Unauthenticated,
            "The token is not right, or no longer; sign in again.",
        ),
        other => Problem::from(other),
    })?;
    if let Some(limit) = &state.limit {
        limit.remember(token, &actor);
    }
    Ok(actor)
}

/// The token that a request signs in with.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn check_size(state: &State, request: &ServiceRequest) -> Result<(), Problem> {
    let uri = request.uri();
    let length = uri.path().len() + uri.query().map_or(0, str::len);
    if length > state.settings.uri_limit {
        return Err(Problem::new(Code::UriTooLong, "Send a shorter path and query."));
    }
    let headers = request.headers().iter();
    let bytes: usize = headers.map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > state.settings.header_limit {
        return Err(Problem::new(Code::HeadersTooLarge, "Send fewer or shorter header fields."));
    }
    Ok(())
}

/// Refuses a client that reads none of what the operation writes.
fn check_accept(operation: &Operation, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(accept) = headers.get(header::ACCEPT) else { return Ok(()) };
    let accept = accept.to_str().unwrap_or("");
    let produced = &operation.produces;
    if accept.is_empty() || accept == "*/*" || produced.is_empty() {
        return Ok(());
    }
    if accept.split(',').any(|range| produced.iter().any(|media| admits(range, media))) {
        return Ok(());
    }
    Err(Problem::new(Code::NotAcceptable, format!("Accept {}.", produced.join(" or "))))
}

/// Whether a range of `Accept` admits a media type.
fn admits(range: &str, media: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let range = parts.next().unwrap_or("");
    let refused = parts.any(|part| {
        part.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0))
    });
    let admitted = match range.strip_suffix("/*") {
        Some("*") => true,
        Some(main) => media.split('/').next().is_some_and(|of| of.eq_ignore_ascii_case(main)),
        None => range.eq_ignore_ascii_case(media),
    };
    admitted && !refused
}
