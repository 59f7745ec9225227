use std::collections::BTreeMap;

use super::*;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Money {
    amount: i64,
    currency: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thing {
    name: String,
    brand: Option<String>,
    price: Option<Money>,
    tags: Option<Vec<String>>,
    facts: Option<BTreeMap<String, String>>,
}

impl Patchable for Thing {
    const MAPS: &'static [&'static str] = &["facts"];
}

fn thing() -> Thing {
    let facts = [("color", "brass"), ("size", "M")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    Thing {
        name: "Lamp".to_owned(),
        brand: Some("Acme".to_owned()),
        price: Some(Money { amount: 4_999, currency: "USD".to_owned() }),
        tags: Some(vec!["new".to_owned()]),
        facts: Some(facts.into()),
    }
}

fn patched(patch: &str) -> Thing {
    merge(&thing(), patch.as_bytes()).unwrap()
}

fn pointer(patch: &str) -> String {
    let problem = merge(&thing(), patch.as_bytes()).unwrap_err();
    let document: Value = serde_json::from_slice(&problem.document("/", "id")).unwrap();
    document["errors"][0]["pointer"].as_str().unwrap_or("none").to_owned()
}

#[test]
fn what_a_patch_does_not_name_stays() {
    assert_eq!(patched("{}"), thing());
    assert_eq!(patched(r#"{"name": "Bulb"}"#), Thing { name: "Bulb".to_owned(), ..thing() });
}

#[test]
fn null_takes_a_member_out_and_lists_are_replaced() {
    assert_eq!(patched(r#"{"brand": null}"#), Thing { brand: None, ..thing() });
    let tags = Some(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(patched(r#"{"tags": ["a", "b"]}"#), Thing { tags, ..thing() });
}

#[test]
fn objects_are_laid_over_member_by_member() {
    let price = Some(Money { amount: 5, currency: "USD".to_owned() });
    assert_eq!(patched(r#"{"price": {"amount": 5}}"#), Thing { price, ..thing() });
    let facts = patched(r#"{"facts": {"color": null, "form": "round", "gone": null}}"#).facts;
    let facts: Vec<String> = facts.unwrap().into_keys().collect();
    assert_eq!(facts, ["form", "size"]);
}

#[test]
fn members_that_nobody_knows_are_refused_even_as_null() {
    assert_eq!(pointer(r#"{"sold_by": "me"}"#), "/sold_by");
    assert_eq!(pointer(r#"{"sold_by": null}"#), "/sold_by");
    assert_eq!(pointer(r#"{"price": {"tax": null}}"#), "/price/tax");
}

#[test]
fn what_must_be_there_cannot_be_taken_out() {
    assert_eq!(pointer(r#"{"name": null}"#), "/name");
    assert_eq!(pointer(r#"{"price": {"amount": null}}"#), "/price/amount");
}

#[test]
fn a_patch_is_an_object_without_repeated_names() {
    for patch in ["[]", "1", "null", "\"x\"", r#"{"name": "a", "name": "b"}"#, "{", ""] {
        assert!(merge(&thing(), patch.as_bytes()).is_err(), "{patch}");
    }
    assert!(merge(&thing(), br#"{"facts": {"a": "1", "a": "2"}}"#).is_err());
}
