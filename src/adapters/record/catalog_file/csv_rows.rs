//! Rows of comma-separated values.

use super::cell::Cell;
use super::row::{NAMES, Row};
use crate::app::catalog::ImportLine;

/// The names of a file's columns.
pub struct Header(Vec<String>);

impl Header {
    /// Reads and checks the first row.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let names: Vec<String> = values(bytes)?.iter().map(|name| name.trim().to_owned()).collect();
        for (index, name) in names.iter().enumerate() {
            let inner = name.strip_prefix("attributes.").or(name.strip_prefix("options."));
            if !NAMES.contains(&name.as_str()) && inner.is_none_or(str::is_empty) {
                return Err(format!("the header names a column '{name}', which is not known"));
            }
            if names.iter().take(index).any(|earlier| earlier == name) {
                return Err(format!("the header names {name} twice"));
            }
        }
        match ["sku", "name", "price"].into_iter().find(|name| !names.iter().any(|n| n == name)) {
            Some(missing) => Err(format!("the header lacks {missing}")),
            None => Ok(Self(names)),
        }
    }

    /// The line that a row says. An empty cell is as good as absent.
    pub fn line_of(&self, bytes: &[u8]) -> Result<ImportLine, String> {
        let values = values(bytes)?;
        if values.len() != self.0.len() {
            let (found, named) = (values.len(), self.0.len());
            return Err(format!("it has {found} values, the header names {named}"));
        }
        let filled = self.0.iter().zip(values.iter()).filter(|(_, value)| !value.is_empty());
        Row::new(filled.map(|(name, value)| (name.as_str(), Cell::Text(value)))).into_line()
    }
}

fn values(bytes: &[u8]) -> Result<csv::StringRecord, String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        // Should the library see another row where the reader of lines sees none, it is not lost.
        Ok(true) => match reader.read_record(&mut csv::StringRecord::new()) {
            Ok(false) => Ok(record),
            _ => Err("it is more than one row".to_owned()),
        },
        Ok(false) => Err("it is empty".to_owned()),
        Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
            Err("it is not UTF-8".to_owned())
        }
        Err(error) => Err(format!("it is not CSV: {error}")),
    }
}
