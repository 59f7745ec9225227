use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::app::AppError;
use crate::ports::idempotency::Refusal;
use crate::ports::{PortError, PortErrorKind};

fn document(problem: &Problem) -> Value {
    serde_json::from_slice(&problem.document("/api/v1/carts", "request-1")).unwrap()
}

#[test]
fn every_kind_has_a_code_of_its_own_and_a_status_of_failure() {
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes.len(), Code::ALL.len());
    for code in Code::ALL {
        let status = code.status();
        assert!(status.is_client_error() || status.is_server_error(), "{code:?}");
        assert!(!code.title().is_empty());
    }
}

#[test]
fn a_document_tells_what_happened_where_and_what_to_do() {
    let problem = Problem::at("/lines/0/sku", "must not be empty");
    let document = document(&problem);
    assert_eq!(document["type"], "urn:ecicomm:problem:validation_failed");
    assert_eq!(document["status"], 400);
    assert_eq!(document["code"], "validation_failed");
    assert_eq!(document["instance"], "/api/v1/carts");
    assert_eq!(document["request_id"], "request-1");
    assert_eq!(document["errors"][0]["pointer"], "/lines/0/sku");
    assert!(document["detail"].as_str().unwrap().ends_with('.'));
}

#[test]
fn a_cause_is_kept_for_the_log_and_never_shown() {
    let failures = [
        (PortErrorKind::Unavailable, 503),
        (PortErrorKind::Timeout, 503),
        (PortErrorKind::Conflict, 503),
        (PortErrorKind::Corrupt, 500),
        (PortErrorKind::Internal, 500),
    ];
    for (kind, status) in failures {
        let cause = "SELECT * FROM orders at /srv/shop/store.rs:42";
        let problem = Problem::from(AppError::Port(PortError::new(kind, cause)));
        assert_eq!(problem.code().status().as_u16(), status);
        assert!(problem.cause().unwrap().to_string().contains("SELECT"));
        assert_eq!(problem.retry_after_seconds().is_some(), status == 503);
        assert!(!document(&problem).to_string().contains("SELECT"));
    }
}

#[test]
fn a_refusal_that_is_kept_under_a_key_has_the_same_bytes_every_time() {
    let refusal = Refusal::InsufficientStock { sku: "LAMP-1".to_owned(), available: 2 };
    let first = Problem::from(&refusal).stored(false);
    let again = Problem::from(&refusal).stored(true);
    assert_eq!(first.document("/orders", "one"), again.document("/orders", "two"));
    assert!(again.is_replayed() && !first.is_replayed());
    assert_eq!(document(&first)["available"], 2);
}

#[test]
fn failures_of_the_framework_are_rows_of_the_same_table() {
    let cases = [
        (404, "not_found"),
        (405, "method_not_allowed"),
        (406, "not_acceptable"),
        (413, "content_too_large"),
        (418, "validation_failed"),
        (500, "internal"),
        (504, "unavailable"),
    ];
    for (status, code) in cases {
        let problem = Problem::of_http(StatusCode::from_u16(status).unwrap());
        assert_eq!(problem.code().as_str(), code);
    }
}
