//! From rows to a document: elements in the order of the layout, namespaces
//! declared at the root, texts escaped as Canonical XML has them.

use canon::entry::RecordFault;

use super::{
    Field, Kind, Part, Xml,
    kind::too_many,
    strict,
    template::{Child, Node, Text},
};
use crate::{
    charset::{Bom, Charset, Policy, Substitution},
    layout::{Layout, cell, text, write::Written},
    rows::{Row, RowFault, Rows},
};

/// Writes all rows as one document.
pub(in crate::layout) fn write(
    layout: &Layout,
    xml: &Xml,
    rows: &Rows,
    policy: &Policy,
) -> Result<Written, Vec<RowFault>> {
    let kind = xml.kind_of_rows(rows)?;
    document(layout, (xml, kind), (rows, rows.rows.len()), policy).map(|it| it.written)
}

/// A document, and where each record is in it.
pub(super) struct Document {
    pub(super) written: Written,
    pub(super) spans: Vec<(usize, usize)>,
    /// Levels around a record.
    pub(super) depth: usize,
}

/// Writes rows as a document of that kind, which says that it has so many records.
pub(super) fn document(
    layout: &Layout,
    (xml, kind): (&Xml, &Kind),
    (rows, count): (&Rows, usize),
    policy: &Policy,
) -> Result<Document, Vec<RowFault>> {
    let depth = kind.record.steps.len().saturating_sub(1);
    let exact = Policy::exact();
    let policy = if xml.writing.references { &exact } else { policy };
    let document = Document { written: Written::default(), spans: Vec::new(), depth };
    let count = count.to_string();
    let (faults, of) = (Vec::new(), (0, 0, 0));
    let mut writer = Writer { layout, xml, kind, rows, count, policy, document, faults, of };
    let template = &kind.template;
    if let Some(name) = &template.reads_only {
        writer.fault(
            name,
            "a path that goes up",
            "paths from the record or the root: it is read only",
        );
    }
    if depth == 0 && rows.rows.len() != 1 {
        let found = format!("{} records", rows.rows.len());
        writer.fault("", &found, "one record: it is the root of the document");
    }
    let values: Vec<Vec<Told>> = rows.rows.iter().map(|it| writer.values(&kind.part, it)).collect();
    writer.same_envelope(&values);
    if writer.faults.is_empty() {
        writer.start();
        // Without records the layout itself still has something to say.
        let given = |it: &Field| {
            let constant = it.column.constant.clone().filter(|_| it.is_given());
            let text = if it.counts { writer.count.clone() } else { constant.unwrap_or_default() };
            Told { text, is_default: false }
        };
        let nothing: Vec<Told> = kind.part.columns.iter().map(given).collect();
        let first = values.first().unwrap_or(&nothing);
        let whole = Whole { values: &values, first };
        writer.top(&template.top, &whole);
    }
    let Writer { faults, document, .. } = writer;
    if faults.is_empty() { Ok(document) } else { Err(faults) }
}

struct Writer<'a> {
    layout: &'a Layout,
    xml: &'a Xml,
    kind: &'a Kind,
    rows: &'a Rows,
    /// How many records the document says that it has.
    count: String,
    policy: &'a Policy,
    document: Document,
    faults: Vec<RowFault>,
    /// Number, offset and length of the record that is being written.
    of: (u64, u64, u64),
}

/// The texts of all records.
struct Whole<'a> {
    values: &'a [Vec<Told>],
    /// What the envelope has.
    first: &'a [Told],
}

/// The text of a field.
#[derive(Clone, Debug, Default)]
struct Told {
    text: String,
    /// What is not written is read as this again: no element is made for it.
    is_default: bool,
}

/// A record or a row of a group, and where it stands.
#[derive(Clone, Copy)]
struct At<'a> {
    part: &'a Part,
    row: Option<&'a Row>,
    values: &'a [Told],
    depth: usize,
}

// === impl Writer ===

impl<'a> Writer<'a> {
    fn fault(&mut self, field: &str, found: &str, expected: &str) {
        let fault = RecordFault {
            field: field.to_owned(),
            offset: None,
            found: found.to_owned(),
            expected: expected.to_owned(),
            needed_by: None,
            shows: None,
        };
        self.add(fault);
    }

    fn add(&mut self, fault: RecordFault) {
        let (number, offset, length) = self.of;
        match self.faults.last_mut().filter(|it| it.number == number) {
            Some(last) => last.faults.push(fault),
            None => self.faults.push(RowFault { number, offset, length, faults: vec![fault] }),
        }
    }

    /// The texts of a record's or row's fields as they are written, and faults of
    /// those that cannot be.
    fn values(&mut self, part: &Part, row: &Row) -> Vec<Told> {
        if row.number > 0 && std::ptr::eq(part, &raw const self.kind.part) {
            self.of = (row.number, row.offset, row.length);
            for (name, found, expected) in too_many(&self.layout.shape, part, row) {
                self.fault(&name, &found, &expected);
            }
        }
        let mut values = Vec::with_capacity(part.columns.len());
        for field in &part.columns {
            let constant = field.column.constant.clone();
            let count = self.count.clone();
            let told = match field.slot {
                Some(slot) => self.rows.cell(row, slot),
                None if field.counts => &count,
                None => constant.as_deref().unwrap_or_default(),
            };
            let value = text::plain(&field.column, told).and_then(|it| {
                if field.column.exists && !matches!(it.as_str(), "" | "true") {
                    return Err("`true` or nothing".to_owned());
                }
                let good = it.chars().all(strict::is_char);
                if good { Ok(it) } else { Err("characters that XML has".to_owned()) }
            });
            let text = value.unwrap_or_else(|expected| {
                let mut fault = cell::fault(&field.column, (0, 0), told, expected);
                fault.offset = None;
                self.add(fault);
                String::new()
            });
            let default = field.column.default.as_deref();
            let is_default = !text.is_empty() && default == Some(text.as_str());
            values.push(Told { text, is_default });
        }
        values
    }

    /// What stands around the records is the same for all of them.
    fn same_envelope(&mut self, values: &[Vec<Told>]) {
        let kind = self.kind;
        let Some((first, others)) = values.split_first() else { return };
        for (row, other) in self.rows.rows.iter().skip(1).zip(others) {
            let outer = kind.part.columns.iter().zip(first).zip(other);
            for ((field, a), b) in
                outer.filter(|((it, _), _)| matches!(it.from, super::Origin::Outer(_)))
            {
                if a.text != b.text {
                    self.of = (row.number, row.offset, row.length);
                    let expected = "the same as in the first record: it stands once".to_owned();
                    self.add(cell::fault(&field.column, (0, 0), &b.text, expected));
                }
            }
        }
    }

    fn start(&mut self) {
        let profile = &self.layout.profile;
        let utf_16 = matches!(profile.charset, Charset::Utf16Le | Charset::Utf16Be);
        if profile.bom == Bom::Required || utf_16 && profile.bom != Bom::Refused {
            self.document.written.bytes.extend_from_slice(profile.bom_bytes());
        }
        if let Some(name) = &self.xml.writing.declared {
            let line_end = self.xml.writing.line_end;
            self.markup(&format!("<?xml version=\"1.0\" encoding=\"{name}\"?>{line_end}"));
        }
    }

    /// What is above the root: the root, which may be the record itself.
    fn top(&mut self, top: &Node, whole: &Whole<'_>) {
        let xml = self.xml;
        let at = At { part: &self.kind.part, row: None, values: whole.first, depth: 0 };
        self.children(top, at, Some(whole));
        if xml.writing.indent.is_some() {
            self.markup(xml.writing.line_end);
        }
    }

    fn children(&mut self, node: &Node, at: At<'_>, whole: Option<&Whole<'_>>) {
        for child in &node.children {
            match child {
                Child::Element(node) => {
                    if self.stands(node, at) {
                        self.element(node, at, whole);
                    }
                }
                Child::Group(index, node) => {
                    let Some(group) = at.part.groups.get(*index) else { continue };
                    let Some(rows) = at.row.and_then(|it| it.groups.get(group.slot)) else {
                        continue;
                    };
                    let part = &group.part;
                    for row in rows {
                        let values = self.values(part, row);
                        let at = At { part, row: Some(row), values: &values, depth: at.depth };
                        self.element(node, at, None);
                    }
                }
                Child::Record => {
                    let (rows, kind) = (self.rows, self.kind);
                    for (row, values) in rows.rows.iter().zip(whole.map_or(&[][..], |it| it.values))
                    {
                        self.of = (row.number, row.offset, row.length);
                        let at = At { part: &kind.part, row: Some(row), values, depth: at.depth };
                        self.element(&kind.template.record, at, None);
                    }
                }
            }
        }
    }

    /// Whether an element is written: something is in it, or nothing could be.
    fn stands(&self, node: &Node, at: At<'_>) -> bool {
        let filled = |index: usize| {
            let field = at.part.columns.get(index);
            let told = at.values.get(index);
            let empty = told.is_none_or(|it| it.text.is_empty());
            let counts = field.is_some_and(|it| it.counts);
            counts
                || !told.is_some_and(|it| it.is_default)
                    && field
                        .is_some_and(|it| it.slot.is_some() && (!empty || it.column.written_empty))
        };
        let rows = |index: usize| {
            let slot = at.part.groups.get(index).map(|it| it.slot);
            let rows = at.row.zip(slot).and_then(|(row, slot)| row.groups.get(slot));
            rows.is_some_and(|it| !it.is_empty())
        };
        node.is_asked
            || !node.has_fields
            || node.attributes.iter().any(|(_, it)| filled(*it))
            || matches!(node.text, Text::Field(it) if filled(it))
            || node.children.iter().any(|it| match it {
                Child::Element(node) => node.has_fields && self.stands(node, at),
                Child::Group(index, _) => rows(*index),
                Child::Record => true,
            })
    }

    fn element(&mut self, node: &Node, at: At<'_>, whole: Option<&Whole<'_>>) {
        if at.depth > 0 {
            self.markup(&separator(self.xml, at.depth));
        }
        let start = self.document.written.bytes.len();
        self.markup(&format!("<{}", node.name));
        if at.depth == 0 {
            for (prefix, space) in &self.xml.writing.namespaces {
                let colon = if prefix.is_empty() { "" } else { ":" };
                self.markup(&format!(" xmlns{colon}{prefix}=\"{}\"", escaped(space, true)));
            }
        }
        for (name, value) in &node.constants {
            self.markup(&format!(" {name}=\"{}\"", escaped(value, true)));
        }
        for name in &node.asked {
            let filled = node.attributes.iter().any(|(it, index)| {
                it == name && at.values.get(*index).is_some_and(|it| !it.text.is_empty())
            });
            if !filled {
                self.markup(&format!(" {name}=\"\""));
            }
        }
        for (name, index) in &node.attributes {
            let Some((field, told)) = at.part.columns.get(*index).zip(at.values.get(*index)) else {
                continue;
            };
            let asked = node.asked.contains(name);
            if told.is_default && !asked
                || told.text.is_empty() && (asked || !field.column.written_empty)
            {
                continue;
            }
            self.markup(&format!(" {name}=\""));
            self.value(&told.text, true, &field.column.field.name);
            self.markup("\"");
        }
        let inside = self.document.written.bytes.len();
        self.markup(">");
        let begun = self.document.written.bytes.len();
        match &node.text {
            Text::None => {}
            Text::Constant(text) => self.markup(&escaped(text, false)),
            Text::Field(index) => {
                let column = at.part.columns.get(*index).map(|it| &it.column);
                // A default too: the element stands for another reason, and without a
                // text it would be read as empty.
                let value = at.values.get(*index).map_or("", |it| it.text.as_str());
                if let Some(column) = column.filter(|it| !it.exists) {
                    self.value(value, false, &column.field.name);
                }
            }
        }
        let deeper = At { depth: at.depth + 1, ..at };
        let before = self.document.written.bytes.len();
        self.children(node, deeper, whole);
        if self.document.written.bytes.len() == begun {
            self.document.written.bytes.truncate(inside);
            self.markup("/>");
        } else {
            if self.document.written.bytes.len() > before {
                self.markup(&separator(self.xml, at.depth));
            }
            self.markup(&format!("</{}>", node.name));
        }
        if std::ptr::eq(node, &raw const self.kind.template.record) {
            self.document.spans.push((start, self.document.written.bytes.len()));
        }
    }

    /// What the layout itself writes: nothing of it may be changed.
    fn markup(&mut self, text: &str) {
        if let Err(fault) = self.encode(text, &Policy::exact(), "") {
            self.fault("", &fault.0, &fault.1);
        }
    }

    /// The text of a field.
    fn value(&mut self, value: &str, attribute: bool, field: &str) {
        let text = escaped(value, attribute);
        let policy = self.policy;
        let mut rest = text.as_str();
        loop {
            let Err((found, expected, at)) = self.encode_at(rest, policy, field) else { return };
            let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
            let Some(c) = after.chars().next().filter(|_| self.xml.writing.references) else {
                return self.fault(field, &found, &expected);
            };
            self.markup(before);
            self.markup(&format!("&#x{:X};", u32::from(c)));
            rest = after.get(c.len_utf8()..).unwrap_or_default();
        }
    }

    fn encode(&mut self, text: &str, policy: &Policy, field: &str) -> Result<(), (String, String)> {
        self.encode_at(text, policy, field).map_err(|(found, expected, _)| (found, expected))
    }

    /// Writes a text; the error is what was found, what was expected, and where.
    fn encode_at(
        &mut self,
        text: &str,
        policy: &Policy,
        field: &str,
    ) -> Result<(), (String, String, usize)> {
        let profile = &self.layout.profile;
        let mut changes: Vec<Substitution> = Vec::new();
        let bytes = &mut self.document.written.bytes;
        profile.encode(text, policy, bytes, &mut changes).map_err(|it| {
            let found = format!("U+{:04X}", u32::from(it.found));
            (found, format!("characters of {}", it.charset), it.at)
        })?;
        if let Some(bad) = changes.iter().find(|it| it.after.contains(['<', '&', '"'])) {
            return Err((bad.after.clone(), "a substitute without < & \"".to_owned(), 0));
        }
        let number = self.of.0;
        let changes = changes.into_iter().map(|it| (number, field.to_owned(), it));
        self.document.written.changes.extend(changes);
        Ok(())
    }
}

/// What stands before an element at that level.
pub(super) fn separator(xml: &Xml, depth: usize) -> String {
    let spaces = xml.writing.indent.map(|it| " ".repeat(it * depth));
    spaces.map_or(String::new(), |it| format!("{}{it}", xml.writing.line_end))
}

/// As in Canonical XML 1.0, section 2.3: what a reader would change is a number.
fn escaped(text: &str, attribute: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match (c, attribute) {
            ('&', _) => out.push_str("&amp;"),
            ('<', _) => out.push_str("&lt;"),
            ('>', false) => out.push_str("&gt;"),
            ('"', true) => out.push_str("&quot;"),
            ('\t', true) => out.push_str("&#x9;"),
            ('\n', true) => out.push_str("&#xA;"),
            ('\r', _) => out.push_str("&#xD;"),
            (c, _) => out.push(c),
        }
    }
    out
}
