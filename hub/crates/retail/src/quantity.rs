//! Quantities as exact whole numbers of millionths, so that they add up in SQL
//! as they do here.

use serde_json::Value;
use std::fmt;

/// A signed quantity with at most six digits after the point, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i64);

/// Digits after the point.
const SCALE: usize = 6;
const ONE: i64 = 1_000_000;
/// Largest quantity of one movement, in millionths.
const LIMIT: i64 = 1_000_000_000 * ONE;

// === impl Quantity ===

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From millionths.
    #[must_use]
    pub const fn from_millionths(millionths: i64) -> Self {
        Self(millionths)
    }

    /// In millionths.
    #[must_use]
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// Reads decimal text such as `-1.25`; `None` when it is not that, has more
    /// than six digits after the point, or is out of range.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |it| (true, it));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let has_point = digits.contains('.');
        if whole.is_empty()
            || (has_point && fraction.is_empty())
            || fraction.len() > SCALE
            || !all_digits(whole)
            || !all_digits(fraction)
        {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let fraction: i64 = format!("{fraction:0<SCALE$}").parse().ok()?;
        let millionths = whole.checked_mul(ONE)?.checked_add(fraction)?;
        Some(Self(if negative { millionths.checked_neg()? } else { millionths }))
    }

    /// Reads a canonical quantity, `{"qty": "1.25", "uom": "EA"}`.
    ///
    /// More than a milliard of anything counts as a milliard: the level shows
    /// that something is wrong, and sums stay exact.
    #[must_use]
    pub fn read(value: Option<&Value>) -> Option<Self> {
        let text = value?.get("qty")?.as_str()?;
        let limit = if text.starts_with('-') { -LIMIT } else { LIMIT };
        let is_number =
            text.trim_start_matches('-').bytes().all(|it| it.is_ascii_digit() || it == b'.');
        match Self::parse(text) {
            Some(quantity) => Some(Self(quantity.0.clamp(-LIMIT, LIMIT))),
            None if is_number && text.len() > 12 => Some(Self(limit)),
            None => None,
        }
    }

    /// The sum, kept within range.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, kept within range.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// So many times as much, cut off after six digits, kept within range.
    #[must_use]
    pub fn times(self, factor: Self) -> Self {
        let product = i128::from(self.0) * i128::from(factor.0) / i128::from(ONE);
        let limit = if product < 0 { i64::MIN } else { i64::MAX };
        Self(i64::try_from(product).unwrap_or(limit))
    }

    /// The same amount the other way.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        write!(f, "{sign}{whole}.{}", format!("{part:06}").trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_an_exact_quantity_is_refused() {
        for bad in ["", "-", ".5", "5.", "1.2345678", "1e3", "+1", "１", "99999999999999999999"] {
            assert_eq!(Quantity::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn packs_hold_so_many() {
        let q = |text: &str| Quantity::parse(text).unwrap();
        assert_eq!(q("3").times(q("12")), q("36"));
        assert_eq!(q("-2.5").times(q("0.5")), q("-1.25"));
        assert_eq!(q("9000000000000").times(q("9")), Quantity::from_millionths(i64::MAX));
    }

    proptest! {
        #[test]
        fn quantities_come_back_as_they_were_written(millionths in any::<i64>()) {
            let quantity = Quantity::from_millionths(millionths.max(-i64::MAX));
            prop_assert_eq!(Quantity::parse(&quantity.to_string()), Some(quantity));
        }
    }
}
