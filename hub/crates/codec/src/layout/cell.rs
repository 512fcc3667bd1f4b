//! One cell: from the text as it stands in the file to the text that maps see,
//! or a fault that says what was expected.

use canon::entry::RecordFault;

use super::{
    arena::Arena,
    model::{CellFormat, Column, DatePart, Negative, Number, Trim},
};

/// More digits than any amount has, and than a decimal number can hold.
const DIGITS_MAX: usize = 28;
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
        CellFormat::Text => {}
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

/// A fault of that column.
pub(super) fn fault(column: &Column, offset: u64, text: &str, expected: String) -> RecordFault {
    let name = if column.field.name.is_empty() { &column.header } else { &column.field.name };
    RecordFault {
        field: name.clone(),
        offset: Some(offset),
        found: found(text, column.field.personal),
        expected,
        needed_by: None,
    }
}

#[inline]
fn trim(column: &Column, (start, end): (usize, usize), arena: &Arena) -> (usize, usize) {
    if column.trim == Trim::None {
        return (start, end);
    }
    let text = arena.text(start, end);
    let (pad, mut from, mut to) = (column.pad, text, text);
    if matches!(column.trim, Trim::Left | Trim::Both) {
        from = text.trim_start_matches(pad);
        to = from;
    }
    if matches!(column.trim, Trim::Right | Trim::Both) {
        to = from.trim_end_matches(pad);
    }
    let start = end - from.len();
    (start, start + to.len())
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

// === numbers ===

#[inline]
fn read_number(
    column: &Column,
    number: &Number,
    range: (usize, usize),
    arena: &mut Arena,
) -> Result<(usize, usize), String> {
    let plain = !number.implied && is_normal(number, arena.text(range.0, range.1));
    let range = if plain {
        range
    } else {
        arena
            .rewrite(range, |text, out| normalise(number, text, out).is_some())
            .ok_or_else(|| expected_number(number))?
    };
    let limited = column.constant.is_some() || !column.field.one_of.is_empty();
    if limited {
        limits(column, arena.text(range.0, range.1))?;
    }
    Ok(range)
}

/// Whether it is in normal form as it stands, so that nothing need be written.
#[inline]
fn is_normal(number: &Number, text: &str) -> bool {
    let digits = match text.as_bytes() {
        [b'-', rest @ ..] if number.negative == Negative::Minus && text != "-0" => rest,
        rest => rest,
    };
    let (whole, fraction) = match digits.iter().position(|it| *it == b'.') {
        Some(point) => digits.split_at(point),
        None => (digits, &[][..]),
    };
    let fraction_ok = match fraction {
        [] => true,
        [_, rest @ ..] => {
            !rest.is_empty()
                && rest.len() <= usize::try_from(number.scale).unwrap_or(0)
                && rest.iter().all(u8::is_ascii_digit)
                && !matches!(text.as_bytes(), [b'-', b'0', ..])
        }
    };
    let zeros = matches!(whole, [b'0', _, ..]);
    !whole.is_empty()
        && !zeros
        && fraction_ok
        && text.len() <= DIGITS_MAX
        && whole.iter().all(u8::is_ascii_digit)
}

/// Writes the number in normal form; `None` if it is not one.
fn normalise(number: &Number, text: &str, out: &mut String) -> Option<()> {
    let (negative, text) = sign(number.negative, text)?;
    let mut digits = String::with_capacity(text.len());
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) if !number.implied => (whole, Some(fraction)),
        Some(_) => return None,
        None => (text, None),
    };
    let mut groups = whole.split(|c| Some(c) == number.thousands);
    digits.push_str(groups.next()?);
    for group in groups {
        // 1,23 is no number, and 12,345.6 is.
        if group.len() != 3 || digits.is_empty() {
            return None;
        }
        digits.push_str(group);
    }
    if !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let scale = usize::try_from(number.scale).ok()?;
    let mut fraction = fraction.map(str::to_owned);
    if number.implied {
        while digits.len() <= scale {
            digits.insert(0, '0');
        }
        let split = digits.len() - scale;
        fraction = (scale > 0).then(|| digits.split_off(split));
    }
    let fraction = fraction.as_deref();
    let good = |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
    let total = digits.len() + fraction.map_or(0, str::len);
    // `.5` is written by some; `5.` by none that mean it.
    if !(good(&digits) || digits.is_empty() && fraction.is_some())
        || fraction.is_some_and(|it| !good(it) || it.len() > scale)
    {
        return None;
    }
    let whole = digits.trim_start_matches('0');
    if total - (digits.len() - whole.len()) > DIGITS_MAX {
        return None;
    }
    let zero = whole.is_empty() && fraction.is_none_or(|it| it.bytes().all(|b| b == b'0'));
    if negative && !zero {
        out.push('-');
    }
    out.push_str(if whole.is_empty() { "0" } else { whole });
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    Some(())
}

/// Takes the sign off.
fn sign(style: Negative, text: &str) -> Option<(bool, &str)> {
    let signed = match style {
        Negative::Minus => text
            .strip_prefix('-')
            .map(|rest| (true, rest))
            .or_else(|| text.strip_prefix('+').map(|rest| (false, rest))),
        Negative::TrailingMinus => text
            .strip_suffix('-')
            .map(|rest| (true, rest))
            .or_else(|| text.strip_suffix('+').map(|rest| (false, rest))),
        Negative::Triangle => text.strip_prefix(['▲', '△']).map(|rest| (true, rest)),
        Negative::Parentheses => {
            text.strip_prefix('(').and_then(|it| it.strip_suffix(')')).map(|rest| (true, rest))
        }
        Negative::Refused => None,
    };
    let (negative, rest) = signed.unwrap_or((false, text));
    (!rest.is_empty()).then_some((negative, rest))
}

fn expected_number(number: &Number) -> String {
    let kind = match (number.scale, number.implied) {
        (0, _) => "a whole number".to_owned(),
        (scale, true) => format!("digits, the last {scale} of them after the point"),
        (scale, false) => format!("a number with at most {scale} digits after the point"),
    };
    match number.negative {
        Negative::Minus => kind,
        Negative::TrailingMinus => format!("{kind}, a minus behind it if below zero"),
        Negative::Triangle => format!("{kind}, ▲ or △ before it if below zero"),
        Negative::Parentheses => format!("{kind}, in parentheses if below zero"),
        Negative::Refused => format!("{kind}, not below zero"),
    }
}

/// A number in normal form as an integer of 10^-9, for control totals.
pub(super) fn nano(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut digits = String::with_capacity(whole.len() + 9);
    digits.push_str(whole);
    digits.push_str(fraction);
    digits.extend(std::iter::repeat_n('0', 9_usize.checked_sub(fraction.len())?));
    digits.parse().ok()
}

// === dates ===

fn is_date(parts: &[DatePart], text: &str) -> bool {
    let mut rest = text;
    for part in parts {
        match part {
            DatePart::Literal(c) => match rest.strip_prefix(*c) {
                Some(after) => rest = after,
                None => return false,
            },
            DatePart::Digits { count, min, max } => {
                let Some((digits, after)) = rest.split_at_checked(*count) else { return false };
                let value = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok());
                if !value.flatten().is_some_and(|it: u32| (*min..=*max).contains(&it)) {
                    return false;
                }
                rest = after;
            }
        }
    }
    rest.is_empty()
}

/// A date or time in that format.
fn sample(parts: &[DatePart]) -> String {
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
