//! What a CSV layout says of the lines around its records is only read: nothing is
//! written that the layout would refuse or pass over when it reads it again.

use canon::entry::RecordFault;

use super::Writer;
use crate::{
    layout::{
        arena::Arena,
        around::{Around, Known, Likeness},
        cell,
        heading::headed,
        model::{Csv, Header, Kind},
    },
    rows::{Row, RowFault},
};

/// The outermost lines that are not empty.
#[derive(Debug, Default)]
pub(super) struct Edges {
    first: Option<Edge>,
    last: Option<Edge>,
}

#[derive(Clone, Debug)]
struct Edge {
    line: String,
    /// Name of the field that it begins with.
    field: String,
    /// Its record, without faults.
    row: RowFault,
}

// === impl Edges ===

impl Edges {
    /// Takes the next line.
    pub(super) fn pass(&mut self, kind: &Kind, head: Option<&Row>, line: String) {
        if line.is_empty() {
            return;
        }
        let of = |it: &Row| (it.number, it.offset, it.length);
        let (number, offset, length) = head.map(of).unwrap_or_default();
        let field = kind.columns.first().map(|it| it.field.name.clone()).unwrap_or_default();
        let row = RowFault { number, offset, length, faults: Vec::new() };
        let edge = Edge { line, field, row };
        if self.first.is_none() {
            self.first = Some(edge.clone());
        }
        self.last = Some(edge);
    }
}

// === impl Writer ===

impl Writer<'_> {
    pub(super) fn of_no_record(&mut self, fault: RecordFault) {
        self.faults.push(RowFault { number: 0, offset: 0, length: 0, faults: vec![fault] });
    }

    /// A header is passed over only where it is known, or reads as no record.
    pub(super) fn look_at_header(&mut self, csv: &Csv, line: String) {
        if csv.header == Header::None {
            return;
        }
        if csv.header == Header::Ignored {
            let expected = match &csv.header_begins {
                Some(begins) if !csv.unquoted(&line).starts_with(begins) => {
                    Some(format!("names that begin with {begins}, as `header_begins` says"))
                }
                None if headed(self.layout).is_none_or(names_are_record) => {
                    Some("`header_begins`: the names read as a record".to_owned())
                }
                _ => None,
            };
            if let Some(expected) = expected {
                self.of_no_record(fault("the header".to_owned(), expected));
            }
        }
        let row = RowFault { number: 0, offset: 0, length: 0, faults: Vec::new() };
        self.edges.first = Some(Edge { line, field: String::new(), row });
    }

    /// Lines that must be there cannot be written, and no record may look like one
    /// that is passed over.
    pub(super) fn look_around(&mut self, csv: &Csv) {
        for (around, key) in [(&csv.titles, "title_lines"), (&csv.footers, "footer_lines")] {
            if around.is_needed() {
                let expected =
                    format!("a layout without {key} that must be there: they are only read");
                self.of_no_record(fault(format!("`{key}` in the layout"), expected));
            }
        }
        let first = self.edges.first.take();
        let last = self.edges.last.take();
        // Of a cell with line breaks the first line is looked at, or the last.
        let edges = [
            (first, &csv.titles, "title_lines", false),
            (last, &csv.footers, "footer_lines", true),
        ];
        for (edge, around, key, from_end) in edges {
            let (Some(edge), Around::Known(known)) = (edge, around) else { continue };
            let mut lines = edge.line.split(['\r', '\n']).filter(|it| !it.is_empty());
            let line = if from_end { lines.next_back() } else { lines.next() };
            let line = csv.unquoted(line.unwrap_or_default());
            if Known::behind(known, line).is_none() {
                continue;
            }
            let found = cell::found(line, self.layout.is_personal());
            let expected = format!("a line that is none of `{key}`: it would be passed over");
            let fault = RecordFault { field: edge.field, ..fault(found, expected) };
            self.faults.push(RowFault { faults: vec![fault], ..edge.row });
        }
    }
}

fn names_are_record(kind: &Kind) -> bool {
    if !kind.codes.is_empty() {
        return false;
    }
    let mut likeness = Likeness::default();
    for column in &kind.columns {
        let mut arena = Arena::new(column.header.clone());
        let read = cell::read(column, (0, column.header.len()), &mut arena).ok();
        likeness.add(column, read.map(|(start, end)| arena.text(start, end)));
    }
    likeness.is_record()
}

fn fault(found: String, expected: String) -> RecordFault {
    let (field, offset, needed_by, shows) = (String::new(), None, None, None);
    RecordFault { field, offset, found, expected, needed_by, shows }
}
