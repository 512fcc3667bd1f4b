//! Arithmetic that is exact or does not happen. A `Decimal` holds 96 bits and 28
//! digits after the point; its own operations round what does not fit, silently.

use std::cmp::Ordering;

use rust_decimal::{Decimal, RoundingStrategy};

/// The product; `None` when it cannot be held exactly.
pub(super) fn times(a: Decimal, b: Decimal) -> Option<Decimal> {
    let whole = |a: Decimal, b: Decimal| {
        let product = a.checked_mul(b)?;
        let kept = product.scale() == a.scale() + b.scale();
        (kept || a.is_zero() || b.is_zero()).then_some(product)
    };
    // Zeros at the end may be all that does not fit.
    whole(a, b).or_else(|| whole(a.normalize(), b.normalize()))
}

/// The sum; `None` when it cannot be held exactly.
pub(super) fn plus(a: Decimal, b: Decimal) -> Option<Decimal> {
    let whole = |a: Decimal, b: Decimal| {
        let sum = a.checked_add(b)?;
        let kept = sum.scale() == a.scale().max(b.scale());
        (kept || a.is_zero() || b.is_zero()).then_some(sum)
    };
    whole(a, b).or_else(|| whole(a.normalize(), b.normalize()))
}

/// The difference; `None` when it cannot be held exactly.
pub(super) fn minus(a: Decimal, b: Decimal) -> Option<Decimal> {
    plus(a, -b)
}

/// A quotient cut to so many digits after the point: the whole of its digits,
/// and what is left of it.
struct Quotient {
    whole: u128,
    /// How the rest stands to a half of the last digit.
    half: Ordering,
    /// Nothing is left.
    exact: bool,
    /// Digits at the end that it was not cut to, since nothing was left.
    spare: u32,
}

/// The quotient, rounded once to at most `wanted` digits after the point; `None`
/// when it cannot be held.
pub(super) fn divide(
    a: Decimal,
    b: Decimal,
    wanted: u32,
    mode: RoundingStrategy,
) -> Option<Decimal> {
    let (numerator, divisor) = (a.mantissa().unsigned_abs(), b.mantissa().unsigned_abs());
    let up = i64::from(wanted) + i64::from(b.scale()) - i64::from(a.scale());
    let quotient = if up >= 0 {
        multiplied(numerator, divisor, up.try_into().ok()?)?
    } else {
        cut(numerator, divisor, up.unsigned_abs().try_into().ok()?)?
    };
    let negative = (a.mantissa() < 0) != (b.mantissa() < 0);
    let whole = quotient.whole.checked_add(u128::from(quotient.goes_up(mode, negative)))?;
    let (whole, scale) = match wanted.checked_sub(quotient.spare) {
        Some(scale) => (whole, scale),
        None => (whole.checked_mul(10_u128.checked_pow(quotient.spare - wanted)?)?, 0),
    };
    let whole = i128::try_from(whole).ok()?;
    let signed = if negative { -whole } else { whole };
    let result = Decimal::try_from_i128_with_scale(signed, scale).ok()?;
    if !quotient.exact {
        return Some(result);
    }
    // With as many zeros at the end as maps have always written.
    let shown = a.checked_div(b).map(|it| it.round_dp(wanted)).filter(|it| *it == result);
    Some(shown.unwrap_or_else(|| result.normalize()))
}

/// `a * 10^up / b`, digit by digit: the rest stays below the divisor.
fn multiplied(a: u128, b: u128, up: u32) -> Option<Quotient> {
    let (mut whole, mut rest) = (a.checked_div(b)?, a.checked_rem(b)?);
    for spare in (1..=up).rev() {
        if rest == 0 {
            return Some(Quotient { whole, half: Ordering::Less, exact: true, spare });
        }
        rest *= 10;
        whole = whole.checked_mul(10)?.checked_add(rest / b)?;
        rest %= b;
    }
    Some(Quotient { whole, half: (rest * 2).cmp(&b), exact: rest == 0, spare: 0 })
}

/// `a / (b * 10^down)`.
fn cut(a: u128, b: u128, down: u32) -> Option<Quotient> {
    let (long, rest) = (a.checked_div(b)?, a.checked_rem(b)?);
    let unit = 10_u128.checked_pow(down)?;
    let (whole, digits) = (long / unit, long % unit);
    let half = digits.cmp(&(unit / 2)).then(rest.cmp(&0));
    Some(Quotient { whole, half, exact: digits == 0 && rest == 0, spare: 0 })
}

impl Quotient {
    /// Whether the amount becomes the next larger one.
    fn goes_up(&self, mode: RoundingStrategy, negative: bool) -> bool {
        match mode {
            RoundingStrategy::MidpointAwayFromZero => self.half != Ordering::Less,
            RoundingStrategy::MidpointTowardZero => self.half == Ordering::Greater,
            RoundingStrategy::MidpointNearestEven => {
                self.half == Ordering::Greater
                    || self.half == Ordering::Equal && !self.whole.is_multiple_of(2)
            }
            RoundingStrategy::ToNegativeInfinity => negative && !self.exact,
            RoundingStrategy::ToPositiveInfinity => !negative && !self.exact,
            RoundingStrategy::AwayFromZero => !self.exact,
            _ => false,
        }
    }
}

/// Cuts an amount into whole parts in proportion to weights; what is left over
/// goes to the largest remainders, the first of equals first. `None` when all
/// weights are zero, or their digits do not fit together.
pub(super) fn shares(total: i64, weights: &[Decimal]) -> Option<Vec<i64>> {
    let scale = weights.iter().map(|it| it.normalize().scale()).max()?;
    let whole = |it: &Decimal| {
        let it = it.normalize();
        let up = 10_u128.checked_pow(scale.checked_sub(it.scale())?)?;
        it.mantissa().unsigned_abs().checked_mul(up)
    };
    let weights: Vec<u128> = weights.iter().map(whole).collect::<Option<_>>()?;
    let sum = weights.iter().try_fold(0_u128, |sum, it| sum.checked_add(*it))?;
    let amount = total.unsigned_abs();
    let mut left = amount;
    let mut shares = Vec::with_capacity(weights.len());
    let mut rests: Vec<(u128, usize)> = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        let (share, rest) = proportion(amount, *weight, sum)?;
        left = left.checked_sub(share)?;
        shares.push(share);
        rests.push((rest, index));
    }
    rests.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, index) in rests.iter().take(usize::try_from(left).ok()?) {
        *shares.get_mut(*index)? += 1;
    }
    let signed = |it: u64| i64::try_from(it).ok()?.checked_mul(total.signum());
    shares.into_iter().map(signed).collect()
}

/// `amount * weight / sum` and what is left of it, bit by bit; no more than
/// `sum` is ever held.
fn proportion(amount: u64, weight: u128, sum: u128) -> Option<(u64, u128)> {
    // Twice the rest and one weight must fit.
    if sum == 0 || sum > u128::MAX / 3 {
        return None;
    }
    let (mut share, mut rest) = (0_u64, 0_u128);
    for bit in (0..u64::BITS).rev() {
        rest = rest * 2 + if amount >> bit & 1 == 1 { weight } else { 0 };
        share = share * 2 + u64::try_from(rest / sum).ok()?;
        rest %= sum;
    }
    Some((share, rest))
}

#[cfg(test)]
mod tests;
