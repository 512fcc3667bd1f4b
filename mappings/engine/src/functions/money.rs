//! Functions of money and tax.

use super::{CallSite, Function, Group, Takes, may, needs};
use crate::{
    check::lower::Lower,
    plan::op::Op,
    types::{Kind, Type},
    value::exponent,
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "money",
        group: Group::Money,
        params: &[
            needs("currency", "ISO 4217 letters: a text or a path"),
            may(
                "round",
                "how digits below the minor unit are rounded; without it they are a fault",
            ),
        ],
        takes: Takes::NumberOrText,
        gives: "money: minor units and currency",
        faults: "when it has digits below the currency's minor unit and no rounding is named; when the currency does not exist",
        loses: "with `round`, the digits below the minor unit",
        inverse: "normal form",
        about: "An amount in the currency's main unit as exact minor units: JPY 0, USD 2, KWD 3 digits.",
        examples: &[
            ("a | money(\"JPY\")", r#"{"a": "1980"}"#, r#"{"minor":1980,"currency":"JPY"}"#),
            (
                "a | decimal | money(c)",
                r#"{"a": 19.99, "c": "USD"}"#,
                r#"{"minor":1999,"currency":"USD"}"#,
            ),
            ("a | money(\"JPY\")", r#"{"a": "19.5"}"#, "fault"),
            (
                "a | money(\"JPY\", round=floor)",
                r#"{"a": "19.5"}"#,
                r#"{"minor":19,"currency":"JPY"}"#,
            ),
        ],
        lower: lower_money,
    },
    Function {
        name: "minor_units",
        group: Group::Money,
        params: &[],
        takes: Takes::Money,
        gives: "a whole number",
        faults: "",
        loses: "the currency",
        inverse: "",
        about: "The amount of money in minor units.",
        examples: &[("a | money(\"USD\") | minor_units", r#"{"a": "19.99"}"#, "1999")],
        lower: |_, site| {
            Some((Op::MinorUnits, Type { scale: Some(0), ..site.input.turned(Kind::Decimal) }))
        },
    },
    Function {
        name: "amount",
        group: Group::Money,
        params: &[],
        takes: Takes::Money,
        gives: "an exact number",
        faults: "",
        loses: "the currency",
        inverse: "",
        about: "The amount of money in the currency's main unit, with all its decimals.",
        examples: &[
            ("a | money(\"USD\") | amount", r#"{"a": "20"}"#, r#""20.00""#),
            ("a | money(\"JPY\") | amount", r#"{"a": "1980"}"#, r#""1980""#),
        ],
        lower: |_, site| {
            Some((Op::Amount, Type { scale: None, ..site.input.turned(Kind::Decimal) }))
        },
    },
    Function {
        name: "currency_of",
        group: Group::Money,
        params: &[],
        takes: Takes::Money,
        gives: "a text",
        faults: "",
        loses: "the amount",
        inverse: "",
        about: "The currency of money.",
        examples: &[("a | money(\"USD\") | currency_of", r#"{"a": "20"}"#, r#""USD""#)],
        lower: |_, site| {
            Some((
                Op::Currency,
                Type {
                    chars_min: 3,
                    chars_max: Some(3),
                    pattern: Some("^[A-Z]{3}$".into()),
                    ..site.input.turned(Kind::Text)
                },
            ))
        },
    },
    Function {
        name: "tax_of",
        group: Group::Money,
        params: &[
            needs("rate", "a fraction such as \"0.10\": a number or a path"),
            needs("mode", "half_up, half_even, floor, ceil, down or up"),
            may("included", "`true`: the tax is in the amount already"),
        ],
        takes: Takes::Money,
        gives: "money",
        faults: "",
        loses: "",
        inverse: "",
        about: "The tax on an amount, or with `included=true` the tax in it, rounded as said. Per document and rate, as the invoice system asks.",
        examples: &[
            (
                "a | money(\"JPY\") | tax_of(0.08, floor)",
                r#"{"a": "1848"}"#,
                r#"{"minor":147,"currency":"JPY"}"#,
            ),
            (
                "a | money(\"JPY\") | tax_of(0.10, floor, included=true)",
                r#"{"a": "999"}"#,
                r#"{"minor":90,"currency":"JPY"}"#,
            ),
        ],
        lower: |lower, site| {
            let rate = site.expr(lower, 0)?;
            if !(rate.ty.kind.is_number() || rate.ty.kind == Kind::Any) {
                lower
                    .error(
                        "M05",
                        site.span,
                        format!(
                            "`tax_of` takes a rate that is a number, not {}",
                            rate.ty.kind.words()
                        ),
                    )
                    .help("`(rate | decimal)`");
                return None;
            }
            let mode = site.rounding(lower, 1)?;
            let included = if site.has(2) { site.flag(lower, 2)? } else { false };
            let missing = site.input.missing || rate.ty.may_be_absent();
            Some((
                Op::TaxOf { rate: rate.expr, mode, included },
                Type { missing, ..site.input.turned(Kind::Money) },
            ))
        },
    },
    Function {
        name: "tax_rate",
        group: Group::Money,
        params: &[needs("at", "the day: a date or a time")],
        takes: Takes::Text,
        gives: "a number: a fraction",
        faults: "when the class has no rate on that day",
        loses: "",
        inverse: "",
        about: "The rate of a tax class on a day, by `mappings/tables/tax-rates.yaml`.",
        examples: &[
            ("c | tax_rate(d | date)", r#"{"c": "standard", "d": "2019-09-30"}"#, r#""0.08""#),
            ("c | tax_rate(d | date)", r#"{"c": "standard", "d": "2019-10-01"}"#, r#""0.1""#),
            ("c | tax_rate(d | date)", r#"{"c": "reduced", "d": "2019-09-30"}"#, "fault"),
        ],
        lower: |lower, site| lower_tax(lower, site, "tax-rates"),
    },
    Function {
        name: "tax_class",
        group: Group::Money,
        params: &[
            needs("at", "the day: a date or a time"),
            may("percent", "`true`: the rate is told in percent"),
        ],
        takes: Takes::NumberOrText,
        gives: "a text",
        faults: "when no class has that rate on that day",
        loses: "",
        inverse: "",
        about: "The tax class of a rate on a day, by `mappings/tables/tax-classes.yaml`. A rate of zero names no class.",
        examples: &[
            ("a | tax_class(d | date)", r#"{"a": 0.080, "d": "2019-09-30"}"#, r#""standard""#),
            ("a | tax_class(d | date)", r#"{"a": "0.08", "d": "2026-01-05"}"#, r#""reduced""#),
            (
                "a | tax_class(d | date, percent=true)",
                r#"{"a": 10, "d": "2026-01-05"}"#,
                r#""standard""#,
            ),
            ("a | tax_class(d | date)", r#"{"a": 0, "d": "2026-01-05"}"#, "fault"),
        ],
        lower: |lower, site| {
            let percent = site.has(1) && site.flag(lower, 1)?;
            lower_tax(lower, site, if percent { "tax-classes-percent" } else { "tax-classes" })
        },
    },
    Function {
        name: "allocate",
        group: Group::Money,
        params: &[
            needs("over", "the list that `each:` goes through"),
            needs("by", "the weight of an element: a number or money"),
        ],
        takes: Takes::Money,
        gives: "money",
        faults: "when a weight is negative, or all are zero",
        loses: "",
        inverse: "",
        about: "The share of the element at hand of an amount that belongs to all of them, by largest remainder: the shares add up to the amount exactly.",
        examples: &[(
            "{ each: l, value: { from: 'root.a | money(\"JPY\") | allocate(../l, w) | minor_units', missing: error } }",
            r#"{"a": "100", "l": [{"w": 1}, {"w": 1}, {"w": 1}]}"#,
            "[34,33,33]",
        )],
        lower: lower_allocate,
    },
];

fn lower_money(lower: &mut Lower<'_>, site: &CallSite<'_>) -> Option<(Op, Type)> {
    let currency = site.expr(lower, 0)?;
    if !matches!(currency.ty.kind, Kind::Text | Kind::Any) {
        lower.error(
            "M05",
            site.span,
            format!("a currency is a text, not {}", currency.ty.kind.words()),
        );
        return None;
    }
    let constant = currency.ty.one_of.as_deref().filter(|_| currency.ty.made);
    let mut places = None;
    if let Some([letters]) = constant {
        places = exponent(letters);
        if places.is_none() {
            lower
                .error("M17", site.span, format!("`{letters}` is no currency"))
                .expected("three letters of ISO 4217");
            return None;
        }
    }
    let rounding = if site.has(1) { Some(site.rounding(lower, 1)?) } else { None };
    let known_scale = site.input.scale.filter(|_| site.input.kind.is_number());
    if let (Some(places), Some(scale), None, true) =
        (places, known_scale, rounding, site.input.made)
        && scale > places
    {
        lower
            .error(
                "M17",
                site.span,
                format!(
                    "this has up to {scale} digits after the point, and the currency has {places}"
                ),
            )
            .expected("a named rounding")
            .help("`money(currency, round=half_up)`, or `round(scale, mode)` before it");
        return None;
    }
    let missing = site.input.missing || currency.ty.missing;
    let null = site.input.null || currency.ty.null;
    Some((
        Op::Money { currency: currency.expr, rounding },
        Type { missing, null, ..site.input.turned(Kind::Money) },
    ))
}

/// A shared table asked on a day.
fn lower_tax(lower: &mut Lower<'_>, site: &CallSite<'_>, table: &str) -> Option<(Op, Type)> {
    let at = site.expr(lower, 0)?;
    super::logic::is_day(lower, site, &at)?;
    lower.table(site, table, Some(at))
}

fn lower_allocate(lower: &mut Lower<'_>, site: &CallSite<'_>) -> Option<(Op, Type)> {
    let over = site.arg(0)?;
    // The list is named from the element at hand; its scope is the one below.
    let outer = crate::language::expr::Expr { span: over.span, kind: over.kind.clone() };
    let mut open = lower.open_list(&outer)?;
    let weight = site.arg(1).and_then(|arg| lower.expression(arg));
    lower.close(&open);
    open.opened = 0;
    let weight = weight?;
    if lower.depth() == 0 {
        lower
            .error("M07", site.span, "`allocate` stands in a field of `each:`")
            .help("go through the list that shares the amount");
        return None;
    }
    if !matches!(weight.ty.kind, Kind::Number | Kind::Decimal | Kind::Money | Kind::Any) {
        lower
            .error(
                "M05",
                site.span,
                format!("a weight is a number, not {}", weight.ty.kind.words()),
            )
            .help("`(price | decimal)`");
        return None;
    }
    let element = lower.depth();
    let list = lower.keep_list(open);
    Some((Op::Allocate { list, weight: weight.expr, element }, site.input.turned(Kind::Money)))
}
