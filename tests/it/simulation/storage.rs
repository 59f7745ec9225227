//! What a crash leaves: memory that outlives its servers, or a disk whose power fails with them.

use std::sync::{Arc, RwLock};

use ecicomm::adapters::memory::{MemoryConfig, MemoryStore};
use ecicomm::domain::shared::Currency;
#[cfg(feature = "redb")]
use ecicomm::domain::shared::Timestamp;

#[cfg(feature = "redb")]
pub use crate::harness::disk::Disk;

/// What stands in for a disk in a build that can keep nothing on one.
#[cfg(not(feature = "redb"))]
#[derive(Debug)]
pub enum Disk {}

#[cfg(not(feature = "redb"))]
impl Disk {
    fn fail_after(&self, _: u32) {
        match *self {}
    }

    fn cut(&self, _: impl FnMut() -> bool) {
        match *self {}
    }
}

/// The store of all servers.
pub struct Storage {
    store: RwLock<Arc<MemoryStore>>,
    disk: Option<Disk>,
}

impl Storage {
    /// A store in memory, or on a disk.
    pub fn new(disk: Option<Disk>) -> Arc<Self> {
        let store = RwLock::new(open(disk.as_ref()));
        Arc::new(Self { store, disk })
    }

    /// The store as it was last opened.
    pub fn store(&self) -> Arc<MemoryStore> {
        self.store.read().unwrap().clone()
    }

    /// The power will fail in the midst of the disk's write or sync after so many others.
    pub fn fail_after(&self, others: u32) {
        if let Some(disk) = &self.disk {
            disk.fail_after(others);
        }
    }

    /// The power fails and returns: the store is what can be read back. `keep` decides what of the
    /// unsynced reached the disk. Says whether there is a disk at all.
    pub fn power_cut(&self, keep: impl FnMut() -> bool) -> bool {
        let Some(disk) = &self.disk else { return false };
        disk.cut(keep);
        *self.store.write().unwrap() = open(Some(disk));
        true
    }
}

fn open(disk: Option<&Disk>) -> Arc<MemoryStore> {
    let mut config = MemoryConfig::new(Currency::USD);
    // The checker reads all events at the end.
    (config.keep_events, config.max_events) = (10_000_000, 20_000_000);
    Arc::new(match disk {
        None => MemoryStore::new(config),
        #[cfg(feature = "redb")]
        Some(disk) => {
            let journal = disk.journal().unwrap();
            MemoryStore::journalled_in_turn(config, journal, Timestamp::from_micros(0)).unwrap()
        }
        #[cfg(not(feature = "redb"))]
        Some(disk) => match *disk {},
    })
}
