//! Tables, defaults and what ends absence.

use super::{CallSite, Function, Group, Takes, may, needs};
use crate::{
    check::lower::{Lower, Lowered},
    plan::op::Op,
    types::{Kind, Type},
};

type Built = Option<(Op, Type)>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "table",
        group: Group::Logic,
        params: &[
            needs("name", "a table of the map, or of `mappings/tables/`"),
            may("at", "the day on which a dated table is asked: a path"),
        ],
        takes: Takes::Single,
        gives: "a text",
        faults: "when the table has no such entry and no `\"*\"`",
        loses: "",
        inverse: "exact for one-to-one tables; for others by `reverse_tables:`",
        about: "What a table says for a text.",
        examples: &[
            ("a | table(\"prefectures\")", r#"{"a": "東京"}"#, r#""JP-13""#),
            ("a | table(\"prefectures\")", r#"{"a": "江戸"}"#, "fault"),
            (
                "a | table(\"tax-rates\", b | date)",
                r#"{"a": "standard", "b": "1997-04-01"}"#,
                r#""0.05""#,
            ),
        ],
        lower: lower_table,
    },
    Function {
        name: "default",
        group: Group::Logic,
        params: &[needs("value", "a literal or a path")],
        takes: Takes::Single,
        gives: "the value, or the other",
        faults: "",
        loses: "",
        inverse: "",
        about: "Another value in place of one that is missing or null.",
        examples: &[
            ("a | default(\"EA\")", "{}", r#""EA""#),
            ("a | default(b | text)", r#"{"a": null, "b": 3}"#, r#""3""#),
        ],
        lower: |lower, site| {
            let other = site.expr(lower, 0)?;
            let ty = same_kind(lower, site, &other.ty)?;
            if !site.input.may_be_absent()
                && site.input.kind != Kind::Any
                && lower.empty() == crate::language::policy::Empty::Keep
            {
                lower.warning(
                    "M25",
                    site.span,
                    "this default is never used: the value is always there",
                );
            }
            Some((
                Op::Default(other.expr),
                Type { missing: other.ty.missing, null: other.ty.null, ..ty },
            ))
        },
    },
    Function {
        name: "rescue",
        group: Group::Logic,
        params: &[needs("value", "a literal or a path")],
        takes: Takes::Single,
        gives: "the value, or the other",
        faults: "",
        loses: "",
        inverse: "",
        about: "Another value in place of a fault of a step before it.",
        examples: &[
            ("a | int | rescue(0)", r#"{"a": "x"}"#, "0"),
            ("a | int | rescue(0)", r#"{"a": "7"}"#, "7"),
        ],
        lower: |lower, site| {
            let other = site.expr(lower, 0)?;
            let ty = same_kind(lower, site, &other.ty)?;
            Some((Op::Rescue(other.expr), ty))
        },
    },
    Function {
        name: "coalesce",
        group: Group::Logic,
        params: &[needs("value", "a path; more may follow")],
        takes: Takes::Single,
        gives: "the first that is there",
        faults: "",
        loses: "",
        inverse: "",
        about: "The first of several values that is neither missing nor null.",
        examples: &[("a | coalesce(b, c)", r#"{"b": null, "c": "x"}"#, r#""x""#)],
        lower: |lower, site| {
            let mut others = vec![site.expr(lower, 0)?];
            for arg in site.rest() {
                others.push(lower.expression(arg)?);
            }
            let mut ty = site.input.clone();
            for other in &others {
                let absent = (ty.missing && other.ty.missing, ty.null && other.ty.null);
                let held = CallSite::with_input(site, ty.clone());
                ty = same_kind(lower, &held, &other.ty)?;
                (ty.missing, ty.null) = absent;
                if !other.ty.may_be_absent() {
                    (ty.missing, ty.null) = (false, false);
                }
            }
            Some((Op::Coalesce(others.iter().map(|it| it.expr).collect()), ty))
        },
    },
    Function {
        name: "absent_if",
        group: Group::Logic,
        params: &[needs("value", "a literal or a path")],
        takes: Takes::Single,
        gives: "the value, or nothing",
        faults: "",
        loses: "",
        inverse: "",
        about: "A value that means that there is none, such as -9999 or 0000-00-00, becomes missing.",
        examples: &[
            ("a | absent_if(-9999)", r#"{"a": -9999}"#, "absent"),
            ("a | absent_if(\"\") | default(\"x\")", r#"{"a": ""}"#, r#""x""#),
        ],
        lower: |lower, site| {
            let other = site.expr(lower, 0)?;
            same_kind(lower, site, &other.ty)?;
            Some((Op::NullIf(other.expr), Type { missing: true, ..site.input.clone() }))
        },
    },
];

/// Two values of which one stands for the other.
fn same_kind(lower: &Lower<'_>, site: &CallSite<'_>, other: &Type) -> Option<Type> {
    let (a, b) = (site.input.kind, other.kind);
    let unknown = a == Kind::Any || b == Kind::Any;
    if a == b || unknown || (a.is_number() && b.is_number()) {
        let ty = site.input.either(other);
        let kind = match (a, b) {
            (Kind::Any, _) | (_, Kind::Any) => {
                if other.null && b == Kind::Any {
                    a
                } else {
                    Kind::Any
                }
            }
            _ => ty.kind,
        };
        return Some(Type { kind, missing: site.input.missing, null: site.input.null, ..ty });
    }
    let fault = lower.error("M05", site.span, format!("{} stands in for {}", b.words(), a.words()));
    if b.is_number() && a == Kind::Text {
        drop(fault.help("make it a text: `(… | text)`, or put quotes around it"));
    }
    None
}

fn lower_table(lower: &mut Lower<'_>, site: &CallSite<'_>) -> Built {
    let name = site.name(lower, 0)?;
    let at = if site.has(1) { Some(site.expr(lower, 1)?) } else { None };
    if let Some(at) = &at {
        is_day(lower, site, at)?;
    }
    lower.table(site, &name, at)
}

/// A dated table is asked on a date or at a time.
pub(super) fn is_day(lower: &Lower<'_>, site: &CallSite<'_>, at: &Lowered) -> Option<()> {
    if matches!(at.ty.kind, Kind::Date | Kind::Instant | Kind::Any) {
        return Some(());
    }
    lower
        .error(
            "M05",
            site.span,
            format!("a table is asked on a date, not on {}", at.ty.kind.words()),
        )
        .help("`(placed_at | timestamp)`");
    None
}
