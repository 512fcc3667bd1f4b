//! What a lossless layout has read is written again and compared with what came:
//! a record that would come out otherwise is set aside, a document around the
//! records that would be otherwise is refused.

use canon::entry::RecordFault;
use std::collections::{HashMap, HashSet};

use super::{
    Kind, Xml,
    write::{Document, document, separator},
};
use crate::{
    charset::{Policy, Profile},
    layout::{Layout, LayoutFault, wide},
    rows::{Row, RowFault, Rows},
};

/// Compares, and moves records to the faults.
pub(super) fn check(
    layout: &Layout,
    (xml, kind): (&Xml, &Kind),
    (bytes, profile): (&[u8], &Profile),
    rows: &mut Rows,
) -> Result<(), LayoutFault> {
    if profile.charset != layout.profile.charset {
        return Err(otherwise(0, "the document is in another character set"));
    }
    // The count that the document states is that of all its records, bad ones too.
    let count = usize::try_from(rows.records).unwrap_or(usize::MAX);
    let write = |rows: &Rows| document(layout, (xml, kind), (rows, count), &Policy::exact());
    let written = match write(rows) {
        Ok(written) => written,
        Err(faults) => {
            let bad: HashSet<u64> = faults.iter().map(|it| it.number).collect();
            let nobody = bad.contains(&0);
            rows.rows.retain(|it| !bad.contains(&it.number));
            rows.faults.extend(faults);
            rows.faults.sort_by_key(|it| it.number);
            let rest = (!nobody).then(|| write(rows).ok());
            let Some(written) = rest.flatten() else {
                return Err(otherwise(0, "the document cannot be written again"));
            };
            written
        }
    };
    envelope(xml, bytes, rows, &written)?;
    let mut bad = HashMap::new();
    for (row, (start, end)) in rows.rows.iter().zip(&written.spans) {
        let came = slice(bytes, row.offset, row.length);
        let again = written.written.bytes.get(*start..*end).unwrap_or_default();
        if came != again {
            let at = row.offset.saturating_add(wide(difference(came, again)));
            bad.insert(row.number, at);
        }
    }
    for row in &rows.rows {
        let Row { number, offset, length, .. } = *row;
        let Some(at) = bad.get(&number) else { continue };
        let fault = RecordFault {
            field: String::new(),
            offset: Some(*at),
            found: format!("another way of writing from byte {at} on"),
            expected: "what the layout would write: it is `lossless`".to_owned(),
            needed_by: None,
            shows: None,
        };
        rows.faults.push(RowFault { number, offset, length, faults: vec![fault] });
    }
    rows.rows.retain(|it| !bad.contains_key(&it.number));
    rows.faults.sort_by_key(|it| it.number);
    Ok(())
}

/// What stands before, between and behind the records.
fn envelope(xml: &Xml, bytes: &[u8], rows: &Rows, written: &Document) -> Result<(), LayoutFault> {
    let of_good = rows.rows.iter().map(|it| (it.offset, it.length));
    let mut came: Vec<(u64, u64)> =
        of_good.chain(rows.faults.iter().map(|it| (it.offset, it.length))).collect();
    came.sort_unstable();
    let again = &written.written.bytes;
    let message = "the document around its records would be written otherwise";
    let Some((first, last)) = came.first().zip(came.last()) else {
        let same = again.as_slice() == bytes;
        return if same { Ok(()) } else { Err(otherwise(difference(bytes, again), message)) };
    };
    let ends = written.spans.first().zip(written.spans.last());
    let Some(((start, _), (_, end))) = ends else { return Ok(()) };
    let head = slice(bytes, 0, first.0);
    let wanted = again.get(..*start).unwrap_or_default();
    if head != wanted {
        return Err(otherwise(difference(head, wanted), message));
    }
    let from = last.0.saturating_add(last.1);
    let tail = slice(bytes, from, u64::MAX);
    if tail != again.get(*end..).unwrap_or_default() {
        return Err(otherwise(usize::try_from(from).unwrap_or(usize::MAX), message));
    }
    let between = separator(xml, written.depth);
    for pair in came.windows(2) {
        let [(offset, length), (next, _)] = pair else { continue };
        let end = offset.saturating_add(*length);
        if slice(bytes, end, next.saturating_sub(end)) != between.as_bytes() {
            return Err(otherwise(usize::try_from(end).unwrap_or(usize::MAX), message));
        }
    }
    Ok(())
}

fn otherwise(at: usize, message: &str) -> LayoutFault {
    LayoutFault::new("not-lossless", at, message)
        .expected("what the layout would write: it is `lossless`")
}

fn slice(bytes: &[u8], offset: u64, length: u64) -> &[u8] {
    let at = |it: u64| usize::try_from(it).unwrap_or(usize::MAX).min(bytes.len());
    bytes.get(at(offset)..at(offset.saturating_add(length))).unwrap_or_default()
}

/// The first byte that is not the same.
fn difference(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
