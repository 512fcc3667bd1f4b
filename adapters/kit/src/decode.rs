//! From bytes to records: what the manifest's format says, and nothing else.

use canon::entry::RecordFault;
pub use codec::rows::Told;
use codec::{
    json::{self, pieces::Place},
    layout::{Layout, LayoutFault},
    rows::{Row, Rows},
};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The records of one arrival. Holds places, not bytes: a record is looked at
/// together with the bytes it was decoded from.
#[derive(Debug, Default)]
pub struct Decoded {
    /// Records in the bytes, readable or not.
    pub records: u64,
    /// Records that could not be read; the others can.
    pub unreadable: Vec<Unreadable>,
    /// Records that answer something that was sent (EDI).
    pub told: Vec<Told>,
    /// Where in a file the bytes begin that the spans lie in.
    base: usize,
    spans: Vec<Span>,
    rows: Option<Rows>,
}

/// A record that could not be read.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// Its number, from 1.
    pub number: u64,
    /// Where it begins in the bytes.
    pub offset: u64,
    /// How many bytes it has.
    pub length: u64,
    /// All that is wrong with it.
    pub faults: Vec<RecordFault>,
}

/// Bytes that are refused as a whole: nothing in them can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}{}: found {}, expected {}", at_byte(fault), fault.found, fault.expected)]
pub struct Undecodable {
    /// Stable word, such as `truncated`, `trailer-mismatch`, `syntax`.
    pub reason: &'static str,
    /// What is wrong and where.
    pub fault: Box<RecordFault>,
}

/// One record, ready to be looked at.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Its number in the arrival, from 1.
    pub number: u64,
    /// Where it begins in the bytes.
    pub offset: u64,
    /// How many bytes it has.
    pub length: u64,
    /// What it is.
    pub body: RecordBody<'a>,
}

/// What a record is.
#[derive(Clone, Copy, Debug)]
pub enum RecordBody<'a> {
    /// One JSON document.
    Json(&'a str),
    /// One row with its groups.
    Row(&'a Rows, &'a Row),
}

#[derive(Clone, Copy, Debug)]
struct Span {
    number: u64,
    offset: usize,
    length: usize,
}

// === impl Decoded ===

impl Decoded {
    /// The readable records, in order. `bytes` are those that were decoded.
    pub fn iter<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = Record<'a>> {
        let json = self.spans.iter().filter_map(move |span| {
            let at = span.offset.checked_sub(self.base)?;
            let text = bytes.get(at..at.checked_add(span.length)?)?;
            Some(Record {
                number: span.number,
                offset: wide(span.offset),
                length: wide(span.length),
                body: RecordBody::Json(std::str::from_utf8(text).ok()?),
            })
        });
        let rows = self.rows.iter().flat_map(|rows| {
            rows.rows.iter().map(move |row| Record {
                number: row.number,
                offset: row.offset,
                length: row.length,
                body: RecordBody::Row(rows, row),
            })
        });
        json.chain(rows)
    }

    /// Leaves the records, readable or not, that begin at offsets which `meant` names.
    pub fn keep(&mut self, meant: impl Fn(u64) -> bool) {
        self.spans.retain(|it| meant(wide(it.offset)));
        self.unreadable.retain(|it| meant(it.offset));
        self.told.retain(|it| meant(it.offset));
        let mut left = self.spans.len() + self.unreadable.len() + self.told.len();
        if let Some(rows) = &mut self.rows {
            rows.rows.retain(|it| meant(it.offset));
            left += rows.rows.len();
        }
        self.records = wide(left);
    }

    /// Where each record begins, readable or not.
    pub fn offsets(&self) -> impl Iterator<Item = u64> {
        let rows = self.rows.iter().flat_map(|rows| rows.rows.iter().map(|it| it.offset));
        let spans = self.spans.iter().map(|it| wide(it.offset));
        let told = self.told.iter().map(|it| it.offset);
        spans.chain(rows).chain(self.unreadable.iter().map(|it| it.offset)).chain(told)
    }

    /// How many bytes each record has, readable or not.
    pub fn lengths(&self) -> impl Iterator<Item = u64> {
        let rows = self.rows.iter().flat_map(|rows| rows.rows.iter().map(|it| it.length));
        let spans = self.spans.iter().map(|it| wide(it.length));
        let told = self.told.iter().map(|it| it.length);
        spans.chain(rows).chain(self.unreadable.iter().map(|it| it.length)).chain(told)
    }

    /// One JSON document, or the elements of the list at `records_at` in it.
    pub(crate) fn json(bytes: &[u8], records_at: Option<&str>) -> Result<Self, Undecodable> {
        let Some(pointer) = records_at else {
            json::check(bytes).map_err(|it| Undecodable::of_json(&it, 0))?;
            let span = Span { number: 1, offset: 0, length: bytes.len() };
            return Ok(Self { records: 1, spans: vec![span], ..Self::default() });
        };
        let (before, list) = list_at(bytes, pointer)?;
        let elements = json::elements(list).map_err(|it| Undecodable::of_json(&it, before))?;
        Ok(Self::split(elements, before))
    }

    /// One JSON document a line; empty lines are passed over.
    pub(crate) fn ndjson(bytes: &[u8]) -> Result<Self, Undecodable> {
        let lines = json::lines(bytes).map_err(|it| Undecodable::of_json(&it, 0))?;
        Ok(Self::split(lines, 0))
    }

    /// Whole lines of a file, from `start` on; with them comes where they end.
    pub(crate) fn lines(
        start: Place,
        bytes: &[u8],
        last: bool,
    ) -> Result<(Self, Place), Undecodable> {
        let read = json::pieces::read_piece(start, bytes, last);
        let (lines, next) = read.map_err(|it| Undecodable::of_json(&it, 0))?;
        let base = usize::try_from(start.offset).unwrap_or(usize::MAX);
        Ok((Self { base, ..Self::split(lines, 0) }, next))
    }

    /// Records of a list that stands at byte `before`.
    fn split(records: Vec<json::Record>, before: usize) -> Self {
        let mut decoded = Self { records: wide(records.len()), ..Self::default() };
        for record in records {
            let json::Record { number, offset, length, fault } = record;
            let offset = before + offset;
            match fault {
                None => decoded.spans.push(Span { number, offset, length }),
                Some(fault) => decoded.unreadable.push(Unreadable {
                    number,
                    offset: wide(offset),
                    length: wide(length),
                    faults: vec![*Undecodable::of_json(&fault, before).fault],
                }),
            }
        }
        decoded
    }

    /// Rows by a layout.
    pub(crate) fn rows(bytes: &[u8], layout: &Layout) -> Result<Self, Undecodable> {
        layout.read(bytes).map(Self::of_rows).map_err(Undecodable::of_layout)
    }

    pub(crate) fn of_rows(mut rows: Rows) -> Self {
        let unreadable = std::mem::take(&mut rows.faults).into_iter().map(|it| Unreadable {
            number: it.number,
            offset: it.offset,
            length: it.length,
            faults: it.faults,
        });
        let unreadable = unreadable.collect();
        let told = std::mem::take(&mut rows.told);
        Self { records: rows.records, unreadable, told, rows: Some(rows), ..Self::default() }
    }
}

// === impl Undecodable ===

impl Undecodable {
    fn new(reason: &'static str, field: &str, found: &str, expected: &str) -> Self {
        let fault = RecordFault {
            field: field.to_owned(),
            offset: None,
            found: found.to_owned(),
            expected: expected.to_owned(),
            needed_by: None,
            shows: None,
        };
        Self { reason, fault: Box::new(fault) }
    }

    pub(crate) fn no_layout() -> Self {
        Self::new("no-layout", "", "a piece of a file", "a package that reads files by a layout")
    }

    pub(crate) fn no_state(found: &str) -> Self {
        Self::new("checkpoint", "", found, "the state that the piece was cut in")
    }

    fn no_list(pointer: &str) -> Self {
        Self::new("no-records", pointer, "no list", &format!("a list of records at {pointer}"))
    }

    /// A fault of a document that stands at byte `before`.
    pub(crate) fn of_json(fault: &json::Fault, before: usize) -> Self {
        let mut undecodable = Self::new(fault.code, "", &fault.found, &fault.expected);
        undecodable.fault.offset = Some(wide(fault.offset + before));
        undecodable
    }

    pub(crate) fn of_layout(fault: LayoutFault) -> Self {
        let LayoutFault { code, offset, message, found, expected } = fault;
        let found = if found.is_empty() { message.clone() } else { format!("{message}: {found}") };
        let mut undecodable = Self::new(code, "", &found, &expected);
        undecodable.fault.offset = Some(offset);
        undecodable
    }
}

fn at_byte(fault: &RecordFault) -> String {
    fault.offset.map_or_else(String::new, |it| format!(" at byte {it}"))
}

/// The list at a pointer of a document, and where it begins.
fn list_at<'b>(bytes: &'b [u8], pointer: &str) -> Result<(usize, &'b [u8]), Undecodable> {
    if pointer.is_empty() {
        return Ok((0, bytes));
    }
    let document: Option<&RawValue> = serde_json::from_slice(bytes).ok();
    let list = document.and_then(|it| at(it, pointer)).map(RawValue::get);
    let Some(list) = list.filter(|it| it.starts_with('[')) else {
        // The strict check says what is wrong; it refuses all that serde does.
        let refused = json::check(bytes).err().map(|it| Undecodable::of_json(&it, 0));
        return Err(refused.unwrap_or_else(|| Undecodable::no_list(pointer)));
    };
    let before = (list.as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize);
    around(bytes, before, list.len())?;
    Ok((before, list.as_bytes()))
}

/// The document around a list is strict: of two lists at one place neither may
/// be lost. What is wrong within the list is the fault of one record.
fn around(bytes: &[u8], before: usize, length: usize) -> Result<(), Undecodable> {
    let (head, rest) = bytes.split_at_checked(before).unwrap_or_default();
    let (_, tail) = rest.split_at_checked(length).unwrap_or_default();
    let empty = b"[]";
    json::check(&[head, empty, tail].concat()).map_err(|mut fault| {
        if fault.offset >= before + empty.len() {
            fault.offset += length - empty.len();
        }
        Undecodable::of_json(&fault, 0)
    })
}

/// What stands at a JSON pointer.
pub(crate) fn at<'a>(document: &'a RawValue, pointer: &str) -> Option<&'a RawValue> {
    let mut node = document;
    for part in pointer.split('/').skip(1) {
        let name = part.replace("~1", "/").replace("~0", "~");
        node = match name.parse::<usize>() {
            Ok(index) if node.get().starts_with('[') => {
                let list: Vec<&RawValue> = serde_json::from_str(node.get()).ok()?;
                *list.get(index)?
            }
            _ => {
                let object: BTreeMap<String, &RawValue> = serde_json::from_str(node.get()).ok()?;
                *object.get(&name)?
            }
        };
    }
    Some(node)
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Texts<'a> = Vec<(u64, &'a str)>;

    fn texts<'a>(decoded: &'a Decoded, bytes: &'a [u8]) -> Texts<'a> {
        let of = |it: Record<'a>| match it.body {
            RecordBody::Json(text) => (it.offset, text),
            RecordBody::Row(..) => panic!("rows"),
        };
        decoded.iter(bytes).map(of).collect()
    }

    #[test]
    fn a_document_is_one_record_or_a_list_of_them() {
        let bytes = br#" {"a":{"b":[{"n":1} , {"n":2}]}}"#;
        let whole = Decoded::json(bytes, None).unwrap();
        assert_eq!(texts(&whole, bytes).len(), 1);
        let list = Decoded::json(bytes, Some("/a/b")).unwrap();
        assert_eq!(texts(&list, bytes), [(12, r#"{"n":1}"#), (22, r#"{"n":2}"#)]);
        let bare = Decoded::json(b"[1,2,3]", Some("")).unwrap();
        assert_eq!(bare.records, 3);
    }

    #[test]
    fn records_are_kept_by_their_place() {
        let bytes = b"{\"n\":1}\n{\"n\":x}\n{\"n\":3}";
        let mut decoded = Decoded::ndjson(bytes).unwrap();
        decoded.keep(|offset| offset >= 8);
        assert_eq!((decoded.records, decoded.unreadable.len()), (2, 1));
        assert_eq!(texts(&decoded, bytes), [(16, "{\"n\":3}")]);
        assert_eq!(decoded.lengths().collect::<Vec<_>>(), [7, 7]);
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        let cases = [
            (&b"{\"a\":1}x"[..], None, "trailing", Some(7)),
            (b"{\n\"a\":}", None, "syntax", Some(6)),
            (b"{\"a\":1,\"a\":2}", None, "duplicate-key", Some(7)),
            (b"{\"a\":[1}", Some("/a"), "syntax", Some(7)),
            (b"{\"a\":1}", Some("/b"), "no-records", None),
            (b"{\"a\":1}", Some("/a"), "no-records", None),
            (b" {}", Some(""), "syntax", Some(1)),
            (b"{\"a\":[1],\"a\":[2]}", Some("/a"), "duplicate-key", Some(9)),
            (b"{\"a\":{\"b\":[1]},\"a\":{\"c\":1}}", Some("/a/b"), "duplicate-key", Some(15)),
            (b"{\"a\":[1],\"a\":[{\"n\":1,\"n\":1}]}", Some("/a"), "duplicate-key", Some(9)),
            (b"{\"a\":[1,2],\"b\":1,\"b\":1}", Some("/a"), "duplicate-key", Some(17)),
        ];
        for (bytes, at, reason, offset) in cases {
            let fault = Decoded::json(bytes, at).unwrap_err();
            assert_eq!((fault.reason, fault.fault.offset), (reason, offset), "{bytes:?}");
        }
    }

    #[test]
    fn a_bad_element_does_not_hide_the_others() {
        let bytes = br#"{"a":[{"n":1,"n":2},{"n":3}]}"#;
        let decoded = Decoded::json(bytes, Some("/a")).unwrap();
        assert_eq!(texts(&decoded, bytes), [(20, r#"{"n":3}"#)]);
        assert_eq!((decoded.records, decoded.unreadable.len()), (2, 1));
    }

    #[test]
    fn a_bad_line_does_not_hide_the_others() {
        let bytes = b"{\"n\":1}\r\n\n{\"n\":x\n{\"n\":3}";
        let decoded = Decoded::ndjson(bytes).unwrap();
        assert_eq!(decoded.records, 3);
        assert_eq!(texts(&decoded, bytes), [(0, "{\"n\":1}"), (17, "{\"n\":3}")]);
        let bad = decoded.unreadable.first().unwrap();
        assert_eq!((bad.number, bad.offset, bad.length), (2, 10, 6));
    }
}
