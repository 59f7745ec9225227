//! Stock: what shoppers are told, and what staff move.

mod handlers;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

/// What shoppers read.
pub fn shop_routes(config: &mut ServiceConfig<'_>) {
    config.service(handlers::list_availability);
}

/// What staff do. `low-stock` comes before the SKUs, one of which may be called so.
pub fn admin_routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_stock)
        .service(handlers::list_low_stock)
        .service(handlers::get_stock)
        .service(handlers::list_stock_events)
        .service(handlers::receive_stock)
        .service(handlers::adjust_stock);
}
