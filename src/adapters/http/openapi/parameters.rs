use serde_json::{Value, json};

/// What the parameters of paths are: name, description, schema.
fn known(name: &str) -> Value {
    let uuid = |description: &str| json!({"description": description, "schema": {"type": "string", "format": "uuid"}});
    match name {
        "product" => json!({
            "description": "A product's id or slug.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 160},
        }),
        "sku" => json!({
            "description": "A SKU, without regard to case.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"},
        }),
        "code" => json!({
            "description": "A coupon's code, without regard to case.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"},
        }),
        "file" => json!({
            "description": "A file's name.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 100},
        }),
        "consumer" => json!({
            "description": "A consumer's name.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 100},
        }),
        "position" => json!({
            "description": "A place among all events.",
            "schema": {"type": "integer", "format": "int64", "minimum": 0},
        }),
        "cart_id" => uuid("A cart's id, which is its secret."),
        "variant_id" => uuid("A variant's id."),
        "order_id" => uuid("An order's id."),
        "shipment_id" => uuid("A shipment's id."),
        "return_id" => uuid("A return's id."),
        "payment_id" => uuid("A payment's id."),
        _ => uuid("The id. One that is malformed names nothing: 404."),
    }
}

/// Adds the parameters of the path, and takes back what the generator says too much: that a
/// parameter could be null.
pub fn complete(path: &str, method: &str, operation: &mut Value) {
    let mut parameters: Vec<Value> = Vec::new();
    for segment in path.split('/') {
        let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        if let Some(name) = inner {
            let mut parameter = known(name);
            parameter["name"] = json!(name);
            parameter["in"] = json!("path");
            parameter["required"] = json!(true);
            parameters.push(parameter);
        }
    }
    if let Some(given) = operation["parameters"].as_array() {
        parameters.extend(given.iter().filter(|given| given["in"] != "path").cloned());
    }
    if method == "get" && sends_tag(operation) {
        parameters.push(json!({
            "name": "If-None-Match", "in": "header", "required": false,
            "description": "An `ETag` that is known already: the answer is then 304.",
            "schema": {"type": "string"},
        }));
    }
    for parameter in &mut parameters {
        without_null(&mut parameter["schema"]);
    }
    if parameters.is_empty() {
        if let Some(operation) = operation.as_object_mut() {
            operation.remove("parameters");
        }
        return;
    }
    operation["parameters"] = Value::Array(parameters);
}

/// A body that may be left out is left out; it is not null.
pub fn optional_body(operation: &mut Value) {
    let content = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
    let mut optional = false;
    for media in content.into_iter().flat_map(|content| content.values_mut()) {
        let before = media["schema"].clone();
        without_null(&mut media["schema"]);
        optional |= before != media["schema"];
    }
    if optional {
        operation["requestBody"]["required"] = json!(false);
    }
}

/// Whether the operation reads one thing, which then has a tag.
fn sends_tag(operation: &Value) -> bool {
    operation["responses"].get("304").is_some()
}

fn without_null(schema: &mut Value) {
    if let Some(types) = schema.get("type").and_then(Value::as_array) {
        let others: Vec<Value> = types.iter().filter(|kind| *kind != "null").cloned().collect();
        if let [only] = &others[..] {
            schema["type"] = only.clone();
        }
    }
    let either = schema.get("oneOf").and_then(Value::as_array);
    let others: Option<Vec<Value>> = either
        .map(|either| either.iter().filter(|choice| choice["type"] != "null").cloned().collect());
    if let Some([only]) = others.as_deref() {
        *schema = only.clone();
    }
}
