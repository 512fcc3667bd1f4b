//! The published JSON Schema of layout files agrees with the reader, and every
//! layout in the tree is read by both.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value as Json, json};

use crate::{
    layout::Layout,
    yaml::{self, Node, Value},
};

fn schema() -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("layout.schema.json");
    let text = std::fs::read_to_string(path).expect("the schema is there");
    serde_json::from_str(&text).expect("the schema is JSON")
}

/// The tree as an editor's validator sees it.
fn to_json(node: &Node) -> Json {
    match &node.value {
        Value::Scalar { text, quoted: false } => match text.as_str() {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            text => text.parse::<i64>().map_or_else(|_| json!(text), |it| json!(it)),
        },
        Value::Scalar { text, quoted: true } => json!(text),
        Value::Seq(items) => items.iter().map(to_json).collect(),
        Value::Map(entries) => {
            let pairs = entries
                .iter()
                .map(|(key, value)| (key.text().unwrap_or_default().to_owned(), to_json(value)));
            Json::Object(pairs.collect::<Map<_, _>>())
        }
    }
}

pub(super) fn layouts(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            layouts(&path, found);
        } else if path.to_string_lossy().ends_with(".layout.yaml") {
            found.push(path);
        }
    }
}

#[test]
fn every_layout_in_the_tree_is_read_by_both() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let mut found = Vec::new();
    for folder in ["adapters", "config", "hub", "integration-tests"] {
        layouts(&root.join(folder), &mut found);
    }
    assert!(found.len() >= 3, "this folder has three itself");
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    for path in found {
        let text = std::fs::read_to_string(&path).expect("a file");
        let name = path.to_string_lossy();
        if let Err(faults) = Layout::parse(&name, &text) {
            panic!("{}", faults.iter().map(|it| it.render(&text)).collect::<String>());
        }
        let tree = to_json(&yaml::parse(&name, &text).expect("YAML"));
        let errors: Vec<String> = validator.iter_errors(&tree).map(|it| it.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
    }
}

/// The keys that the reader says it knows where it meets one that it does not.
fn known(text: &str) -> BTreeSet<String> {
    let faults = Layout::parse("t", text).expect_err("a bogus key");
    let fault = faults.iter().find(|it| it.code == "Y12").expect("an unknown key");
    let expected = fault.expected.clone().expect("the known keys");
    expected.trim_start_matches("one of ").split(", ").map(str::to_owned).collect()
}

fn published(schema: &Json, name: &str) -> BTreeSet<String> {
    let pointer = format!("/$defs/{name}/properties");
    let properties = schema.pointer(&pointer).and_then(Json::as_object).expect("properties");
    properties.keys().cloned().collect()
}

#[test]
fn the_schema_has_the_keys_that_the_reader_has() {
    let schema = schema();
    let csv = "layout: t\nversion: 1\nformat: csv\ncharset: cp932\nline_end: lf\nheader: none\n";
    let fixed =
        "layout: t\nversion: 1\nformat: fixed\ncharset: cp932\nline_end: lf\nrecord_bytes: 4\n";
    let xml = "layout: t\nversion: 1\nformat: xml\ncharset: utf-8\nrecord: /a\n";
    let edi = "layout: t\nversion: 1\nformat: x12\nmessage: '850'\nrelease: '004010'\n";
    let cases = [
        ("xml", format!("{xml}columns: [{{ name: a }}]\nbogus: 1\n")),
        (
            "xml_group",
            format!("{xml}groups: [{{ bogus: 1, name: g, each: b, columns: [{{ name: a }}] }}]\n"),
        ),
        ("xml_place", format!("{xml}columns: [{{ bogus: 1, group: g }}, {{ name: a }}]\n")),
        (
            "xml_column",
            format!("{xml}columns: [{{ bogus: 1, name: a, type: decimal, scale: 2 }}]\n"),
        ),
        ("edi", format!("{edi}columns: [{{ name: a, path: BEG03 }}]\nbogus: 1\n")),
        (
            "edi_group",
            format!(
                "{edi}groups: [{{ bogus: 1, name: g, each: PO1, columns: [{{ name: a, path: PO101 }}] }}]\n"
            ),
        ),
        ("edi_column", format!("{edi}columns: [{{ bogus: 1, name: a, path: BEG03 }}]\n")),
        ("csv", format!("{csv}columns: [{{ name: a }}]\nbogus: 1\n")),
        ("fixed", format!("{fixed}columns: [{{ name: a, bytes: 4 }}]\nbogus: 1\n")),
        (
            "group",
            format!(
                "{csv}columns: [{{ name: a }}]\ngroup: {{ bogus: 1, name: g, key: [a], columns: [] }}\n"
            ),
        ),
        (
            "csv_column",
            format!("{csv}columns: [{{ bogus: 1, name: a, type: decimal, scale: 2 }}]\n"),
        ),
        (
            "charset_choices",
            "layout: t\nversion: 1\nformat: csv\nline_end: lf\nheader: none\n\
             columns: [{ name: a }]\ncharset: { bogus: 1, name: cp932 }\n"
                .to_owned(),
        ),
        (
            "charset_write",
            "layout: t\nversion: 1\nformat: csv\nline_end: lf\nheader: none\n\
             columns: [{ name: a }]\ncharset: { name: cp932, write: { bogus: 1 } }\n"
                .to_owned(),
        ),
        (
            "fixed_column",
            format!(
                "{fixed}columns: [{{ bogus: 1, name: a, bytes: 4, type: decimal, scale: 2 }}]\n"
            ),
        ),
    ];
    for (name, text) in cases {
        let mut published = published(&schema, name);
        if name.ends_with("column") {
            // Asked for only where the type is a date.
            published.remove("format");
        }
        assert_eq!(known(&text), published, "{name}");
    }
}

#[test]
fn the_schema_has_the_keys_of_records() {
    let schema = schema();
    let csv = "layout: t\nversion: 1\nformat: csv\ncharset: cp932\nline_end: lf\nheader: none\n";
    let detail = "bogus: 1, role: detail, columns: [{ name: a }]";
    let record = "bogus: 1, columns: [{ name: a }]";
    let mut both = known(&format!("{csv}records: [{{ name: r, {detail} }}]\n"));
    both.extend(known(&format!("{csv}records: [{{ name: r, {record} }}]\n")));
    assert_eq!(both, published(&schema, "csv_record"));
    both.insert("ends_with".to_owned());
    assert_eq!(both, published(&schema, "fixed_record"));
    assert_eq!(published(&schema, "csv_record"), published(&schema, "xlsx_record"));
}

#[test]
fn the_schema_has_the_keys_of_sheets_areas_and_numbers() {
    let schema = schema();
    let csv = "layout: t\nversion: 1\nformat: csv\ncharset: cp932\nline_end: lf\nheader: none\n";
    let fixed =
        "layout: t\nversion: 1\nformat: fixed\ncharset: cp932\nline_end: lf\nrecord_bytes: 4\n";
    let xlsx = "layout: t\nversion: 1\nformat: xlsx\nheader: none\n";
    let form = "layout: t\nversion: 1\nformat: form\ncharset: cp932\n";
    let kinds = "layout: t\nversion: 1\nformat: xml\ncharset: utf-8\nkind_field: kind\n";
    let cases = [
        (
            "xml_record",
            format!(
                "{kinds}records: [{{ bogus: 1, name: r, record: /a/b, columns: [{{ name: a }}] }}]\n"
            ),
        ),
        ("xlsx", format!("{xlsx}columns: [{{ name: a }}]\nbogus: 1\n")),
        (
            "xlsx_column",
            format!("{xlsx}columns: [{{ bogus: 1, name: a, type: decimal, scale: 2 }}]\n"),
        ),
        ("form", format!("{form}columns: [{{ name: a }}]\nbogus: 1\n")),
        ("area", format!("{fixed}columns: [{{ bogus: 1, columns: [{{ name: a, bytes: 4 }}] }}]\n")),
        (
            "condition",
            format!(
                "{fixed}columns: [{{ name: a, bytes: 2 }}, {{ name: b, bytes: 2, when: {{ bogus: 1, column: a, is: X }} }}]\n"
            ),
        ),
        (
            "sequence",
            format!(
                "{csv}columns: [{{ name: a, type: integer }}]\nsequence: {{ bogus: 1, column: a }}\n"
            ),
        ),
    ];
    for (name, text) in cases {
        let mut published = published(&schema, name);
        if name.ends_with("column") {
            // Asked for only where the type is a date.
            published.remove("format");
        }
        assert_eq!(known(&text), published, "{name}");
    }
}
