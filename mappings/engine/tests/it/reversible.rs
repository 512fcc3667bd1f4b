//! Each function that is read backwards, by both laws: a value that nobody
//! changed keeps its text; what is written reads the same, or is refused.

use std::{collections::BTreeMap, sync::Arc};

use mapping::{Level, Map, Options, PutFault, Scratch, compile, put, reverse};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Files, context};

/// Pipes of one function each, with the schema of the source and of the target.
const PIPES: [(&str, &str, &str, &str); 27] = [
    ("plain", "a", TEXT, TEXT),
    ("text", "a | text", INTEGER, TEXT),
    ("trim", "a | trim", TEXT, TEXT),
    ("collapse", "a | collapse_space", TEXT, TEXT),
    ("upper", "a | upper", TEXT, TEXT),
    ("lower", "a | lower", TEXT, TEXT),
    ("nfc", "a | nfc", TEXT, TEXT),
    ("width", "a | width(keep=\"～㈱\")", TEXT, TEXT),
    ("kana_full", "a | kana_full", TEXT, TEXT),
    ("kana_half", "a | kana_half", TEXT, TEXT),
    ("prefix", "a | prefix(\"x:\")", TEXT, TEXT),
    ("without_prefix", "a | without_prefix(\"#\")", TEXT, TEXT),
    ("matches", "a | matches(\"^[A-Z]\")", TEXT, TEXT),
    ("default", "a | default(\"-\")", TEXT, TEXT),
    ("absent_if", "a | absent_if(\"\")", TEXT, TEXT),
    ("int", "a | int", TEXT, INTEGER),
    ("decimal", "a | decimal", TEXT, TEXT),
    ("negate", "a | decimal | negate", TEXT, TEXT),
    ("money", "a | decimal | money(\"JPY\")", TEXT, MONEY),
    ("timestamp", "a | timestamp", TEXT, r#"{"type": "string", "format": "date-time"}"#),
    ("date", "a | date", TEXT, r#"{"type": "string", "format": "date"}"#),
    ("epoch_s", "a | epoch_s", INTEGER, r#"{"type": "string", "format": "date-time"}"#),
    ("postal", "a | postal_jp", TEXT, TEXT),
    ("phone", "a | e164(JP)", TEXT, TEXT),
    ("gtin", "a | gtin", TEXT, TEXT),
    ("table", "a | table(one)", TEXT, TEXT),
    ("many", "a | table(many)", TEXT, TEXT),
];

const TEXT: &str = r#"{"type": "string"}"#;
const INTEGER: &str = r#"{"type": "integer"}"#;
const MONEY: &str = r#"{"type": "object", "required": ["minor", "currency"], "additionalProperties": false,
    "properties": {"minor": {"type": "integer"}, "currency": {"type": "string"}}}"#;

/// The in map of one pipe and its out map.
fn both(index: usize) -> (Arc<Map>, Arc<Map>) {
    let (name, pipe, source, target) = PIPES[index];
    let map = format!(
        "map: t/{name}\nversion: 1\nsource: s.json\ntarget: order@1\nsource_id: {{ const: x }}\npolicy: {{ missing: omit, null: omit }}\ntables: {{ one: {{ a: x, b: y }}, many: {{ a: x, b: x, c: y }} }}\nreverse_tables: {{ many: {{ x: b }} }}\nfields: {{ r: {} }}\n",
        serde_json::to_string(pipe).unwrap()
    );
    let object = |field: &str, schema: &str| {
        format!(r#"{{"type": "object", "properties": {{"{field}": {schema}, "kept": {TEXT}}}}}"#)
    };
    let back = "map: t/back\nversion: 1\nsource: order@1\ntarget: s.json\nreverse: m.yaml\npolicy: { missing: omit, null: omit }\n";
    let files = Files::default()
        .with("m.yaml", map.as_str())
        .with("b.yaml", back)
        .with("s.json", object("a", source))
        .with("canon/v1/order.schema.json", object("r", target));
    let reversed = reverse("m.yaml", &files).unwrap();
    assert!(!matches!(reversed.fields[0].level, Level::ReadOnly(_)), "{name}: {reversed:?}");
    let compiled = |path: &str| {
        let compiled = compile(path, &files, &Options::default());
        compiled.map.unwrap_or_else(|| panic!("{name}: {:?}", compiled.diagnostics))
    };
    (compiled("m.yaml"), compiled("b.yaml"))
}

fn pairs() -> &'static Vec<(Arc<Map>, Arc<Map>)> {
    static PAIRS: std::sync::OnceLock<Vec<(Arc<Map>, Arc<Map>)>> = std::sync::OnceLock::new();
    PAIRS.get_or_init(|| (0..PIPES.len()).map(both).collect())
}

/// Texts that people and systems write, and some that they do not.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[ #x:A-Za-z0-9ｱ-ﾟァ-ヴ　～㈱①é\u{301}-]{0,8}".prop_map(|it| json!(it)),
        "-?[0-9]{1,6}(\\.[0-9]{1,3})?".prop_map(|it| json!(it)),
        (-2_000_000_000_i64..4_000_000_000).prop_map(|it| json!(it)),
        prop::sample::select(vec![
            "a",
            "b",
            "c",
            "d",
            "2026-01-05",
            "2026/1/5",
            "令和8年1月5日",
            "2026-01-05T12:00:00+09:00",
            "2026-01-05T03:00:00Z",
            "100-0001",
            "1000001",
            "〒100-0001",
            "03-1234-5678",
            "+81312345678",
            "4901234567894",
            "０３(1234)5678",
            "",
            " x ",
        ])
        .prop_map(|it| json!(it)),
    ]
}

fn canonical(get: &Map, old: &Value) -> Option<Value> {
    let bytes = old.to_string();
    let mapped = get.run_json(bytes.as_bytes(), &context(), &mut Scratch::default()).ok()?;
    Some(serde_json::from_slice(&mapped.data).unwrap())
}

fn written(pair: &(Arc<Map>, Arc<Map>), record: &Value, old: &Value) -> Result<Value, PutFault> {
    let (record, old) = (record.to_string(), old.to_string());
    let maps = (&*pair.0, &*pair.1);
    put(maps, record.as_bytes(), Some(old.as_bytes()), &[], &context()).map(|it| it.document)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn what_was_read_is_written_as_it_stood(index in 0..PIPES.len(), text in value()) {
        let pair = &pairs()[index];
        let old = json!({"a": text, "kept": "ｶ"});
        let Some(record) = canonical(&pair.0, &old) else { return Ok(()) };
        match written(pair, &record, &old) {
            Ok(document) => prop_assert_eq!(document, old, "{}", PIPES[index].0),
            Err(fault) => prop_assert!(false, "{}: {fault:?}", PIPES[index].0),
        }
    }

    #[test]
    fn what_is_written_reads_the_same(index in 0..PIPES.len(), text in value(), other in value()) {
        let pair = &pairs()[index];
        let old = json!({"a": text, "kept": "ｶ"});
        let Some(mut record) = canonical(&pair.0, &old) else { return Ok(()) };
        // Another value of the target: as the map itself makes one, or any.
        let made = canonical(&pair.0, &json!({"a": other})).and_then(|it| it.get("r").cloned());
        record["r"] = made.unwrap_or(other);
        if let Ok(document) = written(pair, &record, &old) {
            let again = canonical(&pair.0, &document);
            prop_assert_eq!(again.as_ref().and_then(|it| it.get("r")), record.get("r"), "{}", PIPES[index].0);
            prop_assert_eq!(&document["kept"], &old["kept"]);
        }
    }
}

/// Goal: the laws do not hold because nothing is ever written.
#[test]
fn every_reversible_function_writes_something() {
    let samples = [
        json!("A1"),
        json!("B2"),
        json!("a"),
        json!("b"),
        json!("12"),
        json!(5),
        json!(1_767_582_000),
        json!("2026-01-05"),
        json!("2026-01-05T12:00:00+09:00"),
        json!("1000001"),
        json!("1500002"),
        json!("03-1234-5678"),
        json!("0312345679"),
        json!("4901234567894"),
        json!("4006381333931"),
        json!("2026-01-06"),
        json!("2026-01-05T13:00:00+09:00"),
        json!("c"),
    ];
    let mut counts: BTreeMap<&str, usize> = PIPES.iter().map(|it| (it.0, 0)).collect();
    for (index, pair) in pairs().iter().enumerate() {
        let records: Vec<(Value, Value)> = samples
            .iter()
            .filter_map(|it| {
                canonical(&pair.0, &json!({"a": it})).map(|record| (json!({"a": it}), record))
            })
            .collect();
        for (old, from) in &records {
            for (_, to) in records.iter().filter(|(_, to)| to.get("r") != from.get("r")) {
                let done = written(pair, to, old).is_ok_and(|it| it != *old);
                *counts.get_mut(PIPES[index].0).unwrap() += usize::from(done);
            }
        }
    }
    let idle: Vec<_> = counts.iter().filter(|it| *it.1 == 0).collect();
    assert!(idle.is_empty(), "never written: {idle:?}");
}
