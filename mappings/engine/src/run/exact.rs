//! Arithmetic that is exact or does not happen. A `Decimal` holds 96 bits and 28
//! digits after the point; its own operations round what does not fit, silently.

use rust_decimal::Decimal;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    #[test]
    fn what_fits_is_what_it_was() {
        let (a, b) = (number("12.50"), number("-0.4"));
        assert_eq!(times(a, b).unwrap().to_string(), "-5.000");
        assert_eq!(plus(a, b).unwrap().to_string(), "12.10");
        assert_eq!(minus(a, a), Some(Decimal::ZERO));
        assert_eq!(
            times(Decimal::ZERO, number("0.0000000000000000000000000001")),
            Some(Decimal::ZERO)
        );
        assert_eq!(plus(Decimal::ZERO, b), Some(b));
        // 16 digits after the point each, of which only the last zeros do not fit.
        let long = number("1.5000000000000000");
        assert_eq!(times(long, long), Some(number("2.25")));
    }

    #[test]
    fn what_does_not_fit_is_no_number() {
        let small = number("0.000000000000005");
        assert_eq!(times(small, number("0.00000000000001")), None);
        let large = number("7922816251426433759354395033.5");
        assert_eq!(times(large, number("1.1")), None);
        assert_eq!(plus(large, number("0.01")), None);
        assert_eq!(minus(large, number("0.01")), None);
        assert_eq!(times(Decimal::MAX, Decimal::TWO), None);
    }
}
