//! Bytes in, lines out.

use serde_json::value::RawValue;

use super::FileFormat;
use super::cell::Cell;
use super::csv_rows::Header;
use super::json::Pairs;
use super::row::Row;
use crate::app::catalog::ImportLine;

/// The longest line that is read.
pub const MAX_LINE_BYTES: usize = 1024 * 1024;

const TOO_LONG: &str = "it is longer than 1 MiB";
const TOO_LONG_CSV: &str = "it is longer than 1 MiB; perhaps a quote is not closed";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadLine {
    /// Which line of the file it begins on, from 1.
    pub number: u64,
    /// What it says, or why it cannot be read.
    pub line: Result<ImportLine, String>,
}

/// Splits a file into lines as its bytes come, and reads each. Blank lines are passed over.
pub struct LineReader {
    format: FileFormat,
    header: Option<Header>,
    /// What came of the line that is not over yet.
    rest: Vec<u8>,
    /// Whether `rest` ends within quotes, where a line feed ends nothing (CSV).
    quoted: bool,
    /// Whether the rest of a line that is too long is passed over.
    skipping: bool,
    /// The line of the file that `rest` begins on.
    began: u64,
    /// The line of the file that is being read.
    at: u64,
    broken: bool,
}

impl LineReader {
    /// A reader before the first byte.
    pub fn new(format: FileFormat) -> Self {
        Self {
            format,
            header: None,
            rest: Vec::new(),
            quoted: false,
            skipping: false,
            began: 1,
            at: 1,
            broken: false,
        }
    }

    /// Whether the header is wrong, so that nothing behind it can be read. Nothing behind it was.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// The lines that `bytes` complete, in order.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<ReadLine> {
        let mut lines = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.broken {
                break;
            }
            lines.extend(self.keep(part));
            if part.ends_with(b"\n") {
                self.at = self.at.saturating_add(1);
                if !self.quoted {
                    lines.extend(self.end_line());
                }
            }
        }
        lines
    }

    /// The last line, where no line feed ended it.
    pub fn finish(mut self) -> Option<ReadLine> {
        if self.broken {
            return None;
        }
        if self.quoted {
            return Some(self.bad("a quote is not closed"));
        }
        self.end_line()
    }

    /// Keeps a part of a line, unless the line becomes too long, which is told once.
    fn keep(&mut self, part: &[u8]) -> Option<ReadLine> {
        if self.skipping {
            return None;
        }
        if self.rest.len().saturating_add(part.len()) > MAX_LINE_BYTES {
            self.rest.clear();
            self.skipping = true;
            self.quoted = false;
            let is_csv = self.format == FileFormat::Csv;
            return Some(self.bad(if is_csv { TOO_LONG_CSV } else { TOO_LONG }));
        }
        if self.format == FileFormat::Csv {
            self.quoted = part.iter().fold(self.quoted, |quoted, byte| quoted ^ (*byte == b'"'));
        }
        self.rest.extend_from_slice(part);
        None
    }

    fn end_line(&mut self) -> Option<ReadLine> {
        let bytes = std::mem::take(&mut self.rest);
        let read = if self.skipping { None } else { self.read(&bytes) };
        self.skipping = false;
        self.began = self.at;
        self.rest = bytes;
        self.rest.clear();
        read
    }

    fn read(&mut self, bytes: &[u8]) -> Option<ReadLine> {
        let bytes = match bytes.strip_prefix(BYTE_ORDER_MARK) {
            Some(behind) if self.began == 1 => behind,
            _ => bytes,
        };
        if bytes.trim_ascii().is_empty() {
            return None;
        }
        let number = self.began;
        if self.format == FileFormat::Ndjson {
            return Some(ReadLine { number, line: of_json(bytes.trim_ascii_end()) });
        }
        let Some(header) = &self.header else {
            match Header::read(bytes) {
                Ok(header) => self.header = Some(header),
                Err(reason) => {
                    self.broken = true;
                    return Some(self.bad(reason));
                }
            }
            return None;
        };
        Some(ReadLine { number, line: header.line_of(bytes) })
    }

    fn bad(&self, reason: impl Into<String>) -> ReadLine {
        ReadLine { number: self.began, line: Err(reason.into()) }
    }
}

fn of_json(bytes: &[u8]) -> Result<ImportLine, String> {
    let pairs = serde_json::from_slice::<Pairs<&RawValue>>(bytes).map_err(|error| told(&error))?;
    let cells = pairs.0.iter().map(|(name, value)| (name.as_str(), Cell::Json(value)));
    Row::new(cells).into_line()
}

/// What is wrong with a line of JSON. The line is known, so only the column is told.
fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
    if error.is_data() {
        return what.to_owned();
    }
    format!("it is not JSON: {what} at column {}", error.column())
}
