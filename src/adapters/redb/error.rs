use std::path::Path;

use ::redb::{CommitError, DatabaseError, StorageError, TableError, TransactionError};

use crate::ports::PortError;

/// Why a file cannot be opened, for who started the shop.
pub(super) fn opening(path: &Path, error: DatabaseError) -> PortError {
    let path = path.display();
    match error {
        DatabaseError::DatabaseAlreadyOpen => PortError::unavailable(format!(
            "{path} is in use by another ecicomm; stop that one, or give this one another folder"
        )),
        DatabaseError::Storage(StorageError::Corrupted(what)) => damaged(path, what),
        DatabaseError::UpgradeRequired(format) => PortError::corrupt(format!(
            "{path} has the file format {format}, which this ecicomm does not read; use the version \
             that wrote it"
        )),
        DatabaseError::Storage(StorageError::Io(error))
            if error.kind() == std::io::ErrorKind::InvalidData =>
        {
            damaged(path, error)
        }
        error => PortError::unavailable(format!("{path} cannot be opened: {error}")),
    }
}

/// A file that is not what was written.
pub(super) fn damaged(path: impl std::fmt::Display, what: impl std::fmt::Display) -> PortError {
    PortError::corrupt(format!("{path} is damaged, restore it from a backup: {what}"))
}

/// Any failure of the database, for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum RedbError {
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Commit(#[from] CommitError),
}
