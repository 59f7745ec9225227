//! The process itself: whether it lives, whether it may serve, and what its API is.

mod docs;
mod health;

use utoipa_actix_web::service_config::ServiceConfig;

pub use health::Readiness;

/// What anyone may ask of the process.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(health::liveness)
        .service(health::readiness)
        .service(docs::api_document)
        .service(docs::docs)
        .service(docs::docs_file);
}
