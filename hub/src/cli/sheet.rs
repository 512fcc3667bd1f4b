//! Lists as CSV for people, who open them in a spreadsheet: UTF-8 with a byte
//! order mark, every cell quoted. What came from elsewhere may look like a
//! formula, and a spreadsheet would run it: such a cell gets an apostrophe
//! before it (OWASP, CSV Injection). Files for machines are written by layouts,
//! which change nothing.

use clap::ValueEnum;
use serde_json::Value;

/// What spreadsheets take for the beginning of a formula, in full width too.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// How a list is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Lines to read.
    #[default]
    Text,
    /// One JSON document a line.
    Json,
    /// A table for a spreadsheet; formulas in it do not run.
    Csv,
}

/// How a list is printed, as arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Printed {
    /// How it is printed.
    #[arg(long, default_value = "text")]
    format: Format,
    /// Print JSON lines; the same as --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// A list that is being printed: the names of its columns, and where each stands
/// in an item.
pub(super) struct Table {
    format: Format,
    columns: &'static [(&'static str, &'static str)],
}

// === impl Table ===

impl Table {
    /// Begins a list; a table has its names in the first line.
    pub(super) fn begin(
        printed: &Printed,
        columns: &'static [(&'static str, &'static str)],
    ) -> Self {
        let format = if printed.json { Format::Json } else { printed.format };
        if format == Format::Csv {
            let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
            super::screen::bytes(format!("\u{FEFF}{}", line(&names)).as_bytes());
        }
        Self { format, columns }
    }

    /// Prints one item; `text` is how it reads as a line.
    pub(super) fn item(&self, item: &Value, text: impl FnOnce(&Value) -> String) {
        match self.format {
            Format::Text => say!("{}", text(item)),
            Format::Json => say!("{item}"),
            Format::Csv => super::screen::bytes(self.row(item).as_bytes()),
        }
    }

    /// Says that a list for reading has nothing in it.
    pub(super) fn none(&self) {
        if self.format == Format::Text {
            say!("none");
        }
    }

    fn row(&self, item: &Value) -> String {
        let cells: Vec<String> = self
            .columns
            .iter()
            .map(|(_, pointer)| match item.pointer(pointer) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Null) | None => String::new(),
                Some(other) => other.to_string(),
            })
            .collect();
        line(&cells)
    }
}

/// One line of the file.
fn line(cells: &[impl AsRef<str>]) -> String {
    let cell = |it: &_| {
        let text = AsRef::<str>::as_ref(it);
        let mark = if text.starts_with(FORMULA) { "'" } else { "" };
        format!("\"{mark}{}\"", text.replace('"', "\"\""))
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const COLUMNS: &[(&str, &str)] =
        &[("id", "/id"), ("record", "/record/number"), ("why", "/why")];

    #[test]
    fn what_a_spreadsheet_would_run_is_text() {
        let table = Table { format: Format::Csv, columns: COLUMNS };
        let row =
            |why: &str| table.row(&json!({ "id": "3.0", "record": { "number": 7 }, "why": why }));
        assert_eq!(row("表 \"a\", b"), "\"3.0\",\"7\",\"表 \"\"a\"\", b\"\r\n");
        for bad in [
            "=HYPERLINK(\"http://example.com\")",
            "+81-3",
            "-1+1",
            "@SUM(A1)",
            "\tx",
            "\r=1",
            "\n=1",
            "＝1＋1",
            "＋1",
            "－1",
            "＠A1",
        ] {
            let doubled = bad.replace('"', "\"\"");
            assert_eq!(row(bad), format!("\"3.0\",\"7\",\"'{doubled}\"\r\n"));
        }
        // A quote or a delimiter cannot begin another cell.
        assert_eq!(row("a\",=1"), "\"3.0\",\"7\",\"a\"\",=1\"\r\n");
        assert_eq!(table.row(&json!({ "id": null })), "\"\",\"\",\"\"\r\n");
    }
}
