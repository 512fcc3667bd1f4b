//! Functions of numbers.

use super::{CallSite, Function, Group, Takes, may, needs};
use crate::{
    check::lower::Lower,
    plan::op::Op,
    types::{Kind, Type},
};

type Built = Option<(Op, Type)>;

const OTHER: &[super::Param] = &[needs("other", "a number, a path, or money with money")];
const MODE: &str = "half_up, half_even, floor, ceil, down or up";

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "int",
        group: Group::Number,
        params: &[],
        takes: Takes::NumberOrText,
        gives: "a whole number",
        faults: "when it is no whole number",
        loses: "",
        inverse: "normal form",
        about: "A text or a number as a whole number. Full-width digits, thousands commas and ▲ for minus are read.",
        examples: &[
            ("a | int", r#"{"a": "1,234"}"#, "1234"),
            ("a | int", r#"{"a": 3.0}"#, "3"),
            ("a | int", r#"{"a": "3.5"}"#, "fault"),
            ("a | int", r#"{"a": "▲12"}"#, "-12"),
        ],
        lower: |_, site| {
            Some((
                Op::Int,
                Type {
                    scale: Some(0),
                    minimum: site.input.minimum,
                    maximum: site.input.maximum,
                    ..site.input.turned(Kind::Decimal)
                },
            ))
        },
    },
    Function {
        name: "decimal",
        group: Group::Number,
        params: &[may(
            "implied",
            "so many of the last digits are decimals, as in fixed-width files",
        )],
        takes: Takes::NumberOrText,
        gives: "an exact number",
        faults: "when it is no number, or has more than 28 digits",
        loses: "",
        inverse: "normal form",
        about: "The exact number from its literal text; `128.50` keeps its zero. Written to a text target as text, to a number target as number.",
        examples: &[
            ("a | decimal", r#"{"a": "128.50"}"#, r#""128.50""#),
            ("a | decimal", r#"{"a": 0.1}"#, r#""0.1""#),
            ("a | decimal(2)", r#"{"a": "0012850"}"#, r#""128.50""#),
            ("a | decimal", r#"{"a": "abc"}"#, "fault"),
        ],
        lower: |lower, site| {
            let implied = if site.has(0) { site.count(lower, 0, 20)? } else { 0 };
            let scale = if implied > 0 { Some(implied) } else { site.input.scale };
            let bounds = implied == 0;
            let ty = Type {
                scale,
                minimum: site.input.minimum.filter(|_| bounds),
                maximum: site.input.maximum.filter(|_| bounds),
                ..site.input.turned(Kind::Decimal)
            };
            Some((Op::Decimal { implied }, ty))
        },
    },
    calc(
        "plus",
        "exact, if the other is a literal",
        "The sum, exact.",
        &[("a | plus(b)", r#"{"a": 0.1, "b": 0.2}"#, r#""0.3""#)],
        |lower, site| calc_of(lower, site, Op::Plus),
    ),
    calc(
        "minus",
        "exact, if the other is a literal",
        "The difference, exact.",
        &[("a | minus(1)", r#"{"a": 5}"#, r#""4""#)],
        |lower, site| calc_of(lower, site, Op::Minus),
    ),
    calc(
        "times",
        "",
        "The product, exact. Money times a number must come out in whole minor units.",
        &[("a | times(b)", r#"{"a": 19.99, "b": 3}"#, r#""59.97""#)],
        |lower, site| calc_of(lower, site, Op::Times),
    ),
    Function {
        name: "divide",
        group: Group::Number,
        params: &[
            needs("by", "a number or a path"),
            needs("scale", "digits after the point"),
            needs("mode", MODE),
        ],
        takes: Takes::Number,
        gives: "a number",
        faults: "when it is divided by zero",
        loses: "",
        inverse: "",
        about: "The quotient, rounded as said. There is no division without its rounding.",
        examples: &[
            ("a | divide(3, 2, half_up)", r#"{"a": 10}"#, r#""3.33""#),
            ("a | divide(b, 0, floor)", r#"{"a": 1, "b": 0}"#, "fault"),
        ],
        lower: |lower, site| {
            let by = operand(lower, site)?;
            let scale = site.count(lower, 1, 20)?;
            let mode = site.rounding(lower, 2)?;
            let missing = site.input.missing || by.ty.may_be_absent();
            Some((
                Op::Divide { by: by.expr, scale, mode },
                Type { scale: Some(scale), missing, ..site.input.turned(Kind::Decimal) },
            ))
        },
    },
    Function {
        name: "negate",
        group: Group::Number,
        params: &[],
        takes: Takes::NumberOrMoney,
        gives: "a number or money",
        faults: "",
        loses: "",
        inverse: "exact",
        about: "With the other sign.",
        examples: &[
            ("a | negate", r#"{"a": 5}"#, r#""-5""#),
            ("a | negate", r#"{"a": 0}"#, r#""0""#),
        ],
        lower: |_, site| Some((Op::Negate, same(site))),
    },
    Function {
        name: "abs",
        group: Group::Number,
        params: &[],
        takes: Takes::NumberOrMoney,
        gives: "a number or money",
        faults: "",
        loses: "the sign",
        inverse: "",
        about: "Without its sign.",
        examples: &[("a | abs", r#"{"a": -5}"#, r#""5""#)],
        lower: |_, site| Some((Op::Abs, Type { minimum: Some(0.into()), ..same(site) })),
    },
    Function {
        name: "round",
        group: Group::Number,
        params: &[needs("scale", "digits after the point"), needs("mode", MODE)],
        takes: Takes::Number,
        gives: "a number",
        faults: "",
        loses: "the digits behind, when they are not zero",
        inverse: "",
        about: "To so many digits after the point.",
        examples: &[
            ("a | round(0, half_up)", r#"{"a": 2.5}"#, r#""3""#),
            ("a | round(1, floor)", r#"{"a": -0.25}"#, r#""-0.3""#),
        ],
        lower: |lower, site| {
            let scale = site.count(lower, 0, 20)?;
            let mode = site.rounding(lower, 1)?;
            Some((
                Op::Round { scale, mode },
                Type { scale: Some(scale), ..site.input.turned(Kind::Decimal) },
            ))
        },
    },
    calc(
        "at_least",
        "",
        "The larger of two.",
        &[("a | at_least(0)", r#"{"a": -3}"#, r#""0""#)],
        |lower, site| calc_of(lower, site, Op::Most),
    ),
    calc(
        "at_most",
        "",
        "The smaller of two.",
        &[("a | at_most(100)", r#"{"a": 120}"#, r#""100""#)],
        |lower, site| calc_of(lower, site, Op::Least),
    ),
    Function {
        name: "number_text",
        group: Group::Number,
        params: &[may("scale", "exactly so many digits after the point")],
        takes: Takes::Number,
        gives: "a text",
        faults: "when it has more digits: it never rounds",
        loses: "",
        inverse: "normal form",
        about: "A number as text, without trailing zeros or with a fixed number of decimals.",
        examples: &[
            ("a | number_text", r#"{"a": 1.50}"#, r#""1.5""#),
            ("a | number_text(2)", r#"{"a": 1.5}"#, r#""1.50""#),
            ("a | number_text(0)", r#"{"a": 1.5}"#, "fault"),
        ],
        lower: |lower, site| {
            let scale = if site.has(0) { Some(site.count(lower, 0, 20)?) } else { None };
            Some((
                Op::FormatNumber { scale },
                Type { chars_min: 1, ..site.input.turned(Kind::Text) },
            ))
        },
    },
];

const fn calc(
    name: &'static str,
    inverse: &'static str,
    about: &'static str,
    examples: &'static [(&'static str, &'static str, &'static str)],
    lower: fn(&mut Lower<'_>, &CallSite<'_>) -> Built,
) -> Function {
    Function {
        name,
        group: Group::Number,
        params: OTHER,
        takes: Takes::NumberOrMoney,
        gives: "a number or money",
        faults: "when the result has more than 28 digits; with money, when the currencies differ",
        loses: "",
        inverse,
        about,
        examples,
        lower,
    }
}

fn same(site: &CallSite<'_>) -> Type {
    let kind = match site.input.kind {
        Kind::Money | Kind::Any => site.input.kind,
        _ => Kind::Decimal,
    };
    Type { scale: site.input.scale, ..site.input.turned(kind) }
}

/// The other number of a calculation.
fn operand(lower: &mut Lower<'_>, site: &CallSite<'_>) -> Option<crate::check::lower::Lowered> {
    let other = site.expr(lower, 0)?;
    let fits = match other.ty.kind {
        Kind::Number | Kind::Decimal | Kind::Any => true,
        Kind::Money => {
            matches!(site.input.kind, Kind::Money | Kind::Any) && site.function.name != "times"
        }
        _ => false,
    };
    if !fits {
        let fault = lower.error(
            "M05",
            site.arg(0).map_or(site.span, |it| it.span),
            format!("`{}` takes a number here, not {}", site.function.name, other.ty.kind.words()),
        );
        if other.ty.kind == Kind::Text {
            drop(fault.help("make it a number first: `(field | decimal)`"));
        }
        return None;
    }
    Some(other)
}

fn calc_of(lower: &mut Lower<'_>, site: &CallSite<'_>, op: fn(u32) -> Op) -> Built {
    let other = operand(lower, site)?;
    if site.input.kind == Kind::Money
        && other.ty.kind != Kind::Money
        && !matches!(site.function.name, "times")
        && other.ty.kind != Kind::Any
    {
        lower
            .error("M17", site.span, "money and a number without currency are not added up")
            .help("make the number money first");
        return None;
    }
    let product = site.function.name == "times";
    let scale =
        site.input.scale.zip(other.ty.scale).map(|(a, b)| if product { a + b } else { a.max(b) });
    let ty = same(site);
    let ty = Type {
        scale,
        missing: ty.missing || other.ty.may_be_absent(),
        personal: ty.personal || other.ty.personal,
        minimum: None,
        maximum: None,
        ..ty
    };
    Some((op(other.expr), ty))
}
