//! A violation of each rule that must be reported, and beside it what must not be.

use super::{SourceFile, Violation, dependencies, rules};

const MANIFEST: &str = "
[package]
name = \"ecicomm\"
[dependencies]
async-trait = \"0.1\"
actix-web = { version = \"4\" }
serde = \"1\"
sha2 = \"0.11\"
tracing = \"0.1\"
[dev-dependencies]
proptest = \"1\"
";

const PORTS_FENCE: &str = "#![deny(clippy::disallowed_methods, clippy::disallowed_types)]";
const FENCE: &str = "#![deny(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::as_conversions
)]";

fn violations(path: &str, text: &str) -> Vec<Violation> {
    rules::check(&SourceFile::new(path, text), &dependencies(MANIFEST))
}

/// Each text breaks one rule once, and the report names what is in the third place.
fn assert_reported(cases: &[(&str, &str, &str)]) {
    for (path, text, named) in cases {
        let found = violations(path, text);
        assert_eq!(found.len(), 1, "{path}: {text}\n{found:?}");
        assert!(found[0].message.contains(named), "{path}: {text}\n{}", found[0]);
    }
}

fn assert_passed(cases: &[(&str, &str)]) {
    for (path, text) in cases {
        let found = violations(path, text);
        assert!(found.is_empty(), "{path}: {text}\n{found:?}");
    }
}

#[test]
fn a_crate_outside_its_layer_is_reported() {
    assert_reported(&[
        ("domain/cart/line.rs", "use serde::Serialize;", "`serde`"),
        ("domain/cart/line.rs", "#[derive(serde::Serialize)] struct Line;", "`serde`"),
        ("domain/cart/line.rs", "use std::fmt; use serde as s;", "`serde`"),
        ("domain/cart/line.rs", "extern crate serde;", "`serde`"),
        ("domain/cart/line.rs", "fn f() { ::serde::de() }", "`serde`"),
        ("domain/cart/line.rs", "use unlisted::Thing;", "`unlisted`"),
        ("domain/cart/line.rs", "use unicode_normalization::x;", "`unicode_normalization`"),
        ("domain/cart/line.rs", "use proptest::prelude::*;", "`proptest`"),
        ("domain/cart/line.rs", "use async_trait::async_trait;", "`async_trait`"),
        ("domain/cart/tests.rs", "use tokio::test;", "`tokio`"),
        ("ports/clock.rs", "use sha2::Sha256;", "`sha2`"),
        ("ports/clock.rs", "use {std::fmt, tracing::info};", "`tracing`"),
        ("app/cart/add.rs", "fn f() -> actix_web::HttpResponse { g() }", "`actix_web`"),
        ("app/cart/add.rs", "use serde::{Deserialize};", "`serde`"),
    ]);
}

#[test]
fn the_outside_world_of_the_standard_library_is_reported_in_inner_layers() {
    assert_reported(&[
        ("domain/cart/line.rs", "use std::fs;", "I/O"),
        ("domain/cart/line.rs", "use std::{fmt, time::{Duration, Instant}};", "I/O"),
        ("ports/clock.rs", "fn f() { std::thread::yield_now() }", "I/O"),
        ("app/cart/add.rs", "use std::env::var;", "I/O"),
    ]);
}

#[test]
fn an_edge_from_a_context_to_another_is_reported() {
    let reason = "no other context";
    assert_reported(&[
        ("domain/order/line.rs", "use crate::domain::catalog::Product;", reason),
        ("domain/order/line.rs", "use crate::domain::{shared::Sku, catalog::Product};", reason),
        ("domain/order/line.rs", "use super::super::catalog;", reason),
        ("domain/order/mod.rs", "use super::catalog::Product;", reason),
        ("domain/order/mod.rs", "use super::*;", reason),
        ("domain/order/mod.rs", "use crate::domain as d;", reason),
        ("domain/order/line.rs", "fn f(p: &crate::domain::catalog::Product) {}", reason),
        ("domain/order/line.rs", "mod m { fn f() { super::super::super::cart::g() } }", reason),
        ("domain/shared/money.rs", "use crate::domain::pricing::Tax;", reason),
    ]);
}

#[test]
fn an_edge_outwards_is_reported() {
    assert_reported(&[
        ("domain/order/line.rs", "use crate::ports::Clock;", "outside itself"),
        ("domain/order/line.rs", "pub(in crate::app) struct X;", "outside itself"),
        ("domain/order/line.rs", "macro_rules! m { () => { $crate::app::x } }", "outside itself"),
        ("ports/clock.rs", "use crate::{domain::shared::Sku, app::order};", "further out"),
        ("ports/clock.rs", "use crate::settings::Settings;", "further out"),
        ("app/order/place.rs", "fn f() { crate::adapters::memory::open() }", "further out"),
        ("app/order/place.rs", "use crate::{self as root, ports::Clock};", "further out"),
        ("app/order/place.rs", "use ecicomm::bootstrap;", "further out"),
    ]);
}

#[test]
fn an_adapter_that_knows_another_is_reported() {
    let reason = "no other adapter";
    assert_reported(&[
        ("adapters/http/cart.rs", "use crate::adapters::memory::Memory;", reason),
        ("adapters/http/cart.rs", "use super::super::memory::Memory;", reason),
        ("adapters/http/mod.rs", "use super::memory;", reason),
        ("adapters/http/mod.rs", "use crate::adapters;", reason),
        ("adapters/record/order.rs", "use crate::adapters::memory::Memory;", reason),
        ("adapters/memory/mod.rs", "use crate::settings::Settings;", "given what they need"),
        ("adapters/http/mod.rs", "use crate::bootstrap::Shop;", "given what they need"),
    ]);
}

#[test]
fn an_adapter_named_outside_bootstrap_is_reported() {
    let reason = "only `bootstrap`";
    assert_reported(&[
        ("settings.rs", "use crate::adapters::memory::Memory;", reason),
        ("main.rs", "use ecicomm::adapters::memory::Memory;", reason),
        ("main.rs", "use ecicomm::adapters::{http};", reason),
        ("telemetry.rs", "fn f() { crate::adapters::http::x() }", reason),
    ]);
}

#[test]
fn an_unknown_context_is_reported() {
    assert_reported(&[
        ("domain/basket/mod.rs", "", "`basket`"),
        ("domain/helpers.rs", "", "`helpers`"),
        ("app/checkout/place.rs", "", "`checkout`"),
    ]);
}

#[test]
fn a_layer_without_its_fence_is_reported() {
    assert_reported(&[(
        "ports/mod.rs",
        "#![deny(clippy::disallowed_methods)]",
        "disallowed_types",
    )]);
    assert_eq!(violations("ports/mod.rs", &PORTS_FENCE.replace("deny", "warn")).len(), 2);
    assert_eq!(violations("domain/mod.rs", PORTS_FENCE).len(), 2);
    assert_eq!(violations("app/mod.rs", "").len(), 4);
    assert_passed(&[
        ("ports/mod.rs", PORTS_FENCE),
        ("domain/mod.rs", FENCE),
        ("app/mod.rs", FENCE),
    ]);
}

#[test]
fn a_feature_gate_in_the_wrong_place_is_reported() {
    let reason = "features choose adapters";
    assert_reported(&[
        ("app/search/find.rs", "#[cfg(feature = \"tantivy\")] mod x;", reason),
        ("adapters/http/mod.rs", "#[cfg(all(unix, not(feature = \"remote\")))] mod x;", reason),
        (
            "adapters/http/mod.rs",
            "#[cfg_attr(feature = \"remote\", derive(Debug))] struct X;",
            reason,
        ),
        ("settings.rs", "fn f() -> bool { cfg!(feature = \"remote\") }", reason),
    ]);
    assert_passed(&[
        ("adapters/mod.rs", "#[cfg(feature = \"tantivy\")] pub mod tantivy;"),
        ("adapters/cli/import.rs", "#[cfg(feature = \"remote\")] mod x;"),
        ("bootstrap.rs", "#[cfg(feature = \"remote\")] fn f() {}"),
        ("app/search/find.rs", "#[cfg(test)] mod tests; fn f(feature: u8) {}"),
    ]);
}

#[test]
fn waiting_in_the_domain_is_reported() {
    assert_reported(&[("domain/cart/line.rs", "async fn f() {}", "waits")]);
    assert_passed(&[("app/cart/add.rs", "async fn f() { g().await }")]);
}

#[test]
fn a_file_over_the_limit_is_reported() {
    let lines = |count| SourceFile::new("app/cart/add.rs", &"\n".repeat(count));
    assert!(rules::too_long(&lines(601)).is_some());
    assert!(rules::too_long(&lines(600)).is_none());
}

#[test]
fn what_a_context_may_name_passes() {
    assert_passed(&[
        ("domain/cart/mod.rs", "mod line; pub use line::Line; use std::{fmt, sync::Arc};"),
        ("domain/cart/line.rs", "use super::Cart; use crate::domain::shared::{Money, Sku};"),
        ("domain/cart/line.rs", "/// [`crate::adapters::http`]\n// use serde::X;"),
        ("domain/cart/line.rs", "const X: &str = \"serde::X\"; const Y: char = '\"';"),
        ("domain/cart/line.rs", "use thiserror::Error; use uuid::Uuid; use std::time::Duration;"),
        ("domain/cart/line.rs", "use Kind::*; fn f() { Kind::of(); Vec::<u8>::new(); }"),
        ("domain/cart/line.rs", "mod tracing; fn f() { tracing::g() }"),
        ("domain/cart/line.rs", "use super::tracing; fn f() { tracing::g() }"),
        ("domain/cart/line.rs", "mod inner { use super::super::Cart; }"),
        ("domain/cart/tests.rs", "use super::*; use proptest::prelude::*;"),
        ("domain/search/text.rs", "use rust_stemmers::Stemmer; use unicode_normalization::x;"),
        ("domain/mod.rs", &format!("{FENCE} pub mod cart; pub use cart::Cart;")),
    ]);
}

#[test]
fn what_ports_and_use_cases_may_name_passes() {
    assert_passed(&[
        ("ports/clock.rs", "use async_trait::async_trait; use crate::domain::cart::Cart;"),
        ("ports/clock.rs", "use super::PortError;"),
        ("app/order/place.rs", "use crate::app::cart::Carts;"),
        ("app/order/place.rs", "use crate::{domain::cart, ports::Clock};"),
        ("app/order/place.rs", "fn f() { tracing::info!(\"crate::adapters::x\") }"),
        ("app/order/tests.rs", "#[tokio::test] async fn t() {}"),
    ]);
}

#[test]
fn what_adapters_and_the_root_may_name_passes() {
    assert_passed(&[
        ("adapters/http/cart.rs", "use serde::Serialize; use crate::adapters::http::Problem;"),
        ("adapters/http/cart.rs", "use crate::{app, settings::Http};"),
        ("adapters/memory/store.rs", "use crate::adapters::record::order; use std::fs;"),
        ("adapters/cli/serve.rs", "use crate::bootstrap::Shop; use crate::settings::Settings;"),
        ("adapters/mod.rs", "pub mod http; pub use self::http::Server;"),
        ("bootstrap.rs", "use crate::adapters::{http, memory}; use crate::settings::Settings;"),
        ("bootstrap/store.rs", "use crate::adapters::memory; use super::Shop;"),
        ("main.rs", "fn main() { ecicomm::adapters::cli::run() }"),
        ("settings.rs", "use config::Config; use crate::domain::shared::Currency;"),
    ]);
}
