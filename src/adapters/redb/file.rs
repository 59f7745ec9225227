use std::fs::OpenOptions;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use ::redb::backends::FileBackend;
use ::redb::{BackendError, Database, DatabaseError, StorageBackend, StorageError};

use super::error::RedbError;

/// The memory for pages, in bytes. The shop is in memory anyway, so the pages on the way to the file
/// are all that is worth keeping.
const CACHE: usize = 16 * 1024 * 1024;

/// Opens the file of a shop, and makes none.
pub(super) fn open(path: &Path) -> Result<FileBackend, DatabaseError> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    // A database would be made in it.
    if file.metadata()?.len() == 0 {
        let problem = "it is empty; where there is no backup, delete it to begin anew";
        return Err(StorageError::Corrupted(problem.to_owned()).into());
    }
    FileBackend::new(file)
}

/// The database in a file, every page of which is checked. One is made where the file is empty.
pub(super) fn database(file: impl StorageBackend) -> Result<Database, DatabaseError> {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
    builder.create_with_backend(file)
}

/// Makes the file of a new shop where there is none, with what `fill` writes to it. Until that is
/// synced it has another name, so that no crash leaves a shop that is half made. `DatabaseAlreadyOpen`
/// while another process makes it.
pub(super) fn make(
    path: &Path,
    fill: impl Fn(&Database) -> Result<(), RedbError>,
) -> Result<(), DatabaseError> {
    if is_there(path)? {
        return Ok(());
    }
    let new = new_name(path);
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&new)?;
    let backend = FileBackend::new(file)?;
    if !empty(&backend, path)? {
        return Ok(());
    }
    let database = database(backend)?;
    // Another process may have been done with this very file before this one had its lock.
    if is_there(path)? {
        return Ok(());
    }
    fill(&database).map_err(|error| io::Error::other(error.to_string()))?;
    // The lock is held until the file has its name, so that nobody takes it for a left-over. Others
    // that make a shop here wait for the same lock, so none is replaced.
    std::fs::rename(&new, path)?;
    drop(database);
    Ok(())
}

/// Removes what was left over beside a shop that is open.
pub(super) fn clear(path: &Path) {
    // It is in nobody's way.
    let _ = std::fs::remove_file(new_name(path));
}

/// Empties a new file of what a process left that ended while it made a shop; false where there is a
/// shop at `path` by now, which may be this very file.
fn empty(backend: &FileBackend, path: &Path) -> Result<bool, DatabaseError> {
    let all = (Bound::Unbounded, Bound::Unbounded);
    let locked = match backend.try_lock_range(all.0, all.1) {
        Ok(true) => true,
        Ok(false) => return Err(DatabaseError::DatabaseAlreadyOpen),
        // The database goes on without a lock there, too.
        Err(BackendError::Unsupported) => false,
        Err(error) => return Err(error.into()),
    };
    if is_there(path)? {
        return Ok(false);
    }
    backend.set_len(0)?;
    if locked {
        // The database takes it anew, and not every system gives it twice.
        backend.unlock_range(all.0, all.1)?;
    }
    Ok(true)
}

/// What a shop is called that is not made yet.
fn new_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// Whether there is anything of that name. A link that leads nowhere is: the shop it led to is away,
/// and none is made in its place.
fn is_there(path: &Path) -> io::Result<bool> {
    match std::fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
