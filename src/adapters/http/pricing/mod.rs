//! Promotions, tax rates and shipping methods, as staff set them up.

mod by_type;
mod promotion;
mod promotions;
mod shipping_method;
mod shipping_methods;
mod tax_rate;
mod tax_rates;

use utoipa_actix_web::service_config::ServiceConfig;

/// What staff do.
pub fn admin_routes(config: &mut ServiceConfig<'_>) {
    config
        .service(promotions::admin_list_promotions)
        .service(promotions::admin_create_promotion)
        .service(promotions::admin_get_promotion)
        .service(promotions::admin_patch_promotion)
        .service(promotions::admin_delete_promotion)
        .service(tax_rates::admin_list_tax_rates)
        .service(tax_rates::admin_create_tax_rate)
        .service(tax_rates::admin_get_tax_rate)
        .service(tax_rates::admin_patch_tax_rate)
        .service(tax_rates::admin_delete_tax_rate)
        .service(shipping_methods::admin_list_shipping_methods)
        .service(shipping_methods::admin_create_shipping_method)
        .service(shipping_methods::admin_get_shipping_method)
        .service(shipping_methods::admin_patch_shipping_method)
        .service(shipping_methods::admin_delete_shipping_method);
}
