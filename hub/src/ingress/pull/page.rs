//! One answer, as far as reading on needs to know it.

use adapter_kit::manifest::{Cursor, Feed, PageBy, Window, is_dots};
use serde_json::Value;
use std::cmp::Ordering;

/// One answer, as far as reading on needs to know it.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    /// The records, or the ids of records; a document that is one record is not
    /// in here, but counted.
    pub(super) records: Vec<Value>,
    /// How many there are.
    pub(super) count: usize,
    /// What the feed's cursor says: in the answer, in the last record, or the
    /// greatest of all.
    pub(super) cursor: Option<String>,
    /// The cursor of the last record, where it lies in records.
    pub(super) last: Option<String>,
    /// What the next page is, where the answer or its last record says so.
    pub(super) next: Option<String>,
    /// Whether the answer says that there is more; `None`: it never says.
    pub(super) more: Option<bool>,
}

// === impl Page ===

impl Page {
    /// Reads an answer. `of_format` is where the package's format has its records.
    ///
    /// # Errors
    ///
    /// When it cannot be an answer to the question.
    pub(super) fn read(feed: &Feed, of_format: Option<&str>, bytes: &[u8]) -> Result<Self, String> {
        let answer: Value = serde_json::from_slice(bytes).map_err(|fault| {
            format!("{} was answered with something that is not JSON: {fault}", feed.name)
        })?;
        let records_at = match &feed.details {
            Some(details) => Some(details.ids_at.as_str()),
            None => feed.records_at.as_deref().or(of_format),
        };
        let (records, count) = records(&feed.name, &answer, records_at)?;
        let in_last = |pointer: &str| records.last().and_then(|it| it.pointer(pointer));
        let (cursor, last) = match &feed.cursor {
            Cursor::None => (None, None),
            Cursor::InAnswer(pointer) => (answer.pointer(pointer).and_then(text), None),
            Cursor::InLast(pointer) => {
                let last = in_last(pointer).and_then(text);
                (last.clone(), last)
            }
            Cursor::Greatest { pointer, .. } => {
                let all = records.iter().filter_map(|it| it.pointer(pointer).and_then(text));
                (all.reduce(greater), in_last(pointer).and_then(text))
            }
        };
        let next = match feed.pages.as_ref().map(|it| &it.by) {
            Some(PageBy::Token(pointer)) => answer.pointer(pointer).and_then(text),
            Some(PageBy::Last { pointer, .. }) => in_last(pointer).and_then(text),
            Some(PageBy::Offset | PageBy::Number) | None => None,
        };
        let more = feed
            .more_at
            .as_deref()
            .map(|pointer| answer.pointer(pointer).and_then(Value::as_bool).unwrap_or(false));
        Ok(Self { records, count, cursor, last, next, more })
    }

    /// The ids in it, for feeds whose details are asked for: parts joined by `/`.
    ///
    /// # Errors
    ///
    /// When an element has none.
    pub(super) fn ids(&self, id_at: &[String]) -> Result<Vec<String>, String> {
        let part = |record: &Value, pointer: &str| {
            let found = record.pointer(pointer).and_then(text).filter(|it| !is_dots(it));
            found.ok_or_else(|| format!("an element has no id at {pointer:?}"))
        };
        let id = |record: &Value| match id_at {
            [] => part(record, ""),
            parts => {
                let parts = parts.iter().map(|it| part(record, it));
                Ok(parts.collect::<Result<Vec<_>, _>>()?.join("/"))
            }
        };
        self.records.iter().map(id).collect()
    }

    /// Whether the last of `before` stands in this page too.
    pub(super) fn repeats(&self, before: &Value) -> bool {
        self.records.contains(before)
    }
}

/// How many records an answer has; a document that is one record has one.
///
/// # Errors
///
/// When it cannot be an answer to the question.
pub(super) fn count(feed: &Feed, of_format: Option<&str>, bytes: &[u8]) -> Result<usize, String> {
    let answer: Value = serde_json::from_slice(bytes)
        .map_err(|fault| format!("{}: the details are not JSON: {fault}", feed.name))?;
    Ok(records(&feed.name, &answer, feed.records_at.as_deref().or(of_format))?.1)
}

fn records(
    feed: &str,
    answer: &Value,
    records_at: Option<&str>,
) -> Result<(Vec<Value>, usize), String> {
    let found = records_at.map_or(Some(answer), |it| answer.pointer(it));
    match (found, records_at) {
        (Some(Value::Array(records)), _) => Ok((records.clone(), records.len())),
        // The document is one record.
        (Some(_), None) => Ok((Vec::new(), 1)),
        // Some systems leave an empty list out.
        (None | Some(Value::Null), Some(_)) if answer.is_object() => Ok((Vec::new(), 0)),
        (_, pointer) => {
            let pointer = pointer.unwrap_or_default();
            Err(format!("{feed} was answered without a list of records at {pointer:?}"))
        }
    }
}

/// A cursor as it stands in an answer; nothing for null and the empty text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn greater(one: String, other: String) -> String {
    if compare(&one, &other) == Ordering::Less { other } else { one }
}

/// Compares cursors as what they are: times, whole numbers, or texts.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    if let (Some(one), Some(other)) = (Window::parse(one), Window::parse(other)) {
        return one.cmp(&other);
    }
    match (one.parse::<i128>(), other.parse::<i128>()) {
        (Ok(one), Ok(other)) => one.cmp(&other),
        _ => one.cmp(other),
    }
}
