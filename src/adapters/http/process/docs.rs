use std::sync::{Arc, LazyLock};

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use utoipa_swagger_ui::Config;

use crate::adapters::http::etag::ETag;
use crate::adapters::http::path::At;
use crate::adapters::http::problem::{Code, Problem};
use crate::adapters::http::{State, respond};

/// Where the document is.
const DOCUMENT: &str = "/api/v1/openapi.json";
/// For how many seconds others may keep a file of the pages.
const HOUR: u32 = 3_600;
/// The pages bring their own scripts and styles, and ask this server alone.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ECIComm API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" sizes="32x32" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/swagger-ui-standalone-preset.js"></script>
<script src="/docs/swagger-initializer.js"></script>
</body>
</html>
"#;

static PAGES: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| Arc::new(Config::from(DOCUMENT)));

/// Get this document
#[utoipa::path(
    tag = "process", security(()),
    responses(
        (status = 200, description = "The document, OpenAPI 3.1.", body = serde_json::Value),
        (status = 304, description = "Known already."),
    ),
)]
#[get("/api/v1/openapi.json")]
pub async fn api_document(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let document = state.document();
    let tag = ETag::of_content(document);
    respond::cached(&request, document.clone(), &tag, &state.page_caching)
}

/// Read and try the API in a browser
#[utoipa::path(
    tag = "process", security(()),
    responses((status = 200, description = "A page.", body = String, content_type = "text/html")),
)]
#[get("/docs")]
pub async fn docs() -> HttpResponse {
    answer("text/html; charset=utf-8", PAGE.as_bytes().to_vec())
}

/// Get a file of the pages
#[utoipa::path(
    tag = "process", security(()),
    responses((status = 200, description = "The file.", content(
        (String = "text/css"), (String = "text/javascript"), (String = "text/html"),
        (String = "image/png"), (String = "application/json"),
    ))),
)]
#[get("/docs/{file}")]
pub async fn docs_file(name: At<String>) -> Result<HttpResponse, Problem> {
    let bytes = file(&name.0)?;
    let media = match name.0.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("png") => "image/png",
        _ => "application/json",
    };
    Ok(answer(media, bytes))
}

fn file(name: &str) -> Result<Vec<u8>, Problem> {
    match utoipa_swagger_ui::serve(name, PAGES.clone()) {
        Ok(Some(file)) if !name.is_empty() => Ok(file.bytes.into_owned()),
        Ok(_) => Err(Problem::not_found()),
        Err(error) => {
            Err(Problem::new(Code::Internal, "Try again later.").caused_by(error.to_string()))
        }
    }
}

fn answer(media: &'static str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, format!("public, max-age={HOUR}")))
        .body(bytes)
}
