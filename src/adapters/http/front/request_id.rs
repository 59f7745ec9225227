use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderName;

use crate::adapters::http::State;

/// The header that carries the id of a request.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MOST: usize = 128;

/// The id that the client gave, where it is 1 to 128 visible ASCII characters; else a new one.
pub fn of(request: &ServiceRequest, state: &State) -> String {
    let given = request.headers().get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain = |id: &&str| {
        !id.is_empty() && id.len() <= MOST && id.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match given.filter(plain) {
        Some(id) => id.to_owned(),
        None => state.shop.ports.ids.next().to_string(),
    }
}
