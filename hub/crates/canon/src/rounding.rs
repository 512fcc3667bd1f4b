//! How an amount is brought to whole units. Always stated, never assumed.

use serde::{Deserialize, Serialize};

/// How what lies between two units is brought to one of them.
///
/// All modes work on the magnitude and keep the sign, so that the return of a
/// sale undoes it to the last unit: 切り捨て of −74.07 is −74, as of 74.07 it is 74.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Half away from zero: 四捨五入.
    HalfUp,
    /// Towards zero: 切り捨て.
    Floor,
    /// Away from zero: 切り上げ.
    Ceil,
    /// Half to the even neighbour.
    HalfEven,
}

impl Rounding {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::HalfUp, Self::Floor, Self::Ceil, Self::HalfEven];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HalfUp => "half_up",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::HalfEven => "half_even",
        }
    }

    /// The mode of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }

    /// `numerator / denominator` as a whole number; `None` when the denominator
    /// is not positive or the result does not fit.
    #[must_use]
    pub fn divide(self, numerator: i128, denominator: i128) -> Option<i128> {
        if denominator <= 0 {
            return None;
        }
        let whole = numerator.checked_div(denominator)?;
        let rest = numerator.checked_rem(denominator)?.unsigned_abs();
        let other_side = denominator.unsigned_abs() - rest;
        let away = match self {
            Self::Floor => false,
            Self::Ceil => rest > 0,
            Self::HalfUp => rest > 0 && rest >= other_side,
            Self::HalfEven => rest > other_side || (rest == other_side && whole % 2 != 0),
        };
        if away { whole.checked_add(numerator.signum()) } else { Some(whole) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_rounds_its_way_on_both_sides_of_zero() {
        // (numerator, denominator, half_up, floor, ceil, half_even)
        let cases = [
            (25, 10, 3, 2, 3, 2),
            (35, 10, 4, 3, 4, 4),
            (24, 10, 2, 2, 3, 2),
            (26, 10, 3, 2, 3, 3),
            (20, 10, 2, 2, 2, 2),
            (0, 10, 0, 0, 0, 0),
            (1, 3, 0, 0, 1, 0),
        ];
        for (numerator, denominator, half_up, floor, ceil, half_even) in cases {
            let want = [half_up, floor, ceil, half_even];
            for (mode, want) in Rounding::ALL.iter().zip(want) {
                assert_eq!(mode.divide(numerator, denominator), Some(want), "{mode:?} {numerator}");
                assert_eq!(
                    mode.divide(-numerator, denominator),
                    Some(-want),
                    "{mode:?} −{numerator}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_divided_is_none() {
        assert_eq!(Rounding::Floor.divide(1, 0), None);
        assert_eq!(Rounding::Floor.divide(1, -2), None);
        assert_eq!(Rounding::Floor.divide(i128::MIN, 1), Some(i128::MIN));
    }
}
