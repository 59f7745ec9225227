//! What keeps the shop of a run, and what it kept once nobody works on it.
//!
//! Adapters are read here directly and nowhere else: what a dead server left behind can be asked of
//! no API.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use ecicomm::adapters::record::Fact;
use ecicomm::adapters::redb::RedbJournal;
use ecicomm::domain::order::Saga;
use ecicomm::ports::events::{Event, ParkedEvent};

use crate::harness::told;

/// The file of a shop in a folder.
const SHOP: &str = "shop.redb";
/// Its copy, beside the folder.
const COPY: &str = "copy.redb";

/// Where a shop is kept.
#[derive(Clone, Debug)]
pub enum Backend {
    /// In a folder, which one server at a time can have.
    Folder(PathBuf),
}

/// What a shop keeps of its work, as of a moment at which nobody works on it.
#[derive(Default)]
pub struct Kept {
    pub sagas: Vec<Saga>,
    /// By position.
    pub events: Vec<Event>,
    pub parked: Vec<(String, ParkedEvent)>,
}

impl Backend {
    /// How many servers can share it.
    pub fn most_servers(&self) -> usize {
        match self {
            Self::Folder(_) => 1,
        }
    }

    /// What the command is told, so that it works on it.
    pub fn arguments(&self) -> Vec<OsString> {
        match self {
            Self::Folder(folder) => vec!["--data".into(), folder.into()],
        }
    }

    /// Sets aside what is kept at this moment, so that it can be read while the next server works.
    pub fn set_aside(&self) -> Aside {
        match self {
            Self::Folder(folder) => {
                let copy = folder.with_file_name(COPY);
                std::fs::copy(folder.join(SHOP), &copy).unwrap();
                Aside(copy)
            }
        }
    }
}

/// What was kept at some moment. It goes when it was read.
pub struct Aside(PathBuf);

impl Aside {
    /// The sagas that are not over.
    pub fn open_sagas(self) -> Vec<Saga> {
        let mut open = Vec::new();
        self.each(|fact| {
            if let Fact::Saga(saga) = fact
                && !saga.is_over()
            {
                open.push(saga);
            }
        });
        open
    }

    /// All of it.
    pub fn read(self) -> Kept {
        let mut kept = Kept::default();
        self.each(|fact| match fact {
            Fact::Saga(saga) => kept.sagas.push(saga),
            Fact::Event(event) => kept.events.push(event),
            Fact::Parked(consumer, parked) => kept.parked.push((consumer, parked)),
            _ => {}
        });
        kept.events.sort_unstable_by_key(|event| event.position);
        kept
    }

    fn each(self, mut each: impl FnMut(Fact)) {
        let path: &Path = &self.0;
        let journal = RedbJournal::open(path).unwrap();
        told::facts(&journal).unwrap().into_iter().for_each(&mut each);
        drop(journal);
        std::fs::remove_file(path).unwrap();
    }
}
