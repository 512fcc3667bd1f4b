//! One value: characters, length, kind, code.

use super::element::Check;
use crate::{
    definition::{Kind, PartDef},
    document::Piece,
    fault::Code,
    marks::{Charset, Dialect},
};

/// Checks a value that is not empty.
pub(super) fn check(check: &mut Check<'_, '_>, piece: &Piece, part: &PartDef) {
    let report = &*check.report;
    let (document, charset, options) = (report.document, report.charset, report.options);
    let value = document.value(*piece);
    let id = part.id.as_str();
    let text = match charset.decode(&value) {
        Ok(text) => text,
        Err(at) => {
            let expected = format!("characters of {}; byte {} is none", charset.name(), at + 1);
            return check.fault(Code::BadCharacter, piece, id, &expected);
        }
    };
    if charset == Charset::Capitals && text.chars().any(|it| it.is_ascii_lowercase()) {
        // Common, and nothing is lost by it.
        check.noted(Code::BadCharacter, piece, (id, "capitals: the interchange says UNOA"), true);
    }
    let raw = document.raw(*piece);
    if needless(raw, document.marks.release, |it| document.marks.cuts(it)) {
        let expected = "no release character where nothing needs one";
        check.noted(Code::NeedlessRelease, piece, (id, expected), true);
    }
    let numeric = matches!(part.kind, Kind::Implied(_) | Kind::Decimal);
    let marks = |it: &char| numeric && matches!(it, '-' | '.' | ',');
    let length = u32::try_from(text.chars().filter(|it| !marks(it)).count()).unwrap_or(u32::MAX);
    if length > part.max {
        let expected = format!("at most {} characters; it has {length}", part.max);
        check.fault(Code::TooLong, piece, id, &expected);
    } else if length < part.min {
        let expected = format!("at least {} characters; it has {length}", part.min);
        check.fault(Code::TooShort, piece, id, &expected);
    }
    let wrong = match part.kind {
        Kind::Text => None,
        Kind::Alphabetic if text.chars().any(|it| it.is_ascii_digit()) => {
            Some((Code::BadCharacter, "letters, no digits"))
        }
        Kind::Implied(_) if !is_whole(&text) => {
            Some((Code::BadNumber, "digits: the point is implied"))
        }
        Kind::Decimal if !is_decimal(&text, document.dialect) => {
            Some((Code::BadNumber, "a number such as 12.5"))
        }
        Kind::Decimal if document.has_una && is_doubtful(&text, document.marks.decimal) => {
            let expected = "a decimal mark as UNA says: with another one, three digits behind \
                            it may be thousands";
            Some((Code::BadNumber, expected))
        }
        Kind::Date if !is_date(&text) => Some((Code::BadDate, "a date such as 20260105")),
        Kind::Time if !is_time(&text) => Some((Code::BadTime, "a time such as 1430")),
        Kind::Alphabetic | Kind::Implied(_) | Kind::Decimal | Kind::Date | Kind::Time => None,
    };
    if let Some((code, expected)) = wrong {
        check.fault(code, piece, id, expected);
    }
    let more = options.codes.get(id);
    let known = |it: &String| *it == text;
    if !part.codes.is_empty()
        && !part.codes.iter().any(known)
        && !more.is_some_and(|it| it.iter().any(known))
    {
        let expected = format!("a code of element {id}");
        check.noted(Code::UnknownCode, piece, (id, &expected), options.unknown_codes_noted);
    }
}

/// `DTM+137:20260105:102`: the date is as its format code says.
pub(super) fn formatted(check: &mut Check<'_, '_>, pieces: &[Piece]) {
    let document = check.report.document;
    if document.dialect != Dialect::Edifact {
        return;
    }
    let part = |component| {
        pieces.iter().find(|it| (it.element, it.repetition, it.component) == (1, 1, component))
    };
    let (Some(date), Some(format)) = (part(2), part(3)) else { return };
    let value = document.value(*date);
    let text = String::from_utf8_lossy(&value);
    let (day, time, expected) = match document.value(*format).as_ref() {
        b"101" => (6, 0, "YYMMDD, as 101 says"),
        b"102" => (8, 0, "YYYYMMDD, as 102 says"),
        b"203" => (8, 4, "YYYYMMDDHHMM, as 203 says"),
        b"204" => (8, 6, "YYYYMMDDHHMMSS, as 204 says"),
        _ => return,
    };
    let fits = text.len() == day + time
        && text.get(..day).is_some_and(is_date)
        && (time == 0 || text.get(day..).is_some_and(is_time));
    if !fits && date.start < date.end {
        check.fault(Code::BadDate, date, "2380", expected);
    }
}

/// A release character before something that needs none.
fn needless(raw: &[u8], release: Option<u8>, cuts: impl Fn(u8) -> bool) -> bool {
    let Some(release) = release else { return false };
    let mut bytes = raw.iter();
    while let Some(byte) = bytes.next() {
        if *byte == release && !bytes.next().is_some_and(|it| cuts(*it)) {
            return true;
        }
    }
    false
}

fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit())
}

fn is_decimal(text: &str, dialect: Dialect) -> bool {
    let plain = text.strip_prefix('-').unwrap_or(text);
    let mark = |it: char| it == '.' || (it == ',' && dialect == Dialect::Edifact);
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    let marks = plain.chars().filter(|it| mark(*it)).count();
    digits > 0 && marks <= 1 && digits + marks == plain.len()
}

/// `1.234` where UNA says that the decimal mark is a comma: a fraction to one program
/// and a thousand times as much to another. Both marks are in use whatever UNA says,
/// so one that cannot be taken for thousands is read.
fn is_doubtful(text: &str, decimal: u8) -> bool {
    let Some((_, behind)) = text.split_once(['.', ',']) else { return false };
    behind.len() == 3 && !text.contains(char::from(decimal))
}

/// `YYMMDD` or `YYYYMMDD`, a day that there is.
pub fn is_date(text: &str) -> bool {
    if !text.bytes().all(|it| it.is_ascii_digit()) || !matches!(text.len(), 6 | 8) {
        return false;
    }
    let (year, rest) = text.split_at(text.len() - 4);
    let number = |it: Option<&str>| it.and_then(|it| it.parse::<u32>().ok()).unwrap_or(0);
    let (year, month, day) = (number(Some(year)), number(rest.get(..2)), number(rest.get(2..)));
    // Two digits do not say which century: 2000 was a leap year too.
    let year = if text.len() == 6 { 2000 + year } else { year };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// `HHMM`, `HHMMSS` and up to two digits of a second.
pub fn is_time(text: &str) -> bool {
    let number = |range| text.get(range).and_then(|it: &str| it.parse::<u32>().ok());
    text.bytes().all(|it| it.is_ascii_digit())
        && matches!(text.len(), 4 | 6..=8)
        && number(0..2).is_some_and(|it| it <= 24)
        && number(2..4).is_some_and(|it| it <= 59)
        && (text.len() == 4 || number(4..6).is_some_and(|it| it <= 59))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_there_are() {
        for text in ["20240229", "240229", "20261231", "000229"] {
            assert!(is_date(text), "{text}");
        }
        for text in ["20260229", "20261301", "20260431", "2026010", "19000229", "2026-1-1"] {
            assert!(!is_date(text), "{text}");
        }
    }

    #[test]
    fn numbers_and_times() {
        assert!(is_decimal("-12.5", Dialect::X12) && is_decimal(".5", Dialect::X12));
        assert!(!is_decimal("12,5", Dialect::X12) && is_decimal("12,5", Dialect::Edifact));
        assert!(!is_decimal("-", Dialect::X12) && !is_decimal("1.2.3", Dialect::X12));
        assert!(is_doubtful("1.234", b',') && is_doubtful("-1,000", b'.'));
        assert!(!is_doubtful("1.234", b'.') && !is_doubtful("12,50", b'.'));
        assert!(!is_doubtful("1.2345", b',') && !is_doubtful("1234", b','));
        assert!(is_whole("-120") && !is_whole("1.2") && !is_whole(""));
        assert!(is_time("2359") && is_time("235959") && !is_time("2360") && !is_time("123"));
    }

    #[test]
    fn a_release_is_needed_only_before_marks() {
        let cuts = |it: u8| b"+:'?".contains(&it);
        assert!(!needless(b"a?+b??", Some(b'?'), cuts));
        assert!(needless(b"a?b", Some(b'?'), cuts));
        assert!(needless(b"a?", Some(b'?'), cuts));
    }
}
