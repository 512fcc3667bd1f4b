//! From single lines to records: groups them, checks counts and totals, and
//! keeps what is bad apart without letting it hide the rest.

mod open;
mod sequence;
mod stated;
pub(super) mod totals;

use canon::entry::RecordFault;

use super::{
    Layout, LayoutFault,
    arena::{self, Arena, BAD},
    cell,
    model::{Check, Kind, Role, Slot},
    tally::{Counts, FileField, KEYS_MAX, Key, Tally},
};
use crate::rows::{Cell, Row, RowFault, Rows};

use open::{Open, extend, keep, place};

/// Faults of records that a pass shows which only checks.
pub(super) const FAULTS_SHOWN: usize = 100;

/// One line of the input, as its reader found it.
pub(super) struct Line<'a> {
    /// Index of its kind; `None`: no kind has its code.
    pub(super) kind: Option<usize>,
    pub(super) offset: u64,
    pub(super) length: u64,
    /// By column; [`BAD`] where a cell could not be read. Empty when the line
    /// could not even be cut into cells.
    pub(super) cells: &'a mut Vec<Cell>,
    pub(super) faults: Vec<RecordFault>,
}

/// Takes lines one by one and makes records of them.
pub(super) struct Assembler<'a> {
    layout: &'a Layout,
    tally: &'a mut Tally,
    rows: Rows,
    open: Option<Open>,
    /// Cells of the `file` record, by field.
    file: Vec<(usize, Cell)>,
    /// Where the record that is open can be begun anew.
    mark: Mark,
    /// Records at the start of this window.
    before: u64,
    /// Records are wanted, not only counts.
    keep: bool,
    /// Lines of unknown amounts up to the last record, and the records that have
    /// some, by their place among the faults.
    hidden: u64,
    hiding: Vec<usize>,
    /// What a first pass found out that cannot be checked.
    told: Vec<RecordFault>,
}

/// What was counted before a record was begun.
#[derive(Default)]
struct Mark {
    offset: u64,
    counts: Counts,
    /// The hash of its key that was remembered.
    key: Option<u64>,
}

// === impl Assembler ===

impl<'a> Assembler<'a> {
    pub(super) fn new(
        layout: &'a Layout,
        tally: &'a mut Tally,
        keep: bool,
        arena: &mut Arena,
    ) -> Self {
        let fields = tally.file.iter().map(|field| {
            (field.slot, arena::cell(arena.add(&field.text), field.offset, field.length))
        });
        Self {
            layout,
            rows: Rows::default(),
            open: None,
            file: fields.collect(),
            mark: Mark::default(),
            before: tally.counts.records,
            keep,
            hidden: tally.counts.hidden(),
            hiding: Vec::new(),
            told: tally.unchecked.clone(),
            tally,
        }
    }

    /// Records so far, read or not.
    pub(super) fn records(&self) -> u64 {
        self.tally.counts.records
    }

    /// Takes the next line.
    pub(super) fn push(&mut self, mut line: Line<'_>, arena: &Arena) -> Result<(), LayoutFault> {
        let at = usize::try_from(line.offset).unwrap_or(usize::MAX);
        if self.tally.trailer.is_some() {
            let message = "a record stands behind the trailer";
            return Err(LayoutFault::new("after-trailer", at, message).expected("the end"));
        }
        let layout = self.layout;
        let Some((index, kind)) = line.kind.and_then(|it| layout.kinds.get(it).map(|k| (it, k)))
        else {
            self.tally.counts.unknown += 1;
            self.lost(line, arena);
            return Ok(());
        };
        let begins = match &kind.role {
            Role::Header => true,
            Role::Keyed { key, .. } => self.begins(key, &line, arena),
            Role::Record
            | Role::Detail { .. }
            | Role::Footer
            | Role::File
            | Role::Trailer
            | Role::Ignored => false,
        };
        if begins {
            self.close(arena);
            self.mark.offset = line.offset;
            self.mark.counts.clone_from(&self.tally.counts);
            self.mark.key = None;
            for (kind, number) in layout.kinds.iter().zip(&mut self.tally.counts.numbers) {
                *number = number.filter(|_| !kind.sequence.is_some_and(|it| it.restarts));
            }
        }
        if let Some(count) = self.tally.counts.lines.get_mut(index) {
            *count += 1;
        }
        if !self.tally.counts.sums.is_empty() {
            totals::add(layout, index, (&line, arena), &mut self.tally.counts.sums);
        }
        if let Some(sequence) = kind.sequence {
            sequence::check((kind, sequence), index, &mut line, arena, &mut self.tally.counts)?;
        }
        match &kind.role {
            Role::Record => self.single(kind, line),
            Role::Keyed { key, group } => return self.keyed(kind, (key, *group), line, arena),
            Role::Header => self.header(index, kind, line),
            Role::Detail { group } => self.detail(kind, *group, line, arena),
            Role::Footer => self.footer(kind, line, arena),
            Role::File => return self.file(kind, line, arena),
            Role::Trailer => return self.trailer(kind, &line, arena),
            Role::Ignored => {}
        }
        Ok(())
    }

    /// The records of the last window; checks what must be there at the end.
    pub(super) fn finish(mut self, arena: Arena, end: u64) -> Result<Rows, LayoutFault> {
        self.close(&arena);
        for (kind, count) in self.layout.kinds.iter().zip(&self.tally.counts.lines) {
            if kind.required && *count == 0 && kind.role != Role::Footer {
                let (code, where_) = match kind.role {
                    Role::Trailer => ("trailer-missing", "end"),
                    _ => ("record-missing", "start"),
                };
                let message = format!("there is no `{}` record at the {where_}", kind.name);
                let expected = format!("a record with the code {}", kind.codes.join(" or "));
                let end = usize::try_from(end).unwrap_or(usize::MAX);
                return Err(LayoutFault::new(code, end, message).expected(expected));
            }
        }
        self.stated_first()?;
        Ok(self.into_rows(arena))
    }

    /// The records that are complete before `end`, and where the next window
    /// begins: a record that may go on is read again with what follows.
    pub(super) fn pause(mut self, arena: Arena, end: u64) -> (Rows, u64) {
        let next = if self.open.take().is_some() {
            let Mark { offset, counts, key } = std::mem::take(&mut self.mark);
            self.tally.counts = counts;
            if let Some(hash) = key {
                self.tally.keys.forget(hash);
            }
            offset
        } else {
            end
        };
        (self.into_rows(arena), next)
    }

    /// The records of a window that was cut behind a record.
    pub(super) fn seal(mut self, arena: Arena) -> Rows {
        self.close(&arena);
        self.into_rows(arena)
    }

    fn into_rows(mut self, arena: Arena) -> Rows {
        self.rows.records = self.tally.counts.records - self.before;
        if self.keep {
            self.rows.text = arena.into_text();
        }
        self.rows
    }

    // --- by role ---

    fn single(&mut self, kind: &Kind, line: Line<'_>) {
        if !self.keep && line.faults.is_empty() {
            self.tally.counts.records += 1;
            return;
        }
        if kind.straight && self.file.is_empty() && line.faults.is_empty() {
            self.tally.counts.records += 1;
            return self.emit(
                Row {
                    number: self.tally.counts.records,
                    offset: line.offset,
                    length: line.length,
                    cells: std::mem::take(line.cells),
                    groups: Vec::new(),
                },
                Vec::new(),
            );
        }
        let mut row = self.new_row(&line);
        place(kind, line.cells, &mut row.cells, &mut Vec::new());
        self.emit(row, line.faults);
    }

    fn header(&mut self, index: usize, kind: &Kind, line: Line<'_>) {
        let mut row = self.new_row(&line);
        place(kind, line.cells, &mut row.cells, &mut Vec::new());
        let at = |it: &Check| line.cells.get(it.column).copied().unwrap_or(BAD);
        let stated = Some((index, kind.checks.iter().map(at).collect()));
        let stated = stated.filter(|(_, cells): &(_, Vec<Cell>)| !cells.is_empty());
        let (key, faults) = (Vec::new(), line.faults);
        self.open = Some(Open { row, faults, key, closed: false, stated });
    }

    fn detail(&mut self, kind: &Kind, group: usize, line: Line<'_>, arena: &Arena) {
        let width = self.width(group);
        let Some(open) = self.open.as_mut().filter(|it| !it.closed) else {
            return self.lost(line, arena);
        };
        extend(&mut open.row, &line);
        open.add_line(kind, (group, width), line);
    }

    fn footer(&mut self, kind: &Kind, line: Line<'_>, arena: &Arena) {
        let layout = self.layout;
        let Some(open) = self.open.as_mut().filter(|it| !it.closed) else {
            return self.lost(line, arena);
        };
        extend(&mut open.row, &line);
        place(kind, line.cells, &mut open.row.cells, &mut Vec::new());
        open.faults.extend(line.faults);
        open.closed = true;
        let at = |it: &Check| line.cells.get(it.column).copied().unwrap_or(BAD);
        let stated: Vec<Cell> = kind.checks.iter().map(at).collect();
        open.states(layout, kind, &stated, arena);
    }

    /// Whether a line's key is another than that of the record that is open.
    fn begins(&self, key: &[usize], line: &Line<'_>, arena: &Arena) -> bool {
        let at = |it: &usize| line.cells.get(*it).copied().unwrap_or(BAD);
        let same = |open: &Open| {
            open.key.iter().zip(key).all(|(a, b)| arena.cell(*a) == arena.cell(at(b)))
        };
        !key.iter().any(|it| at(it) == BAD) && !self.open.as_ref().is_some_and(same)
    }

    fn keyed(
        &mut self,
        kind: &Kind,
        (key, group): (&[usize], usize),
        line: Line<'_>,
        arena: &Arena,
    ) -> Result<(), LayoutFault> {
        let at = |it: &usize| line.cells.get(*it).copied().unwrap_or(BAD);
        if key.iter().any(|it| at(it) == BAD) {
            self.lost(line, arena);
            return Ok(());
        }
        let same = self.open.is_some();
        if !same {
            let cells: Vec<Cell> = key.iter().map(at).collect();
            let row = self.new_row(&line);
            let texts = cells.iter().map(|it| arena.cell(*it));
            let mut faults = Vec::new();
            match self.tally.keys.insert(row.number, texts.clone()) {
                Key::New(hash) => self.mark.key = hash,
                Key::Repeated => {
                    let text = texts.collect::<Vec<_>>().join(" / ");
                    faults.push(RecordFault {
                        field: String::new(),
                        offset: Some(line.offset),
                        found: cell::found(&text, personal(kind, key)),
                        expected: "all lines of a record one after the other".to_owned(),
                        needed_by: None,
                        shows: None,
                    });
                }
                Key::TooMany => {
                    let at = usize::try_from(line.offset).unwrap_or(usize::MAX);
                    let message = "there are more keys than can be told apart";
                    return Err(LayoutFault::new("too-many-keys", at, message)
                        .expected(format!("at most {KEYS_MAX} records with a key in one input")));
                }
            }
            self.open = Some(Open { row, faults, key: cells, closed: false, stated: None });
        }
        let width = self.width(group);
        let Some(open) = self.open.as_mut() else { return Ok(()) };
        extend(&mut open.row, &line);
        if same {
            open.same_head(kind, &line, arena);
        } else {
            place(kind, line.cells, &mut open.row.cells, &mut Vec::new());
        }
        open.add_line(kind, (group, width), line);
        Ok(())
    }

    fn file(&mut self, kind: &Kind, line: Line<'_>, arena: &Arena) -> Result<(), LayoutFault> {
        let early = self.tally.counts.records == 0 && self.open.is_none() && !self.tally.file_seen;
        if let Some(fault) = line.faults.first() {
            return Err(whole(kind, fault.clone(), line.offset));
        }
        if !early {
            let at = usize::try_from(line.offset).unwrap_or(usize::MAX);
            let message = format!("the `{}` record stands between others", kind.name);
            return Err(LayoutFault::new("out-of-order", at, message).expected("it once, first"));
        }
        self.tally.file_seen = true;
        self.tally.stated = totals::stated(kind, &line, arena);
        for (column, cell) in kind.columns.iter().zip(&*line.cells) {
            if let Slot::Head(slot) = column.slot {
                self.file.push((slot, *cell));
                self.tally.file.push(FileField {
                    slot,
                    text: arena.cell(*cell).to_owned(),
                    offset: cell.offset,
                    length: cell.length,
                });
            }
        }
        Ok(())
    }

    fn trailer(&mut self, kind: &Kind, line: &Line<'_>, arena: &Arena) -> Result<(), LayoutFault> {
        self.close(arena);
        self.tally.trailer = Some(line.offset);
        if let Some(fault) = line.faults.first() {
            return Err(whole(kind, fault.clone(), line.offset));
        }
        let stated = totals::stated(kind, line, arena);
        self.check(kind, &stated)
    }

    // --- the records ---

    fn new_row(&mut self, line: &Line<'_>) -> Row {
        self.tally.counts.records += 1;
        let shape = &self.layout.shape;
        let mut cells = vec![Cell::default(); shape.fields.len()];
        for (slot, cell) in &self.file {
            keep(&mut cells, *slot, *cell);
        }
        Row {
            number: self.tally.counts.records,
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
    fn close(&mut self, arena: &Arena) {
        let Some(mut open) = self.open.take() else { return };
        if let Some((index, stated)) = open.stated.take()
            && let Some(kind) = self.layout.kinds.get(index)
        {
            open.states(self.layout, kind, &stated, arena);
        }
        let footer = self.layout.kinds.iter().find(|it| it.role == Role::Footer && it.required);
        if let Some(footer) = footer.filter(|_| !open.closed) {
            open.faults.push(RecordFault {
                field: String::new(),
                offset: Some(open.row.offset),
                found: "a record without its last line".to_owned(),
                expected: format!("a `{}` line", footer.name),
                needed_by: None,
                shows: None,
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
                    shows: None,
                });
            }
        }
        self.emit(open.row, open.faults);
    }

    fn emit(&mut self, row: Row, mut faults: Vec<RecordFault>) {
        faults.extend(self.tally.counts.doubt.take());
        if faults.is_empty() {
            if self.keep {
                self.rows.rows.push(row);
            }
            return;
        }
        self.tally.counts.set_aside += 1;
        let hidden = self.tally.counts.hidden();
        let hides = std::mem::replace(&mut self.hidden, hidden) < hidden;
        if self.keep || self.rows.faults.len() < FAULTS_SHOWN {
            if hides {
                faults.extend(self.told.iter().cloned());
                self.hiding.push(self.rows.faults.len());
            }
            let Row { number, offset, length, .. } = row;
            self.rows.faults.push(RowFault { number, offset, length, faults });
        }
    }

    /// A line that no record can be found for. It may belong to the one that is
    /// open or to the next one, so neither can be trusted.
    fn lost(&mut self, mut line: Line<'_>, arena: &Arena) {
        if line.faults.is_empty() {
            line.faults.push(RecordFault {
                field: String::new(),
                offset: Some(line.offset),
                found: "a line that belongs to no record".to_owned(),
                expected: "a line that begins a record before it".to_owned(),
                needed_by: None,
                shows: None,
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
            self.close(arena);
            self.tally.counts.doubt = Some(RecordFault {
                field: String::new(),
                offset: Some(line.offset),
                found: "the line before it could not be read".to_owned(),
                expected: "lines that all can be read: it may belong to this record".to_owned(),
                needed_by: None,
                shows: None,
            });
        }
    }
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
