//! Exact arithmetic against whole numbers of any size.

use num_bigint::BigInt;
use proptest::prelude::*;

use super::*;
use crate::functions::ROUNDING;

fn number(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

#[test]
fn what_fits_is_what_it_was() {
    let (a, b) = (number("12.50"), number("-0.4"));
    assert_eq!(times(a, b).unwrap().to_string(), "-5.000");
    assert_eq!(plus(a, b).unwrap().to_string(), "12.10");
    assert_eq!(minus(a, a), Some(Decimal::ZERO));
    assert_eq!(times(Decimal::ZERO, number("0.0000000000000000000000000001")), Some(Decimal::ZERO));
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
    let half_up = RoundingStrategy::MidpointAwayFromZero;
    assert_eq!(divide(Decimal::MAX, number("0.1"), 0, half_up), None);
    assert_eq!(divide(number("100000000000000000000"), number("3"), 20, half_up), None);
    assert_eq!(divide(Decimal::ONE, Decimal::ZERO, 0, half_up), None);
}

/// Goal: a quotient is rounded once, by what is truly left.
/// Method: quotients whose 28 digits say a half, or a whole, and are none.
#[test]
fn no_quotient_is_rounded_twice() {
    let half_up = RoundingStrategy::MidpointAwayFromZero;
    let cases = [
        // A hair below a half, and below one.
        ("4999999999999999999999999999", "9999999999999999999999999999", 0, "0"),
        ("0.4999999999999999999999999999", "1.0000000000000000000000000001", 0, "0"),
        ("1", "3", 28, "0.3333333333333333333333333333"),
        ("10.00", "2", 4, "5.00"),
        ("10", "4", 3, "2.50"),
        ("2", "3", 2, "0.67"),
        ("3.999", "2", 2, "2.00"),
        ("10", "100", 4, "0.10"),
        ("100000000000000000000", "4", 10, "25000000000000000000"),
    ];
    for (a, b, scale, wanted) in cases {
        let quotient = divide(number(a), number(b), scale, half_up).unwrap();
        assert_eq!(quotient.to_string(), wanted, "{a} / {b}");
    }
    let ceil = RoundingStrategy::ToPositiveInfinity;
    let below =
        divide(number("9999999999999999999999999999"), Decimal::from(1_000_000_007), 0, ceil);
    assert_eq!(below.unwrap().to_string(), "9999999930000000490");
}

/// The quotient as a fraction, cut to `scale` digits by the rule.
fn reference(a: Decimal, b: Decimal, scale: u32, name: &str) -> BigInt {
    let ten = BigInt::from(10);
    let mut over = BigInt::from(a.mantissa()) * ten.pow(scale + b.scale());
    let mut under = BigInt::from(b.mantissa()) * ten.pow(a.scale());
    let zero = BigInt::from(0);
    if under < zero {
        (over, under) = (-over, -under);
    }
    let negative = over < zero;
    let size = if negative { -over } else { over };
    let (mut whole, rest) = (&size / &under, &size % &under);
    let twice = &rest * 2;
    let up = match name {
        "half_up" => twice >= under,
        "half_even" => twice > under || twice == under && &whole % 2 == BigInt::from(1),
        "floor" => negative && rest > zero,
        "ceil" => !negative && rest > zero,
        "down" => false,
        _ => rest > zero,
    };
    if up {
        whole += 1;
    }
    if negative { -whole } else { whole }
}

fn decimal() -> impl Strategy<Value = Decimal> {
    let mantissa = prop_oneof![
        -10_000_i128..10_000,
        -79_228_162_514_264_337_593_543_950_335_i128..79_228_162_514_264_337_593_543_950_335,
        (0_u32..28).prop_map(|it| 10_i128.pow(it)),
        (0_u32..28, 1_i128..10).prop_map(|(it, by)| 10_i128.pow(it) / 2 * by - 1),
    ];
    (mantissa, 0_u32..=28).prop_map(|(it, scale)| Decimal::from_i128_with_scale(it, scale))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn a_quotient_is_that_of_whole_numbers(
        a in decimal(), b in decimal(), scale in 0_u32..=28, mode in 0..ROUNDING.len(),
    ) {
        let (name, mode) = ROUNDING[mode];
        prop_assume!(!b.is_zero());
        let wanted = reference(a, b, scale, name);
        match divide(a, b, scale, mode) {
            Some(found) => {
                prop_assert!(found.scale() <= scale);
                let whole = BigInt::from(found.mantissa()) * BigInt::from(10).pow(scale - found.scale());
                prop_assert_eq!(whole, wanted, "{} / {} to {} digits, {}", a, b, scale, name);
            }
            // It is too long, with all its digits and without its zeros.
            None => {
                let mut short = wanted;
                let mut places = scale;
                while places > 0 && &short % 10 == BigInt::from(0) {
                    short /= 10;
                    places -= 1;
                }
                let most = BigInt::from(79_228_162_514_264_337_593_543_950_335_i128);
                let exact = reference(a, b, scale, "down") == reference(a, b, scale, "up");
                let size = if exact { short } else { reference(a, b, scale, name) };
                let size = if size < BigInt::from(0) { -size } else { size };
                prop_assert!(size > most, "{a} / {b} to {scale} digits fits");
            }
        }
    }

    #[test]
    fn shares_are_those_of_whole_numbers(
        total in -9_007_199_254_740_991_i64..9_007_199_254_740_991,
        weights in prop::collection::vec((0_i128..1_000_000_000_000, 0_u32..12), 1..12),
    ) {
        let weights: Vec<Decimal> =
            weights.iter().map(|(it, scale)| Decimal::from_i128_with_scale(*it, *scale)).collect();
        prop_assume!(weights.iter().any(|it| !it.is_zero()));
        let found = shares(total, &weights).unwrap();
        prop_assert_eq!(found.iter().sum::<i64>(), total);
        let whole = |it: &Decimal| BigInt::from(it.mantissa()) * BigInt::from(10).pow(12 - it.scale());
        let sum: BigInt = weights.iter().map(whole).sum();
        let amount = BigInt::from(total.unsigned_abs());
        let mut rests: Vec<(BigInt, usize)> = Vec::new();
        let mut wanted: Vec<BigInt> = Vec::new();
        for (index, weight) in weights.iter().enumerate() {
            let over = &amount * whole(weight);
            wanted.push(&over / &sum);
            rests.push((-(&over % &sum), index));
        }
        rests.sort();
        let left = &amount - wanted.iter().sum::<BigInt>();
        for (_, index) in rests.iter().take(usize::try_from(left).unwrap()) {
            wanted[*index] += 1;
        }
        let signed: Vec<BigInt> = wanted.into_iter().map(|it| it * total.signum()).collect();
        prop_assert_eq!(found.into_iter().map(BigInt::from).collect::<Vec<_>>(), signed);
    }
}
