//! Where generations live: in memory, or in sub-folders of which a small file names the one that
//! serves. That file is replaced at once, so a crash leaves the old generation or the new one.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ::tantivy::TantivyError;

use super::generation::Generation;

/// Names the generation that serves.
const POINTER: &str = "current";
/// Begins the name of every generation with this layout of fields and terms. To be raised with
/// every change of either, so that an index of before is not read but made anew.
const LAYOUT: &str = "v1-";

/// Where generations live.
pub(super) enum Place {
    Memory,
    Folder(PathBuf),
}

impl Place {
    /// The generation that serves. A folder whose index cannot be read gives an empty one: all it
    /// held can be made again.
    pub(super) fn open(&self) -> ::tantivy::Result<Generation> {
        let Self::Folder(root) = self else {
            return Generation::in_memory();
        };
        fs::create_dir_all(root)?;
        let generation = match Self::current(root).map(|folder| Generation::in_folder(&folder)) {
            Some(Ok(generation)) => generation,
            Some(Err(error @ (TantivyError::LockFailure(..) | TantivyError::IoError(_)))) => {
                return Err(error);
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "search index is unreadable, an empty one takes its place");
                self.begin()?
            }
            None => self.begin()?,
        };
        self.publish(&generation)?;
        self.sweep(&generation);
        Ok(generation)
    }

    /// An empty generation beside the one that serves.
    pub(super) fn begin(&self) -> ::tantivy::Result<Generation> {
        let Self::Folder(root) = self else {
            return Generation::in_memory();
        };
        let used = |number: &u64| root.join(format!("{LAYOUT}{number}")).exists();
        let number = (1..u64::MAX).find(|number| !used(number)).unwrap_or(u64::MAX);
        Generation::in_folder(&root.join(format!("{LAYOUT}{number}")))
    }

    /// Makes `generation` the one that serves after the next start.
    pub(super) fn publish(&self, generation: &Generation) -> ::tantivy::Result<()> {
        let (Self::Folder(root), Some(folder)) = (self, generation.folder()) else {
            return Ok(());
        };
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let draft = root.join(format!("{POINTER}.new"));
        let mut file = fs::File::create(&draft)?;
        file.write_all(name.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, root.join(POINTER))?;
        fs::File::open(root)?.sync_all()?;
        Ok(())
    }

    fn current(root: &Path) -> Option<PathBuf> {
        let name = fs::read_to_string(root.join(POINTER)).ok()?;
        let folder = root.join(&name);
        let plain = name.strip_prefix(LAYOUT)?.bytes().all(|b| b.is_ascii_digit());
        (plain && folder.is_dir()).then_some(folder)
    }

    /// Deletes all generations but this. What cannot be deleted now is tried again at the next
    /// start.
    pub(super) fn sweep(&self, keep: &Generation) {
        let (Self::Folder(root), Some(keep)) = (self, keep.folder()) else { return };
        for entry in fs::read_dir(root).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && path != keep && entry.file_name().to_string_lossy().starts_with('v')
            {
                let _ = fs::remove_dir_all(&path);
            }
        }
    }
}
