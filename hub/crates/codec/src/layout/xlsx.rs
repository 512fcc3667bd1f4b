//! Sheets of workbooks (XLSX, ECMA-376) as rows. The parts of the archive are
//! read here and not by a library of spreadsheets: those give numbers as binary
//! floats, and a price of 0.1 is stored as the digits `0.1`.
//!
//! What a cell is comes from its type, its style and the workbook's calendar;
//! what it must be comes from the layout. Macros, links and pictures are left
//! alone. Offsets of records and cells are those of the unpacked sheet.

mod book;
mod date;
mod merge;
mod number;
mod parse;
mod part;
mod place;
mod read;
mod sheet;
mod strings;
mod styles;
mod survey;
mod value;

pub(super) use parse::xlsx;
pub(super) use read::{heading, read};
pub use survey::{ColumnSurvey, Seen, SheetSurvey, Suspicion, survey};

use super::{
    around::Around,
    model::{Csv, Ends, Header, Mark, Quoting},
};
use crate::compressed::Caps;

/// Bytes of a workbook as it comes.
pub(super) const BYTES_MAX: usize = 64 << 20;
/// What may come out of it.
const CAPS: Caps = Caps { bytes_max: 256 << 20, ratio_max: 500, files_max: 4096 };

/// How records lie in a sheet.
#[derive(Clone, Debug)]
pub(super) struct Xlsx {
    sheet: Which,
    pub(super) header: Header,
    /// How a header that is passed over begins, if it is known.
    header_begins: Option<String>,
    top: Top,
    /// Rows after the last record, empty ones not counted.
    footers: Around,
    skip_blank: bool,
    header_repeats: bool,
    multiline: bool,
    /// Other control characters in cells are text.
    controls: bool,
    /// The first column of the table, from 0.
    first_column: u32,
    /// Index of the column that holds a record's code.
    pub(super) type_column: usize,
    merged: Merged,
    hidden: Hidden,
    numbers: Numbers,
}

/// Which sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Which {
    /// The only one that is shown.
    Only,
    /// From 1, hidden ones counted.
    Number(usize),
    Name(String),
}

/// Where the table begins.
#[derive(Clone, Debug)]
enum Top {
    /// In that row, from 1.
    Row(u32),
    /// Behind these.
    Behind(Around),
    /// In the first row that has the names of the columns.
    Found,
}

/// Cells that lie over several rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Merged {
    Refused,
    /// The cell stands in each of the rows.
    Filled,
}

/// Rows that people do not see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hidden {
    Refused,
    Taken,
    Skipped,
}

/// Numbers with more digits than spreadsheets show, as formulas make them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbers {
    /// As they are stored.
    Exact,
    /// Rounded to fifteen digits, as spreadsheets show them.
    Fifteen,
}

// === impl Xlsx ===

impl Xlsx {
    /// The same records as delimited text, in which anything can stand.
    pub(super) fn as_csv(&self) -> Csv {
        Csv {
            delimiter: b',',
            quote: Some(b'"'),
            quoting: Quoting::Needed,
            bare_quotes: false,
            multiline: true,
            excel_text: false,
            trailing_delimiter: false,
            skip_blank: false,
            controls: true,
            ends: Ends::Crlf,
            header: Header::None,
            header_begins: None,
            header_repeats: false,
            titles: Around::NONE,
            footers: Around::NONE,
            eof_mark: Mark::Refused,
            type_column: self.type_column,
        }
    }
}
