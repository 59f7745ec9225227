//! Header parameters that several operations take, as the document describes them.
#![expect(dead_code, reason = "the document is made of these; the headers are read elsewhere")]

use utoipa::IntoParams;

/// What a change must find.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatchParam {
    /// The `ETag` that the thing had when it was read, or `*`. Compared strongly; of the tag the
    /// part before the hyphen counts. An empty one is as none.
    #[param(rename = "If-Match", pattern = r#"^(\*|"[0-9]{1,18}(-[0-9a-f]{32})?")?$"#)]
    if_match: Option<String>,
}

/// What a repetition of the request is told by.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct KeyParam {
    /// Made up by the client for this request, and repeated with it: the answer is repeated, and
    /// nothing is done twice. Kept for seven days. 16 to 255 visible ASCII characters.
    #[param(
        rename = "Idempotency-Key",
        min_length = 16,
        max_length = 255,
        pattern = "^[!-~]{16,255}$"
    )]
    idempotency_key: String,
}

/// The same, where it may be left out: the request is then one of its own each time.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct OptionalKeyParam {
    /// Made up by the client for this request, and repeated with it: the answer is repeated, and
    /// nothing is done twice. Kept for seven days. 16 to 255 visible ASCII characters.
    #[param(
        rename = "Idempotency-Key",
        min_length = 16,
        max_length = 255,
        pattern = "^[!-~]{16,255}$"
    )]
    idempotency_key: Option<String>,
}
