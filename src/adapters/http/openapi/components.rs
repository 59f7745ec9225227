use serde_json::{Value, json};
use utoipa::{PartialSchema, ToSchema};

use crate::adapters::http::order::X_ORDER_TOKEN;
use crate::adapters::http::problem::{FieldProblemBody, ProblemBody};

/// Adds the ways to sign in, and the shape of problems.
pub fn complete(document: &mut Value) {
    document["components"]["securitySchemes"] = json!({
        "staff": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The `access_token` of signing in.",
        },
        "order_token": {
            "type": "apiKey", "in": "header", "name": X_ORDER_TOKEN,
            "description": "The `access_token` of the order, told when it was placed.",
        },
    });
    let mut needed = Vec::new();
    ProblemBody::schemas(&mut needed);
    needed.push((ProblemBody::name().into_owned(), ProblemBody::schema()));
    needed.push((FieldProblemBody::name().into_owned(), FieldProblemBody::schema()));
    for (name, schema) in needed {
        document["components"]["schemas"][name] = serde_json::to_value(schema).unwrap_or_default();
    }
}
