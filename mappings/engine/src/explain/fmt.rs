//! Writes a map file in the one way it is written. Comments and order stay.

use codec::{
    diagnostic::Diagnostic,
    yaml::{self, Node, Value},
};

use crate::language::{parse::expression, print::print};

/// Formats a map file: blanks around `|` and operators, no trailing blanks, one
/// blank line at most, a line end at the end.
///
/// # Errors
/// The faults of the file when it is not YAML.
pub fn fmt(file: &str, text: &str) -> Result<String, Vec<Diagnostic>> {
    let node = yaml::parse(file, text)?;
    let mut lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
    for (key, value) in node.map().unwrap_or_default() {
        let rules = matches!(
            key.text(),
            Some(
                "fields"
                    | "source_id"
                    | "source_version"
                    | "occurred_at"
                    | "partition_key"
                    | "action"
            )
        );
        if rules {
            scalars(value, false, &mut lines);
        }
    }
    let mut out = String::with_capacity(text.len());
    let mut blank = true;
    for line in lines {
        if line.is_empty() && blank {
            continue;
        }
        blank = line.is_empty();
        out.push_str(&line);
        out.push('\n');
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    Ok(out)
}

/// Rewrites the expressions of a rule in their lines.
fn scalars(node: &Node, constant: bool, lines: &mut [String]) {
    match &node.value {
        Value::Scalar { text, quoted: false } if !constant => rewrite(node, text, lines),
        Value::Scalar { .. } => {}
        Value::Seq(items) => items.iter().for_each(|item| scalars(item, constant, lines)),
        Value::Map(entries) => {
            for (key, value) in entries {
                let constant = constant
                    || matches!(
                        key.text(),
                        Some(
                            "const"
                                | "with"
                                | "key"
                                | "missing"
                                | "null"
                                | "empty"
                                | "loss"
                                | "reason"
                        )
                    );
                scalars(value, constant, lines);
            }
        }
    }
}

fn rewrite(node: &Node, text: &str, lines: &mut [String]) {
    let line = usize::try_from(node.place.line)
        .unwrap_or(0)
        .checked_sub(1)
        .and_then(|at| lines.get_mut(at));
    let (Some(line), Ok(expr)) = (line, expression(text)) else { return };
    let printed = print(&expr);
    let column = usize::try_from(node.place.column).unwrap_or(1).saturating_sub(1);
    let start = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    let stands = line.get(start..).is_some_and(|rest| rest.starts_with(text));
    // Bracketed heads are part of the text; a rule over several lines stays.
    let plain = !printed.contains(": ") && !printed.contains(" #") && !text.starts_with('(');
    let same = expression(&printed).is_ok_and(|again| print(&again) == printed);
    if stands && plain && same && printed.starts_with(text.chars().next().unwrap_or(' ')) {
        line.replace_range(start..start + text.len(), &printed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_spaced_and_nothing_else_moves() {
        let text = "map: a/b\nfields:\n  # why\n  x: name|trim  \n\n\n  y: { const: a|b }\n  z:\n    - if: has(a)&&b==\"x\"\n      then: a.b|default( \"x\" )\n\n";
        let want = "map: a/b\nfields:\n  # why\n  x: name | trim\n\n  y: { const: a|b }\n  z:\n    - if: has(a) && b == \"x\"\n      then: a.b | default(\"x\")\n";
        assert_eq!(fmt("m", text).unwrap(), want);
        assert_eq!(fmt("m", want).unwrap(), want, "a second time changes nothing");
    }
}
