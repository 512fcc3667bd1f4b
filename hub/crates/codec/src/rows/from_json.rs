//! What an out map rendered as a record of a layout: the inverse of what maps
//! read. Numbers keep their digits.

use canon::entry::RecordFault;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

use super::{Cell, FieldKind, Row, Rows, Shape};

type Members<'a> = BTreeMap<String, &'a RawValue>;

impl Rows {
    /// One record of that shape from a JSON object.
    ///
    /// # Errors
    /// Every member that the shape does not have, or that is of another kind.
    pub fn from_json(shape: &Shape, json: &[u8]) -> Result<Self, Vec<RecordFault>> {
        let mut build = Build { rows: Self { records: 1, ..Self::default() }, faults: Vec::new() };
        match std::str::from_utf8(json).ok().and_then(|it| serde_json::from_str(it).ok()) {
            Some(members) => {
                let mut row = build.row(shape, &members, "");
                row.number = 1;
                build.rows.rows.push(row);
            }
            None => build.fault("", "no JSON object", "an object of the layout's fields"),
        }
        if build.faults.is_empty() { Ok(build.rows) } else { Err(build.faults) }
    }
}

struct Build {
    rows: Rows,
    faults: Vec<RecordFault>,
}

impl Build {
    fn row(&mut self, shape: &Shape, members: &Members<'_>, at: &str) -> Row {
        let mut row = Row::default();
        for field in &shape.fields {
            let value = members.get(&field.name).map_or("null", |it| it.get());
            let text = self.text(value, field.kind, &format!("{at}{}", field.name));
            row.cells.push(self.cell(&text));
        }
        for group in &shape.groups {
            let place = format!("{at}{}", group.name);
            let list = members.get(&group.name).map_or("[]", |it| it.get());
            let Ok(items) = serde_json::from_str::<Vec<Members<'_>>>(list) else {
                self.fault(&place, list, "a list of objects");
                continue;
            };
            let rows = (1..).zip(&items).map(|(number, item)| {
                let place = format!("{place}[{}].", number - 1);
                Row { number, ..self.row(&group.shape, item, &place) }
            });
            let rows = rows.collect();
            row.groups.push(rows);
        }
        let known = |name: &str| shape.field(name).is_some() || shape.group(name).is_some();
        for name in members.keys().filter(|it| !known(it)) {
            self.fault(&format!("{at}{name}"), name, "a field that the layout has");
        }
        row
    }

    fn text(&mut self, value: &str, kind: FieldKind, place: &str) -> String {
        let text = match value.as_bytes().first() {
            Some(b'n') => return String::new(),
            Some(b'"') => serde_json::from_str(value).ok(),
            Some(b'-' | b'0'..=b'9') => Some(value.to_owned()),
            _ => None,
        };
        let plain = |it: &String| it.bytes().all(|it| matches!(it, b'0'..=b'9' | b'-' | b'.'));
        match text.filter(|it| kind == FieldKind::Text || plain(it)) {
            Some(text) => text,
            None => {
                let expected = if kind == FieldKind::Text { "a text" } else { "a number" };
                self.fault(place, value, expected);
                String::new()
            }
        }
    }

    fn cell(&mut self, text: &str) -> Cell {
        let at = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        let start = at(self.rows.text.len());
        self.rows.text.push_str(text);
        Cell { start, end: at(self.rows.text.len()), ..Cell::default() }
    }

    fn fault(&mut self, field: &str, found: &str, expected: &str) {
        self.faults.push(RecordFault {
            field: field.to_owned(),
            offset: None,
            found: found.chars().take(40).flat_map(char::escape_debug).collect(),
            expected: expected.to_owned(),
            needed_by: None,
            shows: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{FieldShape, GroupShape};

    fn shape() -> Shape {
        let number =
            FieldShape { kind: FieldKind::Decimal { scale: 2 }, ..FieldShape::text("price") };
        let line = Shape { fields: vec![FieldShape::text("item"), number], groups: Vec::new() };
        let group = GroupShape { name: "lines".into(), shape: line, min: 0, max: None };
        Shape { fields: vec![FieldShape::text("no")], groups: vec![group] }
    }

    #[test]
    fn digits_are_kept_and_what_is_not_there_is_empty() {
        let json = br#"{"no":"A\u3042","lines":[{"item":"x","price":1.10},{"price":"12345678901234567.89"}]}"#;
        let rows = Rows::from_json(&shape(), json).unwrap();
        let row = &rows.rows[0];
        assert_eq!(rows.cell(row, 0), "Aあ");
        let lines: Vec<_> =
            row.groups[0].iter().map(|it| (rows.cell(it, 0), rows.cell(it, 1))).collect();
        assert_eq!(lines, [("x", "1.10"), ("", "12345678901234567.89")]);
    }

    #[test]
    fn what_the_layout_does_not_have_is_told() {
        let json = br#"{"nr":1,"lines":[{"price":"abc"},{"item":{}}]}"#;
        let faults = Rows::from_json(&shape(), json).unwrap_err();
        let places: Vec<&str> = faults.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(places, ["lines[0].price", "lines[1].item", "nr"]);
        assert_eq!(Rows::from_json(&shape(), b"[1]").unwrap_err().len(), 1);
    }
}
