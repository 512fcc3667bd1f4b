//! Exact decimal numbers with at most six digits after the point.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

use crate::rounding::Rounding;

/// An exact decimal number: at most 18 digits before the point and 6 after.
///
/// Written as shortest text (`1.25`, `-3`), in JSON as a string. Nothing it
/// does rounds unless a [`Rounding`] is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(i128);

/// Why a text or a result is not a [`Number`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// Not decimal text.
    #[error("not a decimal number such as `12`, `-0.5` or `1.5e3`")]
    NotANumber,
    /// More digits after the point than there is room for.
    #[error("more than 6 digits after the point")]
    TooPrecise,
    /// More digits before the point than there is room for.
    #[error("more than 18 digits before the point")]
    TooLarge,
}

/// Millionths in one.
pub(crate) const ONE: i128 = 1_000_000;
const DIGITS_AFTER: i64 = 6;
const LIMIT: i128 = 1_000_000_000_000_000_000_000_000;

impl Number {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(ONE);

    /// A whole number; a fault when it has more than 18 digits.
    pub fn from_whole(whole: i64) -> Result<Self, NumberFault> {
        Self::from_millionths(i128::from(whole) * ONE)
    }

    /// From millionths.
    pub fn from_millionths(millionths: i128) -> Result<Self, NumberFault> {
        if millionths.unsigned_abs() < LIMIT.unsigned_abs() {
            Ok(Self(millionths))
        } else {
            Err(NumberFault::TooLarge)
        }
    }

    /// In millionths.
    #[must_use]
    pub const fn millionths(self) -> i128 {
        self.0
    }

    /// As a whole number, if it is one.
    #[must_use]
    pub fn whole(self) -> Option<i64> {
        if self.0 % ONE == 0 { i64::try_from(self.0 / ONE).ok() } else { None }
    }

    /// Below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Neither above nor below zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// With the other sign.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self(-self.0)
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Result<Self, NumberFault> {
        Self::from_millionths(self.0 + other.0)
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Result<Self, NumberFault> {
        Self::from_millionths(self.0 - other.0)
    }

    /// The product, rounded at the sixth digit after the point.
    pub fn times(self, other: Self, rounding: Rounding) -> Result<Self, NumberFault> {
        let product = self.0.checked_mul(other.0).ok_or(NumberFault::TooLarge)?;
        Self::from_millionths(rounding.divide(product, ONE).ok_or(NumberFault::TooLarge)?)
    }

    /// Reads decimal text as it stands in JSON, CSV and fixed width: a sign,
    /// leading zeros and an exponent are taken; zeros beyond the sixth digit
    /// after the point too, since they say nothing. No blanks, no separators of
    /// thousands, no full-width digits.
    pub fn parse(text: &str) -> Result<Self, NumberFault> {
        let (negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..)),
            Some(b'+') => (false, text.get(1..)),
            _ => (false, Some(text)),
        };
        let rest = rest.ok_or(NumberFault::NotANumber)?;
        let (digits, exponent) = match rest.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent_of(exponent)?),
            None => (rest, 0),
        };
        let (before, after) = match digits.split_once('.') {
            Some((_, "")) => return Err(NumberFault::NotANumber),
            Some(parts) => parts,
            None => (digits, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if before.is_empty() || !all_digits(before) || !all_digits(after) {
            return Err(NumberFault::NotANumber);
        }
        let magnitude = scaled(before, after, exponent)?;
        Self::from_millionths(if negative { -magnitude } else { magnitude })
    }
}

/// The digits of an exponent; far beyond any number it is held at ±1000.
fn exponent_of(text: &str) -> Result<i64, NumberFault> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NumberFault::NotANumber);
    }
    let magnitude = digits.parse::<i64>().unwrap_or(1000).min(1000);
    Ok(if text.starts_with('-') { -magnitude } else { magnitude })
}

/// Millionths of `before.after × 10^exponent`, exactly.
fn scaled(before: &str, after: &str, exponent: i64) -> Result<i128, NumberFault> {
    let digits: String = [before, after].concat();
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    let places = |length: usize| i64::try_from(length).map_err(|_| NumberFault::TooLarge);
    let shift = DIGITS_AFTER - places(after.len())? + exponent + places(zeros)?;
    let shift = u32::try_from(shift).map_err(|_| NumberFault::TooPrecise)?;
    significant
        .parse::<i128>()
        .ok()
        .and_then(|mantissa| mantissa.checked_mul(10_i128.checked_pow(shift)?))
        .ok_or(NumberFault::TooLarge)
}

impl FromStr for Number {
    type Err = NumberFault;

    fn from_str(text: &str) -> Result<Self, NumberFault> {
        Self::parse(text)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let one = ONE.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", magnitude / one)?;
        let millionths = format!("{:06}", magnitude % one);
        match millionths.trim_end_matches('0') {
            "" => Ok(()),
            after => write!(f, ".{after}"),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|e| D::Error::custom(format!("{text:?}: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimal_text_is_read_exactly() {
        let cases = [
            ("0", "0"),
            ("-0", "0"),
            ("007", "7"),
            ("+1.250", "1.25"),
            ("-0.000001", "-0.000001"),
            ("1.10000000000000000000000000000000000000000000", "1.1"),
            ("1.5e3", "1500"),
            ("25E-2", "0.25"),
            ("1e-6", "0.000001"),
            ("0e999999999999999999999", "0"),
            ("999999999999999999.999999", "999999999999999999.999999"),
        ];
        for (given, want) in cases {
            assert_eq!(Number::parse(given).map(|it| it.to_string()), Ok(want.into()), "{given}");
        }
    }

    #[test]
    fn what_is_not_exact_decimal_text_is_refused() {
        use NumberFault::{NotANumber, TooLarge, TooPrecise};
        let cases = [
            ("", NotANumber),
            ("-", NotANumber),
            (".5", NotANumber),
            ("5.", NotANumber),
            ("1,000", NotANumber),
            (" 1", NotANumber),
            ("１", NotANumber),
            ("NaN", NotANumber),
            ("1e", NotANumber),
            ("--1", NotANumber),
            ("-+1", NotANumber),
            ("0x1F", NotANumber),
            ("0.0000001", TooPrecise),
            ("1e-7", TooPrecise),
            ("1000000000000000000", TooLarge),
            ("1e18", TooLarge),
            ("1e99999999999", TooLarge),
        ];
        for (given, want) in cases {
            assert_eq!(Number::parse(given), Err(want), "{given}");
        }
    }

    proptest! {
        #[test]
        fn text_and_number_are_the_same(millionths in -(LIMIT - 1)..LIMIT) {
            let number = Number::from_millionths(millionths).unwrap();
            prop_assert_eq!(Number::parse(&number.to_string()), Ok(number));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-+]?[0-9.eE+-]{0,40}") {
            if let Ok(number) = Number::parse(&text) {
                prop_assert_eq!(Number::parse(&number.to_string()), Ok(number));
            }
        }

        #[test]
        fn sums_are_exact(left in -1_000_000_000_000_i128..1_000_000_000_000, right in -1_000_000_000_000_i128..1_000_000_000_000) {
            let (a, b) = (Number::from_millionths(left).unwrap(), Number::from_millionths(right).unwrap());
            prop_assert_eq!(a.plus(b).unwrap().minus(b), Ok(a));
            prop_assert_eq!(a.times(Number::ONE, Rounding::HalfEven), Ok(a));
        }
    }
}
