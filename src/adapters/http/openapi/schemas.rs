use serde_json::{Map, Value, json};

use crate::adapters::http::input::INLINED;

const REFERENCE: &str = "#/components/schemas/";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// Puts small schemas where they are used, derives the schemas of merge patches, and says which
/// members answers always have.
pub fn complete(document: &mut Value) {
    derive_patches(document);
    let Some(schemas) = document["components"]["schemas"].as_object().cloned() else { return };
    let small: Map<String, Value> =
        schemas.into_iter().filter(|(name, _)| name.starts_with(INLINED)).collect();
    inline(document, &small);
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    schemas.retain(|name, _| !name.starts_with(INLINED));
    for (name, schema) in schemas {
        if let Some(entry) = name.strip_prefix("List_") {
            schema["properties"]["items"]["items"] = json!({"$ref": format!("{REFERENCE}{entry}")});
        }
        require_nullable(schema);
    }
}

/// Replaces every reference to one of `small` by what it refers to. They refer to each other, so
/// what was put in place is looked through too.
fn inline(value: &mut Value, small: &Map<String, Value>) {
    let target = target(value).and_then(|name| small.get(name));
    if let Some(schema) = target {
        let mut whole = schema.clone();
        // What stands beside a reference, such as its own description, counts before its target.
        for (name, beside) in value.as_object().into_iter().flatten() {
            if name != "$ref" {
                whole[name] = beside.clone();
            }
        }
        *value = whole;
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(|value| inline(value, small)),
        Value::Array(items) => items.iter_mut().for_each(|value| inline(value, small)),
        _ => {}
    }
}

/// The name of the component that `value` refers to.
fn target(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.strip_prefix(REFERENCE)
}

/// A member of an answer that may be null is always there, as null where there is nothing. What may
/// be missing is never null, and requests (which allow no further members) may leave either out.
fn require_nullable(schema: &mut Value) {
    for part in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        require_nullable(part);
    }
    if schema.get("additionalProperties") == Some(&json!(false)) {
        return;
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let nullable = properties.iter().filter(|(_, property)| may_be_null(property));
    let names: Vec<Value> = nullable.map(|(name, _)| json!(name)).collect();
    let mut required = schema["required"].as_array().cloned().unwrap_or_default();
    required.extend(names);
    if !required.is_empty() {
        schema["required"] = Value::Array(required);
    }
}

fn may_be_null(schema: &Value) -> bool {
    let null = |kind: &Value| *kind == "null";
    let types = schema.get("type").and_then(Value::as_array);
    let choices = schema.get("oneOf").and_then(Value::as_array);
    types.is_some_and(|types| types.iter().any(null))
        || choices.is_some_and(|choices| choices.iter().any(|c| c.get("type").is_some_and(null)))
}

/// The schema of a merge patch is that of the thing with nothing required.
fn derive_patches(document: &mut Value) {
    let mut wanted = Vec::new();
    super::for_each_operation(document, |_, _, operation| {
        let content = operation.pointer_mut("/requestBody/content");
        let Some(schema) = content.and_then(|c| c.get_mut(MERGE_PATCH)?.get_mut("schema")) else {
            return;
        };
        if let Some(name) = target(schema).map(str::to_owned) {
            let patch = patch_name(&name);
            *schema = json!({"$ref": format!("{REFERENCE}{patch}")});
            wanted.push((name, patch));
        }
    });
    for (name, patch) in wanted {
        let Some(mut schemas) = document["components"]["schemas"].as_object().cloned() else {
            return;
        };
        let whole = if name.ends_with("Change") { schemas.remove(&name) } else { None };
        let mut schema = whole.or_else(|| schemas.get(&name).cloned()).unwrap_or_default();
        loosen(&mut schema, &schemas);
        schemas.insert(patch, schema);
        document["components"]["schemas"] = Value::Object(schemas);
    }
}

fn patch_name(name: &str) -> String {
    let stem = name.strip_suffix("Input").or_else(|| name.strip_suffix("Change")).unwrap_or(name);
    format!("{stem}Patch")
}

/// Nothing of a patch is required, in the objects that it is laid over neither; and where those are
/// maps, null takes a name out. Lists are replaced as they are.
fn loosen(schema: &mut Value, schemas: &Map<String, Value>) {
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("required");
    }
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for property in properties.values_mut() {
        let choices = property.get_mut("oneOf").and_then(Value::as_array_mut);
        for choice in choices.into_iter().flatten() {
            let whole = target(choice).and_then(|name| schemas.get(name)).cloned();
            let Some(mut whole) = whole.filter(|whole| whole["type"] == "object") else { continue };
            if let Some(values) = whole.get("additionalProperties").filter(|v| v.is_object()) {
                whole["additionalProperties"] = json!({"oneOf": [{"type": "null"}, values]});
            }
            loosen(&mut whole, schemas);
            *choice = whole;
        }
    }
}
