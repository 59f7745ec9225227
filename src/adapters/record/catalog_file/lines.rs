//! Bytes in, lines out.

use serde_json::value::RawValue;

use super::FileFormat;
use super::cell::Cell;
use super::csv_rows::Header;
use super::json::Pairs;
use super::quotes::Place;
use super::row::Row;
use crate::app::catalog::ImportLine;

/// The longest line that is read, and the longest row of CSV.
pub const MAX_LINE_BYTES: usize = 1024 * 1024;

const TOO_LONG: &str = "it is longer than 1 MiB";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadLine {
    /// Which line of the file it begins on, from 1.
    pub number: u64,
    /// What it says, or why it cannot be read.
    pub line: Result<ImportLine, String>,
}

/// What ends a row of CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rows {
    /// A line end that is not in quotes.
    OverLines,
    /// Every line end, whatever its quotes say.
    LineByLine,
}

/// Splits a file into lines as its bytes come, and reads each. Blank lines are passed over. A line
/// ends with a line feed, a carriage return or both.
///
/// A row of CSV goes on over line ends in quotes. Where its quotes turn out wrong, its lines are
/// read each by itself, so that a quote too many takes no good line with it.
pub struct LineReader {
    format: FileFormat,
    header: Option<Header>,
    /// What came of the line that is not over yet.
    rest: Vec<u8>,
    /// Where `rest` ends (CSV).
    place: Place,
    rows: Rows,
    /// Whether the last byte was a carriage return, so that a line feed is the rest of its line
    /// end.
    returned: bool,
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
            place: Place::START,
            rows: Rows::OverLines,
            returned: false,
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
        for part in bytes.split_inclusive(|byte| is_line_end(*byte)) {
            if self.broken {
                break;
            }
            self.take(part, &mut lines);
        }
        lines
    }

    /// What is left at the end of the file: its last line, where nothing ended it, and the lines
    /// behind a quote that is not closed.
    pub fn finish(&mut self) -> Vec<ReadLine> {
        let mut lines = Vec::new();
        if self.broken {
            return lines;
        }
        if self.place.flaw().is_some() {
            self.read_apart(&mut lines);
        }
        if !self.broken {
            lines.extend(self.end_line());
        }
        lines
    }

    /// Takes a part of one line, which ends the line where its last byte does.
    fn take(&mut self, part: &[u8], lines: &mut Vec<ReadLine>) {
        let second_half = self.returned && part == b"\n";
        self.returned = part.ends_with(b"\r");
        if second_half {
            if !self.rest.is_empty() {
                self.rest.push(b'\n');
            }
            return;
        }
        self.keep(part, lines);
        if self.broken || !part.last().is_some_and(|byte| is_line_end(*byte)) {
            return;
        }
        let several = self.at > self.began;
        if self.place == Place::Quoted && self.rows == Rows::OverLines {
            self.at = self.at.saturating_add(1);
        } else if self.place == Place::Stray && several {
            self.read_apart(lines);
        } else {
            lines.extend(self.end_line());
            self.at = self.at.saturating_add(1);
            self.began = self.at;
        }
    }

    /// Keeps a part of a line, unless the line becomes too long, which is told once. Of a row that
    /// becomes too long the lines before are given up first.
    fn keep(&mut self, part: &[u8], lines: &mut Vec<ReadLine>) {
        if self.overflows(part) && self.at > self.began {
            self.read_apart(lines);
        }
        if self.skipping || self.broken {
            return;
        }
        if self.overflows(part) {
            self.rest.clear();
            self.place = Place::START;
            self.skipping = true;
            lines.push(self.bad(TOO_LONG));
            return;
        }
        if self.format == FileFormat::Csv {
            self.place = self.place.behind(part);
        }
        self.rest.extend_from_slice(part);
    }

    fn overflows(&self, part: &[u8]) -> bool {
        self.rest.len().saturating_add(part.len()) > MAX_LINE_BYTES
    }

    /// Reads the lines of the row so far each by itself. What stands behind the last line end
    /// stays, as the beginning of a row of its own.
    fn read_apart(&mut self, lines: &mut Vec<ReadLine>) {
        let row = std::mem::take(&mut self.rest);
        let last = row.iter().rposition(|byte| is_line_end(*byte));
        let behind = last.map_or(0, |last| last.saturating_add(1));
        let (whole, tail) = row.split_at(behind);
        self.place = Place::START;
        self.at = self.began;
        let returned = std::mem::take(&mut self.returned);
        self.rows = Rows::LineByLine;
        lines.extend(self.push(whole));
        self.rows = Rows::OverLines;
        self.returned = returned;
        self.place = self.place.behind(tail);
        self.rest.extend_from_slice(tail);
    }

    fn end_line(&mut self) -> Option<ReadLine> {
        let bytes = std::mem::take(&mut self.rest);
        let read = if self.skipping { None } else { self.read(&bytes) };
        self.skipping = false;
        self.place = Place::START;
        self.rest = bytes;
        self.rest.clear();
        read
    }

    fn read(&mut self, bytes: &[u8]) -> Option<ReadLine> {
        let text = match bytes.strip_prefix(BYTE_ORDER_MARK) {
            Some(behind) if self.began == 1 => behind,
            _ => bytes,
        };
        if text.trim_ascii().is_empty() {
            return None;
        }
        let number = self.began;
        if self.format == FileFormat::Ndjson {
            return Some(ReadLine { number, line: of_json(text.trim_ascii_end()) });
        }
        let flaw = self.place.flaw().map(str::to_owned);
        let Some(header) = &self.header else {
            match flaw.map_or_else(|| Header::read(bytes), Err) {
                Ok(header) => self.header = Some(header),
                Err(reason) => {
                    self.broken = true;
                    return Some(self.bad(reason));
                }
            }
            return None;
        };
        let line = flaw.map_or_else(|| header.line_of(bytes), Err);
        let line = line.map_err(|reason| match self.at {
            last if last > number => format!("{reason}; its row goes on to line {last}"),
            _ => reason,
        });
        Some(ReadLine { number, line })
    }

    fn bad(&self, reason: impl Into<String>) -> ReadLine {
        ReadLine { number: self.began, line: Err(reason.into()) }
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
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
