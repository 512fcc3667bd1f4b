//! RFC 3339 times with an offset, exactly as told.

use super::{DAY_MS, Date, Instant, digits};

/// Reads `2026-01-05T12:00:00+09:00`; also a blank for the `T`, `+0900` and
/// `+09` for the offset, as Salesforce and Square write them.
pub(crate) fn parse_instant(text: &str) -> Option<Instant> {
    let bytes = text.as_bytes();
    let date = Date::parse_iso(text.get(0..10)?)?;
    let at = |index: usize, wanted: &[u8]| bytes.get(index).is_some_and(|b| wanted.contains(b));
    if !(at(10, b"Tt ") && at(13, b":") && at(16, b":")) {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to).and_then(digits);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (ms, cut, rest) = fraction(text.get(19..)?)?;
    let offset = offset(rest)?;
    let local = date.days() * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
    Some(Instant { ms: local - i64::from(offset) * 60_000, offset, cut })
}

/// `.123…`: milliseconds, whether more was cut off, and what follows.
pub(crate) fn fraction(text: &str) -> Option<(i64, bool, &str)> {
    let Some(rest) = text.strip_prefix('.') else { return Some((0, false, text)) };
    let end = rest.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
    let (shown, after) = rest.split_at_checked(end)?;
    if shown.is_empty() {
        return None;
    }
    let ms = (0..3).fold(0, |sum, place| {
        sum * 10 + shown.as_bytes().get(place).map_or(0, |b| i64::from(b - b'0'))
    });
    let cut = shown.bytes().skip(3).any(|b| b != b'0');
    Some((ms, cut, after))
}

/// Minutes east of UTC.
pub(crate) fn offset(text: &str) -> Option<i16> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match text.len() {
        6 if text.as_bytes().get(3) == Some(&b':') => (text.get(1..3)?, text.get(4..6)?),
        5 => (text.get(1..3)?, text.get(3..5)?),
        3 => (text.get(1..3)?, "00"),
        _ => return None,
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    if hours > 18 || minutes > 59 {
        return None;
    }
    i16::try_from(sign * (hours * 60 + minutes)).ok()
}
