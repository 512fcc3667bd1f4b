//! Functions that cut texts, fill them up, and look for patterns in them.

use codec::charset::Charset;
use regex::Regex;

use super::{CallSite, Function, Group, Takes, may, needs};
use crate::{
    check::lower::Lower,
    plan::op::Op,
    types::{Kind, Type},
};

type Built = Option<(Op, Type)>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "slice",
        group: Group::Text,
        params: &[
            needs("from", "first character, from 0; negative counts from the end"),
            may("to", "character before which it ends"),
        ],
        takes: Takes::Text,
        gives: "a text",
        faults: "",
        loses: "",
        inverse: "",
        about: "A part, counted in characters. What is not there is empty.",
        examples: &[
            ("a | slice(0, 4)", r#"{"a": "20260105"}"#, r#""2026""#),
            ("a | slice(-4)", r#"{"a": "20260105"}"#, r#""0105""#),
        ],
        lower: |lower, site| {
            let from = site.int(lower, 0)?;
            let to = if site.has(1) { Some(site.int(lower, 1)?) } else { None };
            let width = to
                .filter(|to| from >= 0 && *to >= from)
                .and_then(|to| u64::try_from(to - from).ok());
            let most = match (width, site.input.chars_max) {
                (Some(width), Some(max)) => Some(width.min(max)),
                (width, max) => width.or(max),
            };
            Some((
                Op::Slice { from, to },
                Type { chars_max: most, ..site.input.turned(Kind::Text) },
            ))
        },
    },
    Function {
        name: "split",
        group: Group::Text,
        params: &[needs("by", "what stands between the parts")],
        takes: Takes::Text,
        gives: "a list of texts",
        faults: "",
        loses: "",
        inverse: "",
        about: "Cut into a list. An empty text is an empty list.",
        examples: &[
            ("a | split(\",\") | count", r#"{"a": "x,y,z"}"#, "3"),
            ("a | split(\"-\") | first", r#"{"a": "03-1234"}"#, r#""03""#),
        ],
        lower: |lower, site| {
            let by = site.text(lower, 0)?;
            if by.is_empty() {
                lower
                    .error("M00", site.span, "`split` needs something to cut at")
                    .help("take characters with `slice`");
                return None;
            }
            Some((
                Op::Split(by.into()),
                Type { chars_max: site.input.chars_max, ..site.input.turned(Kind::Texts) },
            ))
        },
    },
    Function {
        name: "pad_left",
        group: Group::Text,
        params: &[
            needs("width", "characters it has at least"),
            may("with", "what is put there; usually a blank"),
        ],
        takes: Takes::Text,
        gives: "a text",
        faults: "",
        loses: "",
        inverse: "normal form",
        about: "Filled up at the left.",
        examples: &[("a | pad_left(5, \"0\")", r#"{"a": "42"}"#, r#""00042""#)],
        lower: |lower, site| pad(lower, site, true),
    },
    Function {
        name: "pad_right",
        group: Group::Text,
        params: &[
            needs("width", "characters it has at least"),
            may("with", "what is put there; usually a blank"),
        ],
        takes: Takes::Text,
        gives: "a text",
        faults: "",
        loses: "",
        inverse: "normal form",
        about: "Filled up at the right.",
        examples: &[("a | pad_right(4, \"*\")", r#"{"a": "42"}"#, r#""42**""#)],
        lower: |lower, site| pad(lower, site, false),
    },
    Function {
        name: "truncate_chars",
        group: Group::Text,
        params: &[needs("n", "characters it has at most")],
        takes: Takes::Text,
        gives: "a text",
        faults: "",
        loses: "what is longer",
        inverse: "",
        about: "Cut to so many characters.",
        examples: &[("a | truncate_chars(2)", r#"{"a": "山田太郎"}"#, r#""山田""#)],
        lower: |lower, site| {
            let most = site.count(lower, 0, 1_000_000)?;
            let max = site.input.chars_max.map_or(u64::from(most), |it| it.min(most.into()));
            Some((
                Op::TruncateChars(most),
                Type { chars_max: Some(max), ..site.input.turned(Kind::Text) },
            ))
        },
    },
    Function {
        name: "truncate_bytes",
        group: Group::Text,
        params: &[
            needs("n", "bytes it has at most"),
            needs("charset", "name of the charset, such as \"cp932\""),
        ],
        takes: Takes::Text,
        gives: "a text",
        faults: "when a character does not exist in the charset",
        loses: "what is longer",
        inverse: "",
        about: "Cut to whole characters that fit into so many bytes.",
        examples: &[("a | truncate_bytes(5, \"cp932\")", r#"{"a": "山田太郎"}"#, r#""山田""#)],
        lower: |lower, site| {
            let most = site.count(lower, 0, 1_000_000)?;
            let name = site.text(lower, 1)?;
            let Some(charset) = Charset::from_name(&name) else {
                let names: Vec<&str> = Charset::ALL.iter().map(|it| it.name()).collect();
                lower
                    .error("M00", site.span, format!("there is no charset `{name}`"))
                    .expected(names.join(", "))
                    .nearest(&name, &names);
                return None;
            };
            let max = site.input.chars_max.map_or(u64::from(most), |it| it.min(most.into()));
            let pattern = Some(format!("bytes:{most}:{}", charset.name()));
            Some((
                Op::TruncateBytes(most, charset),
                Type { chars_max: Some(max), pattern, ..site.input.turned(Kind::Text) },
            ))
        },
    },
    Function {
        name: "matches",
        group: Group::Text,
        params: &[needs("pattern", "a regular expression, linear in time")],
        takes: Takes::Text,
        gives: "the same text",
        faults: "when it does not match",
        loses: "",
        inverse: "exact",
        about: "Lets a text pass that fits a pattern.",
        examples: &[
            ("a | matches(\"^[0-9]+$\")", r#"{"a": "0042"}"#, r#""0042""#),
            ("a | matches(\"^[0-9]+$\")", r#"{"a": "x"}"#, "fault"),
        ],
        lower: |lower, site| {
            let pattern = regex(lower, site)?;
            let ty = Type { pattern: Some(pattern.as_str().to_owned()), ..site.input.clone() };
            Some((Op::Matches(Box::new(pattern)), Type { kind: Kind::Text, ..ty }))
        },
    },
    Function {
        name: "capture",
        group: Group::Text,
        params: &[needs("pattern", "a regular expression; its first group is taken, or all of it")],
        takes: Takes::Text,
        gives: "a text; absent when nothing matches",
        faults: "",
        loses: "",
        inverse: "",
        about: "The part of a text that fits a pattern.",
        examples: &[
            ("a | capture(\"No\\\\.([0-9]+)\")", r#"{"a": "注文 No.1042 様"}"#, r#""1042""#),
            ("a | capture(\"x\")", r#"{"a": "y"}"#, "absent"),
        ],
        lower: |lower, site| {
            let pattern = regex(lower, site)?;
            let ty = Type {
                missing: true,
                chars_max: site.input.chars_max,
                ..site.input.turned(Kind::Text)
            };
            Some((Op::Capture(Box::new(pattern)), ty))
        },
    },
];

fn pad(lower: &mut Lower<'_>, site: &CallSite<'_>, left: bool) -> Built {
    let width = site.count(lower, 0, 10_000)?;
    let with = if site.has(1) { site.text(lower, 1)? } else { " ".to_owned() };
    let mut chars = with.chars();
    let (Some(with), None) = (chars.next(), chars.next()) else {
        lower.error("M00", site.span, "it is filled up with one character");
        return None;
    };
    let chars_max = site.input.chars_max.map(|it| it.max(width.into()));
    let ty = Type { chars_min: width.into(), chars_max, ..site.input.turned(Kind::Text) };
    Some((Op::Pad { width, with, left }, ty))
}

fn regex(lower: &Lower<'_>, site: &CallSite<'_>) -> Option<Regex> {
    let text = site.text(lower, 0)?;
    match Regex::new(&text) {
        Ok(regex) => Some(regex),
        Err(fault) => {
            let last = fault.to_string().lines().last().unwrap_or_default().to_owned();
            lower.error(
                "M00",
                site.arg(0).map_or(site.span, |it| it.span),
                format!("this pattern cannot be read: {last}"),
            );
            None
        }
    }
}
