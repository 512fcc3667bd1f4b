//! Rates by day, and the golden baskets of the canonical reference.

use super::*;
use crate::currency::Currency;

fn rate(text: &str) -> Number {
    Number::parse(text).unwrap()
}

fn yen(minor: i64) -> Money {
    Money::new(minor, Currency::JPY).unwrap()
}

#[test]
fn rates_follow_the_day() {
    for (class, day, want) in [
        (TaxClass::Standard, "1989-03-31", None),
        (TaxClass::Standard, "1989-04-01", Some("0.03")),
        (TaxClass::Standard, "1997-04-01", Some("0.05")),
        (TaxClass::Standard, "2014-03-31", Some("0.05")),
        (TaxClass::Standard, "2014-04-01", Some("0.08")),
        (TaxClass::Standard, "2019-09-30", Some("0.08")),
        (TaxClass::Standard, "2019-10-01", Some("0.1")),
        (TaxClass::Reduced, "2019-09-30", None),
        (TaxClass::Reduced, "2026-01-05", Some("0.08")),
        (TaxClass::Exempt, "2026-01-05", Some("0")),
        (TaxClass::Standard, "2026-02-30", None),
        (TaxClass::Standard, "令和8年", None),
    ] {
        assert_eq!(class.rate_on(day), want.map(rate), "{class:?} {day}");
    }
}

#[test]
fn eight_percent_is_two_classes() {
    let of = |text, day| TaxClass::of_rate(rate(text), day);
    assert_eq!(of("0.08", "2019-09-30"), Some(TaxClass::Standard));
    assert_eq!(of("0.08", "2019-10-01"), Some(TaxClass::Reduced));
    assert_eq!(of("0.10", "2026-01-05"), Some(TaxClass::Standard));
    assert_eq!(of("0.10", "2019-09-30"), None);
    assert_eq!(of("0", "2026-01-05"), None);
}

/// Section 9: 198×3 @8, 255×1 @8, 333×3 @8, 1001×1 @10, 99×7 @10.
#[test]
fn golden_tax_exclusive_basket() {
    let lines: Vec<_> =
        [(198, 3, "0.08"), (255, 1, "0.08"), (333, 3, "0.08"), (1001, 1, "0.1"), (99, 7, "0.1")]
            .into_iter()
            .map(|(price, count, percent)| {
                let class = TaxClass::of_rate(rate(percent), "2026-01-05").unwrap();
                (class, rate(percent), yen(price * count))
            })
            .collect();
    for (rounding, level, reduced, standard) in [
        (Rounding::Floor, TaxLevel::Document, 147, 169),
        (Rounding::Floor, TaxLevel::Line, 146, 169),
        (Rounding::HalfUp, TaxLevel::Line, 148, 169),
    ] {
        let rule = TaxRule { basis: TaxBasis::Exclusive, rounding, level };
        let sums = rule.sum(&lines).unwrap();
        let got: Vec<_> =
            sums.iter().map(|it| (it.class, it.base.minor(), it.tax.minor())).collect();
        let want = [(TaxClass::Reduced, 1848, reduced), (TaxClass::Standard, 1694, standard)];
        assert_eq!(got, want, "{rounding:?} {level:?}");
    }
}

/// The maps' table and the program's say the same.
#[test]
fn the_shared_table_agrees() {
    let text = include_str!("../../../../../mappings/tables/tax-rates.yaml");
    let field = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!("{name}: "))?;
        Some(rest.split([',', '}']).next()?.trim().trim_matches('"').to_owned())
    };
    let listed: Vec<_> = text
        .lines()
        .filter(|line| line.trim_start().starts_with("- {"))
        .map(|line| {
            let part = |name| field(line, name).unwrap_or_else(|| panic!("{line}: {name}"));
            (part("from"), part("valid_from"), part("to"))
        })
        .filter(|(class, ..)| class == "standard" || class == "reduced")
        .collect();
    let built_in: Vec<_> = RATES
        .iter()
        .map(|(class, from, rate)| {
            let rate = Number::from_millionths(*rate).unwrap().to_string();
            (class.name().to_owned(), (*from).to_owned(), rate)
        })
        .collect();
    assert_eq!(listed, built_in);
}
