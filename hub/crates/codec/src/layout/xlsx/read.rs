//! The rows of a sheet as records.

use std::{borrow::Cow, ops::Range};

use canon::entry::RecordFault;

mod around;

use super::{
    Hidden, Merged, Top, Xlsx,
    book::Book,
    merge::Merges,
    place::{Area, letters, prefix},
    sheet::{SheetCell, SheetRow},
    value::{Both, Values, Wrong},
};
use crate::{
    layout::{
        HEADING_BYTES_MAX, Layout, LayoutFault,
        arena::{self, Arena, BAD},
        around::{Known, Likeness, Passed},
        assemble::{Assembler, Line},
        cell,
        heading::{self, headed},
        model::{Header, Kind, Role},
        piece::Window,
        tally::Tally,
        wide,
    },
    rows::{Cell, RowFault, Rows},
};

/// Rows among which the one with the names is looked for.
const HEADER_ROWS_MAX: usize = 100;

/// Reads the sheet of a workbook.
pub(in crate::layout) fn read(
    layout: &Layout,
    xlsx: &Xlsx,
    window: &Window<'_>,
    tally: &mut Tally,
) -> Result<Rows, LayoutFault> {
    let mut book = Book::open(window.bytes)?;
    let (name, sheet) = book.sheet(&xlsx.sheet, usize::MAX)?;
    let mut arena = Arena::new(String::new());
    let mut reader = Reader {
        layout,
        xlsx,
        prefix: prefix(&name),
        columns: layout.kinds.iter().map(|it| it.columns.iter().map(Both::new).collect()).collect(),
        values: Values::new(&book, &sheet, xlsx),
        merges: Merges::default(),
        order: None,
        header_row: 0,
        cells: Vec::new(),
    };
    let first = reader.head()?;
    reader.merges = Merges::of(&sheet.merges, &reader.span())?;
    let behind = reader.behind(first)?;
    reader.no_record_is_lost((first, behind), &mut arena).map_err(|it| reader.placed(it))?;
    let mut assembler = Assembler::new(layout, tally, window.keep, &mut arena);
    let result = reader.rows((first, behind), &mut arena, &mut assembler);
    let end = sheet.rows.last().map_or(0, |it| wide(it.offset));
    let rows = result.and_then(|()| assembler.finish(arena, end));
    let mut rows = rows.map_err(|fault| reader.placed(fault))?;
    reader.settle(&mut rows);
    Ok(rows)
}

/// The names of the columns, between tabs, as many as [`HEADING_BYTES_MAX`] has
/// room for; `None` if there are none to be had.
pub(in crate::layout) fn heading(layout: &Layout, xlsx: &Xlsx, bytes: &[u8]) -> Option<String> {
    if xlsx.header == Header::None {
        return None;
    }
    let mut book = Book::open(bytes).ok()?;
    let (_, sheet) = book.sheet(&xlsx.sheet, HEADER_ROWS_MAX).ok()?;
    let values = Values::new(&book, &sheet, xlsx);
    let row = match &xlsx.top {
        Top::Row(number) => sheet.row(*number)?,
        Top::Behind(titles) => sheet.row(around::behind(titles, &values).0)?,
        Top::Found => found(layout, xlsx, &values)?,
    };
    let mut heading = String::new();
    for (at, name) in names(xlsx, &values, row).iter().enumerate() {
        if heading.len() + name.len() >= HEADING_BYTES_MAX {
            break;
        }
        heading.push_str(if at > 0 { "\t" } else { "" });
        heading.push_str(name);
    }
    Some(heading)
}

struct Reader<'a> {
    layout: &'a Layout,
    xlsx: &'a Xlsx,
    /// What stands before a cell's name: `Sheet1!`.
    prefix: String,
    /// By kind.
    columns: Vec<Vec<Both>>,
    values: Values<'a>,
    merges: Merges,
    /// For each column of the sheet, the column of the layout.
    order: Option<Vec<Option<usize>>>,
    /// 0: there is none.
    header_row: u32,
    cells: Vec<Cell>,
}

/// The texts of a row from the table's first column on.
fn names<'a>(xlsx: &Xlsx, values: &Values<'a>, row: &SheetRow) -> Vec<Cow<'a, str>> {
    let mut names = Vec::new();
    for cell in values.sheet.cells_of(row) {
        let Some(at) = cell.column.checked_sub(xlsx.first_column) else { continue };
        names.resize(usize::try_from(at).unwrap_or(0), Cow::Borrowed(""));
        names.push(values.shown(cell));
    }
    names
}

/// The first row that has the names of the columns.
fn found<'a>(layout: &Layout, xlsx: &Xlsx, values: &Values<'a>) -> Option<&'a SheetRow> {
    let kind = headed(layout)?;
    values.sheet.rows.iter().take(HEADER_ROWS_MAX).find(|row| {
        let names = names(xlsx, values, row);
        heading::compare((layout, kind), (xlsx.header, 0), &names).is_ok()
    })
}

impl<'a> Reader<'a> {
    /// Finds the header and checks it. Returns the number of the row after it.
    fn head(&mut self) -> Result<u32, LayoutFault> {
        let number = match &self.xlsx.top {
            Top::Row(number) => Some(*number),
            Top::Behind(titles) => {
                let (number, left) = around::behind(titles, &self.values);
                Known::none_missing(left, Passed::Title, 0)?;
                Some(number)
            }
            Top::Found => None,
        };
        let row = match number {
            Some(number) if self.xlsx.header == Header::None => return Ok(number),
            Some(number) => self.values.sheet.row(number).ok_or_else(|| {
                LayoutFault::new("empty", 0, format!("{}{number} is empty", self.prefix))
                    .expected("a header")
            })?,
            None => found(self.layout, self.xlsx, &self.values).ok_or_else(|| {
                let message = format!("no row has the names of the columns in {}", self.prefix);
                let names = headed(self.layout).into_iter().flat_map(|it| &it.columns);
                let names: Vec<&str> = names.map(|it| it.header.as_str()).collect();
                LayoutFault::new("header-drift", 0, message.trim_end_matches('!'))
                    .expected(names.join(", "))
            })?,
        };
        self.header_row = row.number;
        if self.xlsx.header != Header::Ignored
            && let Some(kind) = headed(self.layout)
        {
            let names = names(self.xlsx, &self.values, row);
            let compared = heading::compare((self.layout, kind), (self.xlsx.header, 0), &names);
            self.order = compared.map_err(|drift| {
                let column = u32::try_from(drift.column).unwrap_or(0);
                let place = letters(self.xlsx.first_column.saturating_add(column));
                let mut fault = drift.at(row.offset);
                fault.message.push_str(&format!(" ({}{place}{})", self.prefix, row.number));
                fault
            })?;
        }
        Ok(row.number + 1)
    }

    fn rows(
        &mut self,
        (first, end): (u32, usize),
        arena: &mut Arena,
        assembler: &mut Assembler<'_>,
    ) -> Result<(), LayoutFault> {
        let sheet = self.values.sheet;
        let mut next = first;
        for row in sheet.rows.iter().take(end).filter(|it| it.number >= first) {
            if row.number > next && !self.xlsx.skip_blank {
                self.blank((next, row), arena, assembler)?;
            }
            next = row.number + 1;
            self.row(row, arena, assembler)?;
        }
        Ok(())
    }

    /// Empty rows before a row that is not: one fault for all of them.
    fn blank(
        &mut self,
        (first, next): (u32, &SheetRow),
        arena: &Arena,
        assembler: &mut Assembler<'_>,
    ) -> Result<(), LayoutFault> {
        let last = next.number - 1;
        let found = match last - first {
            0 => format!("an empty row at {}{first}", self.prefix),
            _ => format!("empty rows at {}{first} to {last}", self.prefix),
        };
        let expected = "a record; `skip_blank_lines` in the layout allows empty rows";
        let fault = cell::line_fault(next.offset, found, expected.to_owned());
        self.cells.clear();
        let kind = self.layout.kinds.iter().position(|it| it.codes.is_empty());
        let (offset, cells, faults) = (wide(next.offset), &mut self.cells, vec![fault]);
        assembler.push(Line { kind, offset, length: 0, cells, faults }, arena)
    }

    fn row(
        &mut self,
        row: &SheetRow,
        arena: &mut Arena,
        assembler: &mut Assembler<'_>,
    ) -> Result<(), LayoutFault> {
        self.merges.enter(row.number);
        if row.hidden && self.xlsx.hidden == Hidden::Skipped {
            return Ok(());
        }
        if self.xlsx.header_repeats && self.is_header(row) {
            return Ok(());
        }
        let (layout, mut faults) = (self.layout, Vec::new());
        if row.hidden && self.xlsx.hidden == Hidden::Refused {
            let found = format!("a hidden row at {}{}", self.prefix, row.number);
            let expected = "a row that people see; `hidden_rows` in the layout allows others";
            faults.push(cell::line_fault(row.offset, found, expected.to_owned()));
        }
        self.cells.clear();
        let kind = self.kind(row);
        match kind.and_then(|it| Some((it, layout.kinds.get(it)?))) {
            Some((_, kind)) if kind.role == Role::Ignored && kind.columns.is_empty() => {}
            Some((index, kind)) => self.columns(row, (index, kind), arena, &mut faults),
            None => {
                let found = cell::found(&self.code(row), layout.is_personal());
                let found = format!("{found} at {}{}", self.prefix, row.number);
                let codes: Vec<&str> =
                    layout.kinds.iter().flat_map(|it| &it.codes).map(String::as_str).collect();
                let expected = format!("a record with the code {}", codes.join(", "));
                faults.push(cell::line_fault(row.offset, found, expected));
            }
        }
        let (offset, cells) = (wide(row.offset), &mut self.cells);
        assembler.push(Line { kind, offset, length: 0, cells, faults }, arena)
    }

    /// Reads the cells of a row.
    fn columns(
        &mut self,
        row: &SheetRow,
        (index, kind): (usize, &Kind),
        arena: &mut Arena,
        faults: &mut Vec<RecordFault>,
    ) {
        let order = self.order.take();
        let ordered = order.as_ref().filter(|_| kind.role != Role::Trailer);
        let width = ordered.map_or(kind.columns.len(), Vec::len);
        let behind = self.xlsx.first_column + u32::try_from(width).unwrap_or(u32::MAX);
        let extra = self.values.sheet.cells_of(row).iter().find(|it| it.column >= behind);
        if let Some(extra) = extra {
            let found = cell::found(&self.values.shown(extra), true);
            let found = format!("{found} at {}", self.place(extra.column, row));
            faults.push(cell::line_fault(extra.offset, found, format!("{width} columns")));
            self.order = order;
            return;
        }
        let columns = std::mem::take(&mut self.columns);
        self.cells.resize(kind.columns.len(), Cell::default());
        for at in 0..width {
            let column = match ordered {
                Some(order) => order.get(at).copied().flatten(),
                None => Some(at),
            };
            let Some(both) = column.and_then(|it| columns.get(index)?.get(it)) else { continue };
            let place = self.xlsx.first_column + u32::try_from(at).unwrap_or(u32::MAX);
            let found = self.values.sheet.cell(row, place).copied();
            let offset = found.map_or(row.offset, |it| it.offset);
            let cell = match self.cell((place, row), found, both, arena) {
                Ok(range) => arena::cell(range, wide(offset), 0),
                Err(Wrong { found, expected }) => {
                    let mut fault =
                        cell::fault(&both.declared, (wide(offset), 0), &found, expected);
                    let nothing = if fault.found.is_empty() { "nothing" } else { "" };
                    fault.found.push_str(&format!("{nothing} at {}", self.place(place, row)));
                    faults.push(fault);
                    BAD
                }
            };
            if let Some(place) = column.and_then(|it| self.cells.get_mut(it)) {
                *place = cell;
            }
        }
        (self.columns, self.order) = (columns, order);
    }

    fn cell(
        &mut self,
        (column, row): (u32, &SheetRow),
        found: Option<SheetCell>,
        both: &Both,
        arena: &mut Arena,
    ) -> Result<(usize, usize), Wrong> {
        let merged = self.merges.at(column, row.number);
        let Some(area) = merged.filter(|_| !both.declared.is_idle()) else {
            return self.values.read(found.as_ref(), both, arena);
        };
        let refused = |expected: &str| {
            let expected = format!("{expected}; {} is merged", area.text());
            Err(Wrong { found: "merged cells".to_owned(), expected })
        };
        let Area { columns: (left, right), rows: (top, _) } = area;
        if self.xlsx.merged == Merged::Refused {
            return refused("a cell of its own (`merged_cells` in the layout allows others)");
        }
        if left != right || top <= self.header_row {
            return refused("cells that are merged downwards, within the records");
        }
        let sheet = self.values.sheet;
        let first = sheet.row(top).and_then(|it| sheet.cell(it, left)).copied();
        self.values.read(first.as_ref(), both, arena)
    }

    /// Whether a row that is passed over reads as a record.
    fn is_record(&mut self, row: &SheetRow, arena: &mut Arena) -> bool {
        let layout = self.layout;
        let Some(index) = self.kind(row) else { return false };
        let Some(kind) = layout.kinds.get(index).filter(|it| it.role != Role::Ignored) else {
            return false;
        };
        let mut faults = Vec::new();
        self.cells.clear();
        self.columns(row, (index, kind), arena, &mut faults);
        if self.cells.len() != kind.columns.len() {
            return false;
        }
        let mut likeness = Likeness::default();
        for (column, cell) in kind.columns.iter().zip(&self.cells) {
            likeness.add(column, (*cell != BAD).then(|| arena.cell(*cell)));
        }
        likeness.is_record_of_sheet()
    }

    // --- the smaller questions ---

    /// Which kind the row is.
    fn kind(&self, row: &SheetRow) -> Option<usize> {
        let kinds = &self.layout.kinds;
        if kinds.len() == 1 && kinds.iter().all(|it| it.codes.is_empty()) {
            return Some(0);
        }
        let code = self.code(row);
        let coded = kinds.iter().position(|it| it.codes.iter().any(|it| *it == code));
        coded.or_else(|| kinds.iter().position(|it| it.codes.is_empty()))
    }

    fn code(&self, row: &SheetRow) -> Cow<'a, str> {
        let column = u32::try_from(self.xlsx.type_column).unwrap_or(u32::MAX);
        let column = self.xlsx.first_column.saturating_add(column);
        let cell = self.values.sheet.cell(row, column);
        cell.map_or(Cow::Borrowed(""), |it| self.values.shown(it))
    }

    fn is_header(&self, row: &SheetRow) -> bool {
        let Some(kind) = headed(self.layout) else { return false };
        let last = self.values.sheet.cells_of(row).last();
        let width = last.and_then(|it| (it.column + 1).checked_sub(self.xlsx.first_column));
        // Most rows are told by their width, without a look at their names.
        width.and_then(|it| usize::try_from(it).ok()) == Some(kind.columns.len())
            && names(self.xlsx, &self.values, row)
                .iter()
                .eq(kind.columns.iter().map(|it| it.header.as_str()))
    }

    /// The columns of the sheet that are read.
    fn span(&self) -> Range<u32> {
        let ordered = self.order.as_ref().map_or(0, Vec::len);
        let width = self.columns.iter().map(Vec::len).max().unwrap_or(0).max(ordered);
        let first = self.xlsx.first_column;
        first..first.saturating_add(u32::try_from(width).unwrap_or(u32::MAX))
    }

    fn place(&self, column: u32, row: &SheetRow) -> String {
        format!("{}{}{}", self.prefix, letters(column), row.number)
    }

    // --- where faults are ---

    /// Says the cell in faults that were found when rows were put together. What
    /// is read of a packed file has no bytes in the input.
    fn settle(&self, rows: &mut Rows) {
        for RowFault { length, faults, .. } in &mut rows.faults {
            *length = 0;
            for fault in faults {
                let known =
                    fault.found.contains(&self.prefix) || fault.expected.contains(&self.prefix);
                if let Some(place) = self.at(fault.offset).filter(|_| !known) {
                    fault.found.push_str(&format!(" at {place}"));
                }
            }
        }
        for row in &mut rows.rows {
            row.length = 0;
            row.groups.iter_mut().flatten().for_each(|it| it.length = 0);
        }
    }

    fn placed(&self, mut fault: LayoutFault) -> LayoutFault {
        if let Some(place) = self.at(Some(fault.offset)) {
            fault.message.push_str(&format!(" ({place})"));
        }
        fault
    }

    /// The cell or row that begins there.
    fn at(&self, offset: Option<u64>) -> Option<String> {
        let offset = usize::try_from(offset?).ok()?;
        let sheet = self.values.sheet;
        let row = sheet.rows.partition_point(|it| it.offset <= offset).checked_sub(1)?;
        let row = sheet.rows.get(row)?;
        let cell = sheet.cells_of(row).iter().find(|it| it.offset == offset);
        Some(match cell {
            Some(cell) => self.place(cell.column, row),
            None => format!("{}{}", self.prefix, row.number),
        })
    }
}
