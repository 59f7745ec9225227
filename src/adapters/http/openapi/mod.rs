//! The API document.
//!
//! Handlers describe what is theirs; what all operations share is added here by rule, so that no
//! handler can forget it: the problems that an operation's parts make possible, the parameters of
//! its path, who may use it, and where its answers lead.

mod components;
mod links;
mod parameters;
mod problems;
mod schemas;

use actix_web::App;
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt as _;

use super::access::PERMISSION;
use super::routes::routes;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// What the handlers say, put together.
pub fn assembled() -> OpenApi {
    App::new().into_utoipa_app().configure(routes).split_for_parts().1
}

/// The document as it is served: `openapi.json` in this repository.
pub fn document() -> Value {
    finished(&assembled())
}

/// The document with what all operations share.
pub fn finished(assembled: &OpenApi) -> Value {
    let mut document = serde_json::to_value(assembled).unwrap_or_default();
    document["openapi"] = json!("3.1.0");
    document["info"] = info();
    document["servers"] = json!([{"url": "/"}]);
    components::complete(&mut document);
    problems::describe(&mut document);
    for_each_operation(&mut document, |path, method, operation| {
        parameters::complete(path, method, operation);
        parameters::optional_body(operation);
        secure(operation);
        problems::complete(path, method, operation);
        links::complete(operation);
    });
    schemas::complete(&mut document);
    document
}

fn info() -> Value {
    json!({
        "title": "ECIComm",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "A commerce backend: catalog, search, carts, checkout, stock and orders.\n\n\
            Money is in minor units with an ISO 4217 currency, times are RFC 3339 in UTC. Failures \
            are problem documents (RFC 9457) with a stable `code`. Lists go on by an opaque \
            `cursor`. Query parameters that are not listed here are passed over, except that a \
            listed one may not be repeated unless it is a list.",
        "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
    })
}

fn for_each_operation(document: &mut Value, mut visit: impl FnMut(&str, &str, &mut Value)) {
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (path, item) in paths {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method) {
                visit(path, method, operation);
            }
        }
    }
}

/// An operation with a permission asks for staff; one that is open to all says so by `security`.
fn secure(operation: &mut Value) {
    if operation.get(PERMISSION).is_some() {
        operation["security"] = json!([{"staff": []}]);
    }
}
