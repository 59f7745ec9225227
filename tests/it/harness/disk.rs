//! A disk whose power can be cut: what was written since the last sync may then be there, or not,
//! or half. And one that fails to write what a sync asks it to, and forgets that it was asked.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use ecicomm::adapters::redb::RedbJournal;
use ecicomm::ports::PortError;
use redb::{Database, StorageBackend};

/// What a disk writes as a whole or not at all.
const SECTOR: usize = 512;

#[derive(Debug, Default)]
struct Platter {
    bytes: Vec<u8>,
    /// What was there before each change since the last sync, oldest first.
    unsynced: Vec<Change>,
    /// How often the power came back; handles of before are dead.
    life: u64,
    /// Writes and syncs until the power fails.
    left: Option<u32>,
    syncs: u64,
    /// Whether the next sync fails for good.
    loses: bool,
    /// What is there once the power was cut, where a sync failed for good. Until then `bytes` is
    /// read.
    kept: Option<Vec<u8>>,
}

/// A change that is not synced: what it replaced, and with what.
#[derive(Debug)]
struct Change {
    at: usize,
    before: Vec<u8>,
    after: Vec<u8>,
    /// The length before, and after.
    len: (usize, usize),
}

/// A disk.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Platter>>);

impl Disk {
    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap()
    }

    /// The journal on this disk, for as long as the power is on.
    pub fn journal(&self) -> Result<Arc<RedbJournal>, PortError> {
        // A process that went with the power opens nothing any more, whatever it still tries.
        let (disk, life) = (self.clone(), self.platter().life);
        let open = move || Ok(Handle { disk: disk.clone(), life });
        Ok(Arc::new(RedbJournal::over(Path::new("shop.redb"), open)?))
    }

    fn handle(&self) -> Handle {
        Handle { disk: self.clone(), life: self.platter().life }
    }

    /// The power will fail in the midst of the write or sync that comes after so many others.
    pub fn fail_after(&self, others: u32) {
        self.platter().left = Some(others);
    }

    /// The disk works again, with all that was written before it failed.
    pub fn heal(&self) {
        self.platter().left = None;
    }

    /// The next sync fails, and what it was to keep never reaches the disk. As Linux has it, all of
    /// that can be read until the power is cut, and later syncs go well without it.
    pub fn lose_next_sync(&self) {
        self.platter().loses = true;
    }

    /// How many bytes there are.
    pub fn size(&self) -> usize {
        self.platter().bytes.len()
    }

    /// How often the disk was synced.
    pub fn syncs(&self) -> u64 {
        self.platter().syncs
    }

    /// Has the file say that another version laid it out.
    pub fn set_layout(&self, version: u64) {
        let database = Database::builder().create_with_backend(self.handle()).unwrap();
        let write = database.begin_write().unwrap();
        {
            const META: redb::TableDefinition<&[u8], &[u8]> = redb::TableDefinition::new("meta");
            let mut meta = write.open_table(META).unwrap();
            meta.insert(&b"format"[..], &version.to_be_bytes()[..]).unwrap();
        }
        write.commit().unwrap();
    }

    /// Changes one byte, as a failing disk does.
    pub fn rot(&self, at: usize) {
        let mut platter = self.platter();
        let len = platter.bytes.len();
        platter.bytes[at % len] ^= 0x10;
    }

    /// Cuts the power, and lets it return. Of every change since the last sync `keep` decides
    /// whether it reached the disk, sector by sector.
    pub fn cut(&self, mut keep: impl FnMut() -> bool) {
        let mut platter = self.platter();
        platter.bytes = platter.synced();
        (platter.kept, platter.loses) = (None, false);
        let changes = std::mem::take(&mut platter.unsynced);
        for change in &changes {
            if change.len.0 != change.len.1 {
                if keep() {
                    platter.bytes.resize(change.len.1, 0);
                }
                continue;
            }
            for (index, sector) in change.after.chunks(SECTOR).enumerate() {
                let at = change.at + index * SECTOR;
                if keep() && at + sector.len() <= platter.bytes.len() {
                    platter.bytes[at..at + sector.len()].copy_from_slice(sector);
                }
            }
        }
        platter.life += 1;
        platter.left = None;
    }
}

impl Platter {
    /// Whether a handle of `life` may go on; counts a step towards the failure where one is due.
    fn alive(&mut self, life: u64, step: bool) -> io::Result<()> {
        if self.life != life || self.left == Some(0) {
            return Err(io::Error::other("the power is off"));
        }
        if step && let Some(left) = &mut self.left {
            *left -= 1;
        }
        Ok(())
    }

    /// What is on the disk of all that was synced.
    fn synced(&self) -> Vec<u8> {
        if let Some(kept) = &self.kept {
            return kept.clone();
        }
        let mut bytes = self.bytes.clone();
        for change in self.unsynced.iter().rev() {
            let end = change.at + change.before.len();
            bytes.resize(change.len.0.max(end), 0);
            bytes[change.at..end].copy_from_slice(&change.before);
            bytes.truncate(change.len.0);
        }
        bytes
    }

    /// Has the disk keep what is not synced, unless it is to lose that.
    fn sync(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.loses) {
            self.kept = Some(self.synced());
            self.unsynced.clear();
            return Err(io::Error::other("the disk could not write it"));
        }
        let changes = std::mem::take(&mut self.unsynced);
        if let Some(kept) = &mut self.kept {
            for change in changes {
                let end = change.at + change.after.len();
                let resized = change.len.0 != change.len.1;
                kept.resize(if resized { change.len.1 } else { kept.len().max(end) }, 0);
                kept[change.at..end].copy_from_slice(&change.after);
            }
        }
        self.syncs += 1;
        Ok(())
    }

    fn write(&mut self, at: usize, data: &[u8]) -> io::Result<()> {
        let end = at + data.len();
        if end > self.bytes.len() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "beyond the end"));
        }
        let before = self.bytes[at..end].to_vec();
        self.bytes[at..end].copy_from_slice(data);
        let len = (self.bytes.len(), self.bytes.len());
        self.unsynced.push(Change { at, before, after: data.to_vec(), len });
        Ok(())
    }
}

#[derive(Debug)]
struct Handle {
    disk: Disk,
    life: u64,
}

impl Handle {
    fn alive(&self, step: bool) -> io::Result<MutexGuard<'_, Platter>> {
        let mut platter = self.disk.platter();
        platter.alive(self.life, step)?;
        Ok(platter)
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        Ok(self.alive(false)?.bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let platter = self.alive(false)?;
        let at = index(offset);
        let found = platter.bytes.get(at..at + out.len());
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut platter = self.alive(true)?;
        let (old, new) = (platter.bytes.len(), index(len));
        let before = platter.bytes.get(new..).unwrap_or_default().to_vec();
        platter.bytes.resize(new, 0);
        platter.unsynced.push(Change { at: new, before, after: Vec::new(), len: (old, new) });
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.alive(true)?.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut platter = self.alive(true)?;
        let last = platter.left == Some(0);
        platter.write(index(offset), data)?;
        // The write in whose midst the power failed may have reached the disk, but nobody hears so.
        if last { Err(io::Error::other("the power is off")) } else { Ok(()) }
    }
}
