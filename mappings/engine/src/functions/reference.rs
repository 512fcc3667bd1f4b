//! The function reference of `LANGUAGE.md`, printed from the table.

use std::fmt::Write as _;

use super::{Function, Group, all, args::signature};

const GROUPS: [Group; 7] = [
    Group::Text,
    Group::Number,
    Group::Money,
    Group::Time,
    Group::Identifier,
    Group::List,
    Group::Logic,
];

/// The reference as Markdown, without its title.
pub fn reference() -> String {
    let mut out = String::new();
    for group in GROUPS {
        let _infallible = writeln!(out, "### {}\n", group.title());
        for function in all().filter(|it| it.group == group) {
            entry(function, &mut out);
        }
    }
    out
}

fn entry(function: &Function, out: &mut String) {
    let total = if function.faults.is_empty() { "never" } else { function.faults };
    let or_none = |text: &'static str| if text.is_empty() { "nothing" } else { text };
    let inverse = if function.inverse.is_empty() { "no" } else { function.inverse };
    let _infallible = writeln!(
        out,
        "#### `{}`\n\n{}\n\nTakes {}, gives {}. Faults: {total}. Loses: {}. Read backwards: {inverse}.\n",
        signature(function),
        function.about,
        function.takes(),
        function.gives,
        or_none(function.loses),
    );
    for param in function.params {
        let word = if param.required { "" } else { " (may be left out)" };
        let _infallible = writeln!(out, "- `{}`: {}{word}", param.name, param.about);
    }
    if !function.params.is_empty() {
        out.push('\n');
    }
    if function.examples.is_empty() {
        return;
    }
    // Fenced: lines that are only drawn in belong to the list before them.
    out.push_str("```text\n");
    for (pipe, record, result) in function.examples {
        let _infallible = writeln!(out, "{pipe} of {record} gives {result}");
    }
    out.push_str("```\n\n");
}
