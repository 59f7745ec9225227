use serde_json::{Value, json};

use crate::adapters::http::access::PERMISSION;

/// Adds the answers that follow from what an operation is: every way in which its parts can be
/// wrong. What only the operation itself knows (402, 409, 422, ...) its handler names; here those
/// get the shape that all problems have.
pub fn complete(path: &str, method: &str, operation: &mut Value) {
    let facts = Facts::of(path, method, operation);
    let responses = &mut operation["responses"];
    for (status, applies, description) in facts.answers() {
        if applies && responses.get(status).is_none() {
            responses[status] = json!({"description": description});
        }
    }
    let Some(responses) = responses.as_object_mut() else { return };
    for (status, response) in responses {
        dress(status, response, facts.tagged);
    }
}

/// What an operation is made of.
struct Facts {
    parameters: bool,
    named: bool,
    staff: bool,
    body: bool,
    bodyless_answer: bool,
    key: bool,
    condition: bool,
    writes: bool,
    asks_shop: bool,
    tagged: bool,
}

impl Facts {
    fn of(path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        let takes = |name: &str| parameters.iter().any(|parameter| parameter["name"] == name);
        let within = |place: &str| parameters.iter().any(|parameter| parameter["in"] == place);
        let process = operation["tags"][0] == "process";
        Self {
            parameters: within("query") || takes("Idempotency-Key"),
            named: within("path"),
            staff: operation.get(PERMISSION).is_some(),
            body: operation.get("requestBody").is_some(),
            bodyless_answer: operation["responses"].get("204").is_some(),
            key: takes("Idempotency-Key"),
            condition: takes("If-Match"),
            writes: method != "get" && path.starts_with("/api/v1/admin"),
            asks_shop: !process || path == "/ready",
            tagged: takes("If-None-Match") || takes("If-Match"),
        }
    }

    fn answers(&self) -> [(&'static str, bool, &'static str); 17] {
        [
            ("304", self.tagged && !self.condition, "The client has it already."),
            ("400", self.parameters || self.body, "Something in the request is wrong."),
            ("401", self.staff, "Sign-in is needed."),
            ("403", self.staff, "The caller lacks the permission."),
            ("404", self.named, "There is no such thing, or it is not the caller's."),
            ("406", !self.bodyless_answer, "The client accepts nothing that the answer could be."),
            ("408", self.body, "The body took too long to arrive."),
            ("409", self.writes || self.key, "The state of the shop forbids it."),
            ("412", self.condition, "The thing has another version."),
            ("413", self.body, "The body is too large."),
            ("414", self.asks_shop, "The path and query are too long."),
            ("415", self.body, "The body is of a media type that is not read."),
            ("422", self.key, "The Idempotency-Key served another request."),
            ("428", self.condition, "If-Match is needed."),
            ("431", self.asks_shop, "The header fields are too large."),
            ("500", self.asks_shop, "A fault of the shop."),
            ("503", self.asks_shop, "The shop cannot answer right now; Retry-After says when."),
        ]
    }
}

/// Gives problems their shape, and all answers the headers that they carry.
fn dress(status: &str, response: &mut Value, tagged: bool) {
    let text = |description: &str| json!({"description": description, "schema": {"type": "string"}});
    let mut headers = json!({"X-Request-Id": text("The id of the request.")});
    if status.starts_with('4') || status.starts_with('5') {
        response["content"] = json!({
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        });
    }
    if tagged && (status == "200" || status == "304") {
        headers["ETag"] = text("What the thing is now, for If-None-Match and If-Match.");
    }
    match status {
        "201" | "202" | "308" => headers["Location"] = text("Where the thing is."),
        "401" => headers["WWW-Authenticate"] = text("How to sign in."),
        "503" => headers["Retry-After"] = json!({
            "description": "Seconds.", "schema": {"type": "integer", "minimum": 0},
        }),
        _ => {}
    }
    response["headers"] = headers;
}
