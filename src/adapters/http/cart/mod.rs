//! Carts. Whoever knows a cart's id holds it, so the id is never logged and no list tells it.

mod handlers;
mod view;

use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::input::{QuantityIn, SkuIn, VariantIdIn};

pub use view::{CartBody, PromotionBody, TaxLineBody, percent};

/// How the document describes what is put into a cart: by SKU, or by variant.
pub struct ItemSchema;

impl PartialSchema for ItemSchema {
    fn schema() -> RefOr<Schema> {
        let one = |name: &str, schema: RefOr<Schema>| {
            ObjectBuilder::new()
                .property(name, schema)
                .property("quantity", QuantityIn::schema())
                .required(name)
                .required("quantity")
                .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
        };
        let either = OneOfBuilder::new()
            .item(one("sku", SkuIn::schema()))
            .item(one("variant_id", VariantIdIn::schema()))
            .description(Some("Units to put into a cart, by SKU or by variant."))
            .examples([serde_json::json!({"sku": "LAMP-1", "quantity": 1})]);
        RefOr::T(Schema::OneOf(either.build()))
    }
}

impl ToSchema for ItemSchema {
    fn name() -> std::borrow::Cow<'static, str> {
        "ItemInput".into()
    }
}

/// What shoppers do.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::create_cart)
        .service(handlers::get_cart)
        .service(handlers::add_cart_item)
        .service(handlers::set_cart_item)
        .service(handlers::remove_cart_item)
        .service(handlers::add_cart_coupon)
        .service(handlers::remove_cart_coupon)
        .service(handlers::set_cart_address)
        .service(handlers::list_cart_shipping)
        .service(handlers::choose_cart_shipping);
}
