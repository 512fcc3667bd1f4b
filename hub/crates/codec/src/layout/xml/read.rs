//! From a document to rows.

use canon::entry::RecordFault;
use std::collections::HashMap;

use super::{
    Field, Kind, Origin, Part, Xml,
    astray::Astray,
    build::{self, Reading},
    encoding, is_space,
    kind::{shown, too_many},
    path::{Found, Name},
    same,
    tree::{Element, TEXTS_MAX, Tree},
};
use crate::{
    layout::{
        Layout, LayoutFault,
        arena::{self, Arena},
        cell,
        model::Trim,
        narrow, wide,
    },
    rows::{Cell, Row, RowFault, Rows},
};

/// Places of text beside elements that one record's faults tell.
const MIXED_SHOWN: usize = 5;

/// Reads a whole document.
pub(in crate::layout) fn read(
    layout: &Layout,
    xml: &Xml,
    bytes: &[u8],
) -> Result<Rows, LayoutFault> {
    read_within(TEXTS_MAX, layout, xml, bytes)
}

/// The same with at most so many bytes of texts.
fn read_within(
    texts_max: usize,
    layout: &Layout,
    xml: &Xml,
    bytes: &[u8],
) -> Result<Rows, LayoutFault> {
    let own = &layout.profile;
    let profile = encoding::profile(own, &xml.encodings, bytes).map_err(|name| {
        let allowed = xml.encodings.iter().map(|it| it.name());
        let allowed: Vec<_> = std::iter::once(own.charset.name()).chain(allowed).collect();
        LayoutFault::new("charset", 0, "the document says another character set")
            .found(cell::found(&name, false))
            .expected(allowed.join(", "))
    })?;
    let alias = xml.soap.and_then(super::Soap::alias);
    let reading = Reading { profile: &profile, keep_mixed: xml.keep_mixed, alias, texts_max };
    let (tree, arena) = build::read(reading, bytes)?;
    let kind = xml.kind_of_document(&tree, &arena)?;
    let (outer, faults) = (HashMap::new(), Vec::new());
    let astray = Astray::of(xml, &tree);
    let mut reader = Reader { xml, kind, tree: &tree, arena, texts_max, outer, astray, faults };
    let mut rows = Rows::default();
    let (records, lost) = reader.records();
    reader.envelope(&records)?;
    kind.check_counts((&tree, &reader.arena), records.len())?;
    for index in &records {
        rows.records += 1;
        if let Some(fault) = lost.get(index) {
            let Element { offset, length, .. } = *tree.element(*index);
            let (number, faults) = (rows.records, vec![fault.clone()]);
            let (offset, length) = (wide(offset), wide(length));
            rows.faults.push(RowFault { number, offset, length, faults });
            continue;
        }
        let mut row = reader.part(&kind.part, *index);
        if !kind.name.is_empty()
            && let Some(cell) = row.cells.first_mut()
        {
            *cell = arena::cell(reader.arena.add(&kind.name), row.offset, 0);
        }
        row.number = rows.records;
        reader.bounded(*index)?;
        reader.mixed(*index);
        for (name, found, expected) in too_many(&layout.shape, &kind.part, &row) {
            reader.faults.push(RecordFault {
                field: format!("{name} at {}", tree.place_of(*index, "")),
                offset: Some(row.offset),
                found,
                expected,
                needed_by: None,
                shows: None,
            });
        }
        let faults = std::mem::take(&mut reader.faults);
        if faults.is_empty() {
            rows.rows.push(row);
        } else {
            let Row { number, offset, length, .. } = row;
            rows.faults.push(RowFault { number, offset, length, faults });
        }
    }
    rows.text = reader.arena.into_text();
    if layout.lossless {
        same::check(layout, (xml, kind), (bytes, &profile), &mut rows)?;
    }
    Ok(rows)
}

struct Reader<'a> {
    xml: &'a Xml,
    kind: &'a Kind,
    tree: &'a Tree,
    arena: Arena,
    /// Bytes of it.
    texts_max: usize,
    /// What was found by paths that lead out of records: by path and element.
    outer: HashMap<(usize, Option<usize>), Result<Option<Found>, usize>>,
    astray: Astray,
    /// Of the record that is being read.
    faults: Vec<RecordFault>,
}

// === impl Reader ===

impl Reader<'_> {
    /// The records in order, and what is wrong with those that only look like some.
    fn records(&self) -> (Vec<usize>, HashMap<usize, RecordFault>) {
        let path = &self.kind.record;
        let mut records = path.all((self.tree, &self.arena), None);
        let lost = self.astray.on(path, (self.tree, &self.arena), None);
        records.extend(lost.iter().map(|(index, _)| *index));
        records.sort_unstable();
        let fault = |(index, name)| (index, self.another(index, name));
        (records, lost.into_iter().map(fault).collect())
    }

    /// The fault of an element that was probably meant to have that name.
    fn another(&self, index: usize, name: &Name) -> RecordFault {
        RecordFault {
            field: self.tree.place_of(index, ""),
            offset: Some(wide(self.tree.element(index).offset)),
            found: self.tree.name(index).map(shown).unwrap_or_default(),
            expected: format!("{}: it is passed over otherwise", shown(name)),
            needed_by: None,
            shows: None,
        }
    }

    /// What the layout adds to the texts is bounded as they are.
    fn bounded(&self, index: usize) -> Result<(), LayoutFault> {
        if self.arena.end() <= self.texts_max {
            return Ok(());
        }
        let message = format!("too much text (in {})", self.tree.place_of(index, ""));
        let offset = self.tree.element(index).offset;
        let fault = LayoutFault::new("too-large", offset, message);
        Err(fault.expected(build::texts_at_most(self.texts_max)))
    }

    /// Reads the element at `index` as a record or row.
    fn part(&mut self, part: &Part, index: usize) -> Row {
        let element = self.tree.element(index);
        let (offset, length) = (wide(element.offset), wide(element.length));
        let (fields, groups) = part.width;
        let nothing = arena::cell((0, 0), offset, 0);
        let (cells, groups) = (vec![nothing; fields], vec![Vec::new(); groups]);
        let mut row = Row { offset, length, cells, groups, ..Row::default() };
        for field in part.columns.iter().filter(|it| !it.counts) {
            let put = field.slot.and_then(|it| row.cells.get_mut(it));
            if field.column.exists {
                let cell = self.exists(field, index);
                put.into_iter().for_each(|it| *it = cell);
                continue;
            }
            let cell = match self.find(field, index) {
                Ok(found) => self.field(field, found, index),
                Err(count) => {
                    let expected = "it at most once".to_owned();
                    self.fault(field, index, (&format!("it {count} times"), expected));
                    Cell::default()
                }
            };
            put.into_iter().for_each(|it| *it = cell);
        }
        for group in &part.groups {
            let lost = self.astray.on(&group.path, (self.tree, &self.arena), Some(index));
            let lost: Vec<_> = lost.into_iter().map(|it| self.another(it.0, it.1)).collect();
            self.faults.extend(lost);
            let mut lines = Vec::new();
            for index in group.path.all((self.tree, &self.arena), Some(index)) {
                let mut line = self.part(&group.part, index);
                line.number = wide(lines.len()) + 1;
                lines.push(line);
            }
            row.groups.get_mut(group.slot).into_iter().for_each(|it| it.append(&mut lines));
        }
        row
    }

    fn exists(&mut self, field: &Field, index: usize) -> Cell {
        let path = field.path(self.kind);
        let found = path.map(|it| it.all((self.tree, &self.arena), Some(index)));
        let range = match found.unwrap_or_default().first() {
            Some(at) => (self.arena.add("true"), self.tree.element(*at).offset),
            None => ((self.arena.end(), self.arena.end()), self.tree.element(index).offset),
        };
        arena::cell(range.0, wide(range.1), 0)
    }

    fn find(&mut self, field: &Field, index: usize) -> Result<Option<Found>, usize> {
        let at = match &field.from {
            Origin::Here(path) => return path.one((self.tree, &self.arena), index),
            Origin::Outer(at) => *at,
        };
        let Some(path) = self.kind.outer.get(at) else { return Ok(None) };
        // Where the path turns down again: the same for all elements beside it.
        let mut turn = Some(index).filter(|_| !path.absolute);
        for _ in 0..path.up {
            turn = turn.and_then(|it| self.tree.element(it).parent);
        }
        if let Some(known) = self.outer.get(&(at, turn)) {
            return *known;
        }
        let found = path.one((self.tree, &self.arena), index);
        self.outer.insert((at, turn), found);
        found
    }

    /// Reads one field; what is not there is empty.
    fn field(&mut self, field: &Field, found: Option<Found>, within: usize) -> Cell {
        let column = &field.column;
        let (mut range, at, length) = match found {
            Some(Found { range, element }) => {
                let it = self.tree.element(element);
                let of_text = field.path(self.kind).is_some_and(|it| it.attribute.is_none());
                if of_text && it.first_child.is_some() && !self.xml.keep_mixed {
                    let expected = "a text without elements in it".to_owned();
                    self.fault(field, element, ("elements", expected));
                    return Cell::default();
                }
                (range, element, it.length)
            }
            None => (self.arena.add(column.default.as_deref().unwrap_or_default()), within, 0),
        };
        if column.trim != Trim::None {
            let text = self.arena.text(range.0, range.1);
            let start = range.1 - text.trim_start_matches(is_space).len();
            range = (start, start + text.trim_matches(is_space).len());
        }
        let whole = range;
        let offset = wide(self.tree.element(at).offset);
        match cell::read(column, range, &mut self.arena) {
            Ok(range) => arena::cell(range, offset, narrow(length)),
            Err(expected) => {
                let text = self.arena.text(whole.0, whole.1).to_owned();
                let shown = cell::found(&text, column.field.personal);
                let missing = found.is_none();
                self.fault_at(field, at, missing, (&shown, expected));
                Cell::default()
            }
        }
    }

    fn fault(&mut self, field: &Field, index: usize, said: (&str, String)) {
        self.fault_at(field, index, false, said);
    }

    /// A fault of a field that stands at `index`, or should stand in it.
    fn fault_at(
        &mut self,
        field: &Field,
        index: usize,
        missing: bool,
        (found, expected): (&str, String),
    ) {
        let path = field.path(self.kind);
        let mut below = String::new();
        if missing && let Some(path) = path.filter(|it| !it.is_outer()) {
            path.steps.iter().for_each(|it| below.extend(["/", it.name.local.as_str()]));
        }
        if let Some(name) = path.and_then(|it| it.attribute.as_ref()) {
            below.extend(["/@", name.local.as_str()]);
        }
        let column = &field.column;
        let name = if column.field.name.is_empty() { &column.header } else { &column.field.name };
        self.faults.push(RecordFault {
            field: format!("{name} at {}", self.tree.place_of(index, &below)),
            offset: Some(wide(self.tree.element(index).offset)),
            found: found.to_owned(),
            expected,
            needed_by: None,
            shows: None,
        });
    }

    /// Text that stands beside elements in a record, and that no field reads.
    fn mixed(&mut self, index: usize) {
        let end = self.tree.element(index).end;
        let bad = (index..end).filter(|it| self.tree.element(*it).mixed);
        for at in bad.take(MIXED_SHOWN) {
            self.faults.push(RecordFault {
                field: format!("text at {}", self.tree.place_of(at, "")),
                offset: Some(wide(self.tree.element(at).offset)),
                found: "text beside elements".to_owned(),
                expected: "either text or elements, or `mixed: keep`".to_owned(),
                needed_by: None,
                shows: None,
            });
        }
    }

    /// The same outside of records: then the whole document is refused.
    fn envelope(&self, records: &[usize]) -> Result<(), LayoutFault> {
        let mut at = 0;
        let mut gaps =
            records.iter().map(|it| (*it, self.tree.element(*it).end)).collect::<Vec<_>>();
        gaps.push((self.tree.elements.len(), usize::MAX));
        for (start, end) in gaps {
            if let Some(bad) = (at..start).find(|it| self.tree.element(*it).mixed) {
                let message = format!("text beside elements (in {})", self.tree.place_of(bad, ""));
                let offset = self.tree.element(bad).offset;
                return Err(LayoutFault::new("mixed-content", offset, message)
                    .expected("either text or elements, or `mixed: keep`"));
            }
            at = end;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::model::Format;

    /// Goal: ranges of cells stay within 32 bits, whatever a layout adds to a document.
    #[test]
    fn defaults_are_bounded_as_the_texts_are() {
        let text = "layout: t\nversion: 1\nformat: xml\ncharset: utf-8\nrecord: /a/b\n\
                    columns: [{ name: c }, { name: d, default: twelve-bytes }]\n";
        let layout = Layout::parse("t.layout.yaml", text).expect("a layout");
        let Format::Xml(xml) = &layout.format else { panic!("XML") };
        let bytes = b"<a><b><c>1</c></b><b><c>2</c></b></a>";
        assert_eq!(read_within(26, &layout, xml, bytes).expect("fits").rows.len(), 2);
        let fault = read_within(25, &layout, xml, bytes).expect_err("too much");
        assert_eq!((fault.code, fault.offset), ("too-large", 18));
    }
}
