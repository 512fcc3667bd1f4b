//! Numbers as sheets store them: decimal digits, which stay digits.
//!
//! A spreadsheet computes with binary floats of which it shows fifteen digits,
//! and stores up to seventeen: 1.1 may stand there as `1.1000000000000001`. Both
//! are names of the same stored value, so the shorter one is taken where it has
//! no more than fifteen digits; nothing is lost by that. What has more digits
//! under every name was computed (0.1+0.2), and stays as it is unless the layout
//! says that it is rounded.

use super::Numbers;

/// Digits that a spreadsheet keeps of what people type.
const DIGITS_KEPT: usize = 15;
/// How far the point may lie from the digits.
const POINT_MAX: i64 = 40;

/// `0.` and the digits, times ten to the `point`. The first and the last digit
/// are not 0; nothing is 0.
struct Decimal {
    negative: bool,
    digits: String,
    point: i64,
}

/// The number in normal form; the error is what was expected.
pub(super) fn exact(literal: &str, numbers: Numbers) -> Result<String, &'static str> {
    let mut number = Decimal::parse(literal).ok_or("a number")?;
    if number.digits.len() > DIGITS_KEPT {
        let shortest = literal.parse::<f64>().ok().map(|it| format!("{it:e}"));
        let shortest = shortest.and_then(|it| Decimal::parse(&it));
        match shortest.filter(|it| it.digits.len() <= DIGITS_KEPT) {
            Some(shortest) => number = shortest,
            None if numbers == Numbers::Fifteen => number.round(),
            None => {}
        }
    }
    if number.point > i64::try_from(DIGITS_KEPT).unwrap_or(i64::MAX) {
        return Err("a number of at most 15 digits before the point: spreadsheets keep no more");
    }
    Ok(number.text())
}

// === impl Decimal ===

impl Decimal {
    /// Reads what XML Schema calls a double (`-1.5E3`), without INF and NaN.
    fn parse(literal: &str) -> Option<Self> {
        let (negative, rest) = match literal.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, literal.strip_prefix('+').unwrap_or(literal)),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        if all.is_empty() || !all.bytes().all(|it| it.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_start_matches('0');
        let zeros = i64::try_from(all.len() - digits.len()).ok()?;
        let digits = digits.trim_end_matches('0').to_owned();
        let point = i64::try_from(whole.len()).ok()? - zeros;
        let point = if digits.is_empty() { 0 } else { point.checked_add(exponent)? };
        (point.abs() <= POINT_MAX).then_some(Self { negative, digits, point })
    }

    /// To as many digits as spreadsheets show, half away from zero.
    fn round(&mut self) {
        let Some((kept, rest)) = self.digits.split_at_checked(DIGITS_KEPT) else { return };
        let up = rest.as_bytes().first().is_some_and(|it| *it >= b'5');
        // Fifteen digits fit 64 bits.
        let kept = kept.parse::<u64>().unwrap_or(0) + u64::from(up);
        let digits = kept.to_string();
        self.point += i64::from(digits.len() > DIGITS_KEPT);
        self.digits = digits.trim_end_matches('0').to_owned();
    }

    fn text(&self) -> String {
        let Self { negative, digits, point } = self;
        if digits.is_empty() {
            return "0".to_owned();
        }
        let count = usize::try_from(point.unsigned_abs()).unwrap_or(0);
        let mut out = String::from(if *negative { "-" } else { "" });
        if *point <= 0 {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', count));
            out.push_str(digits);
        } else if let Some((whole, fraction)) = digits.split_at_checked(count) {
            out.push_str(whole);
            if !fraction.is_empty() {
                out.push('.');
                out.push_str(fraction);
            }
        } else {
            out.push_str(digits);
            out.extend(std::iter::repeat_n('0', count - digits.len()));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(literal: &str) -> Result<String, &'static str> {
        exact(literal, Numbers::Exact)
    }

    #[test]
    fn digits_stay_digits() {
        for (literal, wanted) in [
            ("1080", "1080"),
            ("-0.10", "-0.1"),
            ("0", "0"),
            ("-0.0", "0"),
            ("4.9012345678901E+12", "4901234567890.1"),
            ("1E3", "1000"),
            ("1.5e-3", "0.0015"),
            ("123456789012345", "123456789012345"),
            ("0.000000000000123456789012345", "0.000000000000123456789012345"),
            // The same stored value by its shorter name.
            ("1.1000000000000001", "1.1"),
            ("0.29999999999999999", "0.3"),
            ("-19.989999999999998", "-19.99"),
            // Computed, and told as it is.
            ("0.30000000000000004", "0.30000000000000004"),
            ("1188.0000000000002", "1188.0000000000002"),
        ] {
            assert_eq!(read(literal).as_deref(), Ok(wanted), "{literal}");
        }
        for literal in ["", "-", ".", "1,080", "NaN", "INF", "1e", "1e99", "0x1", "1.2.3"] {
            assert!(read(literal).is_err(), "{literal}");
        }
    }

    #[test]
    fn what_a_spreadsheet_cannot_keep_is_no_number() {
        for literal in ["1234567890123456", "1E15", "4.5100000000000003E+15"] {
            assert!(read(literal).is_err_and(|it| it.contains("15 digits")), "{literal}");
        }
    }

    #[test]
    fn fifteen_digits_are_what_is_shown() {
        let fifteen = |it| exact(it, Numbers::Fifteen).expect("a number");
        assert_eq!(fifteen("0.30000000000000004"), "0.3");
        assert_eq!(fifteen("1188.0000000000002"), "1188");
        assert_eq!(fifteen("999999.99999999998"), "1000000");
        assert_eq!(fifteen("-2.6666666666666665"), "-2.66666666666667");
        assert_eq!(fifteen("12.345"), "12.345");
    }
}
