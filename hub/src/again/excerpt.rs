//! The bytes around a fault, as text. Letters and digits that are not part of
//! the faulty field are masked, so that the shape of a record can be seen
//! without what it says of anybody.

use canon::entry::RecordFault;
use codec::charset::{Charset, Profile};
use schemars::JsonSchema;
use serde::Serialize;

/// Characters shown before and behind the field.
const AROUND_CHARS: usize = 32;
/// Longest field that is shown whole, in bytes.
const FIELD_BYTES_MAX: usize = 64;
/// What stands for a letter or digit.
const MASK: char = '•';
/// How a fault says that the field is personal.
const MASKED: &str = "(masked)";

/// The bytes around one fault.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Excerpt {
    /// Field or path at the source; empty when it is the whole record.
    pub field: String,
    /// Byte offset in the arrival where the field begins.
    pub offset: u64,
    /// What stands before it.
    pub before: String,
    /// The field itself.
    pub at: String,
    /// What stands behind it.
    pub after: String,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: String,
}

/// One excerpt for each fault whose place is known. `record` begins at `offset`
/// of the arrival.
#[must_use]
pub fn excerpts(record: &[u8], offset: u64, faults: &[RecordFault]) -> Vec<Excerpt> {
    let of = |fault: &RecordFault| {
        let at = usize::try_from(fault.offset?.checked_sub(offset)?).ok()?;
        let (before, rest) = record.split_at_checked(at)?;
        let (field, after) = rest.split_at_checked(field_bytes(rest))?;
        let is_personal = fault.found.ends_with(MASKED);
        let at = text(field);
        Some(Excerpt {
            field: fault.field.clone(),
            offset: fault.offset?,
            before: last(&masked(&text(before)), AROUND_CHARS),
            at: if is_personal { masked(&at) } else { at },
            after: masked(&text(after)).chars().take(AROUND_CHARS).collect(),
            found: fault.found.clone(),
            expected: fault.expected.clone(),
        })
    };
    faults.iter().filter_map(of).collect()
}

/// How far a field goes: to what separates it from the next.
fn field_bytes(rest: &[u8]) -> usize {
    let quoted = rest.first() == Some(&b'"');
    let ends = |byte: u8| match quoted {
        true => byte == b'"',
        false => matches!(byte, b',' | b'\t' | b'\r' | b'\n' | b'}' | b']'),
    };
    let skip = usize::from(quoted);
    let end = rest.iter().skip(skip).position(|it| ends(*it));
    end.map_or(rest.len(), |it| it + 2 * skip).min(FIELD_BYTES_MAX).min(rest.len())
}

/// As UTF-8, else as CP932, else byte by byte.
fn text(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.escape_debug().to_string().replace("\\\"", "\"");
    }
    match Profile::new(Charset::Cp932).decode(bytes) {
        Ok(text) => text.escape_debug().to_string().replace("\\\"", "\""),
        Err(_) => bytes.escape_ascii().to_string(),
    }
}

fn masked(text: &str) -> String {
    text.chars().map(|it| if it.is_alphanumeric() { MASK } else { it }).collect()
}

fn last(text: &str, chars: usize) -> String {
    let skip = text.chars().count().saturating_sub(chars);
    text.chars().skip(skip).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(offset: u64, found: &str) -> RecordFault {
        RecordFault {
            field: "qty".to_owned(),
            offset: Some(offset),
            found: found.to_owned(),
            expected: "a number".to_owned(),
            needed_by: None,
        }
    }

    #[test]
    fn the_field_is_shown_and_what_stands_around_it_is_masked() {
        let record = "0001,山田,１個,090-1234\r\n".as_bytes();
        let offset = 100 + record.iter().position(|it| *it == 0xef).unwrap() as u64;
        let shown = excerpts(record, 100, &[fault(offset, "１個")]);
        assert_eq!(shown[0].before, "••••,••,");
        assert_eq!(shown[0].at, "１個");
        assert_eq!(shown[0].after, ",•••-••••\\•\\•");
        let personal = excerpts(record, 100, &[fault(offset, "2 characters (masked)")]);
        assert_eq!(personal[0].at, "••");
    }

    #[test]
    fn bytes_of_no_charset_are_shown_as_they_are_and_places_outside_are_not() {
        let shown = excerpts(b"a,\xff\x01,b", 0, &[fault(2, "x"), fault(99, "x")]);
        assert_eq!((shown.len(), shown[0].at.as_str()), (1, "\\xff\\x01"));
        let json = excerpts(br#"{"n":"x,1","m":2}"#, 0, &[fault(5, "x")]);
        assert_eq!((json[0].at.as_str(), json[0].after.as_str()), ("\"x,1\"", ",\"•\":•}"));
    }
}
