//! Interchanges to rows.

use std::borrow::Cow;

use ::edi::{
    Dialect, Document, Fault, Interchange, Segment,
    ack::is_acknowledgement,
    interchange,
    message::{self, Body, Child, Node},
};
use canon::entry::RecordFault;

use super::{
    Column, Edi, Given, Group, Part, Place, Value, number,
    path::Step,
    refused::{answers, lost, record_fault, refused, unsupported},
    total,
};
use crate::{
    layout::{
        Layout, LayoutFault,
        arena::{self, Arena},
        cell::{self, is_date, number::nano, sample},
    },
    rows::{Cell, GroupShape, Row, RowFault, Rows, Shape},
};

/// Reads a whole input.
pub(in crate::layout) fn read(
    layout: &Layout,
    edi: &Edi,
    bytes: &[u8],
) -> Result<Rows, LayoutFault> {
    let found = interchange::read(bytes).map_err(|it| refused(edi, &it))?;
    let mut rows = Rows::default();
    let mut arena = Arena::default();
    for interchange in &found {
        if interchange.document.dialect != edi.dialect {
            let at = usize::try_from(interchange.document.start).unwrap_or(usize::MAX);
            let message = "the interchange is of another standard";
            return Err(LayoutFault::new("edi", at, message)
                .found(interchange.document.dialect.name())
                .expected(edi.dialect.name()));
        }
        if let Some(fault) = interchange.broken().or_else(|| lost(interchange)) {
            return Err(refused(edi, fault));
        }
        answers(edi, interchange, &mut rows);
        let is_read = |kind: &String| !edi.ignored.contains(kind) && !is_acknowledgement(kind);
        for message in interchange.messages.iter().filter(|it| is_read(&it.kind)) {
            rows.records += 1;
            let one = message_of(layout, edi, interchange, message, &mut arena);
            let Message { mut row, faults, own } = one;
            row.number = rows.records;
            let (number, offset, length) = (row.number, row.offset, row.length);
            let mut faults: Vec<RecordFault> =
                faults.iter().filter(|it| !it.note).map(|it| record_fault(edi, it)).collect();
            faults.extend(own);
            if faults.is_empty() {
                rows.rows.push(row);
            } else {
                rows.faults.push(RowFault { number, offset, length, faults });
            }
        }
    }
    rows.text = arena.into_text();
    Ok(rows)
}

/// One message, read.
pub(super) struct Message {
    row: Row,
    /// What is wrong with it by the standard; notes among it.
    pub(super) faults: Vec<Fault>,
    /// What is wrong with it by the layout.
    pub(super) own: Vec<RecordFault>,
}

/// Reads one message by its definition and by the layout.
pub(super) fn message_of(
    layout: &Layout,
    edi: &Edi,
    interchange: &Interchange<'_>,
    message: &interchange::Message,
    arena: &mut Arena,
) -> Message {
    let body = match edi.definition_of(message) {
        Some(definition) => message::read(interchange, message, definition, &edi.options),
        None => {
            Body { root: Node::default(), faults: vec![unsupported(edi, interchange, message)] }
        }
    };
    let mut faults: Vec<Fault> = interchange.faults_on(message).cloned().collect();
    let bad = |it: &Fault| !it.note;
    let readable = !faults.iter().any(bad) && !body.faults.iter().any(bad);
    let mut reading = Reading { document: &interchange.document, edi, arena, faults: Vec::new() };
    let row = if readable {
        reading.message(layout.shape(), interchange, message, &body)
    } else {
        // What is missing by the standard would be told a second time.
        Row {
            offset: u64::from(message.offset),
            length: u64::from(message.length),
            ..Row::default()
        }
    };
    let own = reading.faults;
    faults.extend(body.faults);
    Message { row, faults, own }
}

/// What a group or column is read in.
#[derive(Clone, Copy)]
enum Scope<'s> {
    Loop(&'s Node),
    /// A segment that repeats, by index.
    Segment(usize),
}

/// The reading of one message.
struct Reading<'r> {
    document: &'r Document<'r>,
    edi: &'r Edi,
    arena: &'r mut Arena,
    faults: Vec<RecordFault>,
}

// === impl Reading ===

impl Reading<'_> {
    fn message(
        &mut self,
        shape: &Shape,
        interchange: &Interchange<'_>,
        message: &interchange::Message,
        body: &Body,
    ) -> Row {
        let headers = headers(interchange, message);
        let edi = self.edi;
        let mut row = self.part(&edi.part, shape, Scope::Loop(&body.root), &headers);
        row.offset = u64::from(message.offset);
        row.length = u64::from(message.length);
        for column in &edi.part.columns {
            self.counted(column, &row, Scope::Loop(&body.root));
        }
        row
    }

    fn part(&mut self, part: &Part, shape: &Shape, scope: Scope<'_>, headers: &[Segment]) -> Row {
        let mut row = Row { cells: vec![Cell::default(); shape.fields.len()], ..Row::default() };
        for column in &part.columns {
            let Some(slot) = column.slot else {
                self.constant(column, scope);
                continue;
            };
            let found = if column.at.envelope {
                let step = column.at.steps.last();
                let found =
                    headers.iter().find(|it| step.is_some_and(|step| step.fits(self.document, it)));
                found.copied()
            } else {
                self.segment(&column.at, column, scope)
            };
            let cell = self.field(column, found);
            if let Some(place) = row.cells.get_mut(slot) {
                *place = cell;
            }
        }
        for (group, shape) in part.groups.iter().zip(&shape.groups) {
            row.groups.push(self.group(group, shape, scope));
        }
        row
    }

    fn group(&mut self, group: &Group, shape: &GroupShape, scope: Scope<'_>) -> Vec<Row> {
        let mut rows = Vec::new();
        for scope in self.scopes(&group.steps, scope) {
            let mut row = self.part(&group.part, &shape.shape, scope, &[]);
            let (first, last) = match scope {
                Scope::Loop(node) => (node.first(), node.last()),
                Scope::Segment(index) => (Some(index), Some(index)),
            };
            let at = |index: Option<usize>| index.and_then(|it| self.document.segments.get(it));
            if let Some((first, last)) = at(first).zip(at(last)) {
                row.offset = u64::from(first.offset);
                row.length = u64::from(last.next.saturating_sub(first.offset));
            }
            row.number = rows.len() as u64 + 1;
            rows.push(row);
        }
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        if count < shape.min || shape.max.is_some_and(|max| count > max) {
            let max = shape.max.map_or(String::new(), |max| format!(" and at most {max}"));
            self.faults.push(RecordFault {
                field: shape.name.clone(),
                offset: None,
                found: format!("{count} of them"),
                expected: format!("at least {}{max}", shape.min),
                needed_by: None,
                shows: None,
            });
        }
        rows
    }

    /// What a group's path leads to.
    fn scopes<'s>(&self, steps: &[Step], scope: Scope<'s>) -> Vec<Scope<'s>> {
        let mut open = vec![scope];
        for step in steps {
            let mut next = Vec::new();
            for scope in open {
                let Scope::Loop(node) = scope else { continue };
                let loops: Vec<&Node> =
                    node.loops(&step.tag).filter(|it| self.fits(step, it.first())).collect();
                if loops.is_empty() {
                    next.extend(self.segments(step, node).map(Scope::Segment));
                } else {
                    next.extend(loops.into_iter().map(Scope::Loop));
                }
            }
            open = next;
        }
        open
    }

    /// The segments of a loop itself that a step means, and those that begin a
    /// loop within.
    fn segments<'n>(&'n self, step: &'n Step, node: &'n Node) -> impl Iterator<Item = usize> {
        let direct = node.children.iter().filter_map(|it| match it {
            Child::Segment(index) => Some(*index),
            Child::Node(_) => None,
        });
        let fits = move |it: &usize| self.fits(step, Some(*it));
        let direct: Vec<usize> = direct.filter(fits).collect();
        let found = if direct.is_empty() {
            node.segments(&step.tag, self.document).filter(fits).collect()
        } else {
            direct
        };
        found.into_iter()
    }

    fn fits(&self, step: &Step, index: Option<usize>) -> bool {
        let segment = index.and_then(|it| self.document.segments.get(it));
        segment.is_some_and(|it| step.fits(self.document, it))
    }

    /// The segments in which a column has a text.
    fn with_text(&self, at: &Place, scope: Scope<'_>) -> Vec<Segment> {
        let Some((last, loops)) = at.steps.split_last() else { return Vec::new() };
        let mut found: Vec<usize> = Vec::new();
        for scope in self.scopes(loops, scope) {
            match scope {
                Scope::Loop(node) => found.extend(self.segments(last, node)),
                Scope::Segment(index) => {
                    found.extend(Some(index).filter(|it| self.fits(last, Some(*it))))
                }
            }
        }
        let segments = found.iter().filter_map(|it| self.document.segments.get(*it));
        let has_text = |it: &&Segment| {
            let numbers = at.element.in_segment(self.document, it, last);
            numbers.is_some_and(|(element, part)| {
                !self.document.component(it, element, part).is_empty()
            })
        };
        segments.filter(has_text).copied().collect()
    }

    /// The segment that a column stands in; a fault if there are several.
    fn segment(&mut self, at: &Place, column: &Column, scope: Scope<'_>) -> Option<Segment> {
        let with_value = self.with_text(at, scope);
        if with_value.len() > 1 {
            let offset = with_value.get(1).map(|it| u64::from(it.offset));
            self.faults.push(RecordFault {
                field: column.field.name.clone(),
                offset,
                found: format!("{} {} times", at.text, with_value.len()),
                expected: "it at most once".to_owned(),
                needed_by: None,
                shows: None,
            });
        }
        with_value.first().copied()
    }

    /// A text that the layout knows: another one in its place means something else
    /// than the columns beside it say.
    fn constant(&mut self, column: &Column, scope: Scope<'_>) {
        let Given::Constant(text) = &column.given else { return };
        // What stands around messages is the sender's to say.
        if column.at.envelope {
            return;
        }
        let Some(step) = column.at.steps.last() else { return };
        for segment in self.with_text(&column.at, scope) {
            let Some((element, part)) = column.at.element.in_segment(self.document, &segment, step)
            else {
                continue;
            };
            let found = self.document.word(&segment, element, part);
            if found == *text || column.field.one_of.contains(&found) {
                continue;
            }
            let expected = match column.field.one_of.as_slice() {
                [] => text.clone(),
                others => format!("{text} or {}", others.join(", ")),
            };
            self.faults.push(RecordFault {
                field: column.at.text.clone(),
                offset: Some(u64::from(segment.offset)),
                found: cell::found(&found, column.field.personal),
                expected,
                needed_by: None,
                shows: None,
            });
        }
    }

    /// Reads one field; what is not there is empty.
    fn field(&mut self, column: &Column, segment: Option<Segment>) -> Cell {
        let step = column.at.steps.last();
        let piece = segment.zip(step).and_then(|(segment, step)| {
            let (element, part) = column.at.element.in_segment(self.document, &segment, step)?;
            self.document.piece(&segment, element, 1, part)
        });
        let (offset, length) = piece
            .map_or((segment.map_or(0, |it| it.offset), 0), |it| (it.start, it.end - it.start));
        let raw = piece.map(|it| self.document.value(it)).unwrap_or_default();
        let charset = self.edi.options.charset.unwrap_or(self.document.charset);
        // In a message it is a fault by the standard already; envelopes have none.
        let text = match charset.decode(&raw) {
            Ok(text) => text,
            Err(at) => {
                self.faults.push(RecordFault {
                    field: column.field.name.clone(),
                    offset: Some(u64::from(offset)),
                    found: raw.get(at).map_or(String::new(), |it| format!("byte {it:02X}")),
                    expected: format!("characters of {}", charset.name()),
                    needed_by: None,
                    shows: None,
                });
                return Cell::default();
            }
        };
        let fixed = column.at.envelope && self.edi.dialect == Dialect::X12;
        let text = if fixed { text.trim_end() } else { text.as_str() };
        match normal(column, text, self.edi.dialect) {
            Ok(text) => {
                let range = self.arena.add(&text);
                arena::cell(range, u64::from(offset), length)
            }
            Err(expected) => {
                self.faults.push(RecordFault {
                    field: column.field.name.clone(),
                    offset: Some(u64::from(offset)),
                    found: cell::found(text, column.field.personal),
                    expected,
                    needed_by: None,
                    shows: Some(length).filter(|_| !column.field.personal),
                });
                Cell::default()
            }
        }
    }

    /// A count or sum that the message states is that of its rows.
    fn counted(&mut self, column: &Column, row: &Row, scope: Scope<'_>) {
        // With a number that could not be read there is no sum to compare.
        if matches!(column.given, Given::Sum { .. }) && !self.faults.is_empty() {
            return;
        }
        let text = |cell: Cell, _: &Value| match self.edi.dialect {
            Dialect::X12 => {
                let start = usize::try_from(cell.offset).ok()?;
                let end = start.checked_add(usize::try_from(cell.length).ok()?)?;
                Some(String::from_utf8_lossy(self.document.bytes.get(start..end)?))
            }
            Dialect::Edifact => Some(Cow::Borrowed(self.arena.cell(cell))),
        };
        let Some(total) = total::stated(&column.given, self.edi, row, text) else { return };
        let Some(segment) = self.segment(&column.at, column, scope) else { return };
        let Some((element, part)) = column
            .at
            .steps
            .last()
            .and_then(|it| column.at.element.in_segment(self.document, &segment, it))
        else {
            return;
        };
        let stated = self.document.word(&segment, element, part);
        let points = number::points(self.edi.dialect);
        let number = number::normal(&stated, &Value::Decimal(9), points);
        if number.and_then(|it| nano(&it)) != Some(total) {
            self.faults.push(RecordFault {
                field: column.at.text.clone(),
                offset: Some(u64::from(segment.offset)),
                found: stated,
                expected: format!("{}, as there are", total::plain(total)),
                needed_by: None,
                shows: None,
            });
        }
    }
}

/// The headers around a message.
fn headers(interchange: &Interchange<'_>, message: &interchange::Message) -> Vec<Segment> {
    let group = usize::try_from(message.group).unwrap_or(0).checked_sub(1);
    let group = group.and_then(|it| interchange.groups.get(it));
    let group = group.and_then(|it| interchange.group_header(it));
    let own = interchange.segments(message).first();
    [interchange.header(), group, own].into_iter().flatten().copied().collect()
}

/// The text that maps see, or what was expected.
fn normal(column: &Column, text: &str, dialect: Dialect) -> Result<String, String> {
    let field = &column.field;
    if text.is_empty() {
        return if field.required {
            Err("a text; it is empty".to_owned())
        } else {
            Ok(String::new())
        };
    }
    let text = match &column.value {
        Value::Text => text.to_owned(),
        Value::Date(parts) if is_date(parts, text) => text.to_owned(),
        Value::Date(parts) => return Err(format!("a date or time such as {}", sample(parts))),
        Value::Implied(_) | Value::Decimal(_) => {
            number::normal(text, &column.value, number::points(dialect)).ok_or_else(|| {
                match &column.value {
                    Value::Decimal(scale) => {
                        format!("a number with at most {scale} digits behind the point")
                    }
                    _ => "digits".to_owned(),
                }
            })?
        }
    };
    let chars = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    if let Some(max) = field.chars_max.filter(|max| chars > *max) {
        return Err(format!("at most {max} characters"));
    }
    if !field.one_of.is_empty() && !field.one_of.contains(&text) {
        return Err(format!("one of {}", field.one_of.join(", ")));
    }
    Ok(text)
}
