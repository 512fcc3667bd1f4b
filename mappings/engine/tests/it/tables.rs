//! Tables: entries that omit, shared tables with days, and what is wrong with one.

use mapping::{Compiled, Options, Scratch, compile};

use crate::support::{Files, context};

const SCHEMA: &str =
    r#"{"type": "object", "properties": {"a": {"type": "string"}, "d": {"type": "string"}}}"#;

fn compiled(fields: &str, shared: &str) -> Compiled {
    let map = format!(
        "map: t/f\nversion: 1\nsource: s.json\ntarget: order@1\nsource_id: {{ const: x }}\npolicy: {{ missing: omit }}\n{fields}"
    );
    let files = Files::default()
        .with("m.yaml", map.as_str())
        .with("s.json", SCHEMA)
        .with("tables/own.yaml", shared)
        .with("canon/v1/order.schema.json", r#"{"type": "object", "properties": {"r": {}}}"#);
    compile("m.yaml", &files, &Options::default())
}

fn answers(fields: &str, shared: &str, records: &[(&str, &str)]) {
    let compiled = compiled(fields, shared);
    let map = compiled.map.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    for (record, want) in records {
        let made = map.run_json(record.as_bytes(), &context(), &mut Scratch::default());
        let found = made.map_or("fault".to_owned(), |it| {
            let value: serde_json::Value = serde_json::from_slice(&it.data).unwrap();
            value.get("r").map_or("absent".to_owned(), |it| it.as_str().unwrap().to_owned())
        });
        assert_eq!(found, *want, "{record}");
    }
}

#[test]
fn one_entry_may_omit() {
    let fields = "tables: { t: { x: { omit: true }, y: z } }\nfields: { r: a | table(t) }\n";
    let records = [(r#"{"a": "x"}"#, "absent"), (r#"{"a": "y"}"#, "z"), (r#"{"a": "q"}"#, "fault")];
    answers(fields, "entries: {}", &records);
}

#[test]
fn a_shared_table_follows_its_days_whatever_their_order() {
    let shared = "table: own\nversion: 1\nentries:\n  - { from: a, to: new, valid_from: 2020-01-01 }\n  - { from: a, to: old, valid_from: 2010-01-01 }\n  - { from: gone, to: { omit: true }, valid_from: 2020-01-01 }\n  - { from: gone, to: here, valid_from: 2010-01-01 }\n  - { from: \"*\", to: other, valid_from: 2015-01-01 }\n";
    let fields = "fields: { r: 'a | table(own, d | date)' }\n";
    let records = [
        (r#"{"a": "a", "d": "2009-12-31"}"#, "fault"),
        (r#"{"a": "a", "d": "2010-01-01"}"#, "old"),
        (r#"{"a": "a", "d": "2019-12-31"}"#, "old"),
        (r#"{"a": "a", "d": "2020-01-01"}"#, "new"),
        (r#"{"a": "gone", "d": "2019-12-31"}"#, "here"),
        (r#"{"a": "gone", "d": "2026-01-01"}"#, "absent"),
        (r#"{"a": "else", "d": "2014-12-31"}"#, "fault"),
        (r#"{"a": "else", "d": "2026-01-01"}"#, "other"),
    ];
    answers(fields, shared, &records);
}

#[test]
fn a_shared_table_may_have_editions_as_a_map_has() {
    let shared = "table: own\nentries:\n  - { from: 2019-10-01, entries: { a: new } }\n  - { from: 2014-04-01, entries: { a: old } }\n";
    let fields = "fields: { r: 'a | table(own, d | date)' }\n";
    let records =
        [(r#"{"a": "a", "d": "2019-09-30"}"#, "old"), (r#"{"a": "a", "d": "2019-10-01"}"#, "new")];
    answers(fields, shared, &records);
}

#[test]
fn what_is_wrong_with_a_shared_table_is_told_where_it_stands() {
    let fields = "fields: { r: 'a | table(own, d | date)' }\n";
    for (entry, line) in [
        ("{ from: a, to: b, valid_from: 2020-13-01 }", 3),
        ("{ from: a, to: b, valid: 2020-01-01 }", 3),
        ("{ from: a, to: [b], valid_from: 2020-01-01 }", 3),
        ("{ to: b, valid_from: 2020-01-01 }", 3),
    ] {
        let found = compiled(fields, &format!("table: own\nentries:\n  - {entry}\n"));
        assert!(found.map.is_none(), "{entry}");
        let fault = found.diagnostics.iter().find(|it| it.file == "tables/own.yaml");
        assert_eq!(fault.map(|it| (it.code, it.place.line)), Some(("M00", line)), "{entry}");
    }
}

#[test]
fn a_code_has_one_answer_a_day() {
    let fields = "fields: { r: 'a | table(own, d | date)' }\n";
    let first = "table: own\nentries:\n  - { from: a, to: b, valid_from: 2020-01-01 }\n";
    for (second, line) in [
        ("{ from: a, to: c, valid_from: 2020-01-01 }", Some(4)),
        ("{ from: a, to: { omit: true }, valid_from: 2020-01-01 }", Some(4)),
        ("{ from: a, to: b, valid_from: 2020-01-01 }", None),
        ("{ from: a, to: c, valid_from: 2021-01-01 }", None),
    ] {
        let found = compiled(fields, &format!("{first}  - {second}\n"));
        let fault = found.diagnostics.iter().find(|it| it.file == "tables/own.yaml");
        assert_eq!(fault.map(|it| it.place.line), line, "{second}: {:?}", found.diagnostics);
        assert_eq!(found.map.is_some(), line.is_none(), "{second}");
    }
}
