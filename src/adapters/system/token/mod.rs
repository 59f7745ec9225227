//! Access tokens as JSON Web Tokens: HS256 and nothing else, every claim checked.
//!
//! The time is the given one, never the wall clock of the library, and no header of a token ever
//! chooses a key.

mod provider;

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::hmac;
use serde::{Deserialize, Serialize};

use super::signer::derive;
use crate::domain::customer::Role;
use crate::domain::shared::{Span, StaffId, Timestamp};
use crate::ports::PortError;
use crate::ports::system::{AccessTokens, Clock, StaffClaims};

const ISSUER: &str = "ecicomm";
const AUDIENCE: &str = "ecicomm-staff";
const USE: &str = "access";
const KEY_PURPOSE: &str = "access-token";

/// How far ahead of this replica's clock another one's may be.
const SKEW: Span = Span::seconds(30);
/// Ours have some 400 bytes.
const LONGEST: usize = 2_048;

/// What a token carries. A claim that is absent, unknown or of another type is refused.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    role: String,
    token_use: String,
    /// Seconds since 1970.
    iat: i64,
    /// Seconds since 1970.
    exp: i64,
}

/// Signs and reads the access tokens of staff.
pub struct JwtTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    clock: Arc<dyn Clock>,
}

impl JwtTokens {
    /// Tokens under a key derived from `master`; `clock` says when they are issued.
    pub fn new(master: &[u8], clock: Arc<dyn Clock>) -> Self {
        provider::install();
        let key = derive(&hmac::Key::new(hmac::HMAC_SHA256, master), KEY_PURPOSE);
        Self {
            encoding: EncodingKey::from_secret(&key),
            decoding: DecodingKey::from_secret(&key),
            clock,
        }
    }
}

impl AccessTokens for JwtTokens {
    fn issue(&self, claims: &StaffClaims) -> Result<String, PortError> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: claims.staff.to_string(),
            role: claims.role.as_str().to_owned(),
            token_use: USE.to_owned(),
            iat: seconds(self.clock.now()),
            exp: seconds(claims.expires_at),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(PortError::internal)
    }

    fn verify(&self, token: &str, now: Timestamp) -> Option<StaffClaims> {
        if token.len() > LONGEST {
            return None;
        }
        // Ours say nothing but the algorithm. One that names a key of its own is none of ours.
        if jsonwebtoken::decode_header(token).ok()? != Header::new(Algorithm::HS256) {
            return None;
        }
        let data = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation()).ok()?;
        checked(&data.claims, now)
    }
}

/// The library checks signature, algorithm, issuer and audience. It would judge times by the wall
/// clock, so those are left to [`checked`].
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_exp = false;
    validation
}

fn checked(claims: &Claims, now: Timestamp) -> Option<StaffClaims> {
    if claims.iss != ISSUER || claims.aud != AUDIENCE || claims.token_use != USE {
        return None;
    }
    let expires_at = moment(claims.exp)?;
    let issued_at = moment(claims.iat)?;
    if expires_at <= now || issued_at > now.plus(SKEW) || issued_at > expires_at {
        return None;
    }
    let staff = StaffId::parse(&claims.sub).ok()?;
    Some(StaffClaims { staff, role: Role::parse(&claims.role)?, expires_at })
}

/// Whole seconds since 1970, rounded down, so that no token outlives what it was issued for.
fn seconds(at: Timestamp) -> i64 {
    at.micros().div_euclid(1_000_000)
}

fn moment(seconds: i64) -> Option<Timestamp> {
    seconds.checked_mul(1_000_000).map(Timestamp::from_micros)
}

#[cfg(test)]
mod tests;
