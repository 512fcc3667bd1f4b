//! Money is exact, or a fault.

use super::*;
use proptest::prelude::*;

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn yen(minor: i64) -> Money {
    Money::new(minor, Currency::JPY).unwrap()
}

#[test]
fn major_units_become_minor_units_by_the_currency() {
    for (major, code, minor) in [
        ("1980", "JPY", 1980),
        ("1980.00", "JPY", 1980),
        ("12.34", "USD", 1234),
        ("-12.3", "USD", -1230),
        ("0.001", "KWD", 1),
        ("1.5e3", "JPY", 1500),
        ("0.29", "USD", 29),
    ] {
        assert_eq!(Money::parse(major, currency(code)).map(Money::minor), Ok(minor), "{major}");
    }
}

#[test]
fn what_would_be_rounded_or_overflow_is_a_fault() {
    let parse = |major, code| Money::parse(major, currency(code));
    assert!(matches!(parse("0.5", "JPY"), Err(MoneyFault::TooPrecise { digits: 0, .. })));
    assert!(matches!(parse("1.005", "USD"), Err(MoneyFault::TooPrecise { digits: 2, .. })));
    assert!(matches!(parse("1", "XAU"), Err(MoneyFault::Unknown(_))));
    assert_eq!(parse("9007199254740992", "JPY"), Err(MoneyFault::TooLarge));
    assert!(matches!(parse("NaN", "JPY"), Err(MoneyFault::Number(_))));
    assert_eq!(yen(MINOR_MAX).plus(yen(1)), Err(MoneyFault::TooLarge));
    let dollar = Money::zero(currency("USD"));
    assert!(matches!(yen(1).plus(dollar), Err(MoneyFault::Currencies { .. })));
    assert!(serde_json::from_str::<Money>(r#"{"minor":1.5,"currency":"JPY"}"#).is_err());
    assert!(
        serde_json::from_str::<Money>(r#"{"minor":9007199254740992,"currency":"JPY"}"#).is_err()
    );
}

#[test]
fn amounts_are_shown_in_major_units() {
    assert_eq!(yen(-1980).to_string(), "-1980 JPY");
    assert_eq!(Money::new(-5, currency("USD")).unwrap().to_string(), "-0.05 USD");
    assert_eq!(Money::new(1234, currency("KWD")).unwrap().to_string(), "1.234 KWD");
}

#[test]
fn what_is_left_goes_to_the_largest_cut() {
    let minors = |whole: Money, weights: &[u64]| -> Vec<i64> {
        whole.allocate(weights).unwrap().into_iter().map(Money::minor).collect()
    };
    assert_eq!(minors(yen(100), &[1, 1, 1]), [34, 33, 33]);
    assert_eq!(minors(yen(100), &[594, 255, 999]), [32, 14, 54]);
    assert_eq!(minors(yen(-100), &[1, 1, 1]), [-34, -33, -33]);
    assert_eq!(minors(yen(7), &[0, 5, 0]), [0, 7, 0]);
    assert_eq!(yen(7).allocate(&[0, 0]), Err(MoneyFault::NoWeight));
    assert_eq!(yen(7).allocate(&[]), Err(MoneyFault::NoWeight));
}

/// Section 9 of the canonical reference: tax in a tax-inclusive price.
#[test]
fn golden_tax_inclusive() {
    for (gross, rate, tax) in
        [(1080, "0.08", 80), (999, "0.08", 74), (1100, "0.1", 100), (999, "0.1", 90)]
    {
        let rate = Number::parse(rate).unwrap();
        let got = yen(gross).tax_of(rate, TaxBasis::Inclusive, Rounding::Floor);
        assert_eq!(got, Ok(yen(tax)), "{gross}");
        let back = yen(-gross).tax_of(rate, TaxBasis::Inclusive, Rounding::Floor);
        assert_eq!(back, Ok(yen(-tax)), "the return of {gross} undoes it");
    }
}

proptest! {
    #[test]
    fn parts_sum_to_the_whole_and_stay_within_one_unit(
        minor in -MINOR_MAX..=MINOR_MAX,
        weights in prop::collection::vec(any::<u64>(), 1..40),
    ) {
        prop_assume!(weights.iter().any(|it| *it > 0));
        let parts = yen(minor).allocate(&weights).unwrap();
        let sum: i128 = parts.iter().map(|it| i128::from(it.minor())).sum();
        prop_assert_eq!(sum, i128::from(minor));
        let total: u128 = weights.iter().map(|it| u128::from(*it)).sum();
        for (part, weight) in parts.iter().zip(&weights) {
            let exact = u128::from(minor.unsigned_abs()) * u128::from(*weight);
            let floor = exact / total;
            let got = u128::from(part.minor().unsigned_abs());
            prop_assert!(got == floor || got == floor + 1);
            prop_assert!(*weight > 0 || part.minor() == 0);
        }
    }

    #[test]
    fn tax_inclusive_is_tax_exclusive_of_what_is_left(minor in 0_i64..1_000_000_000, rate in 1_i128..300_000) {
        let rate = Number::from_millionths(rate).unwrap();
        let tax = yen(minor).tax_of(rate, TaxBasis::Inclusive, Rounding::Floor).unwrap();
        let net = yen(minor).minus(tax).unwrap();
        let again = net.tax_of(rate, TaxBasis::Exclusive, Rounding::Floor).unwrap();
        prop_assert!(again.minor() - tax.minor() <= 1 && again.minor() >= tax.minor());
    }

    #[test]
    fn text_of_an_amount_is_read_back(minor in -MINOR_MAX..=MINOR_MAX, code in "(JPY|USD|KWD|CLF)") {
        let money = Money::new(minor, currency(&code)).unwrap();
        let shown = money.to_string();
        let (major, _) = shown.split_once(' ').unwrap();
        prop_assert_eq!(Money::parse(major, currency(&code)), Ok(money));
        let json = serde_json::to_string(&money).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
    }
}
