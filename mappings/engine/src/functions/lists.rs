//! Functions of lists. They are lowered with the list they stand behind (see
//! `check::list`); what is here describes them.

use super::{CallSite, Function, Group, Param, Takes, may, needs};
use crate::{check::lower::Lower, plan::op::Op, types::Type};

/// A function of lists that stands where no list is.
fn no_list(lower: &mut Lower<'_>, site: &CallSite<'_>) -> Option<(Op, Type)> {
    lower.error("M07", site.span, format!("`{}` takes a list", site.function.name));
    None
}

const ELEMENT: &[Param] =
    &[may("of", "a pipe that is run for each element; without it the element itself")];

macro_rules! list {
    ($name:literal, $params:expr, $gives:literal, $about:literal, $examples:expr) => {
        Function {
            name: $name,
            group: Group::List,
            params: $params,
            takes: Takes::List,
            gives: $gives,
            faults: "",
            loses: "",
            inverse: "",
            about: $about,
            examples: $examples,
            lower: no_list,
        }
    };
}

pub(super) const FUNCTIONS: &[Function] = &[
    list!(
        "where",
        &[needs("condition", "a condition about the element")],
        "a list",
        "Only the elements for which the condition holds.",
        &[(
            "l | where(k == \"b\") | first(v)",
            r#"{"l": [{"k": "a", "v": "1"}, {"k": "b", "v": "2"}]}"#,
            r#""2""#
        )]
    ),
    list!(
        "flatten",
        &[needs("list", "a list of each element")],
        "a list",
        "The elements of a list of each element, one after the other. `../` is then the outer element.",
        &[("l | flatten(m) | count", r#"{"l": [{"m": ["a", "b"]}, {"m": ["c"]}]}"#, "3")]
    ),
    list!(
        "distinct",
        &[may("by", "what makes elements the same; without it the element itself")],
        "a list",
        "Each only once, the first of equals.",
        &[("l | distinct | count", r#"{"l": ["a", "b", "a"]}"#, "2")]
    ),
    list!(
        "first",
        ELEMENT,
        "a value; absent when there is none",
        "The first value that is there.",
        &[("l | first", r#"{"l": ["a", "b"]}"#, r#""a""#), ("l | first", r#"{"l": []}"#, "absent")]
    ),
    list!(
        "last",
        ELEMENT,
        "a value; absent when there is none",
        "The last value that is there.",
        &[("l | last", r#"{"l": ["a", "b"]}"#, r#""b""#)]
    ),
    list!(
        "count",
        &[],
        "a whole number",
        "How many elements. Of an absent list: absent.",
        &[("l | count", r#"{"l": ["a", "b"]}"#, "2")]
    ),
    list!(
        "sum",
        ELEMENT,
        "a number or money",
        "The exact sum; what is absent counts nothing, and an empty list sums to 0.",
        &[(
            "l | sum(p | decimal | times(q))",
            r#"{"l": [{"p": "0.10", "q": 3}, {"p": "0.20", "q": 1}]}"#,
            r#""0.50""#
        )]
    ),
    list!(
        "min",
        ELEMENT,
        "a value",
        "The smallest.",
        &[("l | min(t)", r#"{"l": [{"t": "b"}, {"t": "a"}]}"#, r#""a""#)]
    ),
    list!(
        "max",
        ELEMENT,
        "a value",
        "The largest.",
        &[("l | max(t)", r#"{"l": [{"t": "b"}, {"t": "a"}]}"#, r#""b""#)]
    ),
    list!(
        "collect",
        &[needs("of", "a pipe that is run for each element")],
        "a list of texts",
        "One text of each element; what is absent is left out.",
        &[("l | collect(v) | join(\"/\")", r#"{"l": [{"v": "a"}, {"v": "b"}]}"#, r#""a/b""#)]
    ),
    list!(
        "join",
        &[may("with", "what stands between them; usually nothing")],
        "a text",
        "A list of texts as one text.",
        &[("l | join(\", \")", r#"{"l": ["a", "b"]}"#, r#""a, b""#)]
    ),
];
