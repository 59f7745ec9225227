//! Entity tags and the conditions that requests put on them.
//!
//! A tag begins with the version that writes are judged by. Where a page can change without a new
//! version of its thing (the stock of a cart's line, say) a digest of the page follows.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use ring::digest::{Context, SHA256, digest};

use super::problem::{Code, Problem};
use crate::domain::shared::Version;

/// A strong entity tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(HeaderValue);

impl ETag {
    /// The tag of a thing that shows nothing but its own version.
    pub fn of_version(version: Version) -> Self {
        Self::quoted(&version.to_string())
    }

    /// The tag of a page of a thing.
    pub fn of_page(version: Version, page: &[u8]) -> Self {
        Self::quoted(&format!("{version}-{}", fingerprint(page)))
    }

    /// The tag of a page that has no version.
    pub fn of_content(page: &[u8]) -> Self {
        Self::quoted(&fingerprint(page))
    }

    /// The tag of a page that is made of parts with digests of their own.
    pub fn of_parts<'p>(parts: impl Iterator<Item = &'p [u8]>, rest: Option<&str>) -> Self {
        let mut whole = Context::new(&SHA256);
        parts.for_each(|part| whole.update(part));
        whole.update(rest.unwrap_or("").as_bytes());
        Self::quoted(&hexadecimal(whole.finish().as_ref()))
    }

    /// Digits, letters and hyphens always make a header's value.
    fn quoted(tag: &str) -> Self {
        let value = HeaderValue::try_from(format!("\"{tag}\""));
        Self(value.unwrap_or_else(|_| HeaderValue::from_static("\"0\"")))
    }

    /// As a header writes it.
    pub fn value(&self) -> &HeaderValue {
        &self.0
    }

    /// Whether `If-None-Match` names the tag, so that the client has the page already. Weak tags
    /// match here (RFC 9110, 13.1.2), since a proxy that compresses may weaken what it passes on.
    pub fn is_known_to(&self, request: &HttpRequest) -> bool {
        let mut known = tags(request.headers(), &header::IF_NONE_MATCH);
        known.any(|tag| tag == "*" || self.0 == tag.strip_prefix("W/").unwrap_or(tag))
    }
}

/// The first 16 bytes of the SHA-256, in hexadecimal.
fn fingerprint(page: &[u8]) -> String {
    hexadecimal(digest(&SHA256, page).as_ref())
}

fn hexadecimal(sum: &[u8]) -> String {
    sum.iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
        for nibble in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        hex
    })
}

fn tags<'h>(
    headers: &'h HeaderMap,
    name: &header::HeaderName,
) -> impl Iterator<Item = &'h str> + use<'h> {
    headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
}

/// What a request expects of the thing it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// Nothing.
    Absent,
    /// That it exists.
    Any,
    /// That it has one of these versions. Tags that are weak or none of ours match nothing.
    Versions(Vec<Version>),
}

impl IfMatch {
    /// Reads `If-Match`. An empty one says nothing, as an absent one does.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let mut lines = request.headers().get_all(header::IF_MATCH);
        if lines.all(|line| line.as_bytes().trim_ascii().is_empty()) {
            return Ok(Self::Absent);
        }
        let tags: Vec<&str> = tags(request.headers(), &header::IF_MATCH).collect();
        if tags == ["*"] {
            return Ok(Self::Any);
        }
        if tags.is_empty() || !tags.iter().all(|tag| is_tag(tag)) {
            return Err(Problem::parameter("If-Match", "must be an ETag in its quotes, or *"));
        }
        Ok(Self::Versions(tags.into_iter().filter_map(version_in).collect()))
    }

    /// The version that a change MUST find, where the request has to name one.
    ///
    /// `current` is the thing's version now: a request that expects another one fails here, and one
    /// that expects it can still fail later, when the change is saved.
    pub fn required(&self, current: Version) -> Result<Version, Problem> {
        match self {
            Self::Absent => Err(Problem::new(
                Code::PreconditionRequired,
                "Send If-Match with the ETag that the thing had when you read it.",
            )),
            Self::Any => Ok(current),
            Self::Versions(versions) if versions.contains(&current) => Ok(current),
            Self::Versions(_) => Err(stale()),
        }
    }

    /// The version that a change MUST find, where the request may leave that open: then the one
    /// that the thing has now.
    pub fn or_current(&self, current: Version) -> Result<Version, Problem> {
        if *self == Self::Absent { Ok(current) } else { self.required(current) }
    }

    /// The version that a change must find where the request names one; none for any.
    pub fn optional(&self) -> Result<Option<Version>, Problem> {
        match self {
            Self::Absent | Self::Any => Ok(None),
            Self::Versions(versions) => versions.first().copied().map(Some).ok_or_else(stale),
        }
    }
}

fn stale() -> Problem {
    Problem::new(
        Code::PreconditionFailed,
        "Read it again, and send the change with the ETag that it has now.",
    )
}

/// Whether it is an entity tag at all (RFC 9110, 8.8.3), a weak one included.
fn is_tag(tag: &str) -> bool {
    let opaque = tag.strip_prefix("W/").unwrap_or(tag);
    let inner = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| inner.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"'))
}

/// The version that one of our strong tags begins with.
fn version_in(tag: &str) -> Option<Version> {
    let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
    let digits = inner.split_once('-').map_or(inner, |(version, _)| version);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().map(Version::new)
}

#[cfg(test)]
mod tests;
