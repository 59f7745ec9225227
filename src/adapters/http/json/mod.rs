//! Bodies in JSON, read strictly.
//!
//! Unknown and repeated members, lists in the place of objects, text behind the end, a byte order
//! mark, deep nesting and numbers that are not what a member takes are refused, each with its
//! place. The raw bytes stay at hand, because an idempotency key is bound to them.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment, Track};

use super::State;
use super::objects::Objects;
use super::problem::{Code, Problem};

/// A body in JSON, and the bytes it came as.
pub struct Json<T> {
    /// What it says.
    pub value: T,
    /// As it came.
    pub raw: Bytes,
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let head = check_head(request, &["application/json"]);
        let body = Body::of(request, payload);
        Box::pin(async move {
            head?;
            let raw = body.read().await?;
            let value = parse(&raw)?;
            Ok(Self { value, raw })
        })
    }
}

/// A body in JSON that may be left out, and is then `{}`.
pub struct OptionalJson<T> {
    /// What it says.
    pub value: T,
    /// As it came.
    pub raw: Bytes,
}

impl<T: DeserializeOwned + 'static> FromRequest for OptionalJson<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let untyped = !request.headers().contains_key(header::CONTENT_TYPE);
        let head = check_head(request, &["application/json"]);
        let body = Body::of(request, payload);
        Box::pin(async move {
            if !untyped {
                head?;
                let raw = body.read().await?;
                return Ok(Self { value: parse(&raw)?, raw });
            }
            let raw = body.read().await?;
            if !raw.is_empty() {
                head?;
            }
            Ok(Self { value: parse(b"{}")?, raw })
        })
    }
}

/// A JSON merge patch (RFC 7396), not yet read: what it may hold depends on what it changes.
pub struct Patch {
    /// As it came.
    pub raw: Bytes,
}

impl FromRequest for Patch {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let head = check_head(request, &["application/merge-patch+json", "application/json"]);
        let body = Body::of(request, payload);
        Box::pin(async move {
            head?;
            let raw = body.read().await?;
            Ok(Self { raw })
        })
    }
}

/// Checks that the body is of one of the media types, in UTF-8, and not compressed.
pub fn check_head(request: &HttpRequest, accepted: &[&'static str]) -> Result<(), Problem> {
    let refuse = |detail: String| Err(Problem::new(Code::UnsupportedMediaType, detail));
    let given = request.headers().get(header::CONTENT_TYPE).map(|value| value.to_str());
    let media = match given {
        Some(Ok(media)) => media,
        _ => "",
    };
    let mut parts = media.split(';').map(str::trim);
    let essence = parts.next().unwrap_or("");
    if !accepted.iter().any(|known| known.eq_ignore_ascii_case(essence)) {
        return refuse(format!("Send the body as {}.", accepted.join(" or ")));
    }
    let foreign = parts.any(|part| {
        part.split_once('=').is_some_and(|(name, value)| {
            name.trim().eq_ignore_ascii_case("charset")
                && !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
    });
    if foreign {
        return refuse("Send the body in UTF-8.".to_owned());
    }
    let coding = request.headers().get(header::CONTENT_ENCODING);
    if coding.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return refuse("Send the body without a content coding.".to_owned());
    }
    Ok(())
}

/// A body that is still to be read.
struct Body {
    payload: Payload,
    declared: Option<usize>,
    limit: usize,
    timeout: Duration,
}

impl Body {
    fn of(request: &HttpRequest, payload: &mut Payload) -> Self {
        let settings = request.app_data::<Data<State>>().map(|state| &state.settings);
        let length = request.headers().get(header::CONTENT_LENGTH);
        Self {
            payload: payload.take(),
            declared: length.and_then(|length| length.to_str().ok()?.parse().ok()),
            limit: settings.map_or(0, |settings| settings.json_limit),
            timeout: settings.map_or(Duration::ZERO, |settings| settings.body_timeout),
        }
    }

    /// Reads the whole of it; nothing beyond the limit is kept.
    async fn read(self) -> Result<Bytes, Problem> {
        let late = || Problem::new(Code::RequestTimeout, "Send the body without long pauses.");
        tokio::time::timeout(self.timeout, self.collect()).await.map_err(|_| late())?
    }

    async fn collect(mut self) -> Result<Bytes, Problem> {
        if self.declared.is_some_and(|length| length > self.limit) {
            return Err(too_large(self.limit));
        }
        let mut whole = BytesMut::with_capacity(self.declared.unwrap_or(0));
        while let Some(chunk) = self.payload.next().await {
            let chunk = chunk.map_err(|error| unreadable().caused_by(error))?;
            if whole.len() + chunk.len() > self.limit {
                return Err(too_large(self.limit));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }
}

fn too_large(limit: usize) -> Problem {
    Problem::new(Code::ContentTooLarge, format!("Send at most {limit} bytes at once."))
}

/// The body broke off, or is not framed as HTTP wants it.
pub fn unreadable() -> Problem {
    Problem::new(Code::ValidationFailed, "Send the whole body, framed as the head says.")
}

/// Reads `raw` as one JSON value and nothing else.
pub fn parse<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(raw);
    let value = read(&mut deserializer)?;
    deserializer.end().map_err(|error| syntax(&error))?;
    Ok(value)
}

/// Reads a value that was JSON already.
pub fn parse_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    read(value)
}

fn read<'de, T, D>(deserializer: D) -> Result<T, Problem>
where
    T: DeserializeOwned,
    D: serde::Deserializer<'de, Error = serde_json::Error>,
{
    let mut track = Track::new();
    let tracked = serde_path_to_error::Deserializer::new(deserializer, &mut track);
    T::deserialize(Objects(tracked)).map_err(|error| refusal(&track.path(), &error))
}

fn refusal(path: &Path, error: &serde_json::Error) -> Problem {
    if !error.is_data() {
        return syntax(error);
    }
    let message = without_position(error);
    Problem::at(pointer(path, &message), message)
}

fn syntax(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    Problem::new(
        Code::MalformedJson,
        format!("Send one JSON value in UTF-8; this is broken at line {line}, column {column}."),
    )
}

/// What is wrong, without the line and column that serde puts behind it.
fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rfind(" at line ") {
        Some(end) => message[..end].to_owned(),
        None => message,
    }
}

/// The place as a JSON pointer. A member that is missing, or was met twice, is named by the message
/// alone.
fn pointer(path: &Path, message: &str) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Map { key } => push(&mut pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    for opening in ["missing field `", "duplicate field `"] {
        if let Some((name, _)) = message.strip_prefix(opening).and_then(|rest| rest.split_once('`'))
            && !(opening.starts_with("dup") && pointer.ends_with(&format!("/{name}")))
        {
            push(&mut pointer, name);
        }
    }
    pointer
}

fn push(pointer: &mut String, key: &str) {
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
}

#[cfg(test)]
mod tests;
