//! Residual checks: the assertions of the target schema that could not be
//! proved before, looked at while the value is written.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::text::bytes_in;
use crate::{
    plan::node::{Check, FormatCheck},
    time::{Date, parse_instant},
};

/// What a text must be and is not; `None` when all is well.
pub(crate) fn check_text(checks: &[Check], text: &str) -> Option<Cow<'static, str>> {
    let first = checks.iter().position(|check| !fits(check, text))?;
    Some(all_of(checks, first, |check| text_fault(check, text)))
}

/// What a number must be and is not.
pub(crate) fn check_number(checks: &[Check], number: Decimal) -> Option<Cow<'static, str>> {
    let first = checks.iter().position(|check| number_fault(check, number).is_some())?;
    Some(all_of(checks, first, |check| number_fault(check, number)))
}

/// Everything that is wrong with a value whose check `first` failed.
#[cold]
fn all_of(
    checks: &[Check],
    first: usize,
    fault: impl Fn(&Check) -> Option<Cow<'static, str>>,
) -> Cow<'static, str> {
    let wrong: Vec<Cow<'static, str>> = checks.iter().skip(first).filter_map(fault).collect();
    Cow::Owned(wrong.join("; "))
}

/// Whether a text is what a check wants; those of numbers want nothing of it.
#[inline]
pub(super) fn fits(check: &Check, text: &str) -> bool {
    let at_most = |most: u64| u64::try_from(text.len()).is_ok_and(|bytes| bytes <= most);
    match check {
        Check::CharsMin(1) => !text.is_empty(),
        Check::CharsMin(least) => chars(text) >= *least,
        Check::Upper(count) => {
            text.len() == *count as usize && text.bytes().all(|b| b.is_ascii_uppercase())
        }
        // A character has at least one byte: short texts need no count.
        Check::CharsMax(most) => at_most(*most) || chars(text) <= *most,
        Check::BytesMax(most, charset) => bytes_in(*charset, text)
            .is_ok_and(|bytes| u64::try_from(bytes).is_ok_and(|bytes| bytes <= *most)),
        Check::Pattern(pattern) => pattern.is_match(text),
        Check::OneOf(members) => members.binary_search_by(|it| (**it).cmp(text)).is_ok(),
        Check::Format(format) => format.fits(text),
        Check::DecimalShape { signed, digits, scale } => {
            decimal_fits(text, *signed, *digits, *scale)
        }
        Check::Minimum(_)
        | Check::Maximum(_)
        | Check::Above(_)
        | Check::Below(_)
        | Check::ScaleMax(_) => true,
    }
}

/// What a text is not, in words.
#[cold]
fn text_fault(check: &Check, text: &str) -> Option<Cow<'static, str>> {
    if fits(check, text) {
        return None;
    }
    Some(match check {
        Check::CharsMin(1) => "a text that is not empty".into(),
        Check::CharsMin(least) => format!("at least {least} characters").into(),
        Check::Upper(count) => format!("{count} letters A to Z").into(),
        Check::CharsMax(most) => format!("at most {most} characters").into(),
        Check::BytesMax(most, charset) => match bytes_in(*charset, text) {
            Ok(_) => format!("at most {most} bytes in {charset}").into(),
            Err(c) => format!("no {c:?}, which {charset} does not have").into(),
        },
        Check::Pattern(pattern) => format!("a text like {pattern}").into(),
        Check::OneOf(members) => one_of(members).into(),
        Check::Format(format) => format.words().into(),
        Check::DecimalShape { digits, scale, .. } => format!(
            "a decimal number of at most {digits} digits before and {scale} after the point"
        )
        .into(),
        Check::Minimum(_)
        | Check::Maximum(_)
        | Check::Above(_)
        | Check::Below(_)
        | Check::ScaleMax(_) => return None,
    })
}

fn number_fault(check: &Check, number: Decimal) -> Option<Cow<'static, str>> {
    match check {
        Check::Minimum(least) => (number < *least).then(|| format!("at least {least}").into()),
        Check::Maximum(most) => (number > *most).then(|| format!("at most {most}").into()),
        Check::Above(limit) => (number <= *limit).then(|| format!("more than {limit}").into()),
        Check::Below(limit) => (number >= *limit).then(|| format!("less than {limit}").into()),
        Check::ScaleMax(scale) => (number.normalize().scale() > *scale)
            .then(|| format!("at most {scale} digits after the point").into()),
        Check::OneOf(members) => {
            let text = number.normalize().to_string();
            members
                .binary_search_by(|it| (**it).cmp(&text))
                .is_err()
                .then(|| one_of(members).into())
        }
        Check::CharsMin(_)
        | Check::CharsMax(_)
        | Check::BytesMax(..)
        | Check::Pattern(_)
        | Check::Upper(_)
        | Check::DecimalShape { .. }
        | Check::Format(_) => None,
    }
}

/// Whether a text is a decimal of that shape: `-`, then 0 or digits without a
/// leading zero, then a point with digits.
fn decimal_fits(text: &str, signed: bool, digits: u32, scale: u32) -> bool {
    let bare = text.strip_prefix('-');
    let body = bare.unwrap_or(text).as_bytes();
    let point = body.iter().position(|b| *b == b'.');
    let (whole, fraction) = match point {
        Some(at) => (body.get(..at).unwrap_or_default(), body.get(at + 1..)),
        None => (body, None),
    };
    let all_digits = |part: &[u8], most: u32| {
        !part.is_empty() && part.len() <= most as usize && part.iter().all(u8::is_ascii_digit)
    };
    (signed || bare.is_none())
        && all_digits(whole, digits)
        && (whole == b"0" || whole.first() != Some(&b'0'))
        && fraction.is_none_or(|it| all_digits(it, scale))
}

fn chars(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}

fn one_of(members: &[Box<str>]) -> String {
    let shown: Vec<&str> = members.iter().take(8).map(|it| &**it).collect();
    let more = if members.len() > shown.len() { ", …" } else { "" };
    format!("one of {}{more}", shown.join(", "))
}

impl FormatCheck {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "date-time" => Self::DateTime,
            "date" => Self::Date,
            "time" => Self::Time,
            "email" => Self::Email,
            "uri" => Self::Uri,
            "uuid" => Self::Uuid,
            _ => return None,
        })
    }

    fn fits(self, text: &str) -> bool {
        match self {
            Self::DateTime => {
                text.as_bytes().get(10).is_some_and(|b| matches!(b, b'T' | b't'))
                    && strict_instant(text)
            }
            Self::Date => Date::parse_iso(text).is_some(),
            Self::Time => strict_instant(&format!("2000-01-01T{text}")),
            Self::Email => {
                let parts = text.rsplit_once('@');
                parts.is_some_and(|(local, domain)| {
                    !local.is_empty() && !domain.is_empty() && !text.contains(char::is_whitespace)
                })
            }
            Self::Uri => {
                let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
                scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                    && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
                    && !text.contains(|c: char| c.is_whitespace() || c.is_control())
            }
            Self::Uuid => {
                text.len() == 36
                    && text.char_indices().all(|(index, c)| match index {
                        8 | 13 | 18 | 23 => c == '-',
                        _ => c.is_ascii_hexdigit(),
                    })
            }
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::DateTime => "a time of RFC 3339, such as 2026-01-05T12:00:00+09:00",
            Self::Date => "a date such as 2026-01-05",
            Self::Time => "a clock time with offset, such as 12:00:00Z",
            Self::Email => "an e-mail address",
            Self::Uri => "a URI with its scheme",
            Self::Uuid => "a UUID",
        }
    }
}

/// RFC 3339 as it is written there, not the near forms that sources use.
fn strict_instant(text: &str) -> bool {
    let zulu = text.ends_with(['Z', 'z']);
    let colon = text.len() >= 6 && text.as_bytes().get(text.len() - 3) == Some(&b':');
    parse_instant(text).is_some() && (zulu || colon)
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    /// Goal: a person mends a value once, not once for each of its faults.
    #[test]
    fn everything_that_is_wrong_with_a_value_is_told() {
        let checks = [
            Check::CharsMin(1),
            Check::CharsMax(3),
            Check::Pattern(Regex::new("^[A-Z]+$").unwrap().into()),
        ];
        assert_eq!(check_text(&checks, "ABC"), None);
        let wrong = check_text(&checks, "abcd").unwrap();
        assert_eq!(wrong, "at most 3 characters; a text like ^[A-Z]+$");
        let checks = [Check::Maximum(Decimal::TEN), Check::ScaleMax(2)];
        let wrong = check_number(&checks, Decimal::new(123_456, 3)).unwrap();
        assert_eq!(wrong, "at most 10; at most 2 digits after the point");
    }
}
