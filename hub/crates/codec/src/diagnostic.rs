//! Faults in files that people write: maps, layouts, manifests, settings. Each
//! says what is wrong, where, what was expected and what to do.

use std::fmt::{self, Write as _};

/// A place in a text file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, counted in characters (not bytes, not screen cells).
    pub column: u32,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but probably does not do what was meant.
    Warning,
}

/// One fault in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Stable code, such as `Y02` or `L03`. Each has a page.
    pub code: &'static str,
    /// File name as the caller knows it.
    pub file: String,
    pub place: Place,
    /// Characters to mark from `place` on; at least one is marked.
    pub width: u32,
    pub message: String,
    pub expected: Option<String>,
    pub help: Option<String>,
}

// === impl Place ===

impl Place {
    /// The first character of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

// === impl Severity ===

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

// === impl Diagnostic ===

impl Diagnostic {
    /// An error without `expected` and `help`.
    pub fn error(
        code: &'static str,
        file: &str,
        (place, width): (Place, u32),
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            code,
            file: file.to_owned(),
            place,
            width,
            message: message.into(),
            expected: None,
            help: None,
        }
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same, saying what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// The same, saying what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The fault as a good compiler shows it: code and message, file, line and
    /// column, the line itself with carets under what is meant, what was
    /// expected, what to do. `source` is the text of the file.
    ///
    /// Carets stand under the right characters where a terminal shows
    /// full-width characters in two cells.
    pub fn render(&self, source: &str) -> String {
        let mut out = format!(
            "{}[{}]: {}\n  --> {}:{}\n",
            self.severity, self.code, self.message, self.file, self.place
        );
        let number = self.place.line.to_string();
        let margin = " ".repeat(number.len());
        let line_index = usize::try_from(self.place.line.saturating_sub(1)).unwrap_or(usize::MAX);
        if let Some(line) = source.lines().nth(line_index) {
            let (shown, pad, marks) = self.underline(line);
            let (pad, marks) = (" ".repeat(pad), "^".repeat(marks));
            let _ok = write!(out, "{margin} |\n{number} | {shown}\n{margin} | {pad}{marks}\n");
        }
        for (label, text) in [("expected", &self.expected), ("help", &self.help)] {
            if let Some(text) = text {
                let _ok = writeln!(out, "{margin} = {label}: {text}");
            }
        }
        out
    }

    /// The line as shown (tabs opened up, control characters as `·`), the cells
    /// before the marks, and the cells to mark.
    fn underline(&self, line: &str) -> (String, usize, usize) {
        let from = usize::try_from(self.place.column.saturating_sub(1)).unwrap_or(usize::MAX);
        let to = from.saturating_add(usize::try_from(self.width.max(1)).unwrap_or(usize::MAX));
        let (mut shown, mut pad, mut marks) = (String::with_capacity(line.len()), 0, 0);
        for (index, c) in line.trim_end_matches('\r').chars().enumerate() {
            let cells = match c {
                '\t' => {
                    shown.push_str("    ");
                    4
                }
                c if c.is_control() => {
                    shown.push('·');
                    1
                }
                c => {
                    shown.push(c);
                    cells(c)
                }
            };
            if index < from {
                pad += cells;
            } else if index < to {
                marks += cells;
            }
        }
        (shown, pad, marks.max(1))
    }
}

/// Terminal cells of a character: two for East Asian wide and full-width ones
/// (Unicode UAX #11, W and F), none for combining marks, one otherwise.
pub fn cells(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036F | 0x200B..=0x200F | 0x3099..=0x309A | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F
        | 0x2E80..=0x303E
        | 0x3041..=0x4DBF
        | 0x4E00..=0xA4CF
        | 0xA960..=0xA97F
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF01..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1F64F
        | 0x1F680..=0x1F6FF
        | 0x1F900..=0x1FAFF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// The candidate that `name` was probably meant to be, if one is near enough:
/// equal but for case or separators, or at most a third of its letters away.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(name);
    let limit = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        // Much longer ones are never near, and comparing takes its time.
        .filter(|it| *it != name && it.len() <= 16 * name.len().max(16))
        .filter_map(|it| {
            let distance = if fold(it) == folded { 0 } else { strsim::osa_distance(name, it) };
            (distance <= limit).then_some((distance, it))
        })
        // The first of equals wins, so that the answer does not depend on luck.
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, it)| it)
}

fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_reads_like_a_compilers() {
        let source = "map: x\n  数量: quantty | 表示\n";
        let fault = Diagnostic::error(
            "M01",
            "maps/order.map.yaml",
            (Place { line: 2, column: 7 }, 7),
            "no path `quantty` in the source",
        )
        .expected("a path of source/order.schema.json")
        .help("did you mean `quantity`?");
        assert_eq!(
            fault.render(source),
            "error[M01]: no path `quantty` in the source\n  --> maps/order.map.yaml:2:7\n  \
             |\n2 |   数量: quantty | 表示\n  |         ^^^^^^^\n  \
             = expected: a path of source/order.schema.json\n  \
             = help: did you mean `quantity`?\n"
        );
    }

    #[test]
    fn carets_are_as_wide_as_what_they_mark() {
        let fault = Diagnostic::error("L01", "f", (Place { line: 1, column: 2 }, 2), "m").warning();
        assert!(fault.render("ｱ表髙b\n").ends_with("1 | ｱ表髙b\n  |  ^^^^\n"));
        let past = Diagnostic::error("L01", "f", (Place { line: 9, column: 2 }, 2), "m");
        assert_eq!(past.render("one line"), "error[L01]: m\n  --> f:9:2\n");
    }

    #[test]
    fn the_nearest_name_is_near_or_nothing() {
        let names = ["quantity", "unit_price", "currency"];
        assert_eq!(nearest("quantty", names), Some("quantity"));
        assert_eq!(nearest("unitPrice", names), Some("unit_price"));
        assert_eq!(nearest("customer", names), None);
        assert_eq!(nearest("", names), None);
    }
}
