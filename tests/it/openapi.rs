//! The API document: that the one in the repository is the one that the code serves, and that it
//! keeps to its own rules.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::harness::api::Api;

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

/// Every operation with its path and its method.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                found.push((path.clone(), method.to_owned(), operation.clone()));
            }
        }
    }
    found
}

#[test]
fn the_document_in_the_repository_is_the_one_that_is_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let kept: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let served = ecicomm::adapters::http::document();
    assert!(kept == served, "openapi.json is not what the code says; write it by `make openapi`");
}

#[tokio::test]
async fn the_document_is_served_with_a_tag() {
    let api = Api::open().await;
    let answer = api.get("/openapi.json").await;
    assert_eq!(answer.ok(200), ecicomm::adapters::http::document());
    let tag = answer.header("etag").unwrap();
    assert_eq!(api.get("/openapi.json").header("If-None-Match", tag).await.status, 304);
}

#[test]
fn every_operation_says_what_it_is_what_it_answers_and_who_may_use_it() {
    let document = ecicomm::adapters::http::document();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let name = format!("{method} {path}");
        let id = operation["operationId"].as_str().unwrap().to_owned();
        assert!(ids.insert(id), "{name} has the id of another");
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{name} has one tag");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        assert!(operation["security"].is_array(), "{name} does not say who may use it");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name} never succeeds");
        for (status, response) in responses {
            let described = response["description"].is_string() || response["$ref"].is_string();
            assert!(described, "{name} {status}");
        }
    }
}

#[test]
fn every_operation_but_the_looks_at_the_process_tells_of_limits() {
    let document = ecicomm::adapters::http::document();
    for (path, method, operation) in operations(&document) {
        let limited = !["/health", "/ready"].contains(&path.as_str());
        let responses = operation["responses"].as_object().unwrap();
        assert_eq!(responses.contains_key("429"), limited, "{method} {path}");
        for (status, response) in responses {
            let response = match response["$ref"].as_str() {
                Some(target) => document.pointer(&target[1..]).unwrap(),
                None => response,
            };
            let own = status.starts_with('2');
            let told = response["headers"].get("RateLimit").is_some();
            assert!(told == limited || !own, "{method} {path} {status}");
        }
    }
}

#[test]
fn staff_operations_name_a_permission_and_no_other_does() {
    use ecicomm::domain::customer::Permission;

    let document = ecicomm::adapters::http::document();
    for (path, method, operation) in operations(&document) {
        let permission = operation["x-permission"].as_str().and_then(Permission::parse);
        let staff = path.starts_with("/api/v1/admin");
        assert_eq!(permission.is_some(), staff, "{method} {path}");
        for status in ["401", "403"] {
            let documented = operation["responses"].get(status).is_some();
            assert!(documented || !staff, "{method} {path} does not say {status}");
        }
    }
}

#[test]
fn every_parameter_of_a_path_is_described_and_every_reference_leads_somewhere() {
    let document = ecicomm::adapters::http::document();
    for (path, method, operation) in operations(&document) {
        let described: Vec<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let needed: Vec<&str> = path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        assert_eq!(described, needed, "{method} {path}");
    }
    follow(&document, &document);
}

fn follow(value: &Value, document: &Value) {
    if let Some(target) = value.get("$ref").and_then(Value::as_str) {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
    }
    match value {
        Value::Object(members) => members.values().for_each(|value| follow(value, document)),
        Value::Array(items) => items.iter().for_each(|value| follow(value, document)),
        _ => {}
    }
}

#[test]
fn links_lead_to_operations_and_to_parameters_that_these_have() {
    let document = ecicomm::adapters::http::document();
    let all = operations(&document);
    let mut seen = 0;
    for (_, _, operation) in &all {
        for response in operation["responses"].as_object().unwrap().values() {
            for link in response["links"].as_object().into_iter().flat_map(|links| links.values()) {
                let target =
                    all.iter().find(|(_, _, other)| other["operationId"] == link["operationId"]);
                let (_, _, target) = target.unwrap_or_else(|| panic!("{link} leads nowhere"));
                for name in link["parameters"].as_object().unwrap().keys() {
                    let mut parameters = target["parameters"].as_array().unwrap().iter();
                    assert!(parameters.any(|known| known["name"] == name.as_str()), "{link}");
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "only {seen} links were looked at");
}

#[test]
fn bodies_of_requests_take_no_unknown_members() {
    let document = ecicomm::adapters::http::document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let input =
            ["Input", "Patch", "Empty", "Credentials"].iter().any(|end| name.ends_with(end));
        if input {
            assert!(is_closed(schema), "{name} takes members that it does not know");
        }
    }
}

fn is_closed(schema: &Value) -> bool {
    match schema["oneOf"].as_array() {
        Some(choices) => choices.iter().all(is_closed),
        None => schema["additionalProperties"] == false,
    }
}
