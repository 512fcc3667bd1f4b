//! One order from a web shop to the canonical model, end to end.

use std::fs;

use mapping::{Map, Options, Scratch, compile};
use std::sync::Arc;

use crate::support::{Files, context, data};

/// The compiled order map of `tests/data`.
pub(crate) fn order_map() -> Arc<Map> {
    let text = fs::read_to_string(data("order.map.yaml")).unwrap();
    let files = Files::default()
        .with("order.map.yaml", text.as_str())
        .with("order.schema.json", fs::read_to_string(data("order.schema.json")).unwrap());
    let compiled = compile("order.map.yaml", &files, &Options::default());
    let shown: Vec<String> = compiled.diagnostics.iter().map(|it| it.render(&text)).collect();
    assert_eq!(shown, Vec::<String>::new());
    compiled.map.unwrap()
}

#[test]
fn an_order_becomes_canonical() {
    let map = order_map();
    let source = fs::read(data("order.json")).unwrap();
    let mapped = map.run_json(&source, &context(), &mut Scratch::default()).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&mapped.data).unwrap();
    insta::assert_json_snapshot!(value);
    assert_eq!(mapped.source_id, "5940139491234");
    assert_eq!(mapped.source_version, "2026-01-05T12:34:56.000+09:00");
    assert_eq!(mapped.partition_key, mapped.hub_id.as_str());
    assert_eq!(mapped.losses, []);
}

#[test]
fn faults_name_path_offset_and_field() {
    let map = order_map();
    let source = fs::read_to_string(data("order.json")).unwrap();
    let bad = source.replacen("\"990\"", "\"99O\"", 1).replacen("\"paid\"", "\"odd\"", 1);
    let faulted = map.run_json(bad.as_bytes(), &context(), &mut Scratch::default()).unwrap_err();
    for fault in &faulted.faults {
        let at = usize::try_from(fault.offset.unwrap()).unwrap();
        assert!(bad[at..].starts_with(&fault.found), "{fault:?}");
    }
    insta::assert_debug_snapshot!(faulted.faults);
}

#[test]
fn a_thread_keeps_its_scratch_and_lends_it_once() {
    let map = order_map();
    let source = fs::read(data("order.json")).unwrap();
    let want = map.run_json(&source, &context(), &mut Scratch::default());
    let made = Scratch::of_thread(|outer| {
        let inner = Scratch::of_thread(|inner| map.run_json(&source, &context(), inner));
        (map.run_json(&source, &context(), outer), inner)
    });
    assert_eq!(made, (want.clone(), want.clone()));
    // A record that is large once does not change the next one.
    let long = String::from_utf8(source.clone()).unwrap().replace("急須", &"\\n".repeat(2_000_000));
    let next = Scratch::of_thread(|scratch| {
        drop(map.run_json(long.as_bytes(), &context(), scratch));
        map.run_json(&source, &context(), scratch)
    });
    assert_eq!(next, want);
    assert_eq!(Scratch::of_thread(|scratch| map.run_json(&source, &context(), scratch)), want);
}
