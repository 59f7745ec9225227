//! What is damaged is told as corrupt, and nothing panics.

use serde_json::{Value, json};

use super::golden::{Kind, every_line};
use crate::adapters::record::Record;
use crate::domain::customer::StaffMember;
use crate::domain::inventory::StockItem;
use crate::domain::order::OrderEvent;
use crate::ports::PortErrorKind;

fn refusal(kind: &Kind, bytes: &[u8]) -> String {
    let told = String::from_utf8_lossy(bytes);
    match (kind.rewrite)(bytes) {
        Ok(_) => panic!("{} was read: {told}", kind.name),
        Err(error) => {
            assert_eq!(error.kind(), PortErrorKind::Corrupt, "{told}");
            error.to_string()
        }
    }
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

/// The line once for each place that `pick` finds something to put there.
fn each_changed(line: &str, pick: fn(&Value) -> Option<Value>) -> Vec<Value> {
    fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    pointers(field, &format!("{at}/{name}"), found);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    pointers(item, &format!("{at}/{index}"), found);
                }
            }
            _ => {}
        }
    }
    let whole = parsed(line);
    let mut found = Vec::new();
    pointers(&whole, "", &mut found);
    let change = |at: String| {
        let put = pick(whole.pointer(&at)?)?;
        let mut changed = whole.clone();
        *changed.pointer_mut(&at)? = put;
        Some(changed)
    };
    found.into_iter().filter_map(change).collect()
}

fn all_refused(pick: fn(&Value) -> Option<Value>) -> usize {
    let mut refused = 0;
    for (kind, line) in every_line() {
        for changed in each_changed(line, pick) {
            refusal(kind, &serde_json::to_vec(&changed).unwrap());
            refused += 1;
        }
    }
    refused
}

#[test]
fn a_record_that_is_cut_is_corrupt() {
    for (kind, line) in every_line() {
        for end in 0..line.len() {
            refusal(kind, &line.as_bytes()[..end]);
        }
        refusal(kind, format!("{line}}}").as_bytes());
        refusal(kind, &[line.as_bytes(), b"\xff"].concat());
    }
}

#[test]
fn a_value_of_another_type_is_corrupt() {
    let scalar = |value: &Value| {
        let is_scalar = !value.is_object() && !value.is_array();
        is_scalar.then(|| json!([[]]))
    };
    assert!(all_refused(scalar) > 1_000);
    assert!(all_refused(|value| value.is_number().then(|| json!("7"))) > 100);
    assert!(all_refused(|value| value.is_number().then(|| json!(0.5))) > 100);
    assert!(all_refused(|value| value.is_string().then(|| json!(7))) > 100);
    assert!(all_refused(|value| value.is_boolean().then(|| json!("true"))) > 5);
    assert!(all_refused(|value| value.is_array().then(|| json!({}))) > 20);
}

#[test]
fn an_amount_below_zero_is_corrupt() {
    let negative = |value: &Value| {
        let money = value.get("currency").is_some() && value["amount"].is_i64();
        money.then(|| json!({ "amount": -1, "currency": value["currency"] }))
    };
    assert!(all_refused(negative) > 50);
}

#[test]
fn an_amount_in_no_known_currency_is_corrupt() {
    let unknown = |value: &Value| {
        let money = value.get("currency").is_some() && value["amount"].is_i64();
        money.then(|| json!({ "amount": value["amount"], "currency": "usd" }))
    };
    assert!(all_refused(unknown) > 50);
}

#[test]
fn a_record_without_a_version_is_corrupt() {
    for (kind, line) in every_line() {
        for start in ["{", "{\"v\":0,", "{\"v\":null,", "{\"v\":\"1\","] {
            refusal(kind, line.replacen("{\"v\":1,", start, 1).as_bytes());
        }
    }
}

#[test]
fn a_later_version_is_told_as_such_whatever_else_it_holds() {
    for (kind, line) in every_line() {
        let later = line.replacen("\"v\":1", "\"v\":2", 1);
        let expected = format!("{} is of version 2: a newer ecicomm wrote it", kind.name);
        assert!(refusal(kind, later.as_bytes()).ends_with(&expected));
        assert!(refusal(kind, b"{\"unheard\":[1],\"v\":2}").ends_with(&expected));
    }
}

#[test]
fn what_a_record_does_not_know_is_passed_over() {
    for (kind, line) in every_line() {
        let mut more = parsed(line);
        more["later"] = json!({ "deep": [1, null] });
        let bytes = (kind.rewrite)(&serde_json::to_vec(&more).unwrap()).unwrap();
        assert_eq!(std::str::from_utf8(&bytes).unwrap(), line);
    }
    let line = r#"{"v":1,"what":{"confirmed":{"at":7,"later":true}}}"#;
    assert!(OrderEvent::decode(line.as_bytes()).is_ok());
}

#[test]
fn the_order_of_the_fields_does_not_matter() {
    fn reversed(value: &Value) -> String {
        match value {
            Value::Object(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .rev()
                    .map(|(name, field)| format!("{}:{}", json!(name), reversed(field)))
                    .collect();
                format!("{{{}}}", fields.join(", "))
            }
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(reversed).collect();
                format!("[{}]", items.join(", "))
            }
            other => other.to_string(),
        }
    }
    for (kind, line) in every_line() {
        let bytes = (kind.rewrite)(reversed(&parsed(line)).as_bytes()).unwrap();
        assert_eq!(std::str::from_utf8(&bytes).unwrap(), line);
    }
}

#[test]
fn rules_of_the_domain_hold_for_records_too() {
    for (name, from, to) in [
        ("product", "\"BED-S\"", "\"bed-l\""),
        ("product", "\"min_quantity\":10", "\"min_quantity\":0"),
        ("product", "\"oak-bed\"", "\"Oak Bed\""),
        ("product", "\"variants\":[{", "\"variants\":[],\"unread\":[{"),
        ("category", "\"version\":1", "\"version\":0"),
        ("promotion", "\"percentage\":1250", "\"percentage\":10001"),
        ("promotion", "\"usage_limit\":100", "\"usage_limit\":0"),
        ("tax rate", "\"DE\"", "\"DD\""),
        ("shipping method", "\"countries\":[\"DE\",\"US\"]", "\"countries\":[]"),
        ("staff member", "Ada@example.com", "Ada"),
        ("stock item", "\"reserved\":3", "\"reserved\":-3"),
        ("reservation", "\"quantity\":2", "\"quantity\":0"),
        ("order event", "0123456789", "012345678"),
        ("order event", "\"country\":\"HK\"", "\"country\":\"\""),
        ("saga", "\"plan\":{\"checkout\":\"paying\"}", "\"plan\":{\"refund\":\"paying\"}"),
        ("cart", "\"shown_total\":{\"amount\":43078,\"currency\":\"USD\"}", EUROS),
        ("cart", "\"coupons\":[\"SPRING\"]", "\"coupons\":[\"SPRING\",\"spring\"]"),
        ("idempotency key", "BwcHBw", "BwcH"),
        ("idempotency key", "\"price\":{\"amount\":500", "\"price\":{\"amount\":501"),
    ] {
        let found = every_line().find(|(kind, line)| kind.name == name && line.contains(from));
        let (kind, line) = found.unwrap_or_else(|| panic!("no line of {name} has {from}"));
        refusal(kind, line.replacen(from, to, 1).as_bytes());
    }
}

const EUROS: &str = "\"shown_total\":{\"amount\":43078,\"currency\":\"EUR\"}";

#[test]
fn what_is_wrong_is_told_with_its_place_and_without_its_value() {
    let line = r#"{"v":1,"sku":"A","location":"main","on_hand":"secret","version":1}"#;
    let told = StockItem::decode(line.as_bytes()).unwrap_err().to_string();
    let expected =
        "Corrupt: stock item cannot be read at on_hand: expected i64 at line 1 column 53";
    assert_eq!(told, expected);
    let line = include_str!("golden/staff_member.jsonl").lines().next().unwrap();
    for (from, to, place) in [
        ("Ada@example.com", "secret", "at email: e-mail must look like name@example.com"),
        ("\"administrator\"", "\"secret\"", "at role"),
        ("\"created_at\":1", "\"created_at\":\"secret\",\"x\":1", "at created_at: expected i64"),
        ("\"version\":1", "\"version\":true", "at version: expected u64"),
        (",\"version\":1", "", "missing field `version`"),
    ] {
        let damaged = line.replacen(from, to, 1);
        let told = StaffMember::decode(damaged.as_bytes()).unwrap_err().to_string();
        assert!(told.contains(place), "{told}");
        assert!(!told.contains("secret"), "{told}");
    }
}
