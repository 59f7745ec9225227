use chrono::{DateTime, Datelike as _, SecondsFormat, TimeZone, Utc};

use crate::domain::shared::Timestamp;
use crate::ports::PortError;

/// A moment as RFC 3339 in UTC, to the microsecond.
pub fn rfc3339(at: Timestamp) -> String {
    // Times that the calendar cannot tell are not made by any clock; they show as its last one.
    let moment = Utc.timestamp_micros(at.micros()).single().unwrap_or(DateTime::<Utc>::MAX_UTC);
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Reads what [`rfc3339`] writes, and other spellings of RFC 3339. In UTC too the year has to have
/// four digits, or it could not be written again.
pub fn parse_rfc3339(text: &str) -> Result<Timestamp, PortError> {
    let moment = DateTime::parse_from_rfc3339(text).map_err(PortError::corrupt)?;
    let micros = moment.timestamp_micros();
    let year = DateTime::from_timestamp_micros(micros).map(|moment| moment.year());
    if !year.is_some_and(|year| (0..=9_999).contains(&year)) {
        return Err(PortError::corrupt("a year of more than four digits"));
    }
    Ok(Timestamp::from_micros(micros))
}
