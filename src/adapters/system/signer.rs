use ring::hmac;
use subtle::ConstantTimeEq;

use crate::ports::system::Signer;

/// A signature and a derived key have this many bytes.
const LENGTH: usize = 32;
/// A shorter part of a signature would be worth guessing.
const SHORTEST: usize = 16;

/// The key for `purpose`: an HMAC of its name under the master key.
pub(super) fn derive(master: &hmac::Key, purpose: &str) -> [u8; LENGTH] {
    tag(master, purpose.as_bytes())
}

fn tag(key: &hmac::Key, data: &[u8]) -> [u8; LENGTH] {
    let mut signature = [0; LENGTH];
    for (to, from) in signature.iter_mut().zip(hmac::sign(key, data).as_ref()) {
        *to = *from;
    }
    signature
}

/// HMAC-SHA256 under keys that are derived from one master key. `Debug` shows no key.
#[derive(Debug)]
pub struct HmacSigner {
    master: hmac::Key,
}

impl HmacSigner {
    /// Signs under keys derived from `master`, which the settings hold to 32 bytes or more.
    pub fn new(master: &[u8]) -> Self {
        Self { master: hmac::Key::new(hmac::HMAC_SHA256, master) }
    }
}

impl Signer for HmacSigner {
    fn sign(&self, purpose: &str, data: &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &derive(&self.master, purpose));
        tag(&key, data)
    }

    fn verify(&self, purpose: &str, data: &[u8], signature: &[u8]) -> bool {
        let right = self.sign(purpose, data);
        let Some(right) = right.get(..signature.len()) else { return false };
        right.len() >= SHORTEST && bool::from(right.ct_eq(signature))
    }
}
