//! Finding products.

mod handlers;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

/// What shoppers do.
pub fn shop_routes(config: &mut ServiceConfig<'_>) {
    config.service(handlers::search_products).service(handlers::suggest);
}

/// What staff do.
pub fn admin_routes(config: &mut ServiceConfig<'_>) {
    config.service(handlers::reindex);
}
