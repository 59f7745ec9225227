//! Orders: placing them, and everything that buyers and staff do with them afterwards.
//!
//! A buyer without an account reaches an order by its token alone. Every answer to a change is
//! rendered from the outcome that is kept under the request's key, so that a repetition has the
//! very same bytes.

mod admin;
mod aftersale;
mod answer;
mod events;
mod input;
mod shop;
mod token;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

pub use answer::mark_replayed;
pub use token::X_ORDER_TOKEN;
pub use view::OrderBody;

/// What buyers do.
pub fn shop_routes(config: &mut ServiceConfig<'_>) {
    config
        .service(shop::place_order)
        .service(shop::get_order)
        .service(shop::list_order_events)
        .service(shop::cancel_order)
        .service(shop::request_return)
        .service(shop::confirm_payment);
}

/// What staff do.
pub fn admin_routes(config: &mut ServiceConfig<'_>) {
    config
        .service(admin::admin_list_orders)
        .service(admin::admin_get_order)
        .service(admin::admin_list_order_events)
        .service(admin::ship_order)
        .service(admin::deliver_shipment)
        .service(admin::admin_cancel_order)
        .service(admin::receive_return)
        .service(admin::refund_order)
        .service(admin::resolve_refund)
        .service(admin::capture_payment)
        .service(admin::void_payment)
        .service(admin::note_order);
}
