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

use super::database::Database;
use crate::harness::told;

/// The file of a shop in a folder.
const SHOP: &str = "shop.redb";
/// Its copy, beside the folder.
const COPY: &str = "copy.redb";

/// What a run asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder, which one server at a time can have.
    Folder,
    /// A Postgres server of the run's own, which any number of servers share.
    Postgres,
}

/// Where a shop is kept.
pub enum Backend {
    Folder(PathBuf),
    Postgres(Database),
}

/// What a shop keeps of its work, as of a moment at which nobody works on it.
#[derive(Default)]
pub struct Kept {
    pub sagas: Vec<Saga>,
    /// By position.
    pub events: Vec<Event>,
    pub parked: Vec<(String, ParkedEvent)>,
    /// Events without a position, which no consumer was handed, by name.
    pub undelivered: Vec<String>,
}

impl Backend {
    /// A place for a new shop; `folder` is where one goes that needs a folder.
    pub async fn new(place: Place, folder: PathBuf) -> Self {
        match place {
            Place::Folder => Self::Folder(folder),
            Place::Postgres => Self::Postgres(Database::start().await),
        }
    }

    /// How many servers can share it.
    pub fn most_servers(&self) -> usize {
        match self {
            Self::Folder(_) => 1,
            Self::Postgres(_) => usize::MAX,
        }
    }

    /// What the command is told, so that it works on it.
    pub fn arguments(&self) -> Vec<OsString> {
        match self {
            Self::Folder(folder) => vec!["--data".into(), folder.into()],
            Self::Postgres(_) => Vec::new(),
        }
    }

    /// What its environment tells it beside.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Folder(_) => Vec::new(),
            Self::Postgres(database) => vec![("DATABASE_URL", database.url().to_owned())],
        }
    }

    /// The database, where there is one.
    pub fn database(&self) -> Option<&Database> {
        match self {
            Self::Folder(_) => None,
            Self::Postgres(database) => Some(database),
        }
    }

    /// Sets aside what is under way at this moment, so that it can be read while the next server
    /// works.
    pub async fn set_aside(&self) -> Aside {
        match self {
            Self::Folder(folder) => Aside::Copy(copy(folder)),
            // It is quickly read: what is over is left out by an index.
            Self::Postgres(database) => Aside::Read(database.open_sagas().await),
        }
    }

    /// All that is kept, once every server is stopped.
    pub async fn read(&self) -> Kept {
        match self {
            Self::Folder(folder) => kept_in(&copy(folder)),
            Self::Postgres(database) => database.read().await,
        }
    }
}

fn copy(folder: &Path) -> PathBuf {
    let copy = folder.with_file_name(COPY);
    std::fs::copy(folder.join(SHOP), &copy).unwrap();
    copy
}

/// What was under way at some moment. It goes when it was read.
pub enum Aside {
    /// In a copy of the folder's file.
    Copy(PathBuf),
    /// It was read at once.
    Read(Vec<Saga>),
}

impl Aside {
    /// The sagas that are not over.
    pub fn open_sagas(self) -> Vec<Saga> {
        let copy = match self {
            Self::Read(open) => return open,
            Self::Copy(copy) => copy,
        };
        let mut open = Vec::new();
        each_fact(&copy, |fact| {
            if let Fact::Saga(saga) = fact
                && !saga.is_over()
            {
                open.push(saga);
            }
        });
        open
    }
}

fn kept_in(copy: &Path) -> Kept {
    let mut kept = Kept::default();
    each_fact(copy, |fact| match fact {
        Fact::Saga(saga) => kept.sagas.push(saga),
        Fact::Event(event) => kept.events.push(event),
        Fact::Parked(consumer, parked) => kept.parked.push((consumer, parked)),
        _ => {}
    });
    kept.events.sort_unstable_by_key(|event| event.position);
    kept
}

fn each_fact(path: &Path, each: impl FnMut(Fact)) {
    let journal = RedbJournal::open(path).unwrap();
    told::facts(&journal).unwrap().into_iter().for_each(each);
    drop(journal);
    std::fs::remove_file(path).unwrap();
}
