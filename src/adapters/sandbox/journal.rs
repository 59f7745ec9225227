//! Where the facts of the sandbox are kept: the ledger, and beside it the charges that have no row
//! yet because they wait for the buyer or for time.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::adapters::record::{ChargeRequestBody, LedgerRowRecord};
use crate::domain::shared::Timestamp;
use crate::ports::PortError;
use crate::ports::payment::{ChargeRequest, LedgerRow};

/// Something that happened to a payment.
#[derive(Clone, Debug)]
pub(super) enum Fact {
    /// A charge was accepted and not carried out: until then, or until the buyer acted.
    Opened { charge: ChargeRequest, due: Option<Timestamp> },
    /// A row of the ledger, with the reason where it is a refusal.
    Row { row: LedgerRow, reason: Option<String> },
}

/// A line of the file beside the ledger.
#[derive(Serialize, Deserialize)]
struct OpenedRecord {
    charge: ChargeRequestBody,
    due_micros: Option<i64>,
}

/// Keeps facts, or does not.
#[derive(Debug)]
pub(super) enum Journal {
    /// Keeps nothing: what the engine knows ends with it.
    Memory,
    /// Appends to two files.
    Files { rows: File, opened: File },
}

impl Journal {
    /// Opens the ledger at `path` and its companion, and tells what they hold. What was written
    /// last and not to its end was never answered for, and is cut off.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<Fact>), PortError> {
        let (rows, row_records) = open_lines::<LedgerRowRecord>(path)?;
        let (opened, open_records) = open_lines::<OpenedRecord>(&companion(path))?;
        let mut facts = Vec::with_capacity(row_records.len() + open_records.len());
        for record in open_records {
            let due = record.due_micros.map(Timestamp::from_micros);
            facts.push(Fact::Opened { charge: record.charge.request()?, due });
        }
        for record in row_records {
            facts.push(Fact::Row { row: record.row()?, reason: record.reason });
        }
        Ok((Self::Files { rows, opened }, facts))
    }

    /// Writes facts before anyone is answered for them. The page cache holds them through the end
    /// of this process; a power cut is not this ledger's business.
    pub(super) fn append(&mut self, facts: &[Fact]) -> Result<(), PortError> {
        let Self::Files { rows, opened } = self else { return Ok(()) };
        let (mut row_lines, mut open_lines) = (Vec::new(), Vec::new());
        for fact in facts {
            match fact {
                Fact::Opened { charge, due } => {
                    let due_micros = due.map(Timestamp::micros);
                    let record = OpenedRecord { charge: charge.into(), due_micros };
                    line(&mut open_lines, &record)?;
                }
                Fact::Row { row, reason } => {
                    let mut record = LedgerRowRecord::from(row);
                    record.reason.clone_from(reason);
                    line(&mut row_lines, &record)?;
                }
            }
        }
        write(opened, &open_lines)?;
        write(rows, &row_lines)
    }
}

/// The file beside the ledger.
fn companion(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".open");
    PathBuf::from(name)
}

fn line(lines: &mut Vec<u8>, record: &impl Serialize) -> Result<(), PortError> {
    serde_json::to_writer(&mut *lines, record).map_err(PortError::internal)?;
    lines.push(b'\n');
    Ok(())
}

fn write(file: &mut File, lines: &[u8]) -> Result<(), PortError> {
    if lines.is_empty() {
        return Ok(());
    }
    file.write_all(lines).and_then(|()| file.flush()).map_err(PortError::internal)
}

fn open_lines<T: DeserializeOwned>(path: &Path) -> Result<(File, Vec<T>), PortError> {
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let mut file = opened.map_err(PortError::internal)?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(PortError::internal)?;
    let whole = text.rfind('\n').map_or(0, |last| last + 1);
    let end = u64::try_from(whole).map_err(PortError::internal)?;
    file.set_len(end).map_err(PortError::internal)?;
    file.seek(SeekFrom::End(0)).map_err(PortError::internal)?;
    let lines = text.get(..whole).unwrap_or_default().lines();
    let records = lines.map(serde_json::from_str).collect::<Result<_, _>>();
    Ok((file, records.map_err(PortError::corrupt)?))
}
