//! Numbers of at most 18 digits as whole ones: exact, or not at all.

use crate::value::MINOR_MAX;

/// A number as a whole one and how many of its digits stand behind the point.
#[derive(Clone, Copy)]
pub(super) struct Small {
    pub(super) whole: i64,
    pub(super) scale: u32,
}

impl Small {
    /// `-1234.50`: up to 18 digits and one point, as nearly all numbers are.
    #[inline]
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let ([b'0'..=b'9', ..], [.., b'0'..=b'9'], ..=19) = (digits, digits, digits.len()) else {
            return None;
        };
        // Nineteen digits may be too many.
        if digits.len() == 19 && !digits.contains(&b'.') {
            return None;
        }
        let (mut whole, mut scale, mut step) = (0_i64, 0, 0);
        for byte in digits {
            match byte {
                b'0'..=b'9' => {
                    whole = whole * 10 + i64::from(byte - b'0');
                    scale += step;
                }
                b'.' if step == 0 => step = 1,
                _ => return None,
            }
        }
        Some(Self { whole: if negative { -whole } else { whole }, scale })
    }

    /// Its digits, with as many behind the point as its scale says.
    pub(super) fn write(self, text: &mut [u8; 32]) -> Option<&str> {
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(self.whole.unsigned_abs()).as_bytes();
        let scale = self.scale as usize;
        let missing = (scale + 1).saturating_sub(digits.len());
        let mut figures = std::iter::repeat_n(b'0', missing).chain(digits.iter().copied());
        let whole = figures.by_ref().take(missing + digits.len() - scale);
        let sign = (self.whole < 0).then_some(b'-');
        let mut len = 0;
        let mut put = |byte| {
            text.get_mut(len).into_iter().for_each(|it| *it = byte);
            len += 1;
        };
        sign.into_iter().chain(whole).for_each(&mut put);
        if scale > 0 {
            put(b'.');
            figures.for_each(&mut put);
        }
        str::from_utf8(text.get(..len)?).ok()
    }

    /// The same below zero; the least whole one has no such number.
    pub(super) fn negated(self) -> Option<Self> {
        Some(Self { whole: self.whole.checked_neg()?, ..self })
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Some(Self { whole: self.at(scale)?.checked_add(other.at(scale)?)?, scale })
    }

    pub(super) fn times(self, other: Self) -> Option<Self> {
        let scale = Some(self.scale + other.scale).filter(|it| *it <= 18)?;
        Some(Self { whole: self.whole.checked_mul(other.whole)?, scale })
    }

    /// The whole number with so many digits behind the point.
    #[inline]
    fn at(self, scale: u32) -> Option<i64> {
        match scale - self.scale {
            0 => Some(self.whole),
            more => self.whole.checked_mul(10_i64.checked_pow(more)?),
        }
    }

    /// Minor units, when nothing stands below them.
    pub(super) fn minor(self, places: u32) -> Option<i64> {
        let minor = match self.scale.checked_sub(places) {
            None => self.at(places)?,
            Some(0) => self.whole,
            Some(2) if self.whole % 100 == 0 => self.whole / 100,
            Some(below) => {
                let unit = 10_i64.checked_pow(below)?;
                Some(self.whole / unit).filter(|it| it * unit == self.whole)?
            }
        };
        (minor.unsigned_abs() <= MINOR_MAX.unsigned_abs()).then_some(minor)
    }
}

/// How many digits a number has.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub(super) negative: bool,
    pub(super) whole: u32,
    pub(super) fraction: u32,
}

/// The form of a number that would be written just so.
#[inline]
pub(super) fn normal(text: &[u8]) -> Option<Form> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let leads = matches!(digits, [b'0'] | [b'0', b'.', ..] | [b'1'..=b'9', ..]);
    if !leads || digits.len() > 18 {
        return None;
    }
    let (mut points, mut any, mut fraction) = (0, 0, 0);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                any |= byte - b'0';
                fraction += points;
            }
            b'.' if points == 0 => points = 1,
            _ => return None,
        }
    }
    // There is no `1.`, and no -0.
    let sane = points == u32::from(fraction > 0) && (!negative || any != 0);
    let whole = u32::try_from(digits.len()).ok()? - points - fraction;
    sane.then_some(Form { negative, whole, fraction })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{
        exact,
        number::{literal, push_decimal},
    };
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    #[test]
    fn what_may_not_fit_is_left_to_the_exact_numbers() {
        for text in ["9999999999999999999", "-9999999999999999999", "1000000000000000000"] {
            assert!(Small::read(text.as_bytes()).is_none(), "{text}");
        }
        assert_eq!(Small::read(b"99999999999999999.9").map(|it| it.scale), Some(1));
        let least = Small { whole: -(1 << 32), scale: 0 }.times(Small { whole: 1 << 31, scale: 0 });
        assert!(least.unwrap().negated().is_none());
    }

    proptest! {
        #[test]
        fn small_numbers_are_the_exact_ones(
            a in "-?[0-9]{0,12}(\\.[0-9]{0,8})?", b in "-?(0|[1-9][0-9]{0,6})(\\.[0-9]{1,4})?"
        ) {
            if normal(a.as_bytes()).is_some() {
                let mut written = String::new();
                push_decimal(literal(&a).unwrap(), &mut written);
                prop_assert_eq!(&written, &a);
            }
            let exact_of = |it: Small| Decimal::new(it.whole, it.scale);
            let (Some(x), Some(y)) = (Small::read(a.as_bytes()), Small::read(b.as_bytes())) else {
                return Ok(());
            };
            let (left, right) = (literal(&a).unwrap(), literal(&b).unwrap());
            prop_assert_eq!(exact_of(x), left);
            for small in [x, y] {
                let mut written = String::new();
                push_decimal(exact_of(small), &mut written);
                let mut text = [0; 32];
                prop_assert_eq!(small.write(&mut text).unwrap(), written);
            }
            let scales = [x.plus(y), x.times(y)].map(|it| it.map(|it| it.scale));
            let held = [exact::plus(left, right), exact::times(left, right)];
            for (scale, held) in scales.into_iter().zip(held) {
                let counts = x.whole != 0 && y.whole != 0;
                let scale = scale.filter(|_| counts && held.is_some_and(|it| !it.is_zero()));
                prop_assert_eq!(scale.or(held.map(|it| it.scale())), held.map(|it| it.scale()));
            }
            prop_assert_eq!(x.plus(y).map_or(left + right, exact_of), left + right);
            prop_assert_eq!(x.times(y).map_or(left * right, exact_of), left * right);
            for places in [0, 2, 3] {
                let minor = crate::run::number::minor(left, places);
                prop_assert_eq!(x.minor(places).or(minor), minor);
            }
        }
    }
}
