//! Rows to one interchange. What is written is read again before it is given out:
//! what the definition does not allow never leaves.

use std::borrow::Cow;

use ::edi::{
    Charset, Dialect, Marks,
    definition::Definition,
    message::{is_date, is_time},
    write::{Draft, Style},
};
use canon::entry::RecordFault;

use super::{
    Column, Edi, Given, Part, Value,
    draft::{self, Levels, Put, Tree},
    number,
    path::Element,
    total,
};
use crate::{
    layout::{Layout, write::Written},
    rows::{Cell, Row, RowFault, Rows},
};

/// Writes all rows as the messages of one interchange.
pub(in crate::layout) fn write(
    layout: &Layout,
    edi: &Edi,
    rows: &Rows,
) -> Result<Written, Vec<RowFault>> {
    let Some(definition) = edi.definition() else { return Ok(Written::default()) };
    let mut writer = Writer { edi, definition, rows, faults: Vec::new() };
    let mut segments = Vec::new();
    let mut faults = Vec::new();
    let mut heads = Vec::new();
    for row in &rows.rows {
        let mut tree = Tree::new(&definition.root);
        writer.part(&edi.part, row, &mut draft::Row::Loop(&mut tree));
        let mut message = Vec::new();
        tree.into_drafts(&mut Levels::default(), &mut message);
        segments.push((row, message));
        let head = writer.envelope(row);
        if heads.first().is_some_and(|first: &Head| !first.same(&head)) {
            writer.fault("", "", "the same sender, receiver and control number in all records");
        }
        heads.push(head);
        let found = std::mem::take(&mut writer.faults);
        faults.extend((!found.is_empty()).then(|| row_fault(row, found)));
    }
    let Some(first) = heads.first() else { return Ok(Written::default()) };
    let missing = first.missing(edi.dialect);
    if !missing.is_empty() {
        faults.push(row_fault(rows.rows.first().unwrap_or(&Row::default()), missing));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let (style, drafts) = enclosed(edi, definition, first, &heads, segments);
    let lost = first.lost(&drafts);
    if !lost.is_empty() {
        return Err(vec![row_fault(rows.rows.first().unwrap_or(&Row::default()), lost)]);
    }
    let bytes = style.write(&drafts, edi.line_break.as_bytes()).map_err(|it| {
        let fault = RecordFault {
            field: format!("{}{:02}", it.tag, it.element),
            offset: None,
            found: it.found,
            expected: it.expected,
            needed_by: None,
            shows: None,
        };
        vec![row_fault(&Row::default(), vec![fault])]
    })?;
    match super::read(layout, edi, &bytes) {
        Ok(again) if again.faults.is_empty() => Ok(Written { bytes, ..Written::default() }),
        Ok(again) => Err(again.faults),
        Err(refused) => {
            let fault = RecordFault {
                field: String::new(),
                offset: Some(refused.offset),
                found: format!("{}: {}", refused.message, refused.found),
                expected: refused.expected,
                needed_by: None,
                shows: None,
            };
            Err(vec![row_fault(&Row::default(), vec![fault])])
        }
    }
}

fn row_fault(row: &Row, faults: Vec<RecordFault>) -> RowFault {
    let Row { number, offset, length, .. } = *row;
    RowFault { number, offset, length, faults }
}

struct Writer<'w> {
    edi: &'w Edi,
    definition: &'w Definition,
    rows: &'w Rows,
    faults: Vec<RecordFault>,
}

// === impl Writer ===

impl Writer<'_> {
    fn part(&mut self, part: &Part, row: &Row, into: &mut draft::Row<'_, '_>) {
        for column in part.columns.iter().filter(|it| !it.at.envelope) {
            let Some(slot) = column.slot else { continue };
            let text = self.rows.cell(row, slot).to_owned();
            if let Some(value) = self.value(column, &text).filter(|it| !it.is_empty()) {
                self.put(column, &value, into, (true, true));
            }
        }
        for (group, rows) in part.groups.iter().zip(&row.groups) {
            for row in rows {
                let draft::Row::Loop(tree) = into else { continue };
                if let Some(mut made) = tree.row(&group.steps) {
                    self.part(&group.part, row, &mut made);
                }
            }
        }
        for column in part.columns.iter().filter(|it| !it.at.envelope) {
            let text = match &column.given {
                Given::Nothing => continue,
                Given::Constant(text) => text.clone(),
                given => {
                    let text = |cell, value: &Value| self.summed(cell, value);
                    let total = total::stated(given, self.edi, row, text);
                    total.map_or(String::new(), total::plain)
                }
            };
            // Constants alone do not make a segment that has fields too.
            let field = |it: &&Column| it.given == Given::Nothing && !it.at.envelope;
            let fields = || part.columns.iter().filter(field);
            let alone = !fields().any(|it| same_segment(it, column));
            let first =
                |it: &Column| it.at.steps.first().map(|it| (it.tag.clone(), it.only.clone()));
            let carries = alone && !fields().any(|it| first(it) == first(column));
            if let Some(value) = self.value(column, &text) {
                self.put(column, &value, into, (alone, carries));
            }
        }
    }

    fn put(
        &self,
        column: &Column,
        value: &[u8],
        into: &mut draft::Row<'_, '_>,
        flags: (bool, bool),
    ) {
        let (alive, carries) = flags;
        let put =
            Put { dialect: self.edi.dialect, element: column.at.element, value, alive, carries };
        match into {
            draft::Row::Loop(tree) => {
                tree.put(&column.at.steps, put);
            }
            draft::Row::Segment(entry) => {
                if let Some(step) = column.at.steps.last() {
                    entry.put(step, put);
                }
            }
        }
    }

    /// A number as sums take it: X12 counts the digits that are written.
    fn summed(&self, cell: Cell, value: &Value) -> Option<Cow<'_, str>> {
        let text = self.rows.text_of(cell);
        match self.edi.dialect {
            Dialect::X12 if !text.is_empty() => number::written(text, value, b'.').map(Cow::Owned),
            Dialect::X12 | Dialect::Edifact => Some(Cow::Borrowed(text)),
        }
    }

    /// The bytes of a value; a fault if it cannot be written.
    fn value(&mut self, column: &Column, text: &str) -> Option<Vec<u8>> {
        if text.is_empty() {
            if column.field.required {
                self.fault(&column.field.name, text, "a text; it is empty");
            }
            return Some(Vec::new());
        }
        let marks = marks(self.edi, self.definition);
        let Some(written) = number::written(text, &column.value, marks.decimal) else {
            let expected = match column.value {
                Value::Implied(scale) | Value::Decimal(scale) => {
                    format!("a number with at most {scale} digits behind the point")
                }
                Value::Text | Value::Date(_) => "a text".to_owned(),
            };
            self.fault(&column.field.name, text, &expected);
            return None;
        };
        match self.edi.charset.encode(&written) {
            Ok(bytes) => Some(bytes),
            Err(bad) => {
                let expected = format!("characters of {}", self.edi.charset.name());
                self.fault(&column.field.name, &format!("U+{:04X}", u32::from(bad)), &expected);
                None
            }
        }
    }

    fn envelope(&mut self, row: &Row) -> Head {
        let mut head = Head::default();
        let columns: Vec<&Column> =
            self.edi.part.columns.iter().filter(|it| it.at.envelope).collect();
        for column in columns {
            let (Some(step), Element::At(element, component)) =
                (column.at.steps.last(), column.at.element)
            else {
                continue;
            };
            let text = match (&column.given, column.slot) {
                (Given::Constant(text), _) => text.clone(),
                (_, Some(slot)) => self.rows.cell(row, slot).to_owned(),
                (Given::Count(_) | Given::Sum { .. } | Given::Nothing, None) => continue,
            };
            if let Some(value) = self.value(column, &text).filter(|it| !it.is_empty()) {
                if let Some(expected) = moment((&step.tag, element, component), &text) {
                    self.fault(&column.at.text, &text, expected);
                }
                head.0.push((step.tag.clone(), element, component, value));
            }
        }
        head
    }

    fn fault(&mut self, field: &str, found: &str, expected: &str) {
        self.faults.push(RecordFault {
            field: field.to_owned(),
            offset: None,
            found: ::edi::fault::shown(found.as_bytes()),
            expected: expected.to_owned(),
            needed_by: None,
            shows: None,
        });
    }
}

/// Whether two columns stand in the same segment.
fn same_segment(a: &Column, b: &Column) -> bool {
    let key =
        |it: &super::path::Step| (it.tag.clone(), it.only.clone().filter(|only| !only.onward));
    let keys = |it: &Column| it.at.steps.iter().map(key).collect::<Vec<_>>();
    keys(a) == keys(b)
}

/// The values of the envelopes: tag, element, component.
#[derive(Debug, Default, PartialEq, Eq)]
struct Head(Vec<(String, u16, u16, Vec<u8>)>);

impl Head {
    fn get(&self, tag: &str, element: u16, component: u16) -> Option<&[u8]> {
        let found =
            self.0.iter().find(|it| (it.0.as_str(), it.1, it.2) == (tag, element, component));
        found.map(|it| it.3.as_slice())
    }

    fn text(&self, tag: &str, element: u16, component: u16) -> String {
        String::from_utf8_lossy(self.get(tag, element, component).unwrap_or_default()).into_owned()
    }

    /// Two records can stand in one interchange and group.
    fn same(&self, other: &Self) -> bool {
        let around = |it: &Self| {
            it.0.iter()
                .filter(|it| !matches!(it.0.as_str(), "ST" | "UNH"))
                .cloned()
                .collect::<Vec<_>>()
        };
        around(self) == around(other)
    }

    /// What nobody but the sender can know.
    fn missing(&self, dialect: Dialect) -> Vec<RecordFault> {
        let needed: &[(&str, u16, u16)] = match dialect {
            Dialect::X12 => {
                &[("ISA", 6, 1), ("ISA", 8, 1), ("ISA", 9, 1), ("ISA", 10, 1), ("ISA", 13, 1)]
            }
            Dialect::Edifact => {
                &[("UNB", 2, 1), ("UNB", 3, 1), ("UNB", 4, 1), ("UNB", 4, 2), ("UNB", 5, 1)]
            }
        };
        let absent =
            needed.iter().filter(|(tag, element, part)| self.get(tag, *element, *part).is_none());
        absent
            .map(|(tag, element, part)| RecordFault {
                field: format!("{tag}.{element}.{part}"),
                offset: None,
                found: "nothing".to_owned(),
                expected: "a value: sender, receiver, date, time and control number".to_owned(),
                needed_by: None,
                shows: None,
            })
            .collect()
    }

    /// Values that were not written as they were given: an element that the
    /// writer itself fills, or a segment that it does not write.
    fn lost(&self, drafts: &[Draft]) -> Vec<RecordFault> {
        let written = |tag: &str, element: u16, component: u16| {
            let draft = drafts.iter().find(|it| it.tag == tag.as_bytes())?;
            let values = draft.elements.get(usize::from(element).checked_sub(1)?)?.first()?;
            values.get(usize::from(component).checked_sub(1)?)
        };
        let mut faults = Vec::new();
        for (tag, element, component, value) in &self.0 {
            let found = String::from_utf8_lossy(value).into_owned();
            let there = written(tag, *element, *component).map(Vec::as_slice).unwrap_or_default();
            let there = String::from_utf8_lossy(there).into_owned();
            let same = match (tag.as_str(), element, component) {
                // Zeros before it, or the century, are the writer's.
                ("ISA", 13, 1) => there.ends_with(&found),
                ("ISA", 9, 1) | ("UNB", 4, 1) => found.ends_with(&there),
                _ => there.trim_end() == found.trim_end(),
            };
            if !same {
                faults.push(RecordFault {
                    field: format!("{tag}.{element}.{component}"),
                    offset: None,
                    found: ::edi::fault::shown(value),
                    expected: if there.is_empty() {
                        "no value: this is not written".to_owned()
                    } else {
                        format!("{there}, as this layout writes it")
                    },
                    needed_by: None,
                    shows: None,
                });
            }
        }
        faults
    }

    /// Puts its values of one segment over what is there.
    fn fill(&self, draft: &mut Draft) {
        for (tag, element, component, value) in &self.0 {
            if tag.as_bytes() == draft.tag {
                draft.push((*element, 1, *component), value.clone());
            }
        }
    }
}

/// What was expected, if a date or time of an envelope is none.
fn moment(place: (&str, u16, u16), text: &str) -> Option<&'static str> {
    let (good, expected) = match place {
        ("ISA", 9, 1) | ("UNB", 4, 1) => (is_date(text), "a date: YYMMDD or YYYYMMDD"),
        ("GS", 4, 1) => (is_date(text) && text.len() == 8, "a date: YYYYMMDD"),
        ("ISA", 10, 1) | ("UNB", 4, 2) => (is_time(text) && text.len() == 4, "a time: HHMM"),
        ("GS", 5, 1) => (is_time(text), "a time: HHMM, HHMMSS, HHMMSSD or HHMMSSDD"),
        _ => return None,
    };
    (!good).then_some(expected)
}

/// X12 has values that repeat from 00402 on.
fn marks(edi: &Edi, definition: &Definition) -> Marks {
    match edi.dialect {
        Dialect::X12 if version(definition).as_str() < "00402" => {
            Marks { repetition: None, ..Marks::X12 }
        }
        Dialect::X12 => Marks::X12,
        Dialect::Edifact => {
            let repetition = (edi.charset == Charset::Utf8).then_some(b'*');
            Marks { repetition, ..Marks::EDIFACT }
        }
    }
}

/// `00401` of `004010`.
fn version(definition: &Definition) -> String {
    definition.release.get(..5).unwrap_or_default().to_owned()
}

/// The messages with their envelopes, in order.
fn enclosed(
    edi: &Edi,
    definition: &Definition,
    head: &Head,
    heads: &[Head],
    messages: Vec<(&Row, Vec<Draft>)>,
) -> (Style, Vec<Draft>) {
    let marks = marks(edi, definition);
    let (mut all, mut close) = match edi.dialect {
        Dialect::X12 => x12(definition, head, &marks, messages.len()),
        Dialect::Edifact => edifact(edi, head, messages.len()),
    };
    for (number, ((_, mut message), head)) in (1_usize..).zip(messages.into_iter().zip(heads)) {
        let count = (message.len() + 2).to_string();
        let number = match edi.dialect {
            Dialect::X12 => format!("{number:04}"),
            Dialect::Edifact => number.to_string(),
        };
        let mut open = match edi.dialect {
            Dialect::X12 => Draft::of("ST", &[&definition.kind, &number]),
            Dialect::Edifact => {
                let mut open = Draft::of("UNH", &[&number]);
                let (directory, release) = definition.release.split_once('.').unwrap_or_default();
                for (part, text) in (1..).zip([definition.kind.as_str(), directory, release, "UN"])
                {
                    open.push((2, 1, part), text.as_bytes().to_vec());
                }
                open
            }
        };
        head.fill(&mut open);
        let (tag, element) = if edi.dialect == Dialect::X12 { ("SE", 2) } else { ("UNT", 1) };
        let own = open.elements.get(element - 1).and_then(|it| it.first()?.first()).cloned();
        let mut end = Draft::of(tag, &[&count, &number]);
        end.push((2, 1, 1), own.unwrap_or_default());
        all.push(open);
        all.append(&mut message);
        all.push(end);
    }
    all.append(&mut close);
    for draft in &mut all {
        draft.after = edi.line_break.as_bytes().to_vec();
    }
    (Style { dialect: edi.dialect, marks, una: edi.dialect == Dialect::Edifact }, all)
}

fn x12(
    definition: &Definition,
    head: &Head,
    marks: &Marks,
    count: usize,
) -> (Vec<Draft>, Vec<Draft>) {
    let text = |element| head.text("ISA", element, 1);
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let (date, time) = (text(9), text(10));
    let short = date.get(date.len().saturating_sub(6)..).unwrap_or_default();
    let long = if date.len() == 8 { date.clone() } else { format!("20{date}") };
    let control = format!("{:0>9}", text(13));
    let plain = or(control.trim_start_matches('0').to_owned(), "0");
    let repetition = marks.repetition.map_or("U".to_owned(), |it| char::from(it).to_string());
    let isa = [
        format!("{:<2}", or(text(1), "00")),
        format!("{:<10}", text(2)),
        format!("{:<2}", or(text(3), "00")),
        format!("{:<10}", text(4)),
        format!("{:<2}", or(text(5), "ZZ")),
        format!("{:<15}", text(6)),
        format!("{:<2}", or(text(7), "ZZ")),
        format!("{:<15}", text(8)),
        short.to_owned(),
        time.clone(),
        repetition,
        version(definition),
        control.clone(),
        or(text(14), "0"),
        or(text(15), "P"),
        char::from(marks.component).to_string(),
    ];
    let isa: Vec<&str> = isa.iter().map(String::as_str).collect();
    let mut group = Draft::of(
        "GS",
        &[&definition.group, &text(6), &text(8), &long, &time, &plain, "X", &definition.release],
    );
    head.fill(&mut group);
    let own = group.elements.get(5).and_then(|it| it.first()?.first()).cloned().unwrap_or_default();
    let mut close = Draft::of("GE", &[&count.to_string(), ""]);
    close.push((2, 1, 1), own);
    (vec![Draft::of("ISA", &isa), group], vec![close, Draft::of("IEA", &["1", &control])])
}

fn edifact(edi: &Edi, head: &Head, count: usize) -> (Vec<Draft>, Vec<Draft>) {
    let (identifier, version) = match edi.charset {
        Charset::Capitals => ("UNOA", "3"),
        Charset::Ascii => ("UNOB", "3"),
        Charset::Latin1 => ("UNOC", "3"),
        Charset::Utf8 => ("UNOW", "4"),
    };
    let mut open = Draft::of("UNB", &[identifier]);
    open.push((1, 1, 2), version.as_bytes().to_vec());
    head.fill(&mut open);
    let date = head.text("UNB", 4, 1);
    let length = if version == "4" { 8 } else { 6 };
    let date = date.get(date.len().saturating_sub(length)..).unwrap_or_default();
    open.push((4, 1, 1), date.as_bytes().to_vec());
    let control = head.text("UNB", 5, 1);
    (vec![open], vec![Draft::of("UNZ", &[&count.to_string(), &control])])
}
