use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ::redb::{
    Database, DatabaseError, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable,
    StorageBackend,
};

use super::error::{RedbError, damaged, opening};
use super::row::{CURRENCY, Row, Table, VIEWS, currency, fact, last_number};
use super::sync::Syncs;
use super::{file, key};
use crate::adapters::record::{Fact, Journal, Listener, Record, Written};
use crate::domain::inventory::Reservation;
use crate::domain::shared::OrderId;
use crate::ports::PortError;

/// How the file is arranged; the key of [`Table::Meta`] that says so, and what this version writes.
const FORMAT: (&[u8], u64) = (b"format", 1);
/// The key of [`Table::Meta`] that counts writes.
const WRITES: &[u8] = b"writes";
/// How long a file that another process has is waited for, and how often it is tried.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Rows to write by table and key, or to remove where there is no value.
type Rows = BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>>;
type Bytes = &'static [u8];
type Opener = Box<dyn Fn() -> Result<Database, DatabaseError> + Send + Sync>;

/// The journal of a shop in one file.
pub struct RedbJournal {
    /// What messages call it.
    path: PathBuf,
    open: Opener,
    /// Of every opening. Once one failed, nothing is written any more.
    syncs: Syncs,
    open_now: Mutex<Open>,
}

struct Open {
    /// None while the file could not be opened again after a failure, until the write that failed
    /// is settled.
    database: Option<Database>,
    /// The number of the last write that was tried.
    writes: u64,
}

impl RedbJournal {
    /// The journal in the file at `path`, made where there is none. Every page is checked against
    /// its checksum. Refused with `Unavailable` while another process has it, with `Corrupt` where
    /// the file is not what was written or a later version wrote it.
    pub fn open(path: &Path) -> Result<Self, PortError> {
        patiently(&|| file::make(path, |database| store(database, &layout())))
            .map_err(|error| opening(path, error))?;
        let file = path.to_owned();
        let journal = Self::over(path, move || file::open(&file))?;
        file::clear(path);
        // A file whose name is not synced may be gone after a power cut, with all that is in it.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        std::fs::File::open(folder.unwrap_or(Path::new(".")))
            .and_then(|folder| folder.sync_all())
            .map_err(PortError::unavailable)?;
        Ok(journal)
    }

    /// The journal in the file that `open` opens, now and after a failure to write. `name` is what
    /// messages call it.
    pub fn over<B: StorageBackend>(
        name: &Path,
        open: impl Fn() -> Result<B, DatabaseError> + Send + Sync + 'static,
    ) -> Result<Self, PortError> {
        let syncs = Syncs::default();
        let watching = syncs.clone();
        let open: Opener = Box::new(move || file::database(watching.watch(open()?)));
        let database = patiently(&open).map_err(|error| opening(name, error))?;
        let open_now = Mutex::new(Open { database: Some(database), writes: 0 });
        let journal = Self { path: name.to_owned(), open, syncs, open_now };
        journal.check_format()?;
        journal.open_now().writes = journal.meta(WRITES)?.unwrap_or(0);
        Ok(journal)
    }

    fn open_now(&self) -> MutexGuard<'_, Open> {
        self.open_now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: impl Into<RedbError>) -> PortError {
        PortError::unavailable(format!("{}: {}", self.path.display(), error.into()))
    }

    fn corrupt(&self, table: Table, error: impl std::fmt::Display) -> PortError {
        damaged(self.path.display(), format!("table {}: {error}", table.name()))
    }

    /// Refuses the file of a later version, and marks one that is new.
    fn check_format(&self) -> Result<(), PortError> {
        match self.meta(FORMAT.0)? {
            Some(known) if known <= FORMAT.1 => Ok(()),
            Some(later) => Err(PortError::corrupt(format!(
                "{} has the layout {later}, and this ecicomm knows none after {}; use the version \
                 that wrote it",
                self.path.display(),
                FORMAT.1
            ))),
            None => {
                let open = self.open_now();
                let database = open.database.as_ref().ok_or_else(|| self.closed())?;
                store(database, &layout()).map_err(|error| self.failed(error))
            }
        }
    }

    fn closed(&self) -> PortError {
        PortError::unavailable(format!("{} could not be opened again", self.path.display()))
    }

    /// Refused once a sync failed: what the file shows from then on may be in memory alone, so a
    /// write that builds on it may be lost with it, however well it goes itself.
    fn sound(&self) -> Result<(), PortError> {
        if !self.syncs.any_failed() {
            return Ok(());
        }
        Err(PortError::unavailable(format!(
            "a sync of {} failed, so nobody knows what the disk has of it, and nothing more is \
             written: look at the disk, restart the machine, whose memory may show what the disk \
             lost, and start again",
            self.path.display()
        )))
    }

    fn reader(&self) -> Result<Reader<'_>, PortError> {
        let open = self.open_now();
        let database = open.database.as_ref().ok_or_else(|| self.closed())?;
        let read = database.begin_read().map_err(|error| self.failed(error))?;
        Ok(Reader { journal: self, read })
    }

    fn meta(&self, name: &[u8]) -> Result<Option<u64>, PortError> {
        self.meta_value(name)?.map(|value| last_number(&value)).transpose()
    }

    fn meta_value(&self, name: &[u8]) -> Result<Option<Vec<u8>>, PortError> {
        let reader = self.reader()?;
        let Some(table) = reader.table(Table::Meta)? else { return Ok(None) };
        let value = table.get(name).map_err(|error| self.failed(error))?;
        Ok(value.map(|value| value.value().to_vec()))
    }

    /// The rows of facts, with the number of the write. Of several rows of one thing the last
    /// counts.
    fn rows(facts: &mut dyn Iterator<Item = &Fact>, number: u64) -> Result<Rows, PortError> {
        let mut rows = BTreeMap::new();
        for fact in facts {
            Row::of(fact, &mut |row| {
                rows.insert((row.table, row.key), row.value);
            })?;
        }
        rows.insert((Table::Meta, WRITES.to_vec()), Some(number.to_be_bytes().to_vec()));
        Ok(rows)
    }

    /// Opens the file again after a failure, which the database asks for, and says whether the last
    /// write is in it. After a sync that failed the file cannot tell, and this fails ever after.
    fn look_again(&self, open: &mut Open) -> Result<bool, PortError> {
        self.sound()?;
        // The lock on the file goes with the handle, and only then can it be had again.
        drop(open.database.take());
        // A handle may sync as it goes. Where the one that comes cannot, it does not open.
        self.sound()?;
        let database = (self.open)().map_err(|error| opening(&self.path, error))?;
        let read = database.begin_read().map_err(|error| self.failed(error))?;
        let reader = Reader { journal: self, read };
        let table = reader.table(Table::Meta)?;
        let kept = table
            .and_then(|table| table.get(WRITES).transpose())
            .transpose()
            .map_err(|error| self.failed(error))?;
        let kept = kept.map(|value| last_number(value.value())).transpose()?.unwrap_or(0);
        open.database = Some(database);
        Ok(kept == open.writes)
    }
}

/// The row that says how the file is arranged.
fn layout() -> Rows {
    let value = FORMAT.1.to_be_bytes().to_vec();
    BTreeMap::from([((Table::Meta, FORMAT.0.to_vec()), Some(value))])
}

/// Opens, and where another process has the file gives it a moment: one that was killed just now
/// holds its lock until the system has buried it.
fn patiently<T>(open: &impl Fn() -> Result<T, DatabaseError>) -> Result<T, DatabaseError> {
    let began = Instant::now();
    loop {
        match open() {
            Err(DatabaseError::DatabaseAlreadyOpen) if began.elapsed() < PATIENCE => {
                thread::sleep(LOOK_EVERY);
            }
            opened => return opened,
        }
    }
}

/// Writes rows, all or none, and syncs.
fn store(database: &Database, rows: &Rows) -> Result<(), RedbError> {
    let write = database.begin_write()?;
    let mut rows = rows.iter().peekable();
    while let Some(((table, _), _)) = rows.peek() {
        let current = *table;
        let mut open = write.open_table(current.definition())?;
        while let Some(((_, key), value)) = rows.next_if(|((table, _), _)| *table == current) {
            match value {
                Some(value) => drop(open.insert(key.as_slice(), value.as_slice())?),
                None => drop(open.remove(key.as_slice())?),
            }
        }
    }
    Ok(write.commit()?)
}

impl Journal for RedbJournal {
    fn recall(&self, to: &mut dyn Listener) -> Result<(), PortError> {
        if let Some(version) = self.meta(VIEWS)? {
            to.take(Fact::ViewsFrom(version))?;
        }
        if let Some(code) = self.meta_value(CURRENCY)? {
            let kept = currency(&code).map_err(|error| self.corrupt(Table::Meta, error))?;
            to.take(Fact::Currency(kept))?;
        }
        let reader = self.reader()?;
        for table in Table::FACTS {
            if table == Table::Reservation {
                reader.reservations(to)?;
            } else {
                reader.tell(table, to)?;
            }
        }
        Ok(())
    }

    fn write(&self, facts: &mut dyn Iterator<Item = &Fact>) -> Written {
        let mut open = self.open_now();
        if let Err(error) = self.sound() {
            return Written::NotKept(error);
        }
        let number = open.writes.saturating_add(1);
        let rows = match Self::rows(facts, number) {
            Ok(rows) => rows,
            Err(error) => return Written::NotKept(error),
        };
        let Some(database) = &open.database else { return Written::NotKept(self.closed()) };
        let error = match store(database, &rows) {
            Ok(()) => {
                open.writes = number;
                return Written::Kept;
            }
            Err(error) => self.failed(error),
        };
        open.writes = number;
        match self.look_again(&mut open) {
            Ok(true) => Written::Kept,
            Ok(false) => {
                open.writes = number.saturating_sub(1);
                Written::NotKept(error)
            }
            Err(again) => Written::Unknown(PortError::timeout(format!("{error}; then {again}"))),
        }
    }

    fn settle(&self) -> Result<bool, PortError> {
        let mut open = self.open_now();
        let kept = self.look_again(&mut open)?;
        if !kept {
            open.writes = open.writes.saturating_sub(1);
        }
        Ok(kept)
    }
}

/// Told of every row: its key and its value.
type EachRow<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<(), PortError>;

/// One moment of the file.
struct Reader<'a> {
    journal: &'a RedbJournal,
    read: ReadTransaction,
}

impl Reader<'_> {
    /// A table, unless nothing was ever in it.
    fn table(&self, table: Table) -> Result<Option<ReadOnlyTable<Bytes, Bytes>>, PortError> {
        match self.read.open_table(table.definition()) {
            Ok(open) => Ok(Some(open)),
            Err(::redb::TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(self.journal.corrupt(table, error)),
        }
    }

    fn rows(&self, table: Table, each: EachRow<'_>) -> Result<(), PortError> {
        let Some(open) = self.table(table)? else { return Ok(()) };
        for row in open.iter().map_err(|error| self.journal.corrupt(table, error))? {
            let (key, value) = row.map_err(|error| self.journal.corrupt(table, error))?;
            each(key.value(), value.value()).map_err(|error| self.journal.corrupt(table, error))?;
        }
        Ok(())
    }

    fn tell(&self, table: Table, to: &mut dyn Listener) -> Result<(), PortError> {
        self.rows(table, &mut |key, value| {
            let told = fact(table, key, value, to)?;
            to.take(told)
        })
    }

    /// Tells what each order holds as one fact.
    fn reservations(&self, to: &mut dyn Listener) -> Result<(), PortError> {
        let mut gathered: Option<(OrderId, Vec<Reservation>)> = None;
        self.rows(Table::Reservation, &mut |key, value| {
            let (order, _) = key::parse_id(key)
                .ok_or_else(|| PortError::corrupt("a reservation is of no order"))?;
            let (order, reservation) = (OrderId::new(order), Reservation::decode(value)?);
            match &mut gathered {
                Some((known, held)) if *known == order => held.push(reservation),
                _ => {
                    if let Some((order, held)) = gathered.replace((order, vec![reservation])) {
                        to.take(Fact::Reservations(order, held))?;
                    }
                }
            }
            Ok(())
        })?;
        match gathered {
            Some((order, held)) => to.take(Fact::Reservations(order, held)),
            None => Ok(()),
        }
    }
}
