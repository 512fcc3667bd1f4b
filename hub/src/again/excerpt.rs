//! The bytes around a fault, as text. All but marks is masked that is not part of the
//! faulty field, or of what the fault tells anyway, so that the shape of a record can
//! be seen without what it says of anybody.

use canon::entry::RecordFault;
use codec::charset::{Charset, Profile};
use schemars::JsonSchema;
use serde::Serialize;

/// Characters shown before and behind the field.
const AROUND_CHARS: usize = 32;
/// Longest field that is shown whole, in bytes.
const FIELD_BYTES_MAX: usize = 64;
/// What stands for a character that is not shown.
const MASK: char = '•';
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
        let shown = shown_bytes(fault, rest);
        let (field, after) = rest.split_at_checked(shown.unwrap_or_else(|| field_bytes(rest)))?;
        let at = text(field);
        Some(Excerpt {
            field: fault.field.clone(),
            offset: fault.offset?,
            before: last(&masked(&text(before)), AROUND_CHARS),
            at: if shown.is_some() { at } else { masked(&at) },
            after: masked(&text(after)).chars().take(AROUND_CHARS).collect(),
            found: fault.found.clone(),
            expected: fault.expected.clone(),
        })
    };
    faults.iter().filter_map(of).collect()
}

/// Bytes at the fault that may be shown: those that it says itself, else as much as
/// its text tells anyway. `None`: nothing of what stands there.
fn shown_bytes(fault: &RecordFault, rest: &[u8]) -> Option<usize> {
    if let Some(shows) = fault.shows {
        let shows = usize::try_from(shows).unwrap_or(usize::MAX);
        return Some(shows.min(FIELD_BYTES_MAX).min(rest.len()));
    }
    let bare = fault.found.trim_end_matches('…');
    let bare = bare.strip_prefix('"').unwrap_or(bare);
    let bare = bare.strip_suffix('"').unwrap_or(bare);
    if bare.is_empty() {
        return None;
    }
    let quote = usize::from(rest.first() == Some(&b'"'));
    let inside = rest.get(quote..)?;
    let cp932 = Profile::new(Charset::Cp932).encode_exact(bare).unwrap_or_default();
    let told = [bare.as_bytes(), &cp932]
        .into_iter()
        .find(|it| !it.is_empty() && inside.starts_with(it))?;
    let closed = inside.get(told.len()) == Some(&b'"');
    Some(quote + told.len() + usize::from(quote > 0 && closed))
}

/// How far a field seems to go that is not shown: to what separates it from the next.
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

/// Only marks of ASCII stay: bytes of another set may look like any other character.
fn masked(text: &str) -> String {
    let is_mark = |it: char| it == ' ' || it.is_ascii_punctuation();
    text.chars().map(|it| if is_mark(it) { it } else { MASK }).collect()
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
            shows: None,
        }
    }

    fn showing(shows: u32, fault: RecordFault) -> RecordFault {
        RecordFault { shows: Some(shows), ..fault }
    }

    #[test]
    fn the_field_is_shown_and_what_stands_around_it_is_masked() {
        let record = "0001,山田,１個,090-1234\r\n".as_bytes();
        let offset = 100 + record.iter().position(|it| *it == 0xef).unwrap() as u64;
        let shown = excerpts(record, 100, &[showing(6, fault(offset, "１個"))]);
        assert_eq!(shown[0].before, "••••,••,");
        assert_eq!(shown[0].at, "１個");
        assert_eq!(shown[0].after, ",•••-••••\\•\\•");
    }

    #[test]
    fn of_a_personal_field_nothing_is_shown_whatever_its_fault_says() {
        for found in ["(7 characters, masked)", "7 characters (masked)", "81 7F", "too-long: M"] {
            let shown = excerpts(b"1,M999999,2\r\n", 0, &[fault(2, found)]);
            assert_eq!((shown[0].at.as_str(), shown[0].after.as_str()), ("•••••••", ",•\\•\\•"));
        }
    }

    #[test]
    fn without_a_length_only_what_the_fault_tells_is_shown() {
        // A record cut by bytes has nothing between its fields.
        let shown = excerpts(b"0001X9M0000123YAMADA", 0, &[fault(4, "X9"), fault(4, "X8")]);
        assert_eq!((shown[0].at.as_str(), shown[0].after.as_str()), ("X9", "••••••••••••••"));
        assert_eq!(shown[1].at, "••••••••••••••••");
        let cp932 = b"\x82\x50\x8c\xc2\x8e\x52";
        assert_eq!(excerpts(cp932, 0, &[fault(0, "\"１個\"")])[0].at, "１個");
        let long = excerpts(&[b'x'; 99], 0, &[showing(99, fault(0, "x"))]);
        assert_eq!(long[0].at.len(), FIELD_BYTES_MAX);
    }

    #[test]
    fn bytes_of_no_charset_are_shown_as_they_are_and_places_outside_are_not() {
        let shown = excerpts(b"a,\xff\x01,b", 0, &[showing(2, fault(2, "x")), fault(99, "x")]);
        assert_eq!((shown.len(), shown[0].at.as_str()), (1, "\\xff\\x01"));
        let json = excerpts(br#"{"n":"x,1","m":2}"#, 0, &[fault(5, "\"x,1\"")]);
        assert_eq!((json[0].at.as_str(), json[0].after.as_str()), ("\"x,1\"", ",\"•\":•}"));
    }
}
