//! Where a row of comma-separated values ends.

const BYTE_ORDER_MARK: [u8; 3] = *b"\xef\xbb\xbf";

/// Where in a row the bytes so far end. A quote opens a value only at its start and is a character
/// like any other within a value without quotes, as the `csv` crate reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Before the row, behind so many bytes of a byte order mark.
    Start(usize),
    /// Before a value.
    ValueStart,
    /// In a value without quotes.
    Plain,
    /// In quotes, where a line end ends nothing.
    Quoted,
    /// Behind a quote in quotes, which closes them unless a second follows.
    Closing,
    /// Behind something that no value in quotes may be followed by: a quote too few or too many.
    Stray,
}

impl Place {
    /// Before any byte.
    pub const START: Self = Self::Start(0);

    /// The place behind `bytes`, which hold a line end only as their last.
    pub fn behind(self, bytes: &[u8]) -> Self {
        bytes.iter().fold(self, |place, byte| place.step(*byte))
    }

    fn step(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Stray, _) => Self::Stray,
            (Self::Quoted, b'"') => Self::Closing,
            (Self::Quoted, _) | (Self::Closing, b'"') => Self::Quoted,
            (_, b',') => Self::ValueStart,
            (Self::Closing, b'\r' | b'\n') => self,
            (Self::Closing, _) => Self::Stray,
            (Self::ValueStart | Self::Start(0), b'"') => Self::Quoted,
            (Self::Start(count), _) if BYTE_ORDER_MARK.get(count) == Some(&byte) => {
                match count.saturating_add(1) {
                    whole if whole == BYTE_ORDER_MARK.len() => Self::ValueStart,
                    part => Self::Start(part),
                }
            }
            _ => Self::Plain,
        }
    }

    /// Why the row cannot be read as one, if it ends here.
    pub const fn flaw(self) -> Option<&'static str> {
        match self {
            Self::Quoted => Some("a quote is not closed"),
            Self::Stray => {
                Some("something stands behind a value in quotes; perhaps one is not doubled")
            }
            Self::Start(_) | Self::ValueStart | Self::Plain | Self::Closing => None,
        }
    }
}
