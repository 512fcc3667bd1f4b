//! From single lines to records: groups them, checks counts and totals, and
//! keeps what is bad apart without letting it hide the rest.

pub(super) mod totals;

use std::collections::HashSet;

use canon::entry::RecordFault;

use super::{
    Layout, LayoutFault,
    arena::{Arena, BAD},
    cell,
    model::{Kind, Role, Slot},
};
use crate::rows::{Cell, Row, RowFault, Rows};
use totals::Totals;

/// One line of the input, as its reader found it.
pub(super) struct Line<'a> {
    /// Index of its kind; `None`: no kind has its code.
    pub(super) kind: Option<usize>,
    pub(super) offset: u64,
    pub(super) length: u64,
    /// By column; [`BAD`] where a cell could not be read. Empty when the line
    /// could not even be cut into cells.
    pub(super) cells: &'a [Cell],
    pub(super) faults: Vec<RecordFault>,
}

/// Takes lines one by one and makes records of them.
pub(super) struct Assembler<'l> {
    layout: &'l Layout,
    rows: Rows,
    open: Option<Open>,
    /// The record before could not be told apart from the next one.
    doubt: Option<RecordFault>,
    /// Cells of the `file` record, by field.
    file: Vec<(usize, Cell)>,
    file_seen: bool,
    /// Offset of the trailer, once it came.
    trailer: Option<u64>,
    /// Lines by kind.
    counts: Vec<u64>,
    totals: Totals<'l>,
    keys: HashSet<Box<str>>,
}

/// A record that is not finished.
struct Open {
    row: Row,
    faults: Vec<RecordFault>,
    /// Its cells in the key's columns.
    key: Vec<Cell>,
    closed: bool,
}

// === impl Assembler ===

impl<'l> Assembler<'l> {
    pub(super) fn new(layout: &'l Layout) -> Self {
        Self {
            layout,
            rows: Rows::default(),
            open: None,
            doubt: None,
            file: Vec::new(),
            file_seen: false,
            trailer: None,
            counts: vec![0; layout.kinds.len()],
            totals: Totals::new(layout),
            keys: HashSet::new(),
        }
    }

    /// Takes the next line.
    pub(super) fn push(&mut self, line: Line<'_>, arena: &Arena) -> Result<(), LayoutFault> {
        let at = usize::try_from(line.offset).unwrap_or(usize::MAX);
        if self.trailer.is_some() {
            let message = "a record stands behind the trailer";
            return Err(LayoutFault::new("after-trailer", at, message).expected("the end"));
        }
        let layout = self.layout;
        let Some((index, kind)) = line.kind.and_then(|it| layout.kinds.get(it).map(|k| (it, k)))
        else {
            self.lost(line);
            return Ok(());
        };
        if let Some(count) = self.counts.get_mut(index) {
            *count += 1;
        }
        self.totals.add(index, &line, arena);
        match &kind.role {
            Role::Record => self.single(kind, line),
            Role::Keyed { key, group } => self.keyed(kind, key, *group, line, arena),
            Role::Header => self.header(kind, line),
            Role::Detail { group } => self.detail(kind, *group, line),
            Role::Footer => self.footer(kind, line, arena),
            Role::File => return self.file(kind, line),
            Role::Trailer => return self.trailer(kind, &line, arena),
            Role::Ignored => {}
        }
        Ok(())
    }

    /// All records; checks what must be there at the end.
    pub(super) fn finish(mut self, arena: Arena, end: usize) -> Result<Rows, LayoutFault> {
        self.close();
        for (kind, count) in self.layout.kinds.iter().zip(&self.counts) {
            if kind.required && *count == 0 && kind.role != Role::Footer {
                let (code, where_) = match kind.role {
                    Role::Trailer => ("trailer-missing", "end"),
                    _ => ("record-missing", "start"),
                };
                let message = format!("there is no `{}` record at the {where_}", kind.name);
                let expected = format!("a record with the code {}", kind.codes.join(" or "));
                return Err(LayoutFault::new(code, end, message).expected(expected));
            }
        }
        self.rows.text = arena.into_text();
        Ok(self.rows)
    }

    // --- by role ---

    fn single(&mut self, kind: &Kind, line: Line<'_>) {
        let mut row = self.new_row(&line);
        place(kind, line.cells, &mut row.cells, &mut Vec::new());
        self.emit(row, line.faults);
    }

    fn header(&mut self, kind: &Kind, line: Line<'_>) {
        self.close();
        let mut row = self.new_row(&line);
        place(kind, line.cells, &mut row.cells, &mut Vec::new());
        self.open = Some(Open { row, faults: line.faults, key: Vec::new(), closed: false });
    }

    fn detail(&mut self, kind: &Kind, group: usize, line: Line<'_>) {
        let width = self.width(group);
        let Some(open) = self.open.as_mut().filter(|it| !it.closed) else {
            return self.lost(line);
        };
        extend(&mut open.row, &line);
        open.add_line(kind, (group, width), line);
    }

    fn footer(&mut self, kind: &Kind, line: Line<'_>, arena: &Arena) {
        let layout = self.layout;
        let Some(open) = self.open.as_mut().filter(|it| !it.closed) else {
            return self.lost(line);
        };
        extend(&mut open.row, &line);
        place(kind, line.cells, &mut open.row.cells, &mut Vec::new());
        open.faults.extend(line.faults);
        open.closed = true;
        for check in &kind.checks {
            let Some((stated, column)) =
                line.cells.get(check.column).zip(kind.columns.get(check.column))
            else {
                continue;
            };
            let found = arena.cell(*stated);
            let counted = totals::of_record(&open.row, layout, check.rule, arena);
            if let Some(counted) = counted.filter(|it| cell::number::nano(found) != Some(*it)) {
                let expected = format!("{}, as the lines have it", totals::decimal(counted));
                open.faults.push(cell::fault(column, stated.offset, found, expected));
            }
        }
    }

    fn keyed(&mut self, kind: &Kind, key: &[usize], group: usize, line: Line<'_>, arena: &Arena) {
        let at = |it: &usize| line.cells.get(*it).copied().unwrap_or(BAD);
        if key.iter().any(|it| at(it) == BAD) {
            return self.lost(line);
        }
        let same = self.open.as_ref().is_some_and(|open| {
            open.key.iter().zip(key).all(|(a, b)| arena.cell(*a) == arena.cell(at(b)))
        });
        if !same {
            self.close();
            let cells: Vec<Cell> = key.iter().map(at).collect();
            let row = self.new_row(&line);
            let mut faults = Vec::new();
            let text: Vec<&str> = cells.iter().map(|it| arena.cell(*it)).collect();
            // U+001F cannot be in a cell by accident.
            if !self.keys.insert(text.join("\u{1F}").into_boxed_str()) {
                faults.push(RecordFault {
                    field: String::new(),
                    offset: Some(line.offset),
                    found: cell::found(&text.join(" / "), personal(kind, key)),
                    expected: "all lines of a record one after the other".to_owned(),
                    needed_by: None,
                });
            }
            self.open = Some(Open { row, faults, key: cells, closed: false });
        }
        let width = self.width(group);
        let Some(open) = self.open.as_mut() else { return };
        extend(&mut open.row, &line);
        if same {
            open.same_head(kind, &line, arena);
        } else {
            place(kind, line.cells, &mut open.row.cells, &mut Vec::new());
        }
        open.add_line(kind, (group, width), line);
    }

    fn file(&mut self, kind: &Kind, line: Line<'_>) -> Result<(), LayoutFault> {
        let early = self.rows.records == 0 && self.open.is_none() && !self.file_seen;
        if let Some(fault) = line.faults.into_iter().next() {
            return Err(whole(kind, fault, line.offset));
        }
        if !early {
            let at = usize::try_from(line.offset).unwrap_or(usize::MAX);
            let message = format!("the `{}` record stands between others", kind.name);
            return Err(LayoutFault::new("out-of-order", at, message).expected("it once, first"));
        }
        self.file_seen = true;
        let columns = kind.columns.iter().zip(line.cells);
        self.file = columns
            .filter_map(|(column, cell)| match column.slot {
                Slot::Head(slot) => Some((slot, *cell)),
                Slot::Line(_) | Slot::None => None,
            })
            .collect();
        Ok(())
    }

    fn trailer(&mut self, kind: &Kind, line: &Line<'_>, arena: &Arena) -> Result<(), LayoutFault> {
        self.close();
        self.trailer = Some(line.offset);
        if let Some(fault) = line.faults.first() {
            return Err(whole(kind, fault.clone(), line.offset));
        }
        self.totals.check(kind, line, arena, self.rows.records, &self.counts)
    }

    // --- the records ---

    fn new_row(&mut self, line: &Line<'_>) -> Row {
        self.rows.records += 1;
        let shape = &self.layout.shape;
        let mut cells = vec![Cell::default(); shape.fields.len()];
        for (slot, cell) in &self.file {
            if let Some(place) = cells.get_mut(*slot) {
                *place = *cell;
            }
        }
        Row {
            number: self.rows.records,
            offset: line.offset,
            length: line.length,
            cells,
            groups: vec![Vec::new(); shape.groups.len()],
        }
    }

    fn width(&self, group: usize) -> usize {
        self.layout.shape.groups.get(group).map_or(0, |it| it.shape.fields.len())
    }

    /// Finishes the record that is open.
    fn close(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        let footer = self.layout.kinds.iter().find(|it| it.role == Role::Footer && it.required);
        if let Some(footer) = footer.filter(|_| !open.closed) {
            open.faults.push(RecordFault {
                field: String::new(),
                offset: Some(open.row.offset),
                found: "a record without its last line".to_owned(),
                expected: format!("a `{}` line", footer.name),
                needed_by: None,
            });
        }
        for (group, rows) in self.layout.shape.groups.iter().zip(&open.row.groups) {
            let count = rows.len();
            let (min, max) = (group.min, group.max.unwrap_or(u32::MAX));
            if !(min..=max).contains(&u32::try_from(count).unwrap_or(u32::MAX)) {
                open.faults.push(RecordFault {
                    field: group.name.clone(),
                    offset: Some(open.row.offset),
                    found: format!("{count} rows"),
                    expected: match group.max {
                        Some(max) => format!("{min} to {max} rows"),
                        None => format!("at least {min} rows"),
                    },
                    needed_by: None,
                });
            }
        }
        self.emit(open.row, open.faults);
    }

    fn emit(&mut self, row: Row, mut faults: Vec<RecordFault>) {
        faults.extend(self.doubt.take());
        if faults.is_empty() {
            self.rows.rows.push(row);
        } else {
            let Row { number, offset, length, .. } = row;
            self.rows.faults.push(RowFault { number, offset, length, faults });
        }
    }

    /// A line that no record can be found for. It may belong to the one that is
    /// open or to the next one, so neither can be trusted.
    fn lost(&mut self, mut line: Line<'_>) {
        if line.faults.is_empty() {
            line.faults.push(RecordFault {
                field: String::new(),
                offset: Some(line.offset),
                found: "a line that belongs to no record".to_owned(),
                expected: "a line that begins a record before it".to_owned(),
                needed_by: None,
            });
        }
        let grouped = !self.layout.shape.groups.is_empty();
        let Some(open) = self.open.as_mut().filter(|_| grouped) else {
            let row = self.new_row(&line);
            return self.emit(row, line.faults);
        };
        extend(&mut open.row, &line);
        open.faults.append(&mut line.faults);
        if self.layout.kinds.iter().any(|it| matches!(it.role, Role::Keyed { .. })) {
            self.close();
            self.doubt = Some(RecordFault {
                field: String::new(),
                offset: Some(line.offset),
                found: "the line before it could not be read".to_owned(),
                expected: "lines that all can be read: it may belong to this record".to_owned(),
                needed_by: None,
            });
        }
    }
}

// === impl Open ===

impl Open {
    /// Adds a row of so many cells to a group.
    fn add_line(&mut self, kind: &Kind, (group, width): (usize, usize), line: Line<'_>) {
        self.faults.extend(line.faults);
        let Some(rows) = self.row.groups.get_mut(group) else { return };
        let mut row = Row {
            number: u64::try_from(rows.len()).unwrap_or(u64::MAX).saturating_add(1),
            offset: line.offset,
            length: line.length,
            ..Row::default()
        };
        row.cells = vec![Cell::default(); width];
        place(kind, line.cells, &mut Vec::new(), &mut row.cells);
        rows.push(row);
    }

    /// The record's own columns have the same text in all its lines.
    fn same_head(&mut self, kind: &Kind, line: &Line<'_>, arena: &Arena) {
        for (column, cell) in kind.columns.iter().zip(line.cells) {
            let Slot::Head(slot) = column.slot else { continue };
            let first = self.row.cells.get(slot).copied().unwrap_or_default();
            let (first, text) = (arena.cell(first), arena.cell(*cell));
            if first != text && *cell != BAD {
                let first = cell::found(first, column.field.personal);
                let expected = format!("`{first}`, as in the record's first line");
                self.faults.push(cell::fault(column, cell.offset, text, expected));
            }
        }
    }
}

fn place(kind: &Kind, cells: &[Cell], head: &mut [Cell], line: &mut [Cell]) {
    for (column, cell) in kind.columns.iter().zip(cells) {
        let place = match column.slot {
            Slot::None => continue,
            Slot::Head(slot) => head.get_mut(slot),
            Slot::Line(slot) => line.get_mut(slot),
        };
        if let Some(place) = place {
            *place = if *cell == BAD { Cell::default() } else { *cell };
        }
    }
}

/// The record now reaches to the end of that line.
fn extend(row: &mut Row, line: &Line<'_>) {
    row.length = (line.offset + line.length).saturating_sub(row.offset);
}

fn personal(kind: &Kind, key: &[usize]) -> bool {
    key.iter().filter_map(|it| kind.columns.get(*it)).any(|it| it.field.personal)
}

/// A fault in a file or trailer record: without it no record can be trusted.
fn whole(kind: &Kind, fault: RecordFault, offset: u64) -> LayoutFault {
    let at = usize::try_from(fault.offset.unwrap_or(offset)).unwrap_or(usize::MAX);
    let message = format!("`{}` of the `{}` record cannot be read", fault.field, kind.name);
    LayoutFault::new("record-unreadable", at, message).found(fault.found).expected(fault.expected)
}
