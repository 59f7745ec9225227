use serde_json::{Value, json};

use crate::adapters::http::access::{PERMISSION, UNLIMITED};

/// The problems that follow from what an operation is made of: status and meaning.
const SHARED: &[(&str, &str)] = &[
    ("400", "Something in the request is wrong."),
    ("401", "Sign-in is needed."),
    ("403", "The caller lacks the permission."),
    ("404", "There is no such thing, or it is not the caller's."),
    ("406", "The client accepts nothing that the answer could be."),
    ("408", "The body took too long to arrive."),
    ("409", "The state of the shop forbids it."),
    ("412", "The thing has another version."),
    ("413", "The body is too large."),
    ("414", "The path and query are too long."),
    ("415", "The body is of a media type or a coding that is not read."),
    ("422", "The Idempotency-Key served another request."),
    ("428", "If-Match is needed."),
    ("429", "The client asks too often; Retry-After says when to go on."),
    ("431", "The header fields are too large."),
    ("503", "The shop cannot answer right now; Retry-After says when."),
];

/// The headers that tell a client what it has left.
const RATE_LIMIT_HEADERS: [&str; 2] = ["RateLimit-Policy", "RateLimit"];

/// Describes the shared problems once, and the headers that all answers share.
pub fn describe(document: &mut Value) {
    let text = |description: &str, example: &str| {
        let schema = json!({"type": "string", "example": example});
        json!({"description": description, "schema": schema})
    };
    let policy = "How many requests the client has at once (q), and in how many seconds they are \
                  whole again (w); draft-ietf-httpapi-ratelimit-headers-10. Absent where requests \
                  are not limited.";
    let left = "How many requests the client has left (r), and in how many seconds there is another \
                one (t); draft-ietf-httpapi-ratelimit-headers-10. Absent where requests are not \
                limited.";
    document["components"]["headers"] = json!({
        "RateLimit-Policy": text(policy, "\"default\";q=1000;w=1"),
        "RateLimit": text(left, "\"default\";r=999;t=1"),
    });
    for (status, description) in SHARED {
        let mut response = json!({"description": description});
        dress(status, &mut response, false, true);
        document["components"]["responses"][name(status)] = response;
    }
}

fn name(status: &str) -> String {
    format!("Problem{status}")
}

/// Adds the answers that follow from what an operation is: every way in which its parts can be
/// wrong. What only the operation itself knows (402, 409, 422, ...) its handler names; those get
/// the shape that all problems have.
pub fn complete(path: &str, method: &str, operation: &mut Value) {
    let possible = possible(path, method, operation);
    let tagged = takes(operation, "If-Match") || operation["responses"].get("304").is_some();
    let limited = operation.get(UNLIMITED).is_none();
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, response) in responses.iter_mut() {
        dress(status, response, tagged, limited);
    }
    for status in possible {
        let shared = json!({"$ref": format!("#/components/responses/{}", name(status))});
        responses.entry(status).or_insert(shared);
    }
}

/// Whether an operation takes a parameter.
fn takes(operation: &Value, name: &str) -> bool {
    parameters(operation).any(|parameter| parameter["name"] == name)
}

fn parameters(operation: &Value) -> impl Iterator<Item = &Value> {
    operation.get("parameters").and_then(Value::as_array).into_iter().flatten()
}

/// The shared problems that an operation can answer with.
fn possible(path: &str, method: &str, operation: &Value) -> Vec<&'static str> {
    let within = |place: &str| parameters(operation).any(|parameter| parameter["in"] == place);
    let (key, condition) = (takes(operation, "Idempotency-Key"), takes(operation, "If-Match"));
    let staff = operation.get(PERMISSION).is_some();
    let body = operation.get("requestBody").is_some();
    let empty_answer = operation["responses"].get("204").is_some();
    let asks_shop = operation["tags"][0] != "process" || path == "/ready";
    let can_answer = |status: &str| match status {
        "400" => within("query") || key || condition || body,
        "401" | "403" => staff,
        "404" => within("path"),
        "406" => !empty_answer,
        "408" | "413" | "415" => body,
        "409" => key || staff && method != "get",
        "412" => condition,
        "422" => key,
        "429" => operation.get(UNLIMITED).is_none(),
        "428" => condition && staff && method != "post",
        "503" => asks_shop,
        _ => true,
    };
    SHARED.iter().map(|(status, _)| *status).filter(|status| can_answer(status)).collect()
}

/// Gives a problem its shape, and an answer the headers that it carries.
fn dress(status: &str, response: &mut Value, tagged: bool, limited: bool) {
    let text =
        |description: &str| json!({"description": description, "schema": {"type": "string"}});
    let mut headers = json!({"X-Request-Id": text("The id of the request.")});
    if limited {
        for name in RATE_LIMIT_HEADERS {
            headers[name] = json!({"$ref": format!("#/components/headers/{name}")});
        }
    }
    if status.starts_with('4') || status.starts_with('5') {
        response["content"] = json!({
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        });
    }
    if status == "201" || tagged && matches!(status, "200" | "304") {
        headers["ETag"] = text("What the thing is now, for If-None-Match and If-Match.");
    }
    match status {
        "201" | "202" | "308" => headers["Location"] = text("Where the thing is."),
        "401" => headers["WWW-Authenticate"] = text("How to sign in."),
        "429" | "503" => {
            let seconds = json!({"type": "integer", "minimum": 0});
            headers["Retry-After"] = json!({"description": "Seconds.", "schema": seconds});
        }
        _ => {}
    }
    response["headers"] = headers;
}
