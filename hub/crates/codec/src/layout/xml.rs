//! XML documents as rows: which elements are records, and where each field and
//! each repeated group stands in them.
//!
//! DOCTYPE is refused, and with it entities of one's own; depth and size are
//! bounded. A path that finds two elements where the layout has one field is a
//! fault of the record, never "the first one".

mod parse;
mod path;
mod tree;

pub(super) use parse::xml;
pub(super) use tree::BYTES_MAX;

use canon::entry::RecordFault;

use super::{
    Layout, LayoutFault,
    arena::{self, Arena},
    cell,
    model::{Column, Trim},
    narrow, wide,
};
use crate::rows::{Cell, Row, RowFault, Rows};
use path::{Found, Path};
use tree::{Element, Tree};

/// How records lie in a document.
#[derive(Clone, Debug)]
pub(super) struct Xml {
    /// From the root to the records.
    record: Path,
    part: Part,
}

/// A record, or a row of a group.
#[derive(Clone, Debug, Default)]
struct Part {
    columns: Vec<(Column, Path)>,
    groups: Vec<(Path, Part)>,
}

/// Reads a whole document.
pub(super) fn read(layout: &Layout, xml: &Xml, bytes: &[u8]) -> Result<Rows, LayoutFault> {
    let (tree, mut arena) = Tree::read(&layout.profile, bytes)?;
    let mut rows = Rows::default();
    for index in xml.record.all(&tree, None) {
        rows.records += 1;
        let element = tree.element(index);
        let mut faults = Vec::new();
        let mut row = part(&tree, &xml.part, index, &mut arena, &mut faults);
        row.number = rows.records;
        limits(layout, &row, &mut faults);
        if faults.is_empty() {
            rows.rows.push(row);
        } else {
            let Element { offset, length, .. } = *element;
            let number = rows.records;
            rows.faults.push(RowFault {
                number,
                offset: wide(offset),
                length: wide(length),
                faults,
            });
        }
    }
    rows.text = arena.into_text();
    Ok(rows)
}

/// Reads the element at `index` as a record or row.
fn part(
    tree: &Tree,
    part: &Part,
    index: usize,
    arena: &mut Arena,
    faults: &mut Vec<RecordFault>,
) -> Row {
    let element = tree.element(index);
    let mut row =
        Row { offset: wide(element.offset), length: wide(element.length), ..Row::default() };
    for (column, path) in &part.columns {
        let result = match path.one(tree, index) {
            Ok(found) => field(column, found, element, arena),
            Err(count) => {
                let expected = "it at most once".to_owned();
                let mut fault = cell::fault(column, wide(element.offset), "", expected);
                fault.found = format!("it {count} times");
                Err(fault)
            }
        };
        match result {
            Ok(cell) => row.cells.push(cell),
            Err(fault) => {
                faults.push(fault);
                row.cells.push(Cell::default());
            }
        }
    }
    for (path, inner) in &part.groups {
        let mut lines = Vec::new();
        for index in path.all(tree, Some(index)) {
            let mut line = self::part(tree, inner, index, arena, faults);
            line.number = wide(lines.len()) + 1;
            lines.push(line);
        }
        row.groups.push(lines);
    }
    row
}

/// Reads one field; what is not there is empty.
fn field(
    column: &Column,
    found: Option<Found>,
    within: &Element,
    arena: &mut Arena,
) -> Result<Cell, RecordFault> {
    let (mut range, offset, length) = match found {
        Some(Found { range, offset, length }) => (range, offset, length),
        None => ((arena.end(), arena.end()), within.offset, 0),
    };
    if column.trim != Trim::None {
        let text = arena.text(range.0, range.1);
        let start = range.1 - text.trim_start_matches(is_space).len();
        range = (start, start + text.trim_matches(is_space).len());
    }
    let whole = range;
    let range = cell::read(column, range, arena).map_err(|expected| {
        cell::fault(column, wide(offset), arena.text(whole.0, whole.1), expected)
    })?;
    Ok(arena::cell(range, wide(offset), narrow(length)))
}

/// White space as XML has it.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// How often groups may repeat.
fn limits(layout: &Layout, row: &Row, faults: &mut Vec<RecordFault>) {
    let mut todo = vec![(&layout.shape, row)];
    while let Some((shape, row)) = todo.pop() {
        for (group, rows) in shape.groups.iter().zip(&row.groups) {
            todo.extend(rows.iter().map(|it| (&group.shape, it)));
            let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            if count >= group.min && group.max.is_none_or(|max| count <= max) {
                continue;
            }
            let max = group.max.map_or(String::new(), |max| format!(" and at most {max}"));
            faults.push(RecordFault {
                field: group.name.clone(),
                offset: Some(row.offset),
                found: format!("{count} of them"),
                expected: format!("at least {}{max}", group.min),
                needed_by: None,
            });
        }
    }
}
