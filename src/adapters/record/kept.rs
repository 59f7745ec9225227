use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::form::{Form, In, Out};
use crate::ports::PortError;

/// The version that records are written in. What reads an older one stays beside what reads this
/// one, in [`read`].
const VERSION: u64 = 1;

/// A value that a store keeps, and how it is written down.
pub trait Record: Sized {
    /// What it is called in messages, such as `product`.
    const NAME: &'static str;

    /// The value as JSON: one object with its version as `v`.
    fn encode(&self) -> Result<Vec<u8>, PortError>;

    /// The value of such JSON. Corrupt where it makes no sense, or is of a later version.
    fn decode(bytes: &[u8]) -> Result<Self, PortError>;
}

/// Implements [`Record`] by forms that write an object.
macro_rules! records {
    ($($value:ty = $name:literal by $form:ty),* $(,)?) => {$(
        impl $crate::adapters::record::Record for $value {
            const NAME: &'static str = $name;

            fn encode(&self) -> Result<Vec<u8>, $crate::ports::PortError> {
                $crate::adapters::record::kept::write::<Self, $form>(self)
            }

            fn decode(bytes: &[u8]) -> Result<Self, $crate::ports::PortError> {
                $crate::adapters::record::kept::read::<Self, $form>(Self::NAME, bytes)
            }
        }
    )*};
}

pub(super) use records;

/// A version and, beside it, the fields of a value.
#[derive(Serialize)]
struct Versioned<T> {
    v: u64,
    #[serde(flatten)]
    value: T,
}

/// The version alone, whatever else is there.
#[derive(Deserialize)]
struct Head {
    v: u64,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    /// It is no record, or one that breaks a rule.
    #[error("{name} cannot be read at {path}: {reason}")]
    Damaged { name: &'static str, path: String, reason: String },
    /// It is of a version that this program does not know.
    #[error("{name} is of version {version}: a newer ecicomm wrote it")]
    Newer { name: &'static str, version: u64 },
    /// It is of a version that there never was.
    #[error("{name} is of version {version}, which there never was")]
    NoVersion { name: &'static str, version: u64 },
}

/// Writes `value`, whose form must write an object, with the version beside its fields.
pub fn write<T, F: Form<T>>(value: &T) -> Result<Vec<u8>, PortError> {
    let record = Versioned { v: VERSION, value: Out::<T, F>::new(value) };
    serde_json::to_vec(&record).map_err(PortError::internal)
}

/// Reads what [`write`] wrote. The version is read first and alone, so that what a later one holds
/// is never taken for what it means in this one.
pub fn read<T, F: Form<T>>(name: &'static str, bytes: &[u8]) -> Result<T, PortError> {
    let head: Head = parse(name, bytes)?;
    match head.v {
        VERSION => parse::<In<T, F>>(name, bytes).map(|record| record.0),
        0 => Err(PortError::corrupt(Unreadable::NoVersion { name, version: 0 })),
        version => Err(PortError::corrupt(Unreadable::Newer { name, version })),
    }
}

fn parse<'a, T: Deserialize<'a>>(name: &'static str, bytes: &'a [u8]) -> Result<T, PortError> {
    serde_json::from_slice(bytes).map_err(|_| explain::<T>(name, bytes))
}

/// Why `bytes` are no `T`, found by reading them once more, as telling where costs time.
fn explain<'a, T: Deserialize<'a>>(name: &'static str, bytes: &'a [u8]) -> PortError {
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let (path, reason) = match serde_path_to_error::deserialize::<_, T>(&mut source) {
        Ok(_) => (".".to_owned(), "something follows it".to_owned()),
        Err(error) => (error.path().to_string(), without_value(error.inner())),
    };
    PortError::corrupt(Unreadable::Damaged { name, path, reason })
}

/// The message without the value that it is about, as that may be a secret or a person's.
fn without_value(error: &impl Display) -> String {
    let message = error.to_string();
    match message.rsplit_once(", expected ") {
        Some((_, wanted)) => format!("expected {wanted}"),
        None => message,
    }
}
