//! Forms as browsers and old shops send them (`application/x-www-form-urlencoded`): one
//! body is one record. Escapes are bytes of the layout's character set.

use std::borrow::Cow;

use canon::entry::RecordFault;

use super::{
    Layout, LayoutFault, Written,
    arena::{self, Arena},
    cell::{self, line_fault},
    model::{Column, Kind, Role, Slot},
    narrow, text, wide,
};
use crate::{
    charset::Policy,
    form::{self, Field},
    rows::{Cell, Row, RowFault, Rows},
    yaml::Table,
};

/// Bytes of one form.
pub(super) const BYTES_MAX: usize = 1 << 24;

/// What a layout says of forms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// Fields that it does not name are passed over.
    others: bool,
    /// Values may have line breaks.
    multiline: bool,
}

/// Reads the keys of a form.
pub(super) fn form(table: &Table<'_>) -> Form {
    let flag = |key| table.bool(key).unwrap_or(false);
    Form { others: flag("other_fields"), multiline: flag("multiline") }
}

/// A form is one record of one kind.
pub(super) fn check(table: &Table<'_>, kinds: &[Kind]) {
    match kinds {
        [kind] if kind.role == Role::Record && kind.codes.is_empty() && kind.sequence.is_none() => {
        }
        _ => table.error("L09", "a form is one record, without groups and without other kinds"),
    }
    for (index, column) in kinds.iter().flat_map(|it| &it.columns).enumerate() {
        let mut before = kinds.iter().flat_map(|it| &it.columns).take(index);
        if column.header.is_empty() {
            table.error("L04", "a column of a form needs a `name` or `header`: its field's name");
        } else if before.any(|it| it.header == column.header) {
            table.error("L03", format!("two columns read the field `{}`", column.header));
        }
    }
}

/// Reads a body.
pub(super) fn read(layout: &Layout, form: Form, bytes: &[u8]) -> Result<Rows, LayoutFault> {
    if bytes.is_empty() {
        return Err(LayoutFault::new("empty", 0, "there is no form").expected("fields"));
    }
    if bytes.len() > BYTES_MAX {
        return Err(LayoutFault::new("too-large", 0, "the form is too large")
            .found(format!("{} bytes", bytes.len()))
            .expected(format!("at most {BYTES_MAX} bytes")));
    }
    let fields = form::fields(bytes).map_err(|fault| {
        LayoutFault::new("form", fault.offset, "it is no form")
            .found(fault.found)
            .expected(fault.expected)
    })?;
    let columns = layout.kinds.first().map(|it| it.columns.as_slice()).unwrap_or_default();
    let mut reader = Reader {
        layout,
        form,
        arena: Arena::default(),
        seen: vec![false; columns.len()],
        cells: vec![Cell::default(); layout.shape.fields.len()],
        faults: Vec::new(),
    };
    for field in &fields {
        reader.field(columns, field);
    }
    reader.missing(columns);
    let Reader { arena, cells, faults, .. } = reader;
    let (number, offset, length) = (1, 0, wide(bytes.len()));
    let mut rows = Rows { text: arena.into_text(), records: 1, ..Rows::default() };
    if faults.is_empty() {
        rows.rows.push(Row { number, offset, length, cells, groups: Vec::new() });
    } else {
        rows.faults.push(RowFault { number, offset, length, faults });
    }
    Ok(rows)
}

struct Reader<'a> {
    layout: &'a Layout,
    form: Form,
    arena: Arena,
    /// The columns whose fields came.
    seen: Vec<bool>,
    cells: Vec<Cell>,
    faults: Vec<RecordFault>,
}

impl Reader<'_> {
    fn field(&mut self, columns: &[Column], field: &Field) {
        let mut name = String::new();
        if let Err(fault) = self.layout.profile.decode_field(&field.name, &mut name) {
            let expected = format!("the name of a field in {}", fault.charset);
            return self.faults.push(line_fault(field.offset, fault.found(), expected));
        }
        let known = columns.iter().zip(&mut self.seen).find(|(it, _)| it.header == name);
        let Some((column, seen)) = known else {
            if !self.form.others {
                let expected = "a field of the layout; `other_fields` allows others".to_owned();
                let found = cell::found(&name, self.layout.is_personal());
                self.faults.push(line_fault(field.offset, found, expected));
            }
            return;
        };
        let repeated = std::mem::replace(seen, true);
        let result = if repeated { Err("it at most once".to_owned()) } else { Ok(()) };
        let start = self.arena.end();
        let result = result.and_then(|()| self.value(column, field));
        match (result, column.slot) {
            (Ok(range), Slot::Head(slot)) => {
                let length = narrow(field.end - field.value_offset);
                if let Some(place) = self.cells.get_mut(slot) {
                    *place = arena::cell(range, wide(field.value_offset), length);
                }
            }
            (Ok(_), Slot::None | Slot::Line(_)) => {}
            (Err(expected), _) => {
                let text = self.arena.text(start, self.arena.end());
                let place = (wide(field.value_offset), field.end - field.value_offset);
                let fault = cell::fault(column, place, text, expected);
                self.faults.push(fault);
            }
        }
    }

    /// The text of a value, as a range of the arena.
    fn value(&mut self, column: &Column, field: &Field) -> Result<(usize, usize), String> {
        let start = self.arena.end();
        let profile = &self.layout.profile;
        profile
            .decode_field(&field.value, self.arena.extra())
            .map_err(|fault| format!("characters of {} ({})", fault.charset, fault.found()))?;
        let range = (start, self.arena.end());
        let breaks = self.form.multiline;
        let text = self.arena.text(range.0, range.1);
        if text.bytes().any(|it| is_control(it) && !(breaks && matches!(it, b'\r' | b'\n'))) {
            return Err("no control characters; `multiline` allows line breaks".to_owned());
        }
        cell::read(column, range, &mut self.arena)
    }

    /// What must be there is there.
    fn missing(&mut self, columns: &[Column]) {
        for (column, _) in columns.iter().zip(&self.seen).filter(|(_, seen)| !**seen) {
            let expected = match &column.constant {
                Some(constant) => format!("`{constant}`; the field is missing"),
                None if column.field.required => "a text; the field is missing".to_owned(),
                None => continue,
            };
            self.faults.push(cell::fault(column, (0, 0), "", expected));
        }
    }
}

/// As in CSV: tabs are text.
fn is_control(byte: u8) -> bool {
    byte < b' ' && byte != b'\t' || byte == 0x7F
}

/// Writes a record. All fields are written, as browsers do: empty ones with no value.
pub(super) fn write(
    layout: &Layout,
    form: Form,
    rows: &Rows,
    policy: &Policy,
) -> Result<Written, Vec<RowFault>> {
    let [row] = rows.rows.as_slice() else {
        let found = format!("{} records", rows.rows.len());
        let faults = vec![line_fault(0, found, "one record: it is the form".to_owned())];
        return Err(vec![RowFault { number: 0, offset: 0, length: 0, faults }]);
    };
    let (mut out, mut written, mut faults) = (String::new(), Written::default(), Vec::new());
    for column in layout.kinds.iter().flat_map(|it| &it.columns) {
        let value = match column.slot {
            Slot::Head(slot) => Cow::Borrowed(rows.cell(row, slot)),
            Slot::None | Slot::Line(_) => Cow::Borrowed(column.constant.as_deref().unwrap_or("")),
        };
        let (mut name, mut bytes, mut changes) = (Vec::new(), Vec::new(), Vec::new());
        let result = text::plain(column, &value).and_then(|text| {
            let control = |it: u8| is_control(it) && !(form.multiline && b"\r\n".contains(&it));
            if text.bytes().any(control) {
                return Err("no control characters".to_owned());
            }
            let profile = &layout.profile;
            profile
                .encode(&column.header, &Policy::exact(), &mut name, &mut Vec::new())
                .and_then(|()| profile.encode(&text, policy, &mut bytes, &mut changes))
                .map_err(|it| it.to_string())
        });
        if let Err(expected) = result {
            faults.push(cell::fault(column, (0, 0), &value, expected));
            continue;
        }
        let field = if column.field.name.is_empty() { &column.header } else { &column.field.name };
        written.changes.extend(changes.into_iter().map(|it| (row.number, field.clone(), it)));
        out.push_str(if out.is_empty() { "" } else { "&" });
        form::escape(&name, &mut out);
        out.push('=');
        form::escape(&bytes, &mut out);
    }
    if !faults.is_empty() {
        let Row { number, offset, length, .. } = *row;
        return Err(vec![RowFault { number, offset, length, faults }]);
    }
    written.bytes = out.into_bytes();
    Ok(written)
}
