//! Where the fields come from that a map makes of a record: places in the bytes
//! of the arrival, also of the element records that no arrival holds.

use codec::rows::Row;
use mapping::{Explained, Map, RunContext, Watch};
use serde_json::{Value, value::RawValue};

use crate::{
    decode::{Record, RecordBody, at},
    manifest::MapUse,
    package::Package,
    select::{Seen, element_record, element_row},
};

/// What stands before the element and before the record in an element record.
const BEFORE_ITEM: u64 = "{\"item\":".len() as u64;
const BEFORE_RECORD: u64 = ",\"record\":".len() as u64;

impl Package {
    /// Runs one map over a record, watched: one result, or one for each element.
    /// Offsets count from the first byte of the arrival.
    #[must_use]
    pub fn explain(
        &self,
        used: &MapUse,
        record: &Record<'_>,
        ctx: &RunContext<'_>,
        watch: &Watch<'_>,
    ) -> Vec<Explained> {
        let Some(map) = self.map(&used.file) else { return Vec::new() };
        match (&used.each, record.body) {
            (None, RecordBody::Json(text)) => {
                let explained = watch.json(map, text.as_bytes(), ctx);
                vec![moved(explained, |offset| offset.saturating_add(record.offset))]
            }
            (None, RecordBody::Row(rows, row)) => vec![watch.row(map, (rows, row), ctx)],
            (Some(each), RecordBody::Json(text)) => {
                elements(map, (text, record.offset), (each, used), (ctx, watch))
            }
            (Some(each), RecordBody::Row(rows, row)) => {
                let lines = self.layout().and_then(|it| row.groups.get(it.shape().group(each)?));
                let Some(element) = self.element(used) else { return Vec::new() };
                let line = |line: &Row| element_row(&element.from, row, line);
                let shape = element.layout.shape();
                let lines = lines.into_iter().flatten().map(line);
                lines
                    .filter(|it| Seen::Row { rows, row: it, shape }.holds(&used.when))
                    .map(|it| watch.row(map, (rows, &it), ctx))
                    .collect()
            }
        }
    }
}

/// Each element of a list of a JSON record.
fn elements(
    map: &Map,
    (text, origin): (&str, u64),
    (pointer, used): (&str, &MapUse),
    (ctx, watch): (&RunContext<'_>, &Watch<'_>),
) -> Vec<Explained> {
    let document: Option<&RawValue> = serde_json::from_str(text).ok();
    let list = document.and_then(|it| at(it, pointer));
    let items: Option<Vec<&RawValue>> = list.and_then(|it| serde_json::from_str(it.get()).ok());
    let mut found = Vec::new();
    for item in items.unwrap_or_default() {
        let record = element_record(item.get(), text);
        let value: Option<Value> = serde_json::from_str(&record).ok();
        if !value.is_some_and(|it| Seen::Json(&it).holds(&used.when)) {
            continue;
        }
        // The item is a part of the text: how far in is where it begins.
        let start = item.get().as_ptr().addr().saturating_sub(text.as_ptr().addr());
        let (start, length) = (start as u64, item.get().len() as u64);
        let record_at = BEFORE_ITEM + length + BEFORE_RECORD;
        let place = |offset: u64| match offset.checked_sub(record_at) {
            Some(inside) => origin + inside,
            None => origin + start + offset.saturating_sub(BEFORE_ITEM),
        };
        found.push(moved(watch.json(map, record.as_bytes(), ctx), place));
    }
    found
}

/// The same with other offsets.
fn moved(mut explained: Explained, place: impl Fn(u64) -> u64) -> Explained {
    for field in &mut explained.fields {
        for read in &mut field.reads {
            read.offset = read.offset.map(&place);
        }
    }
    if let Err(faulted) = &mut explained.result {
        for fault in &mut faulted.faults {
            fault.offset = fault.offset.map(&place);
        }
    }
    explained
}
