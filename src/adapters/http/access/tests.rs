use utoipa::openapi::extensions::ExtensionsBuilder;

use super::*;
use crate::adapters::http::openapi;

fn table() -> Table {
    Table::of(&openapi::assembled())
}

fn pattern(path: &str) -> Option<String> {
    table().find(path).map(|route| route.pattern.clone())
}

#[test]
fn a_path_finds_its_pattern_and_a_name_goes_before_a_parameter() {
    let cases = [
        ("/health", "/health"),
        ("/api/v1/products", "/api/v1/products"),
        ("/api/v1/products/brass-lamp", "/api/v1/products/{product}"),
        ("/api/v1/admin/inventory/low-stock", "/api/v1/admin/inventory/low-stock"),
        ("/api/v1/admin/inventory/low-stock/events", "/api/v1/admin/inventory/{sku}/events"),
        ("/api/v1/admin/inventory/A%2FB", "/api/v1/admin/inventory/{sku}"),
    ];
    for (path, expected) in cases {
        assert_eq!(pattern(path).as_deref(), Some(expected), "{path}");
    }
}

#[test]
fn a_path_that_nobody_documented_finds_nothing() {
    for path in [
        "",
        "/",
        "health",
        "/health/",
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v1/products/",
        "/api/v1/products/a/b",
        "/api/v2/products",
        "/api/v1/admin",
        "/metrics",
    ] {
        assert_eq!(pattern(path), None, "{path}");
    }
}

#[test]
fn every_staff_operation_has_a_permission_and_every_other_says_that_it_has_none() {
    let document = openapi::assembled();
    let documented: usize = document.paths.paths.values().map(operations_in).sum();
    let table = table();
    let routes = table.routes();
    let known: usize = routes.iter().map(|route| route.operations.len()).sum();
    assert_eq!(known, documented, "an operation has neither a permission nor a way in without one");
    for route in routes {
        let staff = route.pattern.starts_with("/api/v1/admin");
        for operation in &route.operations {
            let asks_staff = matches!(operation.access, Access::Staff(_));
            assert_eq!(asks_staff, staff, "{} {}", operation.method, route.pattern);
        }
    }
}

fn operations_in(item: &PathItem) -> usize {
    [&item.get, &item.put, &item.post, &item.delete, &item.patch].into_iter().flatten().count()
}

#[test]
fn an_operation_that_says_nothing_of_access_is_not_in_the_table() {
    let mut document = openapi::assembled();
    let item = document.paths.paths.get_mut("/api/v1/admin/orders").unwrap();
    let operation = item.get.as_mut().unwrap();
    operation.extensions = None;
    operation.security = None;
    assert!(Table::of(&document).find("/api/v1/admin/orders").is_none());
}

#[test]
fn an_operation_with_a_permission_that_does_not_exist_is_not_in_the_table() {
    let mut document = openapi::assembled();
    let item = document.paths.paths.get_mut("/api/v1/admin/orders").unwrap();
    let misspelt = ExtensionsBuilder::new().add("x-permission", "order:raed").build();
    item.get.as_mut().unwrap().extensions = Some(misspelt);
    assert!(Table::of(&document).find("/api/v1/admin/orders").is_none());
}

#[test]
fn allow_names_the_methods_of_a_path_and_those_that_come_with_them() {
    let table = table();
    let allow = |path: &str| table.find(path).unwrap().allow.to_str().unwrap().to_owned();
    assert_eq!(allow("/api/v1/search"), "GET, HEAD, OPTIONS");
    assert_eq!(allow("/api/v1/admin/promotions"), "GET, HEAD, OPTIONS, POST");
    assert_eq!(allow("/api/v1/auth/login"), "OPTIONS, POST");
}
