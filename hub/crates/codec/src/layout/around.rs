//! Lines around the records that are none: titles before them, footers behind
//! them. A plain count passes over so many lines whatever they say; said how they
//! begin, they are known, and where one is not there no record is taken for it.

use super::{
    LayoutFault,
    model::{CellFormat, Column},
};
use crate::yaml::Table;

/// Lines before or behind the records.
#[derive(Clone, Debug)]
pub(super) enum Around {
    /// So many.
    Count(usize),
    /// At most these, from the outermost to the one beside the records.
    Known(Vec<Known>),
}

/// A line that is known by its text.
#[derive(Clone, Debug)]
pub(super) struct Known {
    begins: String,
    /// Without it the input is refused.
    required: bool,
}

/// What a line was passed over for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Passed {
    Title,
    Header,
    Footer,
}

/// How much a line looks like a record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Likeness {
    /// Filled cells that not every text can be: numbers, dates, codes.
    telling: usize,
    filled: usize,
    columns: usize,
    bad: usize,
}

// === impl Around ===

impl Around {
    pub(super) const NONE: Self = Self::Count(0);

    /// Reads a count, or a list from the first line to the last.
    pub(super) fn titles(table: &Table<'_>) -> Self {
        Self::read(table, "title_lines")
    }

    /// The same of footers.
    pub(super) fn footers(table: &Table<'_>) -> Self {
        match Self::read(table, "footer_lines") {
            Self::Known(mut known) => {
                known.reverse();
                Self::Known(known)
            }
            count @ Self::Count(_) => count,
        }
    }

    fn read(table: &Table<'_>, key: &'static str) -> Self {
        let Some(node) = table.node(key) else { return Self::NONE };
        if node.seq().is_none() {
            let expected = "a count of lines, or a list such as [{ begins: 合計 }]";
            return Self::Count(table.number(key, expected).unwrap_or(0));
        }
        let known = table.tables(key, "a line that is known").into_iter().filter_map(|line| {
            let begins = line.required_text("begins").unwrap_or_default().to_owned();
            let required = line.bool("required").unwrap_or(false);
            if begins.is_empty() {
                line.error("L07", "every line begins with nothing: `begins` is empty");
            }
            line.finish();
            (!begins.is_empty()).then_some(Known { begins, required })
        });
        Self::Known(known.collect())
    }

    /// Without some of them an input is refused, or loses records.
    pub(super) fn is_needed(&self) -> bool {
        match self {
            Self::Count(count) => *count > 0,
            Self::Known(known) => known.iter().any(|it| it.required),
        }
    }

    /// Lines that they are at most.
    pub(super) fn lines_max(&self) -> usize {
        match self {
            Self::Count(count) => *count,
            Self::Known(known) => known.len(),
        }
    }
}

// === impl Known ===

impl Known {
    /// What is left of `known` behind a line; `None` where it is none of them.
    pub(super) fn behind<'k>(known: &'k [Self], line: &str) -> Option<&'k [Self]> {
        for (at, one) in known.iter().enumerate() {
            if line.starts_with(&one.begins) {
                return known.get(at + 1..);
            }
            if one.required {
                return None;
            }
        }
        None
    }

    /// None that must be there is left.
    pub(super) fn none_missing(
        known: &[Self],
        passed: Passed,
        at: usize,
    ) -> Result<(), LayoutFault> {
        let Some(missing) = known.iter().find(|it| it.required) else { return Ok(()) };
        let (code, what) = match passed {
            Passed::Footer => ("footer-missing", "footer"),
            Passed::Title | Passed::Header => ("title-missing", "title"),
        };
        let message = format!("the {what} that must be there is not");
        let expected = format!("a line that begins with {}", missing.begins);
        Err(LayoutFault::new(code, at, message).expected(expected))
    }
}

// === impl Passed ===

impl Passed {
    /// A line that is passed over by its place alone, and reads as a record.
    pub(super) fn is_record(self, at: usize, columns: usize) -> LayoutFault {
        let (code, what, key) = match self {
            Self::Title => ("title-is-record", "title", "title_lines: [{ begins: … }]"),
            Self::Header => ("header-is-record", "header", "header_begins: …"),
            Self::Footer => ("footer-is-record", "footer", "footer_lines: [{ begins: … }]"),
        };
        let message = format!("what stands in place of the {what} reads as a record");
        LayoutFault::new(code, at, message)
            .found(format!("a record of {columns} columns"))
            .expected(format!("a {what}; where it may be missing, `{key}` says how it is known"))
    }
}

// === impl Likeness ===

impl Likeness {
    /// Adds a cell: its text as it was read; `None`: it could not be.
    pub(super) fn add(&mut self, column: &Column, text: Option<&str>) {
        self.columns += 1;
        let Some(text) = text else {
            self.bad += 1;
            return;
        };
        let tells = column.cell != CellFormat::Text
            || column.constant.is_some()
            || !column.field.one_of.is_empty();
        self.telling += usize::from(tells && !text.is_empty());
        self.filled += usize::from(!text.is_empty());
    }

    /// It reads as a record, or would but for one cell while others say that it
    /// is one: a bad record is not to be lost as a footer either.
    pub(super) fn is_record(self) -> bool {
        self.bad == 0 || self.bad == 1 && self.telling >= 2
    }

    /// As a row of a sheet, whose empty cells do not say that it has them: one text
    /// among them is what a title looks like.
    pub(super) fn is_record_of_sheet(self) -> bool {
        let says = self.telling > 0 || self.filled > 1 || self.filled == self.columns;
        self.is_record() && says
    }
}
