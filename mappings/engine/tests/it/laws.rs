//! What holds for every map and every input: no panic, the same output twice,
//! and provenance that gives the same values.

use std::fs;

use mapping::{Mapped, Options, Scratch, compile, explain_json};
use proptest::prelude::*;
use serde_json::Value;

use crate::{
    order::order_map,
    support::{Files, context, data},
};

/// A document like the order with some of its values changed.
pub(crate) fn changed(source: &Value, picks: &[(u16, u8)]) -> Value {
    let mut value = source.clone();
    let mut paths = Vec::new();
    pointers(source, "", &mut paths);
    for (pick, what) in picks {
        let path = &paths[usize::from(*pick) % paths.len()];
        if let Some(slot) = value.pointer_mut(path) {
            *slot = match what % 15 {
                0 => Value::Null,
                1 => Value::String(String::new()),
                2 => serde_json::json!(-7),
                3 => serde_json::json!("２０26-13-45"),
                4 => serde_json::json!([]),
                5 => serde_json::json!({}),
                6 => serde_json::json!(true),
                8 => serde_json::json!("x".repeat(300)),
                9 => serde_json::json!("abc"),
                10 => serde_json::json!("-12.345678901"),
                11 => serde_json::json!("2026-02-30T25:00:00+09:00"),
                12 => serde_json::json!("a@b c@d"),
                13 => serde_json::json!(0.001),
                7 => serde_json::json!("1e999 ㈱～\u{0}\"\\"),
                _ => serde_json::json!(12345678901234567890_u64),
            };
        }
    }
    value
}

pub(crate) fn pointers(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                found.push(format!("{path}/{key}"));
                pointers(value, &format!("{path}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                found.push(format!("{path}/{index}"));
                pointers(value, &format!("{path}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// What every random map is run on: 5,000 maps, 25,000 runs.
const RECORDS: [&str; 5] = [
    "{}",
    r#"{"a": null, "b": 1, "l": [], "o": {"x": "y"}}"#,
    r#"{"a": "2026-01-05", "b": 12.50, "l": [{"v": "1"}, {"v": "x"}, {}], "o": {}}"#,
    r#"{"a": "ｶﾞ㈱～１２", "b": -99999999999999999999999999, "l": [{"v": ""}], "o": {"x": ""}}"#,
    r#"{"a": "", "b": 0, "l": null, "o": null}"#,
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, ..ProptestConfig::default() })]

    #[test]
    fn the_same_record_gives_the_same_twice(picks in proptest::collection::vec((any::<u16>(), any::<u8>()), 0..4)) {
        let map = shared_order_map();
        let source: Value = serde_json::from_slice(&shared_order()).unwrap();
        let bytes = serde_json::to_vec(&changed(&source, &picks)).unwrap();
        let mut scratch = Scratch::default();
        let first = map.run_json(&bytes, &context(), &mut scratch);
        let second = map.run_json(&bytes, &context(), &mut scratch);
        prop_assert_eq!(&first, &second);
        if let Ok(Mapped { data, .. }) = &first {
            prop_assert!(serde_json::from_slice::<Value>(data).is_ok());
        }
    }

    #[test]
    fn random_pipes_never_panic(
        head in prop::sample::select(vec!["a", "b", "l", "this", "root.a", "../a", "l[0].v", "l[-1].v", "o.x", "hub.channel", "(a == \"x\")", "(b * 2)"]),
        steps in proptest::collection::vec(prop::sample::select(steps()), 0..5),
    ) {
        let pipe = std::iter::once(head).chain(steps).collect::<Vec<_>>().join(" | ");
        let map = format!("map: t/f\nversion: 1\nsource: s.schema.json\ntarget: order@1\nsource_id: {{ const: x }}\ntables: {{ t: {{ a: b, \"*\": c }} }}\nfields:\n  r: {}\n", serde_json::to_string(&pipe).unwrap());
        let schema = r#"{"type": "object", "properties": {"a": {"type": ["string", "null"]}, "b": {"type": "number"}, "l": {"type": ["array", "null"], "items": {"type": "object", "properties": {"v": {"type": "string"}}}}, "o": {"type": ["object", "null"], "properties": {"x": {"type": "string"}}}}}"#;
        let files = Files::default().with("m.yaml", map.as_str()).with("s.schema.json", schema)
            .with("canon/v1/order.schema.json", r#"{"type": "object", "properties": {"r": {}}}"#);
        let compiled = compile("m.yaml", &files, &Options::default());
        prop_assert!(compiled.map.is_some() || !compiled.diagnostics.is_empty());
        if let Some(map) = compiled.map {
            let mut scratch = Scratch::default();
            for record in RECORDS {
                let first = map.run_json(record.as_bytes(), &context(), &mut scratch);
                let second = map.run_json(record.as_bytes(), &context(), &mut scratch);
                prop_assert_eq!(&first, &second);
                if let Ok(mapped) = first {
                    prop_assert!(serde_json::from_slice::<Value>(&mapped.data).is_ok(), "{pipe}");
                }
            }
        }
    }

    #[test]
    fn any_text_as_a_map_is_told_not_crashed(text in "(map|version|fields|source|if|each|[a-z]{1,3}|[:{}\\[\\]|,\"' \n-]){0,60}") {
        let files = Files::default().with("m.yaml", text.as_str());
        let compiled = compile("m.yaml", &files, &Options::default());
        prop_assert!(compiled.map.is_some() || !compiled.diagnostics.is_empty());
        for diagnostic in &compiled.diagnostics {
            diagnostic.render(&text);
        }
    }
}

/// All functions, with arguments that fit and some that do not.
fn steps() -> Vec<&'static str> {
    let mut steps: Vec<&'static str> = mapping::functions::all()
        .flat_map(|it| it.examples)
        .flat_map(|(pipe, ..)| pipe.split(" | ").skip(1))
        .collect();
    steps.extend([
        "table(t)",
        "default(null)",
        "default(\"x\")",
        "slice(-5, -9)",
        "pad_left(9999)",
        "first(v)",
        "sum(v | decimal)",
        "collect(v)",
        "hub_id(party)",
        "decimal(20)",
        "plus(a)",
        "times(b)",
        "split(\"\")",
    ]);
    steps
}

fn shared_order_map() -> std::sync::Arc<mapping::Map> {
    static MAP: std::sync::OnceLock<std::sync::Arc<mapping::Map>> = std::sync::OnceLock::new();
    MAP.get_or_init(order_map).clone()
}

fn shared_order() -> Vec<u8> {
    fs::read(data("order.json")).unwrap()
}

/// The JSON at a path with element numbers.
pub(crate) fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let pointer = path.replace('[', "/").replace(']', "").replace('.', "/");
    value.pointer(&format!("/{pointer}"))
}

#[test]
fn provenance_gives_the_values_that_were_written() {
    let map = shared_order_map();
    let source: Value = serde_json::from_slice(&shared_order()).unwrap();
    let (mut fields, mut bytes_found) = (0, 0);
    for pick in 0..60_u16 {
        let record =
            serde_json::to_vec(&changed(&source, &[(pick * 7, 1), (pick * 13 + 3, 0)])).unwrap();
        let explained = explain_json(&map, &record, &context());
        let Ok(mapped) = &explained.result else { continue };
        let data: Value = serde_json::from_slice(&mapped.data).unwrap();
        for field in &explained.fields {
            let told: Option<Value> =
                field.written.as_ref().map(|it| serde_json::from_str(it).unwrap());
            // A member of an object that was left out as a whole is not there.
            if told.as_ref() != at(&data, &field.target) {
                assert!(at(&data, &field.target).is_none(), "{field:?}");
                continue;
            }
            fields += 1;
            for read in &field.reads {
                let Some(offset) = read.offset else { continue };
                let (start, len) =
                    (usize::try_from(offset).unwrap(), usize::try_from(read.length).unwrap());
                let raw = std::str::from_utf8(&record[start..start + len]).unwrap();
                if raw != "[" && raw != "{" {
                    let value: Value = serde_json::from_str(raw).unwrap();
                    let original: Value = serde_json::from_slice(&record).unwrap();
                    assert_eq!(Some(&value), at(&original, &read.path), "{read:?}");
                    bytes_found += 1;
                }
            }
        }
    }
    println!("{fields} fields, {bytes_found} values of the source");
    assert!(fields >= 1000 && bytes_found >= 500, "{fields} {bytes_found}");
}

/// The canonical schema of orders, in one document.
fn order_schema() -> jsonschema::Validator {
    let read = |name: &str| {
        fs::read_to_string(crate::support::mappings().join("canon/v1").join(name)).unwrap()
    };
    let order = read("order.schema.json").replace("common.schema.json#", "#");
    let mut schema: Value = serde_json::from_str(&order).unwrap();
    let common: Value = serde_json::from_str(&read("common.schema.json")).unwrap();
    schema["$defs"] = common["$defs"].clone();
    schema.as_object_mut().unwrap().remove("$id");
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

#[test]
fn whatever_is_written_fits_the_canonical_schema() {
    let (map, schema) = (shared_order_map(), order_schema());
    let source: Value = serde_json::from_slice(&shared_order()).unwrap();
    let (mut written, mut refused) = (0, 0);
    let mut scratch = Scratch::default();
    for seed in 0..6000_u32 {
        let pick =
            |shift: u32| u16::try_from(seed.wrapping_mul(2_654_435_761) >> shift & 0xFFFF).unwrap();
        let picks = [
            (pick(3), u8::try_from(seed % 251).unwrap()),
            (pick(11), u8::try_from(seed % 239).unwrap()),
        ];
        let record = changed(&source, &picks[..usize::try_from(seed % 3).unwrap()]);
        match map.run_json(&serde_json::to_vec(&record).unwrap(), &context(), &mut scratch) {
            Err(_) => refused += 1,
            Ok(mapped) => {
                written += 1;
                let data: Value = serde_json::from_slice(&mapped.data).unwrap();
                let errors: Vec<String> = schema
                    .iter_errors(&data)
                    .map(|it| format!("{} {it}", it.instance_path()))
                    .collect();
                assert!(errors.is_empty(), "{picks:?} {errors:?}");
            }
        }
    }
    println!("{written} records written, all fit; {refused} refused");
    assert!(written >= 1500 && refused >= 500);
}
