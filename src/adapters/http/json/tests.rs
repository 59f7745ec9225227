use serde::Deserialize;

use super::*;
use crate::adapters::http::input::{Int, Line, List, Pairs, QuantityIn, SkuIn};

type Lines = List<Item, 1, 2>;
type Words = Pairs<2, 5, 5>;
type Short = Line<5>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    sku: SkuIn,
    quantity: QuantityIn,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: Short,
    lines: Option<Lines>,
    words: Option<Words>,
    count: Option<Int<-3, 3>>,
}

fn refused(body: &str) -> Problem {
    parse::<Body>(body.as_bytes()).unwrap_err()
}

/// The pointer and the detail of the one thing that is wrong.
fn fault(body: &str) -> (String, String) {
    let document = refused(body).document("/", "id");
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    let error = &document["errors"][0];
    let text = |name: &str| error[name].as_str().unwrap_or("?").to_owned();
    (text("pointer"), text("detail"))
}

#[test]
fn a_body_is_read() {
    let body = r#"{"name": "Lamp", "lines": [{"sku": "A", "quantity": 2}], "words": {"a": "b"}}"#;
    let body: Body = parse(body.as_bytes()).unwrap();
    let line = &body.lines.unwrap().0[0];
    assert_eq!((line.sku.0.as_str(), line.quantity.0), ("A", 2));
    assert_eq!(body.words.unwrap().0["a"], "b");
    assert_eq!((body.name.0.as_str(), body.count), ("Lamp", None));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let cases = [
        (r#"{"lines": null}"#, "/name"),
        (r#"{"name": "Lamp", "price": 1}"#, "/price"),
        (r#"{"name": "   "}"#, "/name"),
        (r#"{"name": "Lampen"}"#, "/name"),
        (r#"{"name": "a\u0000"}"#, "/name"),
        (r#"{"name": null}"#, "/name"),
        (r#"{"name": "a", "name": "b"}"#, "/name"),
        (r#"{"name": "a", "lines": []}"#, "/lines"),
        (r#"{"name": "a", "lines": [{"sku": "A", "quantity": 0}]}"#, "/lines/0/quantity"),
        (r#"{"name": "a", "lines": [{"sku": "A", "quantity": 1.5}]}"#, "/lines/0/quantity"),
        (r#"{"name": "a", "lines": [{"sku": "A", "quantity": "2"}]}"#, "/lines/0/quantity"),
        (r#"{"name": "a", "lines": [{"sku": "A", "quantity": 1e20}]}"#, "/lines/0/quantity"),
        (
            r#"{"name": "a", "lines": [{"sku": "A", "quantity": 100000000000000000000}]}"#,
            "/lines/0/quantity",
        ),
        (r#"{"name": "a", "lines": [{"sku": "A b", "quantity": 1}]}"#, "/lines/0/sku"),
        (r#"{"name": "a", "lines": [{"quantity": 1}]}"#, "/lines/0/sku"),
        (r#"{"name": "a", "words": {"x/y~": "too long"}}"#, "/words/x~1y~0"),
        (r#"{"name": "a", "count": 4}"#, "/count"),
        (r#"{"name": "a", "count": -4}"#, "/count"),
        ("[]", ""),
        ("\"text\"", ""),
    ];
    for (body, pointer) in cases {
        let (found, detail) = fault(body);
        assert_eq!(found, pointer, "{body}: {detail}");
        assert!(!detail.contains(" at line "), "{detail}");
    }
}

#[test]
fn too_many_entries_and_repeated_names_are_refused() {
    let three = r#"{"name": "a", "lines": [1, 2, 3]}"#.replace("1, 2, 3", &["{}"; 3].join(","));
    assert!(parse::<Body>(three.as_bytes()).is_err());
    assert_eq!(fault(r#"{"name": "a", "words": {"b": "1", "b": "2"}}"#).0, "/words/b");
    assert!(fault(r#"{"name": "a", "words": {"a":"1","b":"2","c":"3"}}"#).1.contains("at most 2"));
}

#[test]
fn what_is_not_one_json_value_is_malformed() {
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let cases = [
        "",
        "{",
        "{\"name\": ",
        "{} {}",
        "{}x",
        "\u{feff}{\"name\": \"a\"}",
        "{\"name\": NaN}",
        "{\"name\": \"a\", \"count\": 1e400}",
        "{\"name\": \"\\ud800\"}",
        "{'name': 'a'}",
        "{\"name\": \"a\",}",
        "{\"name\": \"a\", \"count\": 01}",
        &deep,
    ];
    for body in cases {
        let problem = refused(body);
        let status = problem.code().status().as_u16();
        assert_eq!(status, 400, "{}", &body[..body.len().min(40)]);
    }
    assert_eq!(refused("{\"name\": ").code(), Code::MalformedJson);
    assert!(parse::<Body>(b"{\"name\": \"\xff\"}").is_err());
}
