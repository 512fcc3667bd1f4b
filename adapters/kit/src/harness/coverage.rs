//! How much of each map the fixtures reach, by field and branch: every record
//! that a map read in any fixture is run through it once more.

use codec::{
    charset::Policy,
    layout::Layout,
    rows::{Row, Rows},
};
use mapping::{Case, CoverageReport, Expect, RunContext};
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    decode::{Record, RecordBody, at},
    manifest::MapUse,
    package::Package,
    select::{element_record, element_row},
};

/// What each map read, by the map's file.
#[derive(Default)]
pub(super) struct Coverage<'p> {
    maps: BTreeMap<String, Vec<Input<'p>>>,
    /// Values from outside, of all fixtures that go out.
    needs: BTreeMap<String, String>,
}

/// One record as a file of its own; with its layout, when it is a row.
type Input<'p> = (Vec<u8>, Option<Cow<'p, Layout>>);

// === impl Coverage ===

impl<'p> Coverage<'p> {
    /// Notes a record that a map reads on the way in.
    pub(super) fn record(&mut self, package: &'p Package, used: &MapUse, record: &Record<'_>) {
        let inputs: Vec<Input<'p>> = match (record.body, &used.each) {
            (RecordBody::Json(text), None) => vec![(text.as_bytes().to_vec(), None)],
            (RecordBody::Json(text), Some(pointer)) => {
                elements(text, pointer).into_iter().map(|it| (it.into_bytes(), None)).collect()
            }
            (RecordBody::Row(rows, row), None) => {
                package.layout().and_then(|it| written(it, rows, row)).into_iter().collect()
            }
            (RecordBody::Row(rows, row), Some(each)) => {
                let element = package.element(used);
                let group = package.layout().and_then(|it| it.shape().group(each));
                let lines = group.and_then(|it| row.groups.get(it)).into_iter().flatten();
                let line = |line| {
                    let element = element?;
                    written(&element.layout, rows, &element_row(&element.from, row, line))
                };
                lines.filter_map(line).collect()
            }
        };
        self.maps.entry(used.file.clone()).or_default().extend(inputs);
    }

    /// Notes an event that a map renders on the way out.
    pub(super) fn event(&mut self, file: &str, data: &[u8], needs: &[(String, String)]) {
        self.maps.entry(file.to_owned()).or_default().push((data.to_vec(), None));
        self.needs.extend(needs.iter().cloned());
    }

    /// What is reached of each map that read anything.
    pub(super) fn reports(&self, package: &Package, ctx: &RunContext<'_>) -> Vec<CoverageReport> {
        let needs: Vec<(&str, Option<&str>)> =
            self.needs.iter().map(|(name, value)| (name.as_str(), Some(value.as_str()))).collect();
        let ctx = RunContext { needs: &needs, ..*ctx };
        let mut reports = Vec::new();
        for (file, map) in package.maps() {
            let Some(inputs) = self.maps.get(file) else { continue };
            let cases = inputs.iter().map(|(input, layout)| Case {
                name: file,
                input,
                layout: layout.as_deref(),
                expect: Expect::Maps,
            });
            reports.push(mapping::test(map, &cases.collect::<Vec<_>>(), &ctx).coverage);
        }
        reports
    }
}

/// The element records of a JSON record.
fn elements(text: &str, pointer: &str) -> Vec<String> {
    let document: Option<&RawValue> = serde_json::from_str(text).ok();
    let list = document.and_then(|it| at(it, pointer));
    let items: Option<Vec<&RawValue>> = list.and_then(|it| serde_json::from_str(it.get()).ok());
    items.into_iter().flatten().map(|it| element_record(it.get(), text)).collect()
}

/// A file of that layout with this row alone.
fn written<'p>(layout: &'p Layout, rows: &Rows, row: &Row) -> Option<Input<'p>> {
    let alone =
        Rows { text: rows.text.clone(), rows: vec![row.clone()], records: 1, ..Rows::default() };
    let policy = Policy::refuse();
    let layout = layout.written();
    let written = layout.write(&alone, &policy).ok()?;
    Some((written.bytes, Some(layout)))
}
