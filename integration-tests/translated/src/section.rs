//! A page in sections, and each in the parts that are compared.

use std::collections::{BTreeMap, BTreeSet};

/// What stands between two headings.
#[derive(Default)]
pub(crate) struct Section {
    /// With its `##`.
    pub(crate) heading: String,
    /// The `<a id="…">` before the heading.
    pub(crate) anchor: String,
    /// Each example without comments, fenced or drawn in by four blanks.
    pub(crate) examples: Vec<String>,
    /// Rows of tables.
    pub(crate) rows: Vec<String>,
    /// Paragraphs and list items, each on one line.
    pub(crate) prose: Vec<String>,
}

/// What the line before was, for a line that goes on with it.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    Nothing,
    Fenced,
    DrawnIn,
    Prose,
}

/// The sections in order; the first is what stands before any heading.
pub(crate) fn sections(page: &str) -> Vec<Section> {
    let mut done = Vec::new();
    let mut section = Section::default();
    let mut anchor = String::new();
    let mut open = Open::Nothing;
    for line in page.lines() {
        open = match open {
            Open::Fenced if line.starts_with("```") => Open::Nothing,
            Open::Fenced => section.example_line(line, Open::Fenced),
            Open::DrawnIn if line.starts_with("    ") => section.example_line(line, Open::DrawnIn),
            _ if line.starts_with("```") => {
                section.examples.push(line.to_owned());
                Open::Fenced
            }
            Open::Nothing if line.starts_with("    ") => {
                section.examples.push(String::new());
                section.example_line(line, Open::DrawnIn)
            }
            _ if line.starts_with("##") => {
                let anchor = std::mem::take(&mut anchor);
                let next = Section { heading: line.to_owned(), anchor, ..Section::default() };
                done.push(std::mem::replace(&mut section, next));
                Open::Nothing
            }
            _ if line.starts_with("<a id=\"") => {
                line.split('"').nth(1).unwrap_or_default().clone_into(&mut anchor);
                Open::Nothing
            }
            _ if line.starts_with('|') => {
                section.rows.push(line.to_owned());
                Open::Nothing
            }
            _ if line.is_empty() || line.starts_with("<!--") || line.starts_with("# ") => {
                Open::Nothing
            }
            _ => section.prose_line(line, open),
        };
    }
    done.push(section);
    done
}

impl Section {
    fn example_line(&mut self, line: &str, open: Open) -> Open {
        if let Some(example) = self.examples.last_mut() {
            example.push('\n');
            example.push_str(without_comment(line));
        }
        open
    }

    fn prose_line(&mut self, line: &str, open: Open) -> Open {
        match self.prose.last_mut() {
            Some(last) if open == Open::Prose && !line.starts_with("- ") => {
                last.push(' ');
                last.push_str(line.trim_start());
            }
            _ => self.prose.push(line.to_owned()),
        }
        Open::Prose
    }
}

/// A line of an example up to its comment. What `# in:` and `# out:` show is
/// data; no example has ` #` in a text.
fn without_comment(line: &str) -> &str {
    if line.starts_with("# in:") || line.starts_with("# out:") {
        return line;
    }
    match line.trim_start().starts_with('#') {
        true => "",
        false => line.split(" #").next().unwrap_or_default().trim_end(),
    }
}

/// What stands between backticks, also over the end of a line.
pub(crate) fn spans(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The anchor that GitHub makes of an English heading: `lists`, and `lists-1`
/// where another before it has the same words.
pub(crate) fn anchor(heading: &str, seen: &mut BTreeMap<String, usize>) -> String {
    let words = heading.trim_start_matches('#').trim();
    let kept = words.chars().filter(|it| it.is_alphanumeric() || [' ', '-', '_'].contains(it));
    let anchor: String =
        kept.map(|it| if it == ' ' { '-' } else { it.to_ascii_lowercase() }).collect();
    let before = seen.entry(anchor.clone()).or_default();
    *before += 1;
    match *before - 1 {
        0 => anchor,
        more => format!("{anchor}-{more}"),
    }
}
