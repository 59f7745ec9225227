//! Products and categories: the shop's pages, and what staff write.

mod admin_view;
mod categories;
mod files;
mod products;
mod shop;
mod view;
mod write;

use utoipa_actix_web::service_config::ServiceConfig;

pub use view::{ImageBody, ProductBody, StatusBody, SummaryBody};

/// What shoppers read.
pub fn shop_routes(config: &mut ServiceConfig<'_>) {
    config.service(shop::get_product).service(shop::list_products).service(shop::list_categories);
}

/// What staff do.
pub fn admin_routes(config: &mut ServiceConfig<'_>) {
    config
        .service(products::admin_list_products)
        .service(products::admin_create_product)
        .service(products::admin_get_product)
        .service(products::admin_patch_product)
        .service(products::admin_add_variant)
        .service(products::admin_publish_product)
        .service(products::admin_archive_product)
        .service(categories::admin_list_categories)
        .service(categories::admin_create_category)
        .service(categories::admin_get_category)
        .service(categories::admin_patch_category)
        .service(categories::admin_delete_category)
        .service(files::import_catalog)
        .service(files::get_import)
        .service(files::export_products);
}
