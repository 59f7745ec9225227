use std::fmt::Display;

use super::{AppError, FieldError};

/// Everything that is wrong with a request, gathered part by part, so that its author can mend all
/// of it at once.
#[derive(Debug, Default)]
pub(super) struct Faults {
    all: Vec<FieldError>,
    /// How many of them are about things that might have been there.
    unknown: usize,
}

impl Faults {
    /// The value, or a note of what is wrong with the part at `pointer`.
    pub fn note<T>(
        &mut self,
        pointer: impl FnOnce() -> String,
        checked: Result<T, impl Display>,
    ) -> Option<T> {
        match checked {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(pointer(), error.to_string());
                None
            }
        }
    }

    /// Notes what is wrong at `pointer`.
    pub fn add(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.all.push(FieldError::new(pointer, detail));
    }

    /// Notes that what is named at `pointer` does not exist.
    pub fn unknown(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.unknown += 1;
        self.add(pointer, detail);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What was noted, in the order it was found.
    pub fn into_errors(self) -> Vec<FieldError> {
        self.all
    }

    /// `value`, which is whole where nothing was noted; else everything that was.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, AppError> {
        match value {
            Some(value) if self.all.is_empty() => Ok(value),
            _ if self.unknown > 0 && self.unknown == self.all.len() => {
                Err(AppError::Unknown(self.all))
            }
            _ => Err(AppError::Invalid(self.all)),
        }
    }
}

/// `name` as one step of a JSON pointer (RFC 6901).
pub(super) fn step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// `text` as a sentence, for people.
pub(super) fn sentence(text: &impl Display) -> String {
    let mut sentence = text.to_string();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence + "."
}
