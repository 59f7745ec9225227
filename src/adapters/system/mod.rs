//! Time, ids, chance, signatures, tokens and password hashes from the machine itself.
//!
//! One crypto library (`ring`) signs and verifies. A key is derived per purpose, so that no
//! signature serves another one; the master key is never used itself and never shown.

mod clock;
mod ids;
mod password;
mod pause;
mod secrets;
mod signer;
mod token;

pub use clock::SystemClock;
pub use ids::SystemIds;
pub use password::Argon2Hasher;
pub use pause::SystemPause;
pub use secrets::OsSecrets;
pub use signer::HmacSigner;
pub use token::JwtTokens;

#[cfg(test)]
mod tests;
