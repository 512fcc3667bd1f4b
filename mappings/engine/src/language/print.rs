//! Prints an expression in the one way it is written.

use super::expr::{Arg, Binary, Call, Expr, ExprKind};

/// How tightly an expression binds; what binds less stands in brackets.
fn binds(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Pipe { .. } => 0,
        ExprKind::Choose { .. } => 1,
        ExprKind::Binary { op, .. } => match op {
            Binary::Or => 2,
            Binary::And => 3,
            Binary::Plus | Binary::Minus => 6,
            Binary::Times => 7,
            Binary::Equal
            | Binary::NotEqual
            | Binary::Less
            | Binary::LessOrEqual
            | Binary::Greater
            | Binary::GreaterOrEqual
            | Binary::In => 5,
        },
        ExprKind::Not(_) => 4,
        _ => 8,
    }
}

/// The expression as text.
pub(crate) fn print(expr: &Expr) -> String {
    let mut out = String::new();
    write(expr, 0, &mut out);
    out
}

fn write(expr: &Expr, least: u8, out: &mut String) {
    let bracket = binds(expr) < least;
    if bracket {
        out.push('(');
    }
    match &expr.kind {
        ExprKind::Path(path) => out.push_str(&path.text()),
        ExprKind::Text(text) => out.push_str(&serde_json::to_string(text).unwrap_or_default()),
        ExprKind::Number(text) => out.push_str(text),
        ExprKind::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        ExprKind::Null => out.push_str("null"),
        ExprKind::List(items) => {
            out.push('[');
            separated(items, out, |item, out| write(item, 0, out));
            out.push(']');
        }
        ExprKind::Pipe { head, calls } => {
            write(head, 2, out);
            for call in calls {
                out.push_str(" | ");
                write_call(call, out);
            }
        }
        ExprKind::Not(inner) => {
            out.push('!');
            write(inner, 4, out);
        }
        ExprKind::Negate(inner) => {
            out.push('-');
            write(inner, 8, out);
        }
        ExprKind::Has(inner) => {
            out.push_str("has(");
            write(inner, 0, out);
            out.push(')');
        }
        ExprKind::Binary { op, left, right } => {
            let level = binds(expr);
            // Comparisons do not chain; the others group to the left.
            write(left, if level == 5 { 6 } else { level }, out);
            out.push_str(sign(*op));
            write(right, level + 1, out);
        }
        ExprKind::Choose { cond, yes, no } => {
            write(cond, 2, out);
            out.push_str(" ? ");
            write(yes, 0, out);
            out.push_str(" : ");
            write(no, 1, out);
        }
    }
    if bracket {
        out.push(')');
    }
}

fn write_call(call: &Call, out: &mut String) {
    out.push_str(&call.name);
    if call.args.is_empty() {
        return;
    }
    out.push('(');
    separated(&call.args, out, |Arg { name, value }, out| {
        if let Some(name) = name {
            out.push_str(name);
            out.push('=');
        }
        write(value, 0, out);
    });
    out.push(')');
}

fn separated<T>(items: &[T], out: &mut String, mut write: impl FnMut(&T, &mut String)) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
}

const fn sign(op: Binary) -> &'static str {
    match op {
        Binary::Or => " || ",
        Binary::And => " && ",
        Binary::Equal => " == ",
        Binary::NotEqual => " != ",
        Binary::Less => " < ",
        Binary::LessOrEqual => " <= ",
        Binary::Greater => " > ",
        Binary::GreaterOrEqual => " >= ",
        Binary::In => " in ",
        Binary::Plus => " + ",
        Binary::Minus => " - ",
        Binary::Times => " * ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::parse::expression;

    #[test]
    fn what_is_printed_reads_the_same() {
        for text in [
            "name|trim",
            "[\"odd key\"].b[\"c d\"]|trim",
            "a in [\"b\"] || a in [\"odd list\"].b",
            "a . b [0] . c [\"odd key\"]",
            "../x|default( ../../y | text )",
            "has(a)&&!(b==\"x\"||c in [1,2])",
            "((price | decimal) * quantity + (tax|sum(price|decimal))) | money(root.currency)",
            "a - (b - c) - d",
            "(a ? b : c) | text",
            "a ? b : c ? d : e",
            "l[kind=\"tel\"].value | width(keep=\"～㈱\", to=nfkc)",
            "-(a + 1) * -2",
            "this | split(\"\\\"\")",
            "!(!a) == true",
        ] {
            let once = print(&expression(text).unwrap());
            let twice = print(&expression(&once).unwrap());
            assert_eq!(once, twice, "{text}");
        }
        assert_eq!(
            print(&expression("name|trim|slice( 0 ,4 )").unwrap()),
            "name | trim | slice(0, 4)"
        );
        assert_eq!(print(&expression("(a+b)*c").unwrap()), "(a + b) * c");
    }
}
