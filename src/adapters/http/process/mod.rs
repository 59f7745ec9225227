//! The process itself: whether it lives, whether it may serve, and what its API is.

mod docs;
mod health;

use utoipa_actix_web::service_config::ServiceConfig;

pub use health::Readiness;

/// The API document, which lies below the path of the shop's own routes and so has to come first.
pub fn document_route(config: &mut ServiceConfig<'_>) {
    config.service(docs::api_document);
}

/// What else anyone may ask of the process.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(health::liveness)
        .service(health::readiness)
        .service(docs::docs)
        .service(docs::docs_file);
}
