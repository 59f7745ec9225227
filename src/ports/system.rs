//! Time, ids, chance and keys: what would make a run unrepeatable if it were not a port.

use async_trait::async_trait;
use uuid::Uuid;

use super::PortError;
use crate::domain::customer::Role;
use crate::domain::shared::{Span, StaffId, Timestamp};

/// The time.
pub trait Clock: Send + Sync {
    /// Now. MUST NOT be earlier than any answer before.
    fn now(&self) -> Timestamp;
}

/// Waiting for time to pass.
#[async_trait]
pub trait Pause: Send + Sync {
    /// Ends when so much time has passed. MUST be cancel safe.
    async fn pause(&self, span: Span);
}

/// New ids.
pub trait Ids: Send + Sync {
    /// A UUID of version 7 that was never given before; later ones MUST order after earlier ones of
    /// this process.
    fn next(&self) -> Uuid;
}

/// Chance that nobody can foresee.
pub trait Secrets: Send + Sync {
    /// Fills `bytes`. MUST be from a cryptographic source, tests aside.
    fn fill(&self, bytes: &mut [u8]);
}

/// Signatures under the shop's own key.
pub trait Signer: Send + Sync {
    /// An HMAC-SHA256 of `data` under the key named `purpose`. Signatures for one purpose MUST be
    /// worthless for another, and equal on all replicas.
    fn sign(&self, purpose: &str, data: &[u8]) -> [u8; 32];

    /// Whether `signature` (16 bytes or more of it) is that of `data`; MUST take constant time.
    fn verify(&self, purpose: &str, data: &[u8], signature: &[u8]) -> bool;
}

/// A member of staff who signed in, as a token tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffClaims {
    /// Who.
    pub staff: StaffId,
    /// What they were when they signed in; what they are now is looked up.
    pub role: Role,
    /// Until when the token holds.
    pub expires_at: Timestamp,
}

/// Short-lived access tokens.
pub trait AccessTokens: Send + Sync {
    /// A token that says `claims`.
    fn issue(&self, claims: &StaffClaims) -> Result<String, PortError>;

    /// What a token says. MUST give `None` for one that is forged, expired at `now`, of another
    /// algorithm or otherwise not ours.
    fn verify(&self, token: &str, now: Timestamp) -> Option<StaffClaims>;
}

/// Slow hashes of passwords.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// A salted hash as a PHC string. MUST run on a bounded pool, away from the request threads.
    async fn hash(&self, password: &str) -> Result<String, PortError>;

    /// Whether the password has this hash; `hash` of `None` MUST take as long and say no.
    async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, PortError>;
}
