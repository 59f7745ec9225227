//! What a monitoring system reads of the process, at an address of its own.
//!
//! Figures of requests are counted as they are answered; those of dependencies and pools are looked up
//! when they are asked for; the store is asked seldom, and a scrape never fails because of it. Every
//! label has few values: routes are those of the document, whatever clients ask for.

mod requests;
mod store;
mod text;

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, ServiceConfig, get};

pub use requests::Requests;
pub use store::StoreGauges;

use super::State;
use crate::ports::dependency::DependencyState;
use text::{Kind, Text};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// What is read at the address of its own.
pub fn routes(config: &mut ServiceConfig) {
    config.route("/metrics", get().to(scrape));
}

async fn scrape(state: Data<State>) -> HttpResponse {
    let mut text = Text::default();
    text.family("ecicomm_build_info", Kind::Gauge, "The version that runs.");
    text.sample("ecicomm_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    state.requests.write(&state.table, &mut text);
    dependencies(&state, &mut text);
    pools(&state, &mut text);
    let now = state.shop.ports.clock.now();
    store::write(state.gauges.of(&state.shop).await.as_deref(), now, &mut text);
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, TEXT))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text.into_string())
}

fn dependencies(state: &State, text: &mut Text) {
    let dependencies = &state.shop.ports.dependencies;
    let name = "ecicomm_dependency_state";
    text.family(name, Kind::Gauge, "0: it answers. 1: one call tries it. 2: it is left alone. 3: it is left alone, being behind.");
    for dependency in dependencies {
        let value = match dependency.state() {
            DependencyState::Well => 0,
            DependencyState::Trying => 1,
            DependencyState::Away => 2,
            DependencyState::Behind => 3,
        };
        text.sample(name, &[("dependency", dependency.name())], value);
    }
    let name = "ecicomm_dependency_refused_total";
    text.family(name, Kind::Counter, "Calls that were not made because it is left alone.");
    for dependency in dependencies {
        text.sample(name, &[("dependency", dependency.name())], dependency.calls().refused);
    }
    let name = "ecicomm_dependency_retries_total";
    text.family(name, Kind::Counter, "Calls that were made once more.");
    for dependency in dependencies {
        text.sample(name, &[("dependency", dependency.name())], dependency.calls().retried);
    }
}

fn pools(state: &State, text: &mut Text) {
    let pools: Vec<_> = state.shop.ports.pools.iter().map(|p| (p.name(), p.status())).collect();
    let name = "ecicomm_pool_connections_max";
    text.family(name, Kind::Gauge, "How many connections may be open.");
    for (pool, status) in &pools {
        text.sample(name, &[("pool", pool)], status.max);
    }
    let name = "ecicomm_pool_connections";
    text.family(name, Kind::Gauge, "How many connections are open.");
    for (pool, status) in &pools {
        text.sample(name, &[("pool", pool)], status.open);
    }
    let name = "ecicomm_pool_connections_in_use";
    text.family(name, Kind::Gauge, "How many of them are in use.");
    for (pool, status) in &pools {
        text.sample(name, &[("pool", pool)], status.in_use);
    }
    let name = "ecicomm_pool_waiting";
    text.family(name, Kind::Gauge, "How many callers wait for a connection.");
    for (pool, status) in &pools {
        text.sample(name, &[("pool", pool)], status.waiting);
    }
}
