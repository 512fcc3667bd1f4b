//! What a new version of a map changes, field by field.

use std::collections::BTreeMap;

use codec::rows::{Row, Rows};
use serde::Serialize;
use serde_json::Value;

use crate::{
    map::Map,
    run::{RunContext, Scratch},
};

/// What two versions of a map make of the same records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DiffReport {
    pub records: usize,
    /// Records of which both make the same.
    pub same: usize,
    /// By target field, most frequent first.
    pub changes: Vec<Change>,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Target path, `[]` for list elements; `(record)` when one version faults.
    pub field: String,
    /// In how many records.
    pub records: usize,
    /// Name of the first such record.
    pub example: String,
    /// What the old version gives there; `None`: nothing.
    pub old: Option<String>,
    /// What the new version gives there.
    pub new: Option<String>,
}

/// One record that two versions are run over.
#[derive(Clone, Copy, Debug)]
pub enum Sample<'a> {
    Json(&'a [u8]),
    Row(&'a Rows, &'a Row),
}

/// Runs two versions of a map over the same records, each with its name.
pub fn diff(
    old: &Map,
    new: &Map,
    records: &[(&str, Sample<'_>)],
    ctx: &RunContext<'_>,
) -> DiffReport {
    let mut report = DiffReport { records: records.len(), ..DiffReport::default() };
    let mut changes: BTreeMap<String, Change> = BTreeMap::new();
    let mut scratch = Scratch::default();
    for (name, sample) in records {
        let before = outcome(old, *sample, ctx, &mut scratch);
        let after = outcome(new, *sample, ctx, &mut scratch);
        let mut fields: Vec<&String> = before.keys().chain(after.keys()).collect();
        fields.sort_unstable();
        fields.dedup();
        let mut seen: Vec<String> = Vec::new();
        for path in fields {
            let (was, is) = (before.get(path), after.get(path));
            // The label of the map itself always differs.
            if was == is || path == "mapping" {
                continue;
            }
            let field = unnumbered(path);
            if seen.contains(&field) {
                continue;
            }
            let change = changes.entry(field.clone()).or_insert_with(|| Change {
                field: field.clone(),
                records: 0,
                example: (*name).to_owned(),
                old: was.cloned(),
                new: is.cloned(),
            });
            change.records += 1;
            seen.push(field);
        }
        report.same += usize::from(seen.is_empty());
    }
    report.changes = changes.into_values().collect();
    report.changes.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| a.field.cmp(&b.field)));
    report
}

impl DiffReport {
    /// As text for a terminal.
    pub fn text(&self) -> String {
        let mut text = format!("{} records, {} the same\n", self.records, self.same);
        let none = || "(nothing)".to_owned();
        for change in &self.changes {
            let (old, new) =
                (change.old.clone().unwrap_or_else(none), change.new.clone().unwrap_or_else(none));
            text.push_str(&format!(
                "{}: {} records, such as {}: {old} -> {new}\n",
                change.field, change.records, change.example
            ));
        }
        text
    }
}

fn outcome(
    map: &Map,
    sample: Sample<'_>,
    ctx: &RunContext<'_>,
    scratch: &mut Scratch,
) -> BTreeMap<String, String> {
    let made = match sample {
        Sample::Json(bytes) => map.run_json(bytes, ctx, scratch),
        Sample::Row(rows, row) => map.run_row(rows, row, ctx, scratch),
    };
    match made {
        Ok(mapped) => {
            serde_json::from_slice(&mapped.data).map(|it| leaves(&it)).unwrap_or_default()
        }
        Err(faulted) => {
            let fields: Vec<String> = faulted.faults.iter().map(|it| it.field.clone()).collect();
            BTreeMap::from([("(record)".to_owned(), format!("faults at {}", fields.join(", ")))])
        }
    }
}

/// Every leaf of a document with its path.
pub(crate) fn leaves(value: &Value) -> BTreeMap<String, String> {
    fn go(value: &Value, path: &str, found: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (key, value) in members {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    go(value, &path, found);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (index, value) in items.iter().enumerate() {
                    go(value, &format!("{path}[{index}]"), found);
                }
            }
            leaf => {
                found.insert(path.to_owned(), leaf.to_string());
            }
        }
    }
    let mut found = BTreeMap::new();
    go(value, "", &mut found);
    found
}

/// `lines[3].net` as `lines[].net`.
pub(crate) fn unnumbered(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        inside = (inside || c == '[') && c != ']';
        if !inside || c == '[' {
            text.push(c);
        }
    }
    text
}
