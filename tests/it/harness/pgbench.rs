//! Statements that were heard on the wire, written so that pgbench can send them.

use std::fmt::Write as _;

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::wire::Statement;

/// A statement with its values written into it, on one line.
pub fn written(statement: &Statement) -> String {
    let values = values(&statement.bound);
    assert_eq!(values.len(), statement.types.len(), "of {}", statement.text);
    let literals: Vec<String> = values
        .iter()
        .zip(&statement.types)
        .map(|(value, oid)| value.as_deref().map_or("NULL".to_owned(), |v| literal(*oid, v)))
        .collect();
    let (mut line, mut rest) = (String::new(), statement.text.as_str());
    while let Some((before, behind)) = rest.split_once('$') {
        let digits = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        let number: usize = behind[..digits].parse().expect("a parameter has a number");
        line += before;
        line += &literals[number - 1];
        rest = &behind[digits..];
    }
    line += rest;
    let words: Vec<&str> = line.lines().map(str::trim).collect();
    words.join(" ") + ";\n"
}

/// The values of a `Bind`, which come behind the formats of all, and are binary.
fn values(mut bound: &[u8]) -> Vec<Option<Vec<u8>>> {
    let formats = take(&mut bound, 2);
    let formats = usize::from(u16::from_be_bytes(formats.try_into().unwrap()));
    take(&mut bound, formats * 2);
    let count = u16::from_be_bytes(take(&mut bound, 2).try_into().unwrap());
    (0..count).map(|_| value(&mut bound)).collect()
}

fn value(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let length = i32::from_be_bytes(take(rest, 4).try_into().unwrap());
    // A null has a length below none.
    usize::try_from(length).ok().map(|length| take(rest, length).to_vec())
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, left) = rest.split_at(count);
    *rest = left;
    taken
}

/// A value of the type with this `oid` (of the catalog `pg_type`), as SQL writes it.
fn literal(oid: u32, value: &[u8]) -> String {
    let integer = || match value.len() {
        2 => i64::from(i16::from_be_bytes(value.try_into().unwrap())),
        4 => i64::from(i32::from_be_bytes(value.try_into().unwrap())),
        _ => i64::from_be_bytes(value.try_into().unwrap()),
    };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().replace('\'', "''");
    match oid {
        16 => (value == [1]).to_string(),
        17 => {
            let hex = value.iter().fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").unwrap();
                hex
            });
            format!("'\\x{hex}'::bytea")
        }
        20 | 21 | 23 => format!("({})::{}", integer(), name(oid)),
        1184 => {
            let epoch: DateTime<Utc> = "2000-01-01T00:00:00Z".parse().unwrap();
            let at = epoch + Duration::microseconds(integer());
            format!("'{}'::timestamptz", at.to_rfc3339())
        }
        1186 => {
            let (micros, rest) = value.split_at(8);
            let micros = i64::from_be_bytes(micros.try_into().unwrap());
            let days = i32::from_be_bytes(rest[..4].try_into().unwrap());
            format!("'{days} days {micros} microseconds'::interval")
        }
        2950 => format!("'{}'::uuid", Uuid::from_slice(value).unwrap()),
        3802 => format!("'{}'::jsonb", text(&value[1..])),
        25 | 1043 => format!("'{}'::text", text(value)),
        _ => array(oid, value),
    }
}

fn array(oid: u32, mut value: &[u8]) -> String {
    let mut number = || i32::from_be_bytes(take(&mut value, 4).try_into().unwrap());
    let (dimensions, _, element) = (number(), number(), number());
    let element = u32::try_from(element).unwrap();
    let count = if dimensions == 0 { 0 } else { number() };
    if dimensions > 0 {
        number();
    }
    let items: Vec<String> = (0..count)
        .map(|_| self::value(&mut value).map_or("NULL".to_owned(), |item| literal(element, &item)))
        .collect();
    assert!(value.is_empty(), "type {oid} is read to its end");
    format!("ARRAY[{}]::{}[]", items.join(", "), name(element))
}

fn name(oid: u32) -> &'static str {
    match oid {
        16 => "bool",
        17 => "bytea",
        20 => "int8",
        21 => "int2",
        23 => "int4",
        25 => "text",
        1043 => "varchar",
        1184 => "timestamptz",
        2950 => "uuid",
        3802 => "jsonb",
        _ => panic!("type {oid} is not known here"),
    }
}
