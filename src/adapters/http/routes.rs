//! The one list of routes.

use std::sync::Arc;

use actix_web::dev::{ServiceRequest, ServiceResponse, fn_service};
use actix_web::middleware::Compress;
use actix_web::web::{self, Data};
use actix_web::{Error, HttpResponse};
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use super::front::Front;
use super::{
    HttpSettings, State, auth, cart, catalog, inventory, media, metrics, operations, order,
    pricing, process, search,
};
use crate::app::Shop;

/// Every route, the busiest first: they are tried in their order.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(process::document_route)
        .service(scope::scope("/api/v1/admin").configure(admin_routes))
        .service(scope::scope("/api/v1").configure(shop_routes))
        .configure(media::routes)
        .configure(process::routes);
}

fn shop_routes(config: &mut ServiceConfig<'_>) {
    catalog::shop_routes(config);
    cart::routes(config);
    order::shop_routes(config);
    search::shop_routes(config);
    inventory::shop_routes(config);
    auth::routes(config);
}

fn admin_routes(config: &mut ServiceConfig<'_>) {
    catalog::admin_routes(config);
    pricing::admin_routes(config);
    inventory::admin_routes(config);
    order::admin_routes(config);
    search::admin_routes(config);
    operations::admin_routes(config);
}

/// The API of `shop`, for an actix application: `App::new().configure(configure(shop, settings))`.
pub fn configure(
    shop: Arc<Shop>,
    settings: HttpSettings,
) -> impl Fn(&mut web::ServiceConfig) + Clone {
    configure_with(Arc::new(State::new(shop, settings)))
}

/// The same, and beside it what is read at the management address.
pub fn configure_both(
    shop: Arc<Shop>,
    settings: HttpSettings,
) -> (impl Fn(&mut web::ServiceConfig) + Clone, impl Fn(&mut web::ServiceConfig) + Clone) {
    let state = Arc::new(State::new(shop, settings));
    (configure_with(state.clone()), management_with(state))
}

/// What is read at the management address.
pub fn management_with(state: Arc<State>) -> impl Fn(&mut web::ServiceConfig) + Clone {
    move |config| {
        config.app_data(Data::from(state.clone())).configure(metrics::routes);
    }
}

/// The same over a state that others share.
pub fn configure_with(state: Arc<State>) -> impl Fn(&mut web::ServiceConfig) + Clone {
    move |config| {
        let api = web::scope("")
            .wrap(Compress::default())
            .wrap(Front::new(state.clone()))
            .app_data(Data::from(state.clone()))
            .configure(|config| routes(&mut ServiceConfig::new(config)))
            .default_service(fn_service(unrouted));
        config.service(api);
    }
}

/// A request that the document knows and no route took. The front makes a problem document of it.
async fn unrouted(request: ServiceRequest) -> Result<ServiceResponse, Error> {
    Ok(request.into_response(HttpResponse::NotFound()))
}
