use deadpool_redis::PoolError;
use deadpool_redis::redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::ports::{PortError, PortErrorKind};

/// Codes of a server that takes no writes for now: it is full, cannot save, or lacks replicas.
const LACKING: [&str; 3] = ["OOM", "MISCONF", "NOREPLICAS"];

/// Why a command has no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No connection: nothing was sent.
    #[error("no connection to Redis: {0}")]
    Away(#[source] PoolError),
    /// Redis refused, or the connection broke.
    #[error("{0}")]
    Command(#[from] RedisError),
    /// No answer in time.
    #[error("Redis did not answer in time")]
    Late,
}

impl Fault {
    /// The failure of a command that changes nothing.
    pub fn of_read(self) -> PortError {
        match self {
            Self::Command(ref error) => PortError::new(kind(error), self),
            Self::Away(_) | Self::Late => PortError::unavailable(self),
        }
    }

    /// The failure of a command that may have changed something: where no answer came, it is not
    /// known whether it did.
    pub fn of_write(self) -> PortError {
        match self {
            Self::Late => PortError::timeout(self),
            Self::Command(ref error) if is_broken(error) => PortError::timeout(self),
            other => other.of_read(),
        }
    }

    /// Whether the connection may still hold the answer, is gone, or leads to a server that says
    /// nothing or takes no writes: where another took its place, a new connection finds that one.
    pub fn spoils_connection(&self) -> bool {
        match self {
            Self::Away(_) => false,
            Self::Late => true,
            Self::Command(error) => {
                is_broken(error) || is_read_only(error) || error.is_unrecoverable_error()
            }
        }
    }
}

fn is_broken(error: &RedisError) -> bool {
    error.is_io_error() || error.is_timeout() || matches!(error.kind(), ErrorKind::Parse)
}

fn is_read_only(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
}

fn kind(error: &RedisError) -> PortErrorKind {
    if error.code().is_some_and(|code| LACKING.contains(&code)) {
        return PortErrorKind::Unavailable;
    }
    match error.kind() {
        ErrorKind::UnexpectedReturnType => PortErrorKind::Corrupt,
        ErrorKind::Extension
        | ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::CrossSlot)
        | ErrorKind::InvalidClientConfig => PortErrorKind::Internal,
        // All others tell of a server that is away, starting, moving or not the one that writes.
        _ => PortErrorKind::Unavailable,
    }
}
