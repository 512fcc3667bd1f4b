//! Common pipes are done in one go, and step by step when somebody watches: both
//! must give the same, whatever stands in the record.

use std::{fs, sync::Arc};

use mapping::{Map, Options, RunContext, Scratch, compile, explain_json, explain_row};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

use crate::{
    laws::pointers,
    order::order_map,
    shipped::shipped,
    support::{Files, context, data},
};

/// Values that are read in more than one way, or in none.
fn odd() -> Vec<Value> {
    let texts = [
        "",
        " ",
        "0",
        "-0",
        "-0.00",
        "0.0000",
        "00",
        "007.50",
        "1.",
        ".5",
        "1.50",
        "10",
        "1.10",
        "+5",
        "1e3",
        "1,000",
        "１２",
        " 12 ",
        "-",
        "--1",
        "1-1",
        "1.2.3",
        "123456789012345678",
        "1234567890123456789",
        "12345678901234567.89",
        "0.000000000000000001",
        "9007199254740991",
        "9007199254740992",
        "-9007199254740992",
        "99999999999999999999",
        "1980.00",
        "1980.005",
        "JPY",
        "USD",
        "KWD",
        "jpy",
        "XXX",
        "JP",
        "\u{3000}a\u{3000}",
        "a\"b\\c\n",
        "ﾀﾛｳ①～",
        "2026-01-05T11:58:03+09:00",
        "2026-01-05T11:58:03Z",
        "2026-01-05T11:58:03.1Z",
        "2026-01-05T11:58:03.123-03:30",
        "2026-01-05T11:58:03.1234+09:00",
        "2026-01-05T11:58:03+00:00",
        "2026-01-05T11:58:03-00:00",
        "2026-01-05 11:58:03+09:00",
        "2026-01-05t11:58:03z",
        "2026-02-29T00:00:00Z",
        "2024-02-29T23:59:59+18:59",
        "2026-01-05T24:00:00Z",
        "2026-01-05T11:60:00Z",
        "2026-01-05T11:58:60Z",
        "2026-01-05T11:58:03+19:00",
        "2026-01-05T11:58:03+0900",
        "0000-01-05T11:58:03Z",
        "2026-13-05T11:58:03Z",
        "2026-01-05T11:58:03",
        "2026-01-05",
    ];
    let numbers =
        "0 -0 1 -1 1.0 1.50 0.10 -0.0 1e3 1E-2 12345678901234567890 0.1234567890123456789";
    let numbers = numbers.split(' ').map(|it| serde_json::from_str(it).unwrap());
    let others = [Value::Null, json!(true), json!([]), json!({}), json!([{}]), json!([null, "1"])];
    texts.into_iter().map(Value::from).chain(numbers).chain(others).collect()
}

/// The order map with quantities that are reckoned.
fn reckoned() -> Arc<Map> {
    let text = fs::read_to_string(data("order.map.yaml")).unwrap();
    let changed = text.replace(
        "qty: quantity | decimal",
        "qty: ((price | decimal) * quantity - 100000.25) | negate",
    );
    assert_ne!(text, changed);
    let schema = fs::read_to_string(data("order.schema.json")).unwrap();
    let files = Files::default().with("order.map.yaml", changed).with("order.schema.json", schema);
    let compiled = compile("order.map.yaml", &files, &Options::default());
    compiled.map.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

/// Pipes that are common but for one step, of values of which little is known.
fn loose() -> (Arc<Map>, Value) {
    let map = r#"
map: t/loose
version: 1
source: s.schema.json
target: order@1
source_id: { const: x }
fields:
  wide: raw | nfkc | trim
  ref: ref
  any: any
  free: any
  number: num
  sku: lines | first(sku)
  read: lines | first(sku) | decimal
"#;
    let source = r#"{"type": "object", "additionalProperties": {}, "properties": {
        "raw": {"type": "string"}, "ref": {"type": ["string", "integer"]}, "any": {}, "num": {},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {}}}}}}"#;
    let text = r#"{"type": "string"}"#;
    let target = format!(
        r#"{{"type": "object", "properties": {{"wide": {text}, "ref": {text}, "any": {text},
        "free": {{}}, "number": {{"type": "number"}}, "sku": {text}, "read": {text}}}}}"#
    );
    let files = Files::default()
        .with("m.yaml", map)
        .with("s.schema.json", source)
        .with("canon/v1/order.schema.json", target);
    let compiled = compile("m.yaml", &files, &Options::default());
    let map = compiled.map.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let lines = json!([{"sku": "1"}, {"sku": "2"}]);
    (map, json!({"raw": "a", "ref": "b", "any": "c", "num": 1.5, "lines": lines}))
}

/// Goal: what is read on the way is not told as if it had been a text.
#[test]
fn a_pipe_that_is_nearly_common_is_not_taken_for_one() {
    let (map, sample) = loose();
    let mut scratch = Scratch::default();
    for (pointer, value) in [
        ("/raw", json!("\u{3000}a\u{3000}")),
        ("/raw", json!("\u{a0}a")),
        ("/ref", json!(123)),
        ("/any", json!(123)),
        ("/any", json!(1.5)),
        ("/lines/0/sku", json!(123)),
        ("/lines/0/sku", json!("12.50")),
    ] {
        let mut record = sample.clone();
        *record.pointer_mut(pointer).unwrap() = value;
        let record = record.to_string();
        let quick = map.run_json(record.as_bytes(), &context(), &mut scratch);
        let steps = explain_json(&map, record.as_bytes(), &context()).result;
        assert_eq!(quick, steps, "{record}");
    }
}

/// Puts odd values at a few places of a record, or takes members out.
fn worn(record: &Value, odd: &[Value], pick: &mut impl FnMut(usize) -> usize) -> Value {
    let mut record = record.clone();
    for _ in 0..=pick(3) {
        let mut paths = Vec::new();
        pointers(&record, "", &mut paths);
        let Some(path) = paths.get(pick(paths.len())) else { break };
        let (parent, key) = path.rsplit_once('/').unwrap_or_default();
        match record.pointer_mut(parent) {
            Some(Value::Object(members)) if pick(6) == 0 => drop(members.remove(key)),
            _ => {
                if let Some(place) = record.pointer_mut(path) {
                    *place = odd[pick(odd.len())].clone();
                }
            }
        }
    }
    record
}

#[test]
fn what_is_done_in_one_go_is_what_the_steps_give() {
    let asked = std::env::var_os("QUICK_DOCUMENTS").and_then(|it| it.to_str()?.parse().ok());
    let cases: usize = asked.unwrap_or(4_000);
    let order = serde_json::from_str(include_str!("../data/order.json")).unwrap();
    let mut pairs: Vec<(Arc<Map>, Value)> = vec![(order_map(), order)];
    pairs.push((reckoned(), pairs[0].1.clone()));
    pairs.push(loose());
    for shipped in shipped().into_iter().filter(|it| it.layout.is_none()) {
        let samples = shipped.samples.iter().map(|it| serde_json::from_slice(it).unwrap());
        pairs.extend(samples.map(|it| (shipped.map.clone(), it)));
    }
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut pick = |end: usize| (0..end.max(1)).new_tree(&mut runner).unwrap().current();
    let (odd, mut scratch) = (odd(), Scratch::default());
    let mut mapped = 0;
    for case in 0..cases {
        // Most of them are orders: that map has most of the common pipes.
        let (map, sample) = &pairs[if case % 4 < 3 { case % 3 } else { pick(pairs.len()) }];
        let record = worn(sample, &odd, &mut pick).to_string();
        let quick = map.run_json(record.as_bytes(), &context(), &mut scratch);
        let steps = explain_json(map, record.as_bytes(), &context()).result;
        assert_eq!(quick, steps, "{} of {record}", map.label());
        mapped += usize::from(quick.is_ok());
    }
    println!("{cases} records, {mapped} mapped, no difference");
    assert!(mapped * 10 > cases && mapped < cases, "{mapped} of {cases} mapped");
}

#[test]
fn rows_give_the_same_in_one_go() {
    let mut scratch = Scratch::default();
    for shipped in shipped() {
        let Some(layout) = &shipped.layout else { continue };
        for sample in &shipped.samples {
            let rows = layout.read(sample).unwrap();
            for row in &rows.rows {
                let ctx = RunContext { record: row.number, ..context() };
                let quick = shipped.map.run_row(&rows, row, &ctx, &mut scratch);
                assert_eq!(quick, explain_row(&shipped.map, &rows, row, &ctx).result);
            }
        }
    }
}
