//! Idempotency keys of requests.
//!
//! A key belongs to its caller and to one operation; the rest of the request (the path, the query
//! and the raw body) makes the fingerprint that tells a repetition from another request.

use std::fmt::Write as _;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use ring::digest::{Context, SHA256};

use super::front::Admitted;
use super::problem::{Code, Problem};
use crate::domain::shared::{CartId, Email, StaffId};
use crate::ports::idempotency::{KeyClaim, KeyId};

/// The header.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The header of answers that an earlier request made.
pub const REPLAYED: &str = "idempotency-replayed";

const LEAST: usize = 16;
const MOST: usize = 255;

/// Whose key it is.
pub enum Principal<'a> {
    /// A member of staff.
    Staff(StaffId),
    /// Whoever knows the cart.
    Cart(CartId),
    /// Whoever orders under the address, without a cart.
    Email(&'a Email),
    /// Whoever has the order's token.
    OrderToken(&'a str),
}

/// The key of a request that must have one.
pub struct Key(String);

/// The key of a request that may have one.
pub struct OptionalKey(Option<Key>);

impl OptionalKey {
    /// The key, or one that no other request has.
    pub fn or_made_up(self, id: uuid::Uuid) -> Key {
        self.0.unwrap_or_else(|| Key(format!("made-up-{id}")))
    }
}

impl Key {
    /// The key as the shop keeps it.
    pub fn claim(self, request: &HttpRequest, principal: &Principal<'_>, raw: &[u8]) -> KeyClaim {
        KeyClaim {
            id: KeyId { principal: scope(request, principal), key: self.0 },
            fingerprint: fingerprint(request, raw),
        }
    }

    fn of(request: &HttpRequest) -> Result<Option<Self>, Problem> {
        let mut sent = request.headers().get_all(IDEMPOTENCY_KEY);
        let Some(key) = sent.next() else { return Ok(None) };
        let key = key.to_str().unwrap_or("");
        let plain = key.bytes().all(|byte| byte.is_ascii_graphic());
        if !plain || !(LEAST..=MOST).contains(&key.len()) || sent.next().is_some() {
            return Err(Problem::parameter(
                "Idempotency-Key",
                format!("must be sent once, {LEAST} to {MOST} visible ASCII characters long"),
            ));
        }
        Ok(Some(Self(key.to_owned())))
    }
}

impl FromRequest for Key {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request).and_then(|key| {
            key.ok_or_else(|| {
                Problem::new(
                    Code::KeyMissing,
                    "Send an Idempotency-Key that you make up for this request and repeat with it.",
                )
            })
        }))
    }
}

impl FromRequest for OptionalKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Key::of(request).map(Self))
    }
}

/// A digest of the caller and the operation, so that no secret of the caller is kept.
fn scope(request: &HttpRequest, principal: &Principal<'_>) -> String {
    let mut digest = Context::new(&SHA256);
    match principal {
        Principal::Staff(id) => part(&mut digest, b"staff", id.uuid().as_bytes()),
        Principal::Cart(id) => part(&mut digest, b"cart", id.uuid().as_bytes()),
        Principal::Email(email) => part(&mut digest, b"email", email.normalised().as_bytes()),
        Principal::OrderToken(token) => part(&mut digest, b"order", token.as_bytes()),
    }
    let extensions = request.extensions();
    let pattern = extensions.get::<Admitted>().map_or("", |admitted| admitted.pattern());
    part(&mut digest, request.method().as_str().as_bytes(), pattern.as_bytes());
    hexadecimal(digest.finish().as_ref())
}

fn fingerprint(request: &HttpRequest, raw: &[u8]) -> [u8; 32] {
    let mut digest = Context::new(&SHA256);
    part(&mut digest, request.method().as_str().as_bytes(), request.path().as_bytes());
    part(&mut digest, request.query_string().as_bytes(), raw);
    let mut sum = [0; 32];
    for (to, from) in sum.iter_mut().zip(digest.finish().as_ref()) {
        *to = *from;
    }
    sum
}

/// Adds two texts, each with its length before it, so that no two pairs spell the same.
fn part(digest: &mut Context, first: &[u8], second: &[u8]) {
    for text in [first, second] {
        digest.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(text);
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
