use std::sync::Arc;
use std::thread;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error as HashError, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use tokio::sync::{Semaphore, TryAcquireError};
use tokio::task;

use crate::ports::PortError;
use crate::ports::system::PasswordHasher;

/// Memory of one hash in KiB, passes over it and lanes: what OWASP asks for at least.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many requests may wait for each core before more are turned away.
const WAITING_PER_CORE: usize = 16;

/// Argon2id on as many threads as the machine has cores. A hash takes tens of milliseconds and 19
/// MiB, so that both its threads and those who wait for one are bounded.
#[derive(Debug)]
pub struct Argon2Hasher {
    argon2: Argon2<'static>,
    running: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Argon2Hasher {
    /// A hasher as wide as the machine.
    pub fn try_new() -> Result<Self, PortError> {
        Self::with_width(thread::available_parallelism().map_or(1, usize::from))
    }

    /// A hasher with `width` hashes at once.
    pub(super) fn with_width(width: usize) -> Result<Self, PortError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(PortError::internal)?;
        Ok(Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            running: Arc::new(Semaphore::new(width)),
            waiting: Semaphore::new(width.saturating_mul(1 + WAITING_PER_CORE)),
        })
    }

    /// Runs `work` on the pool. It goes on where the caller leaves, and holds its place until then.
    async fn run<T, F>(&self, work: F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: FnOnce(&Argon2<'static>) -> Result<T, PortError> + Send + 'static,
    {
        let _place = self.waiting.try_acquire().map_err(|error| match error {
            TryAcquireError::NoPermits => PortError::unavailable("too many sign-ins at once"),
            TryAcquireError::Closed => PortError::internal(error),
        })?;
        let running = Arc::clone(&self.running);
        let permit = running.acquire_owned().await.map_err(PortError::internal)?;
        let argon2 = self.argon2.clone();
        let task = task::spawn_blocking(move || {
            let _permit = permit;
            work(&argon2)
        });
        task.await.map_err(PortError::internal)?
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: &str) -> Result<String, PortError> {
        let password = password.to_owned();
        self.run(move |argon2| hash(argon2, &password)).await
    }

    async fn verify(&self, password: &str, hash_text: Option<&str>) -> Result<bool, PortError> {
        let password = password.to_owned();
        let Some(hash_text) = hash_text.map(str::to_owned) else {
            // As much work as for a member who exists, so that the time tells nothing.
            return self.run(move |argon2| hash(argon2, &password).map(|_| false)).await;
        };
        self.run(move |argon2| {
            let known = PasswordHash::new(&hash_text).map_err(PortError::corrupt)?;
            match argon2.verify_password(password.as_bytes(), &known) {
                Ok(()) => Ok(true),
                Err(HashError::PasswordInvalid) => Ok(false),
                Err(error) => Err(PortError::corrupt(error)),
            }
        })
        .await
    }
}

fn hash(argon2: &Argon2<'static>, password: &str) -> Result<String, PortError> {
    let hash = argon2.hash_password(password.as_bytes()).map_err(PortError::internal)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests;
