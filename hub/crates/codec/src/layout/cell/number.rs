//! Numbers as files write them, to their normal form.

use crate::layout::model::{Negative, Number};

/// More digits than any amount has, and than a decimal number can hold.
const DIGITS_MAX: usize = 28;

/// Whether it is in normal form as it stands, so that nothing need be written.
#[inline]
pub(super) fn is_normal(number: &Number, text: &str) -> bool {
    let digits = match text.as_bytes() {
        [b'-', rest @ ..] if number.negative == Negative::Minus && text != "-0" => rest,
        _ if is_signed(number.negative) => return false,
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

/// How many zeros stand before a whole number that is in normal form without
/// them.
#[inline]
pub(super) fn zeros(number: &Number, text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let style = number.negative;
    if number.implied || is_signed(style) || punch(style).is_some() || bytes.len() > DIGITS_MAX {
        return None;
    }
    let zeros = bytes.iter().take_while(|it| **it == b'0').count();
    let rest = bytes.get(zeros..)?;
    let plain = zeros > 0 && rest.iter().all(u8::is_ascii_digit);
    plain.then(|| zeros - usize::from(rest.is_empty()))
}

/// Writes the number in normal form; `None` if it is not one.
pub(super) fn normalise(number: &Number, text: &str, out: &mut String) -> Option<()> {
    let unpunched = punch(number.negative).map(|it| it.read(text));
    let (negative, text) = match &unpunched {
        Some(number) => number.as_ref().map(|(negative, text)| (*negative, text.as_str()))?,
        None => sign(number.negative, text)?,
    };
    if number.implied && number.thousands.is_none() {
        return implied(number.scale, negative, text, out);
    }
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
    if number.implied {
        return implied(number.scale, negative, &digits, out);
    }
    put(number.scale, negative, (&digits, fraction), out)
}

/// Writes a number whose point is not written.
pub(in crate::layout) fn implied(
    scale: u32,
    negative: bool,
    digits: &str,
    out: &mut String,
) -> Option<()> {
    let scale = usize::try_from(scale).ok()?;
    let (whole, fraction) = digits.split_at_checked(digits.len().saturating_sub(scale))?;
    let whole = whole.trim_start_matches('0');
    if whole.len() + scale > DIGITS_MAX || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    if negative && !(whole.is_empty() && fraction.bytes().all(|it| it == b'0')) {
        out.push('-');
    }
    out.push_str(if whole.is_empty() { "0" } else { whole });
    if scale > 0 {
        out.push('.');
        out.extend(std::iter::repeat_n('0', scale - fraction.len()));
        out.push_str(fraction);
    }
    Some(())
}

fn put(
    scale: u32,
    negative: bool,
    (digits, fraction): (&str, Option<&str>),
    out: &mut String,
) -> Option<()> {
    let good = |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
    let scale = usize::try_from(scale).ok()?;
    // `.5` is written by some; `5.` by none that mean it.
    if !(good(digits) || digits.is_empty() && fraction.is_some())
        || fraction.is_some_and(|it| !good(it) || it.len() > scale)
    {
        return None;
    }
    let whole = digits.trim_start_matches('0');
    if whole.len() + fraction.map_or(0, str::len) > DIGITS_MAX {
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

/// Whether there is a sign always.
pub(in crate::layout) fn is_signed(style: Negative) -> bool {
    matches!(style, Negative::Sign | Negative::TrailingSign)
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
        Negative::Sign => {
            return match text.split_at_checked(1)? {
                ("-", rest) if !rest.is_empty() => Some((true, rest)),
                ("+", rest) if !rest.is_empty() => Some((false, rest)),
                _ => None,
            };
        }
        Negative::TrailingSign => {
            return match text.split_at_checked(text.len().checked_sub(1)?)? {
                (rest, "-") if !rest.is_empty() => Some((true, rest)),
                (rest, "+") if !rest.is_empty() => Some((false, rest)),
                _ => None,
            };
        }
        Negative::Triangle => text.strip_prefix(['▲', '△']).map(|rest| (true, rest)),
        Negative::Parentheses => {
            text.strip_prefix('(').and_then(|it| it.strip_suffix(')')).map(|rest| (true, rest))
        }
        Negative::Refused | Negative::Overpunch | Negative::Zone => None,
    };
    let (negative, rest) = signed.unwrap_or((false, text));
    (!rest.is_empty()).then_some((negative, rest))
}

/// The digits 0 to 9 as they are written with a sign in the last place.
pub(in crate::layout) struct Punch {
    plus: &'static str,
    minus: &'static str,
}

/// How COBOL writes the sign of zoned numbers, if it is written so.
pub(in crate::layout) fn punch(style: Negative) -> Option<Punch> {
    match style {
        Negative::Overpunch => Some(Punch { plus: "{ABCDEFGHI", minus: "}JKLMNOPQR" }),
        Negative::Zone => Some(Punch { plus: "0123456789", minus: "pqrstuvwxy" }),
        Negative::Minus
        | Negative::TrailingMinus
        | Negative::Sign
        | Negative::TrailingSign
        | Negative::Triangle
        | Negative::Parentheses
        | Negative::Refused => None,
    }
}

impl Punch {
    /// The sign, and the number with a plain last digit.
    fn read(&self, text: &str) -> Option<(bool, String)> {
        let last = text.chars().next_back()?;
        let rest = text.get(..text.len() - last.len_utf8())?;
        let find = |set: &str| set.chars().position(|it| it == last);
        let (negative, digit) = match (find(self.minus), find(self.plus)) {
            (Some(digit), _) => (true, digit),
            (None, Some(digit)) => (false, digit),
            (None, None) => (false, usize::try_from(last.to_digit(10)?).ok()?),
        };
        Some((negative, format!("{rest}{digit}")))
    }

    /// The number with its sign in the last digit.
    pub(in crate::layout) fn write(&self, negative: bool, digits: &str) -> Option<String> {
        let (rest, last) = digits.split_at_checked(digits.len().checked_sub(1)?)?;
        let set = if negative { self.minus } else { self.plus };
        let punched = set.chars().nth(last.parse().ok()?)?;
        Some(format!("{rest}{punched}"))
    }
}

pub(in crate::layout) fn expected(number: &Number) -> String {
    let kind = match (number.scale, number.implied) {
        (0, _) => "a whole number".to_owned(),
        (scale, true) => format!("digits, the last {scale} of them after the point"),
        (scale, false) => format!("a number with at most {scale} digits after the point"),
    };
    match number.negative {
        Negative::Minus => kind,
        Negative::TrailingMinus => format!("{kind}, a minus behind it if below zero"),
        Negative::Sign => format!("+ or - and {kind}"),
        Negative::TrailingSign => format!("{kind}, and + or - behind it"),
        Negative::Triangle => format!("{kind}, ▲ or △ before it if below zero"),
        Negative::Parentheses => format!("{kind}, in parentheses if below zero"),
        Negative::Overpunch => format!("{kind}, the last one with its sign ({{A–I or }}J–R)"),
        Negative::Zone => format!("{kind}, the last one as p–y if below zero"),
        Negative::Refused => format!("{kind}, not below zero"),
    }
}

/// A number in normal form as an integer of 10^-9, for control totals.
pub(in crate::layout) fn nano(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (mut sum, mut count, mut point) = (0_i128, 0, None);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                sum = sum.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
                count += 1;
            }
            b'.' if point.is_none() => point = Some(count),
            _ => return None,
        }
    }
    let zeros = 9_u32.checked_sub(point.map_or(0, |it| count - it))?;
    let sum = sum.checked_mul(10_i128.pow(zeros)).filter(|_| count > 0)?;
    Some(if negative { -sum } else { sum })
}
