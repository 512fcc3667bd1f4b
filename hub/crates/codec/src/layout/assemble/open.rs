//! A record that is not finished: lines are added to it.

use canon::entry::RecordFault;

use super::{Line, totals};
use crate::{
    layout::{
        Layout,
        arena::{Arena, BAD, index},
        cell,
        model::{Kind, Slot},
    },
    rows::{Cell, Row},
};

/// A record that is not finished.
pub(super) struct Open {
    pub(super) row: Row,
    pub(super) faults: Vec<RecordFault>,
    /// Its cells in the key's columns.
    pub(super) key: Vec<Cell>,
    pub(super) closed: bool,
    /// What its header states, by the checks of that kind.
    pub(super) stated: Option<(usize, Vec<Cell>)>,
}

// === impl Open ===

impl Open {
    /// Adds a row of so many cells to a group.
    pub(super) fn add_line(&mut self, kind: &Kind, (group, width): (usize, usize), line: Line<'_>) {
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

    /// Compares what its header or footer states with its lines.
    pub(super) fn states(&mut self, layout: &Layout, kind: &Kind, stated: &[Cell], arena: &Arena) {
        for (check, stated) in kind.checks.iter().zip(stated).filter(|(_, it)| **it != BAD) {
            let Some(column) = kind.columns.get(check.column) else { continue };
            let found = arena.cell(*stated);
            let counted = totals::of_record(&self.row, layout, check.rule, arena);
            if let Some(counted) = counted.filter(|it| cell::number::nano(found) != Some(*it)) {
                let expected = format!("{}, as the lines have it", totals::decimal(counted));
                let place = (stated.offset, index(stated.length));
                self.faults.push(cell::fault(column, place, found, expected));
            }
        }
    }

    /// The record's own columns have the same text in all its lines.
    pub(super) fn same_head(&mut self, kind: &Kind, line: &Line<'_>, arena: &Arena) {
        for (column, cell) in kind.columns.iter().zip(&*line.cells) {
            let Slot::Head(slot) = column.slot else { continue };
            let first = self.row.cells.get(slot).copied().unwrap_or_default();
            let (first, text) = (arena.cell(first), arena.cell(*cell));
            if first != text && *cell != BAD {
                let first = cell::found(first, column.field.personal);
                let expected = format!("`{first}`, as in the record's first line");
                let place = (cell.offset, index(cell.length));
                self.faults.push(cell::fault(column, place, text, expected));
            }
        }
    }
}

pub(super) fn place(kind: &Kind, cells: &[Cell], head: &mut Vec<Cell>, line: &mut Vec<Cell>) {
    for (column, cell) in kind.columns.iter().zip(cells) {
        let (row, slot) = match column.slot {
            Slot::None => continue,
            Slot::Head(slot) => (&mut *head, slot),
            Slot::Line(slot) => (&mut *line, slot),
        };
        if column.is_filler() {
            keep(row, slot, *cell);
        } else if let Some(place) = row.get_mut(slot) {
            *place = if *cell == BAD { Cell::default() } else { *cell };
        }
    }
}

/// Puts a cell where perhaps none is yet: what is empty needs none.
pub(super) fn keep(row: &mut Vec<Cell>, slot: usize, cell: Cell) {
    if cell == BAD || cell.start == cell.end {
        return;
    }
    if row.len() <= slot {
        row.resize(slot + 1, Cell::default());
    }
    if let Some(place) = row.get_mut(slot) {
        *place = cell;
    }
}

/// The record now reaches to the end of that line.
pub(super) fn extend(row: &mut Row, line: &Line<'_>) {
    row.length = (line.offset + line.length).saturating_sub(row.offset);
}
