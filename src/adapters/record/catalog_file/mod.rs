//! Catalogue files: NDJSON or CSV, a variant a line.
//!
//! Reading takes bytes as they come and never holds more than one line, or row of CSV, of them. A
//! line that cannot be read is told with its number and why; it never stops the ones behind it.
//! Whether a line is right is for the use case; here only its shape is.

mod cell;
mod csv_rows;
mod json;
mod lines;
mod loader;
mod quotes;
mod render;
mod row;
#[cfg(test)]
mod tests;

pub use lines::{LineReader, MAX_LINE_BYTES, ReadLine};
pub use loader::CatalogLoader;
pub use render::render_line;

/// What a catalogue file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// A JSON object a line.
    Ndjson,
    /// Comma-separated values (RFC 4180) with a header.
    Csv,
}

impl FileFormat {
    /// The format of a media type; parameters such as a charset are passed over.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => {
                Some(Self::Ndjson)
            }
            "text/csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// The media type to send a file with.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv",
        }
    }
}
