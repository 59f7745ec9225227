use crate::ports::PortError;
use crate::ports::system::Secrets;

/// Chance from the operating system.
#[derive(Clone, Copy, Debug)]
pub struct OsSecrets {
    /// Made by [`OsSecrets::try_new`] alone, which has seen the source work.
    _works: (),
}

impl OsSecrets {
    /// Draws once to see that the source works, so that a machine without chance refuses to start.
    pub fn try_new() -> Result<Self, PortError> {
        getrandom::fill(&mut [0; 32]).map_err(|error| PortError::internal(error.to_string()))?;
        Ok(Self { _works: () })
    }
}

impl Secrets for OsSecrets {
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // A source that worked at start does not fail later. Should it, every secret from here
            // on could be guessed, and ending is the one safe answer.
            tracing::error!("the operating system gives no random bytes");
            std::process::abort();
        }
    }
}
