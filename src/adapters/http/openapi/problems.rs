use serde_json::{Value, json};

use crate::adapters::http::access::PERMISSION;

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
    ("431", "The header fields are too large."),
    ("503", "The shop cannot answer right now; Retry-After says when."),
];

/// Describes the shared problems once.
pub fn describe(document: &mut Value) {
    for (status, description) in SHARED {
        let mut response = json!({"description": description});
        dress(status, &mut response, false);
        document["components"]["responses"][name(status)] = response;
    }
}

fn name(status: &str) -> String {
    format!("Problem{status}")
}

/// Adds the answers that follow from what an operation is: every way in which its parts can be
/// wrong. What only the operation itself knows (402, 409, 422, ...) its handler names; those get the
/// shape that all problems have.
pub fn complete(path: &str, method: &str, operation: &mut Value) {
    let facts = Facts::of(path, method, operation);
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, response) in responses.iter_mut() {
        dress(status, response, facts.tagged);
    }
    for (status, _) in SHARED.iter().filter(|(status, _)| facts.can_answer(status)) {
        let shared = json!({"$ref": format!("#/components/responses/{}", name(status))});
        responses.entry(*status).or_insert(shared);
    }
}

/// What an operation is made of.
struct Facts {
    parameters: bool,
    named: bool,
    staff: bool,
    body: bool,
    empty_answer: bool,
    key: bool,
    condition: bool,
    condition_needed: bool,
    writes: bool,
    asks_shop: bool,
    tagged: bool,
}

impl Facts {
    fn of(path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        let takes = |name: &str| parameters.iter().any(|parameter| parameter["name"] == name);
        let within = |place: &str| parameters.iter().any(|parameter| parameter["in"] == place);
        let staff = operation.get(PERMISSION).is_some();
        let condition = takes("If-Match");
        Self {
            parameters: within("query") || takes("Idempotency-Key") || condition,
            named: within("path"),
            staff,
            body: operation.get("requestBody").is_some(),
            empty_answer: operation["responses"].get("204").is_some(),
            key: takes("Idempotency-Key"),
            condition,
            condition_needed: condition && staff && method != "post",
            writes: staff && method != "get",
            asks_shop: operation["tags"][0] != "process" || path == "/ready",
            tagged: condition || operation["responses"].get("304").is_some(),
        }
    }

    fn can_answer(&self, status: &str) -> bool {
        match status {
            "400" => self.parameters || self.body,
            "401" | "403" => self.staff,
            "404" => self.named,
            "406" => !self.empty_answer,
            "408" | "413" | "415" => self.body,
            "409" => self.writes || self.key,
            "412" => self.condition,
            "422" => self.key,
            "428" => self.condition_needed,
            "503" => self.asks_shop,
            _ => true,
        }
    }
}

/// Gives a problem its shape, and an answer the headers that it carries.
fn dress(status: &str, response: &mut Value, tagged: bool) {
    let text =
        |description: &str| json!({"description": description, "schema": {"type": "string"}});
    let mut headers = json!({"X-Request-Id": text("The id of the request.")});
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
        "503" => {
            let seconds = json!({"type": "integer", "minimum": 0});
            headers["Retry-After"] = json!({"description": "Seconds.", "schema": seconds});
        }
        _ => {}
    }
    response["headers"] = headers;
}
