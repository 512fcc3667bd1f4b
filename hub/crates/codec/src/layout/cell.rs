//! One cell: from the text as it stands in the file to the text that maps see,
//! or a fault that says what was expected.

pub(super) mod number;

use canon::entry::RecordFault;

use super::{
    arena::Arena,
    model::{CellFormat, Column, DatePart, Number, Trim},
    narrow, wide,
};

/// Characters of a found text that a fault shows.
const FOUND_CHARS_MAX: usize = 40;

/// Reads a cell that stands at `range` of the arena. The result is a range of
/// the arena too; the error is what was expected.
#[inline]
pub(super) fn read(
    column: &Column,
    range: (usize, usize),
    arena: &mut Arena,
) -> Result<(usize, usize), String> {
    let range = trim(column, range, arena);
    if range.0 == range.1 {
        return if column.field.required {
            Err("a text; it is empty".to_owned())
        } else {
            Ok(range)
        };
    }
    match &column.cell {
        CellFormat::Text | CellFormat::Bytes => {}
        CellFormat::Number(number) => return read_number(column, number, range, arena),
        CellFormat::Date(parts) => {
            if !is_date(parts, arena.text(range.0, range.1)) {
                return Err(format!("a date or time such as {}", sample(parts)));
            }
        }
    }
    limits(column, arena.text(range.0, range.1))?;
    Ok(range)
}

/// What is found, for a fault: escaped, shortened, masked where it is personal.
pub(super) fn found(text: &str, personal: bool) -> String {
    let count = text.chars().count();
    if personal && count > 0 {
        return format!("({count} characters, masked)");
    }
    let mut out: String = text.chars().take(FOUND_CHARS_MAX).flat_map(char::escape_debug).collect();
    if count > FOUND_CHARS_MAX {
        out.push('…');
    }
    out
}

/// A fault of that column, whose field has so many bytes from an offset on; 0: its
/// bytes are not to be shown.
pub(super) fn fault(
    column: &Column,
    (offset, length): (u64, usize),
    text: &str,
    expected: String,
) -> RecordFault {
    let name = if column.field.name.is_empty() { &column.header } else { &column.field.name };
    RecordFault {
        field: name.clone(),
        offset: Some(offset),
        found: found(text, column.field.personal),
        expected,
        needed_by: None,
        shows: Some(narrow(length)).filter(|it| *it > 0 && !column.field.personal),
    }
}

/// A fault of a line or record as such. `offset` is that in the input.
pub(super) fn line_fault(offset: usize, found: String, expected: String) -> RecordFault {
    RecordFault {
        field: String::new(),
        offset: Some(wide(offset)),
        found,
        expected,
        needed_by: None,
        shows: None,
    }
}

#[inline]
fn trim(column: &Column, (mut start, mut end): (usize, usize), arena: &Arena) -> (usize, usize) {
    if column.trim == Trim::None {
        return (start, end);
    }
    let text = arena.text(start, end);
    let (left, right) = match column.trim {
        Trim::None => (false, false),
        Trim::Left => (true, false),
        Trim::Right => (false, true),
        Trim::Both => (true, true),
    };
    let Some(pad) = u8::try_from(column.pad).ok().filter(u8::is_ascii) else {
        let from = if left { text.trim_start_matches(column.pad) } else { text };
        let to = if right { from.trim_end_matches(column.pad) } else { from };
        start = end - from.len();
        return (start, start + to.len());
    };
    let bytes = text.as_bytes();
    if right {
        end -= bytes.iter().rev().take_while(|it| **it == pad).count();
    }
    if left {
        start += bytes.iter().take(end - start).take_while(|it| **it == pad).count();
    }
    (start, end)
}

#[inline]
fn limits(column: &Column, text: &str) -> Result<(), String> {
    let field = &column.field;
    if field.chars_max.is_none() && column.constant.is_none() && field.one_of.is_empty() {
        return Ok(());
    }
    if let Some(max) = column.field.chars_max {
        let max_chars = usize::try_from(max).unwrap_or(usize::MAX);
        if text.len() > max_chars && text.chars().count() > max_chars {
            return Err(format!("at most {max} characters"));
        }
    }
    if let Some(constant) = &column.constant
        && constant != text
    {
        return Err(format!("`{constant}`"));
    }
    let known = &column.field.one_of;
    if !known.is_empty() && !known.iter().any(|it| it == text) {
        return Err(format!("one of {}", known.join(", ")));
    }
    Ok(())
}

/// Without control characters.
pub(super) fn is_printable(text: &str) -> bool {
    text.bytes().all(|it| it >= b' ' && it != 0x7F) && !has_unseen(text)
}

/// Has characters that nobody sees: controls beyond ASCII (U+0080 to U+009F), or a byte
/// order mark within, as files have that were put together.
pub(super) fn has_unseen(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(|it| matches!(it, '\u{80}'..='\u{9F}' | '\u{FEFF}'))
}

// === numbers ===

#[inline]
fn read_number(
    column: &Column,
    number: &Number,
    range: (usize, usize),
    arena: &mut Arena,
) -> Result<(usize, usize), String> {
    let plain = !number.implied && number::is_normal(number, arena.text(range.0, range.1));
    let zeros = if plain { Some(0) } else { number::zeros(number, arena.text(range.0, range.1)) };
    let range = if let Some(zeros) = zeros {
        (range.0 + zeros, range.1)
    } else {
        arena
            .rewrite(range, |text, out| number::normalise(number, text, out).is_some())
            .ok_or_else(|| number::expected(number))?
    };
    let limited = column.constant.is_some() || !column.field.one_of.is_empty();
    if limited {
        limits(column, arena.text(range.0, range.1))?;
    }
    Ok(range)
}

// === dates ===

/// Whether a text is a date or time in that format, and the day exists. Of a year in
/// two digits the century is not known: 29 February is in each that may have one.
pub(super) fn is_date(parts: &[DatePart], text: &str) -> bool {
    let mut rest = text;
    let (mut year, mut month, mut day) = (None, 0, 0);
    for part in parts {
        match part {
            DatePart::Literal(c) => match rest.strip_prefix(*c) {
                Some(after) => rest = after,
                None => return false,
            },
            DatePart::Digits { count, min, max } => {
                let Some((digits, after)) = rest.split_at_checked(*count) else { return false };
                let value = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok());
                let value = value.flatten().filter(|it: &u32| (*min..=*max).contains(it));
                let Some(value) = value else { return false };
                // Only months begin with 1 and end with 12, and only days with 31.
                match (count, min, max) {
                    (4, ..) | (2, 0, 99) => year = Some((value, *count)),
                    (2, 1, 12) => month = value,
                    (2, 1, 31) => day = value,
                    _ => {}
                }
                rest = after;
            }
        }
    }
    let leap = match year {
        Some((year, 4)) => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0),
        Some((year, _)) => year % 4 == 0,
        None => true,
    };
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    rest.is_empty() && day <= days
}

/// A date or time in that format.
pub(super) fn sample(parts: &[DatePart]) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            DatePart::Literal(c) => out.push(*c),
            DatePart::Digits { count: 4, .. } => out.push_str("2026"),
            DatePart::Digits { count, max, .. } => {
                out.push_str(&format!("{:0count$}", 9.min(*max)));
            }
        }
    }
    out
}
