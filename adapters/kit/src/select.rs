//! Which kind a record is, and which of its maps read it.

use canon::entry::RecordFault;
use codec::rows::{Row, Rows, Shape};
use serde_json::Value;

use crate::{
    decode::RecordBody,
    manifest::{Field, MapUse, Predicate, RecordKind},
};

/// A record as predicates see it.
pub(crate) enum Seen<'a> {
    Json(&'a Value),
    Row { rows: &'a Rows, row: &'a Row, shape: &'a Shape },
}

/// A record that cannot be used as it is.
#[derive(Clone, Debug)]
pub struct Unusable {
    /// Problem code: `unknown-record`, `schema-mismatch` or `undecodable`.
    pub code: &'static str,
    /// All that is wrong with it.
    pub faults: Vec<RecordFault>,
}

// === impl Seen ===

impl Seen<'_> {
    /// Whether all conditions hold.
    pub(crate) fn holds(&self, when: &[Predicate]) -> bool {
        when.iter().all(|it| it.test.holds(self.text(&it.field).as_deref()))
    }

    /// The text of a field; `None` when it is not there, null or no scalar.
    /// An object or a list that has something in it counts as being there.
    pub(crate) fn text(&self, field: &Field) -> Option<String> {
        match (self, field) {
            (Self::Json(value), Field::Pointer(pointer)) => {
                let found = value.pointer(pointer)?;
                scalar(found).or_else(|| {
                    let filled = found.as_object().is_some_and(|it| !it.is_empty())
                        || found.as_array().is_some_and(|it| !it.is_empty());
                    filled.then(|| "(filled)".to_owned())
                })
            }
            (Self::Row { rows, row, shape }, Field::Cell(name)) => {
                let index = shape.field(name)?;
                Some(rows.cell(row, index).to_owned())
            }
            (Self::Json(_), Field::Cell(_)) | (Self::Row { .. }, Field::Pointer(_)) => None,
        }
    }
}

// === impl RecordKind, MapUse ===

impl RecordKind {
    /// Whether a record is of this kind.
    pub(crate) fn fits(&self, topic: Option<&str>, seen: &Seen<'_>) -> bool {
        fits(&self.topics, topic) && seen.holds(&self.when)
    }
}

impl MapUse {
    /// Whether the map reads the record; its conditions are asked for each
    /// element when it has `each`.
    pub(crate) fn reads(&self, topic: Option<&str>, seen: &Seen<'_>) -> bool {
        fits(&self.topics, topic) && (self.each.is_some() || seen.holds(&self.when))
    }
}

fn fits(topics: &[String], topic: Option<&str>) -> bool {
    topics.is_empty() || topic.is_some_and(|it| topics.iter().any(|wanted| wanted == it))
}

/// The record of one element of a list: `item` and `record`, for JSON.
pub(crate) fn element_record(item: &str, record: &str) -> String {
    format!("{{\"item\":{item},\"record\":{record}}}")
}

/// Where each field of an element record comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CellFrom {
    Element(usize),
    Record(usize),
}

/// The row of one element of a group: fields of the element and of the record.
pub(crate) fn element_row(from: &[CellFrom], record: &Row, element: &Row) -> Row {
    let cells = from.iter().map(|it| match it {
        CellFrom::Element(index) => element.cells.get(*index).copied().unwrap_or_default(),
        CellFrom::Record(index) => record.cells.get(*index).copied().unwrap_or_default(),
    });
    Row {
        number: record.number,
        offset: element.offset,
        length: element.length,
        cells: cells.collect(),
        groups: Vec::new(),
    }
}

/// The text of a JSON scalar, numbers by their literal; `None` for null, lists
/// and objects.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The JSON document of a record, for predicates and schemas.
pub(crate) fn document(body: RecordBody<'_>) -> Result<Option<Value>, Unusable> {
    let RecordBody::Json(text) = body else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|fault| {
        let fault = RecordFault {
            field: String::new(),
            offset: None,
            found: fault.to_string(),
            expected: "one JSON document".to_owned(),
            needed_by: None,
            shows: None,
        };
        Unusable { code: "undecodable", faults: vec![fault] }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Test;
    use serde_json::json;

    #[test]
    fn conditions_look_into_documents() {
        let record = json!({"customer": {"id": 7}, "tags": [], "test": false, "note": ""});
        let seen = Seen::Json(&record);
        let holds = |pointer: &str, test: Test| {
            seen.holds(&[Predicate { field: Field::Pointer(pointer.into()), test }])
        };
        assert!(holds("/customer", Test::Exists(true)));
        assert!(holds("/customer/id", Test::OneOf(vec!["7".into()])));
        assert!(holds("/tags", Test::Exists(false)));
        assert!(holds("/note", Test::Exists(false)));
        assert!(holds("/test", Test::NoneOf(vec!["true".into()])));
        assert!(!holds("/missing", Test::NoneOf(vec!["true".into()])));
    }
}
