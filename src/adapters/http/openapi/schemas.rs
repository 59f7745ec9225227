use serde_json::{Map, Value, json};

use crate::adapters::http::input::INLINED;

const REFERENCE: &str = "#/components/schemas/";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// Puts small schemas where they are used, and derives the schemas of merge patches.
pub fn complete(document: &mut Value) {
    derive_patches(document);
    let schemas = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    let small: Map<String, Value> =
        schemas.into_iter().filter(|(name, _)| name.starts_with(INLINED)).collect();
    inline(document, &small);
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.retain(|name, _| !name.starts_with(INLINED));
    }
}

/// Replaces every reference to one of `small` by what it refers to. They refer to each other, so
/// what was put in place is looked through too.
fn inline(value: &mut Value, small: &Map<String, Value>) {
    let target = value["$ref"].as_str().and_then(|target| target.strip_prefix(REFERENCE));
    if let Some(schema) = target.and_then(|name| small.get(name)) {
        let mut whole = schema.clone();
        merge_siblings(value, &mut whole);
        *value = whole;
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(|value| inline(value, small)),
        Value::Array(items) => items.iter_mut().for_each(|value| inline(value, small)),
        _ => {}
    }
}

/// What stands beside a reference, such as its own description, counts before what it refers to.
fn merge_siblings(reference: &Value, whole: &mut Value) {
    let Some(siblings) = reference.as_object() else { return };
    for (name, value) in siblings.iter().filter(|(name, _)| *name != "$ref") {
        whole[name] = value.clone();
    }
}

/// The schema of a merge patch is that of the thing with nothing required; what may be left out may
/// be null, and the names of a map may be.
fn derive_patches(document: &mut Value) {
    let mut wanted = Vec::new();
    super::for_each_operation(document, |_, _, operation| {
        let schema = &mut operation["requestBody"]["content"][MERGE_PATCH]["schema"];
        let name = schema["$ref"].as_str().and_then(|name| name.strip_prefix(REFERENCE));
        if let Some(name) = name.map(str::to_owned) {
            let patch = patch_name(&name);
            *schema = json!({"$ref": format!("{REFERENCE}{patch}")});
            wanted.push((name, patch));
        }
        prune(operation);
    });
    for (name, patch) in wanted {
        let mut schema = document["components"]["schemas"][&name].clone();
        loosen(&mut schema, document);
        document["components"]["schemas"][&patch] = schema;
        if name != patch && name.ends_with("Change") {
            remove(document, &name);
        }
    }
}

fn patch_name(name: &str) -> String {
    let stem = name.strip_suffix("Input").or_else(|| name.strip_suffix("Change")).unwrap_or(name);
    format!("{stem}Patch")
}

/// Looking a member up by index makes it; what was only looked for goes again.
fn prune(operation: &mut Value) {
    let empty = operation["requestBody"]["content"][MERGE_PATCH]["schema"].is_null();
    if let Some(content) = operation["requestBody"]["content"].as_object_mut()
        && empty
    {
        content.remove(MERGE_PATCH);
    }
    let bare = operation["requestBody"]["content"].as_object().is_none_or(Map::is_empty);
    if let Some(operation) = operation.as_object_mut()
        && bare
    {
        operation.remove("requestBody");
    }
}

fn remove(document: &mut Value, name: &str) {
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.remove(name);
    }
}

fn loosen(schema: &mut Value, document: &Value) {
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("required");
    }
    let Some(properties) = schema["properties"].as_object_mut() else { return };
    for property in properties.values_mut() {
        loosen_map(property, document);
    }
}

/// In a map that a patch is laid over, null takes a name out.
fn loosen_map(property: &mut Value, document: &Value) {
    let choices = property["oneOf"].as_array().cloned().unwrap_or_default();
    let map = choices.iter().find_map(|choice| {
        let name = choice["$ref"].as_str()?.strip_prefix(REFERENCE)?;
        let target = &document["components"]["schemas"][name];
        target.get("additionalProperties").filter(|value| value.is_object())?;
        Some(target.clone())
    });
    if let Some(mut map) = map {
        let value = map["additionalProperties"].clone();
        map["additionalProperties"] = json!({"oneOf": [{"type": "null"}, value]});
        property["oneOf"] = json!([{"type": "null"}, map]);
    }
}
