//! What is in a workbook, before there is a layout for it: its sheets, which row
//! names the columns, what stands in each column, and cells in which something was
//! lost on the way into the workbook, or is about to be.

mod column;

pub use column::{ColumnSurvey, Seen, Suspicion};

use super::{
    Hidden, Merged, Numbers, Top, Which, Xlsx,
    book::Book,
    place::letters,
    sheet::{Sheet, SheetRow, Value},
    value::Values,
};
use crate::layout::{LayoutFault, around::Around, model::Header};
use column::Columns;

/// Rows in which the one that names the columns is looked for.
const HEADER_ROWS_MAX: usize = 30;
/// Characters of a cell that are shown.
const SHOWN_CHARS_MAX: usize = 40;

/// What is in one sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetSurvey {
    pub name: String,
    /// People do not see it.
    pub hidden: bool,
    /// From the first to the last cell with something in it, `A1:F20`; `None`: there
    /// are none, or it is a chart.
    pub area: Option<String>,
    /// Rows with something in them, the header counted.
    pub rows: u64,
    /// Those of them that people do not see.
    pub hidden_rows: u64,
    pub merged_areas: u64,
    /// The row that looks like the names of the columns, from 1.
    pub header: Option<u32>,
    /// In the order of the sheet.
    pub columns: Vec<ColumnSurvey>,
}

/// Looks at all sheets of a workbook; of each suspicion so many cells are named.
///
/// # Errors
/// When the bytes are no workbook, or too large a one.
pub fn survey(bytes: &[u8], examples: usize) -> Result<Vec<SheetSurvey>, LayoutFault> {
    let mut book = Book::open(bytes)?;
    let listed = book.listed_sheets().map(|(name, hidden, cells)| (name.to_owned(), hidden, cells));
    let listed: Vec<(String, bool, bool)> = listed.collect();
    let mut surveys = Vec::new();
    for (number, (name, hidden, has_cells)) in (1..).zip(listed) {
        let sheet = match has_cells {
            true => book.sheet(&Which::Number(number), usize::MAX)?.1,
            false => Sheet::default(),
        };
        surveys.push(of_sheet(&book, &sheet, (name, hidden), examples));
    }
    Ok(surveys)
}

fn of_sheet(
    book: &Book<'_>,
    sheet: &Sheet,
    (name, hidden): (String, bool),
    examples: usize,
) -> SheetSurvey {
    let plain = plain();
    let values = Values::new(book, sheet, &plain);
    let header = header(sheet, &values);
    let mut columns = Columns::new(examples);
    for row in &sheet.rows {
        for cell in sheet.cells_of(row) {
            let shown = shortened(&values.shown(cell));
            if header.is_some_and(|it| row.number == it.number) {
                columns.name(cell.column, shown);
            } else if header.is_none_or(|it| row.number > it.number) {
                let literal = match cell.value {
                    Value::Number(start, end) => sheet.text(start, end),
                    _ => "",
                };
                let seen =
                    column::Cell { value: cell.value, format: values.format(cell), literal, shown };
                columns.add((cell.column, row.number), seen);
            }
        }
    }
    SheetSurvey {
        name,
        hidden,
        area: area(sheet),
        rows: wide(sheet.rows.len()),
        hidden_rows: wide(sheet.rows.iter().filter(|it| it.hidden).count()),
        merged_areas: wide(sheet.merges.len()),
        header: header.map(|it| it.number),
        columns: columns.finish(),
    }
}

/// The first row of several different texts with something of as many cells below.
fn header<'s>(sheet: &'s Sheet, values: &Values<'_>) -> Option<&'s SheetRow> {
    let widest = sheet.rows.iter().map(|it| sheet.cells_of(it).len()).max()?;
    let names = |row: &SheetRow| {
        let cells = sheet.cells_of(row);
        let texts: Vec<String> = cells
            .iter()
            .filter(|it| matches!(it.value, Value::Text(..) | Value::Shared(_)))
            .map(|it| values.shown(it).trim().to_owned())
            .filter(|it| !it.is_empty() && !it.bytes().all(|byte| byte.is_ascii_digit()))
            .collect();
        let mut different = texts.clone();
        different.sort();
        different.dedup();
        let all = texts.len() == cells.len() && different.len() == texts.len();
        all && texts.len() >= 2 && texts.len() * 2 > widest
    };
    sheet.rows.iter().take(HEADER_ROWS_MAX).find(|it| names(it))
}

fn area(sheet: &Sheet) -> Option<String> {
    let (first, last) = (sheet.rows.first()?, sheet.rows.last()?);
    let left = sheet.cells.iter().map(|it| it.column).min()?;
    let right = sheet.cells.iter().map(|it| it.column).max()?;
    Some(format!("{}{}:{}{}", letters(left), first.number, letters(right), last.number))
}

fn shortened(text: &str) -> String {
    let more = if text.chars().nth(SHOWN_CHARS_MAX).is_some() { "…" } else { "" };
    let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    format!("{}{more}", shown.escape_debug())
}

/// Numbers as they are stored; the rest is the layout's matter.
fn plain() -> Xlsx {
    Xlsx {
        sheet: Which::Only,
        header: Header::None,
        header_begins: None,
        top: Top::Row(1),
        footers: Around::NONE,
        skip_blank: true,
        header_repeats: false,
        multiline: true,
        controls: true,
        first_column: 0,
        type_column: 0,
        merged: Merged::Refused,
        hidden: Hidden::Taken,
        numbers: Numbers::Exact,
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
