//! `explain` tells the truth: for fields of all shipped maps the bytes it names
//! hold the value it says, the steps lead from there to what was written, and a
//! table that was asked says what the step after it has.

use std::str::FromStr;

use mapping::{Explained, FieldTrace, RunContext, explain_json, explain_row};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    laws::at,
    shipped::{Shipped, shipped},
    support::context,
};

/// What was looked at.
#[derive(Debug, Default)]
struct Count {
    fields: usize,
    reads: usize,
    chains: usize,
    tables: usize,
}

/// A value without its quotes; numbers in their shortest form.
fn plain(shown: &str) -> String {
    let text = serde_json::from_str::<String>(shown).unwrap_or_else(|_| shown.to_owned());
    Decimal::from_str(&text).map_or(text.clone(), |it| it.normalize().to_string())
}

fn judge(field: &FieldTrace, source: &[u8], raw: impl Fn(&[u8]) -> String, count: &mut Count) {
    count.fields += 1;
    for read in &field.reads {
        let Some(offset) = read.offset else { continue };
        let (start, length) =
            (usize::try_from(offset).unwrap(), usize::try_from(read.length).unwrap());
        let bytes = &source[start..start + length];
        if matches!(bytes, b"{" | b"[") {
            continue;
        }
        let value = plain(&raw(bytes));
        // Conditions read without a step; of a pipe, the first step has the value.
        let loads: Vec<String> =
            field.steps.iter().filter(|it| it.step == "load").map(|it| plain(&it.value)).collect();
        let shortened = value.chars().count() > 40;
        if let (false, false) = (loads.is_empty(), shortened) {
            let known = loads.contains(&value) || value.is_empty() || value == "null";
            let asked = field.steps.iter().any(|it| it.step == "condition" || it.step == "list");
            assert!(known || asked || loads.len() < field.reads.len(), "{value}: {field:?}");
        }
        count.reads += 1;
    }
    let Some(written) = &field.written else { return };
    // Where a condition chose a constant, the last step is the condition's.
    let chosen = |step: &str| matches!(step, "load" | "constant" | "condition");
    if let Some(last) = field.steps.last().filter(|it| field.steps.len() == 1 || !chosen(&it.step))
        && !written.starts_with(['{', '['])
        && written.chars().count() < 40
    {
        let (left, right) = (plain(&last.value), plain(written));
        // Times are shown as they were told and written by the target's form.
        let time = left.contains(':') && right.contains(':');
        let same = left == right || time;
        assert!(same || chosen(&last.step), "{left} is not {right}: {field:?}");
        count.chains += usize::from(same);
    }
    for (table, key) in &field.tables {
        let at = field.steps.iter().rposition(|it| it.step == "table").unwrap_or(0);
        let before = field.steps.get(..at).unwrap_or_default();
        let known = before.is_empty() || before.iter().any(|it| plain(&it.value) == plain(key));
        assert!(known, "{table} was asked for {key}, which no step gave: {field:?}");
        count.tables += usize::from(!before.is_empty());
    }
}

/// The value in a result, and whether it is all that was traced.
fn recomputed(shipped: &Shipped, explained: &Explained) {
    let Ok(mapped) = &explained.result else { return };
    let data: Value = serde_json::from_slice(&mapped.data).unwrap();
    for field in &explained.fields {
        let told: Option<Value> =
            field.written.as_ref().map(|it| serde_json::from_str(it).unwrap());
        let found = at(&data, &field.target);
        // A member of an object that was left out as a whole is not there.
        assert!(
            told.as_ref() == found || found.is_none(),
            "{} {}: {told:?} is not {found:?}",
            shipped.name,
            field.target
        );
    }
}

#[test]
fn fields_of_all_shipped_maps_are_explained_as_they_came_about() {
    let mut count = Count::default();
    let maps = shipped();
    for shipped in &maps {
        for sample in &shipped.samples {
            let Some(layout) = &shipped.layout else {
                let explained = explain_json(&shipped.map, sample, &context());
                recomputed(shipped, &explained);
                let raw = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                explained.fields.iter().for_each(|it| judge(it, sample, raw, &mut count));
                continue;
            };
            let rows = layout.read(sample).unwrap();
            for row in &rows.rows {
                let ctx = RunContext { record: row.number, ..context() };
                let explained = explain_row(&shipped.map, &rows, row, &ctx);
                recomputed(shipped, &explained);
                count.fields += explained.fields.len();
            }
        }
    }
    println!("{} maps: {count:?}", maps.len());
    assert!(maps.len() >= 40 && count.fields >= 3_000, "{} {count:?}", maps.len());
    assert!(count.reads >= 1_000 && count.chains >= 1_000 && count.tables >= 50, "{count:?}");
}
